//! The conflicts to expect, for people: a table of all pairs, and then what collides in each.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::forecast::{Branch, ConflictingFile, Forecast};
use super::hunks::Hunk;
use baton_core::layout::{self, counted};
use baton_core::report::escape;

/// The set of characters that a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Nothing but ASCII.
    Ascii,
    /// Unicode.
    Unicode,
}

impl Charset {
    fn clean(self) -> &'static str {
        match self {
            Self::Ascii => ".",
            Self::Unicode => "✓",
        }
    }

    fn collides(self) -> &'static str {
        match self {
            Self::Ascii => "x",
            Self::Unicode => "✗",
        }
    }

    fn same(self) -> &'static str {
        match self {
            Self::Ascii => "-",
            Self::Unicode => "·",
        }
    }
}

/// The forecast as text.
pub fn render(forecast: &Forecast, charset: Charset) -> String {
    if forecast.branches.is_empty() {
        return "no branch is live: there is nothing to collide\n".to_owned();
    }
    let mut text = table(forecast, charset);
    for one in &forecast.collisions {
        let (ours, theirs) = (shown(&one.ours), shown(&one.theirs));
        writeln!(
            text,
            "\n{ours} and {theirs}: {}",
            counted(one.files.len(), "file")
        )
        .expect("a String takes all");
        for file in &one.files {
            writeln!(text, "  {}", line(file)).expect("a String takes all");
        }
    }
    if forecast.clean {
        text.push_str("\nnothing collides\n");
    } else {
        let pairs = counted(forecast.collisions.len(), "pair");
        writeln!(text, "\n{pairs} will collide").expect("a String takes all");
    }
    for one in &forecast.claimed {
        let (branch, files) = (shown(&one.branch), counted(one.files.len(), "file"));
        let holder = shown(&one.holder);
        writeln!(text, "\n{branch} changes {files} claimed by {holder}")
            .expect("a String takes all");
        for file in &one.files {
            writeln!(text, "  {}", shown(file)).expect("a String takes all");
        }
    }
    text
}

/// A row a branch: its number and name, how it goes with the base, and with each other by number.
fn table(forecast: &Forecast, charset: Charset) -> String {
    let files: HashMap<_, _> = forecast
        .collisions
        .iter()
        .map(|one| ((one.ours.as_str(), one.theirs.as_str()), one.files.len()))
        .collect();
    let cell = |ours: &str, theirs: &str| {
        let found = files
            .get(&(ours, theirs))
            .or_else(|| files.get(&(theirs, ours)));
        match found {
            _ if ours == theirs => charset.same().to_owned(),
            Some(files) => format!("{}{files}", charset.collides()),
            None => charset.clean().to_owned(),
        }
    };
    let others: Vec<&str> = std::iter::once(&forecast.base)
        .chain(&forecast.branches)
        .map(|branch| branch.name.as_str())
        .collect();
    let mut rows = vec![vec![String::new(), shown(&forecast.base.name)]];
    rows[0].extend((1..=forecast.branches.len()).map(|number| number.to_string()));
    for (number, branch) in (1..).zip(&forecast.branches) {
        let mut row = vec![format!("{number} {}", label(branch))];
        row.extend(others.iter().map(|other| cell(&branch.name, other)));
        rows.push(row);
    }
    layout::table(&rows)
}

fn label(branch: &Branch) -> String {
    let name = shown(&branch.name);
    match branch.uncommitted {
        true => format!("{name} (uncommitted work)"),
        false => name,
    }
}

fn line(file: &ConflictingFile) -> String {
    let path = match file.path.as_str() {
        "" => shown(&file.message),
        path => shown(path),
    };
    let lines: Vec<_> = file.hunks.iter().map(range).collect();
    match lines.is_empty() {
        true => format!("{path} ({})", file.kind),
        false => format!("{path} ({}) at {}", file.kind, lines.join(", ")),
    }
}

fn range(hunk: &Hunk) -> String {
    format!("{}-{}", hunk.first, hunk.last)
}

fn shown(text: &str) -> String {
    escape::inert(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::forecast::Collision;
    use super::*;

    fn branch(name: &str, uncommitted: bool) -> Branch {
        Branch {
            name: name.to_owned(),
            commit: "ab".repeat(20),
            worktree: None,
            uncommitted,
        }
    }

    fn file(path: &str, hunks: &[(usize, usize)]) -> ConflictingFile {
        ConflictingFile {
            path: path.to_owned(),
            kind: "content".to_owned(),
            message: "CONFLICT".to_owned(),
            hunks: hunks
                .iter()
                .map(|(first, last)| Hunk {
                    first: *first,
                    last: *last,
                })
                .collect(),
        }
    }

    fn forecast() -> Forecast {
        let collision = |ours: &str, theirs: &str, files| Collision {
            ours: ours.to_owned(),
            theirs: theirs.to_owned(),
            files,
        };
        Forecast {
            version: 1,
            clean: false,
            base: branch("main", false),
            branches: vec![branch("auto/a", false), branch("auto/b", true)],
            collisions: vec![
                collision("main", "auto/b", vec![file("x\u{1b}", &[]), file("", &[])]),
                collision("auto/a", "auto/b", vec![file("y", &[(1, 3), (5, 8)])]),
            ],
            claimed: Vec::new(),
        }
    }

    #[test]
    fn every_pair_has_its_cell_and_every_collision_its_lines() {
        let expected = " ".repeat(29)
            + "main   1   2
1 auto/a                        .   -  x1
2 auto/b (uncommitted work)    x2  x1   -

main and auto/b: 2 files
  x\\u{1b} (content)
  CONFLICT (content)

auto/a and auto/b: 1 file
  y (content) at 1-3, 5-8

2 pairs will collide
";
        assert_eq!(render(&forecast(), Charset::Ascii), expected);
        let signs = [("  .", "  ✓"), (" -", " ·"), ("x1", "✗1"), ("x2", "✗2")];
        let pretty = signs
            .iter()
            .fold(expected, |text, (a, b)| text.replace(a, b));
        assert_eq!(render(&forecast(), Charset::Unicode), pretty);
    }

    #[test]
    fn it_says_when_there_is_nothing() {
        let clean = Forecast {
            clean: true,
            collisions: Vec::new(),
            ..forecast()
        };
        assert!(render(&clean, Charset::Ascii).ends_with("\nnothing collides\n"));
        let alone = Forecast {
            branches: Vec::new(),
            ..clean
        };
        assert!(render(&alone, Charset::Ascii).starts_with("no branch is live"));
    }
}
