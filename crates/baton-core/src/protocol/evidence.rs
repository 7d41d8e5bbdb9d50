//! The commits, branches and sessions that the evidence of a log names, which anybody can look for.

use bstr::ByteSlice;

use super::parse::{Log, Status};

/// Something that evidence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A commit, by its id or the beginning of it.
    Commit(String),
    /// A branch, by its short name.
    Branch(String),
    /// A session, by its number.
    Session(String),
}

/// Something that the evidence in a line of a log names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The thing that it names.
    pub named: Named,
    /// The line, from 1.
    pub line: usize,
    /// The column of the evidence, in bytes from 1.
    pub column: usize,
}

/// The things that the evidence of a log names, but for rows that are not ticked.
pub fn claims(log: &Log) -> Vec<Claim> {
    let is_open = |line: usize| {
        let mut rows = log.rows.iter();
        rows.any(|row| row.line == line && row.status != Status::Ticked)
    };
    let cells = log.evidence.iter().filter(|cell| !is_open(cell.line));
    let claims = cells.flat_map(|cell| {
        let names = named(&cell.text.to_str_lossy());
        names.into_iter().map(|named| Claim {
            named,
            line: cell.line,
            column: cell.column,
        })
    });
    claims.collect()
}

/// The things that a text names, each behind a word that says what it is: `commit 1a2b3c4`, `branch auto/a`,
/// `session 19`.
pub fn named(text: &str) -> Vec<Named> {
    let mut named = Vec::new();
    let mut kind = None;
    for word in text.split_whitespace() {
        let is_code = word.contains('`');
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if let Some(next) = Kind::of_word(bare) {
            kind = Some(next);
            continue;
        }
        let Some(kind_now) = kind else { continue };
        let found = kind_now.names(bare, is_code);
        let is_between = matches!(bare, "" | "and" | "to");
        if found.is_empty() && !is_between {
            kind = None;
        }
        named.extend(found);
    }
    named
}

/// The kind of things that the words behind a word name.
#[derive(Clone, Copy)]
enum Kind {
    Commits,
    Branches,
    Sessions,
}

impl Kind {
    fn of_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "commit" | "commits" | "sha" => Some(Self::Commits),
            "branch" | "branches" => Some(Self::Branches),
            "session" | "sessions" => Some(Self::Sessions),
            _ => None,
        }
    }

    /// The things of this kind that a word names.
    fn names(self, word: &str, is_code: bool) -> Vec<Named> {
        match self {
            Self::Commits => {
                let ids: Vec<_> = word.split("..").map(str::to_owned).collect();
                match ids.iter().all(|id| is_commit(id)) {
                    true => ids.into_iter().map(Named::Commit).collect(),
                    false => Vec::new(),
                }
            }
            Self::Branches => {
                let is_name = is_code || (word.contains('/') && word != "and/or");
                let named = (is_name && !word.contains("://")).then(|| word.to_owned());
                named.map(Named::Branch).into_iter().collect()
            }
            Self::Sessions => {
                let word = word.strip_suffix("'s").unwrap_or(word);
                let numbers: Vec<_> = match word.rsplit_once('/') {
                    Some((_, number)) => vec![number],
                    None => word.split(['-', '–']).collect(),
                };
                let is_number =
                    |text: &&str| (1..=9).contains(&text.len()) && text.parse::<u32>().is_ok();
                match numbers.iter().all(is_number) {
                    true => numbers
                        .into_iter()
                        .map(|number| Named::Session(number.to_owned()))
                        .collect(),
                    false => Vec::new(),
                }
            }
        }
    }
}

/// True for the beginning of a commit's id, and not for a word or a number that looks a bit like one.
fn is_commit(word: &str) -> bool {
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_long = word.len() >= 7 && has(u8::is_ascii_digit);
    is_hex && (4..=64).contains(&word.len()) && (is_mixed || is_long)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let words = named(text).into_iter().map(|named| match named {
            Named::Commit(id) => format!("c {id}"),
            Named::Branch(name) => format!("b {name}"),
            Named::Session(number) => format!("s {number}"),
        });
        words.collect()
    }

    #[test]
    fn what_is_named_stands_behind_a_word_that_says_what_it_is() {
        for (text, expected) in [
            ("commit 1a2b", &["c 1a2b"][..]),
            ("Commit SHA: `0123abc`.", &["c 0123abc"]),
            (
                "commits 1a2b3c4, 5d6e7f8 and 1234567",
                &["c 1a2b3c4", "c 5d6e7f8", "c 1234567"],
            ),
            ("commits `1a2b3c4..5d6e7f8`", &["c 1a2b3c4", "c 5d6e7f8"]),
            ("branch `main` has commit 1a2b3c4", &["b main", "c 1a2b3c4"]),
            (
                "on branch docs/191-parallel (merged)",
                &["b docs/191-parallel"],
            ),
            ("session 19, sessions 20-22", &["s 19", "s 20", "s 22"]),
            ("Session 2025-12-18/19's log", &["s 19"]),
            ("3 commits added 12 files", &[]),
            (
                "commit added, commit 12, branch is up to date, the session ended",
                &[],
            ),
            ("branch and/or tag, session log 3", &[]),
            ("1a2b3c4d", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn evidence_is_that_of_ticked_rows_and_of_other_tables() {
        let log = "| Req | Step | Status | Evidence |\n|-|-|-|-|\n\
                   | MUST | a | [x] | commit 1a2b3c4 |\n| MUST | b | [N/A] | no commit 5d6e7f8 |\n\n\
                   | Criterion | Status | Evidence |\n|-|-|-|\n| c | [PASS] | session 7 |\n";
        let claims = claims(&parse(log.into()));
        let places: Vec<_> = claims.iter().map(|one| (one.line, one.column)).collect();
        assert_eq!(places, [(3, 20), (8, 16)]);
        assert_eq!(claims[1].named, Named::Session("7".to_owned()));
    }
}
