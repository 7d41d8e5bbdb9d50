//! Trailers of a commit message, as git itself reads them.
//!
//! The reading follows `trailer.c` and `commit.c` of git 2.47 with no configuration, which is what
//! `git log --format='%(trailers:only,unfold)'` shows. Where readers of a commit can disagree,
//! this one sees *more*:
//!
//! - The caller's own keys are recognised like `Signed-off-by`, so that one of them next to prose
//!   in the last paragraph counts although an unconfigured git would overlook it.
//! - Git stops at a NUL byte and other programs do not. A message with one is read twice, up to
//!   the NUL and whole, and the trailers of both readings are returned.
//! - A commit's `encoding` header is not applied: trailers are looked for in the raw bytes.

use std::iter;

use bstr::{BStr, BString, ByteSlice};

/// One trailer: a key and its value, unfolded into one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// The key as it is written; keys are compared without regard to ASCII case.
    pub key: BString,
    /// The value without the white space around it; each fold is one space.
    pub value: BString,
}

impl Trailer {
    /// True if this trailer has the given key.
    pub fn is(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key.as_bytes())
    }
}

/// The trailers of a message without header, in order. Any of the `recognised` keys makes a last
/// paragraph with at least a quarter of trailers count as a trailer block.
///
/// The work is linear in the message; memory is that of one trailer at a time.
pub fn trailers<'a>(
    message: &'a BStr,
    recognised: &[&str],
) -> impl Iterator<Item = Trailer> + use<'a> {
    let whole = block(message, recognised);
    let to_nul = message
        .find_byte(0)
        .map_or(&[][..], |nul| block(&message[..nul], recognised));
    Items { rest: to_nul }.chain(Items { rest: whole })
}

/// The values of the trailers with this key, which counts as recognised, in order.
pub fn values<'a>(message: &'a BStr, key: &'a str) -> impl Iterator<Item = BString> + 'a {
    let mentioned = mentions(message, key).then(|| trailers(message, &[key]));
    let all = mentioned.into_iter().flatten();
    all.filter(move |trailer| trailer.is(key))
        .map(|trailer| trailer.value)
}

/// True if the key stands before some colon. Without that the message has no such trailer, and
/// most messages need not be taken apart.
fn mentions(message: &[u8], key: &str) -> bool {
    let ends_in_key = |colon: usize| {
        let before = message[..colon].trim_end_with(|c| matches!(c, ' ' | '\t'));
        let start = before.len().checked_sub(key.len());
        start.is_some_and(|start| before[start..].eq_ignore_ascii_case(key.as_bytes()))
    };
    let mut from = 0;
    let colons = iter::from_fn(|| {
        let colon = from + message[from..].find_byte(b':')?;
        from = colon + 1;
        Some(colon)
    });
    { colons }.any(ends_in_key)
}

/// The prefixes that git writes itself and by which it recognises a block with other lines in it.
const GENERATED: [&[u8]; 2] = [b"Signed-off-by: ", b"(cherry picked from commit "];

/// The line before the part of an editor's buffer that git throws away.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------\n";

/// The lines of the trailer block; empty when there is none.
fn block<'a>(message: &'a [u8], recognised: &[&str]) -> &'a [u8] {
    let message = &message[blank_prefix(message)..];
    let text = &message[..end_of_text(message)];
    let title = end_of_title(text);
    let mut census = Census::default();
    let mut end = text.len();
    while end > title {
        let start = text[..end - 1].rfind_byte(b'\n').map_or(0, |at| at + 1);
        if start < title {
            break;
        }
        let line = &text[start..end];
        if is_blank(line) {
            if census.seen {
                return if census.is_block() { &text[end..] } else { &[] };
            }
        } else {
            census.count(line, recognised);
        }
        end = start;
    }
    &[]
}

/// The kinds of lines in the last paragraph; filled from its last line to its first.
#[derive(Default)]
struct Census {
    seen: bool,
    recognised: bool,
    trailers: usize,
    others: usize,
    /// Indented lines that belong to whatever line comes above them.
    undecided: usize,
}

impl Census {
    fn count(&mut self, line: &[u8], recognised: &[&str]) {
        if line[0] == b'#' {
            self.others += std::mem::take(&mut self.undecided);
            return;
        }
        self.seen = true;
        if GENERATED.iter().any(|prefix| line.starts_with(prefix)) {
            self.recognised = true;
            self.trailers += 1;
            self.undecided = 0;
        } else if let Some(colon) = separator(line) {
            let key = line[..colon].trim_end();
            self.recognised |= recognised
                .iter()
                .any(|known| key.eq_ignore_ascii_case(known.as_bytes()));
            self.trailers += 1;
            self.undecided = 0;
        } else if is_space(line[0]) {
            self.undecided += 1;
        } else {
            self.others += 1 + std::mem::take(&mut self.undecided);
        }
    }

    fn is_block(&self) -> bool {
        let others = self.others + self.undecided;
        if self.recognised {
            self.trailers.saturating_mul(3) >= others
        } else {
            self.trailers > 0 && others == 0
        }
    }
}

/// The trailers of a block, one by one.
struct Items<'a> {
    rest: &'a [u8],
}

impl Iterator for Items<'_> {
    type Item = Trailer;

    fn next(&mut self) -> Option<Trailer> {
        loop {
            let line = next_line(&mut self.rest)?;
            let Some(colon) = separator(line) else {
                continue;
            };
            let mut value = line[colon + 1..].to_vec();
            while self.rest.first().is_some_and(|byte| is_space(*byte)) {
                value.extend_from_slice(next_line(&mut self.rest)?);
            }
            return Some(Trailer {
                key: trim(&line[..colon]).into(),
                value: unfold(trim(&value)),
            });
        }
    }
}

/// Takes the first line, with its newline, off the text.
fn next_line<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    if text.is_empty() {
        return None;
    }
    let (line, rest) = text.split_at(text.find_byte(b'\n').map_or(text.len(), |at| at + 1));
    *text = rest;
    Some(line)
}

/// The offset of the colon after a key: letters, digits and dashes, then perhaps blanks.
fn separator(line: &[u8]) -> Option<usize> {
    let key = line
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?;
    let blanks = line[key..]
        .iter()
        .position(|byte| *byte != b' ' && *byte != b'\t')?;
    let colon = key + blanks;
    (key > 0 && line[colon] == b':').then_some(colon)
}

/// Each newline and the white space after it become one space.
fn unfold(value: &[u8]) -> BString {
    let mut lines = value.split_str(b"\n");
    let mut unfolded = BString::from(lines.next().unwrap_or_default());
    let mut blank_before = false;
    for line in lines {
        let text = &line[line.iter().take_while(|byte| is_space(**byte)).count()..];
        if !blank_before {
            unfolded.push(b' ');
        }
        unfolded.extend_from_slice(text);
        blank_before = text.is_empty();
    }
    trim(&unfolded).into()
}

/// The length of the text without what git ignores at its end: from the scissors line on, and
/// then comments, empty lines and an old list of conflicts.
fn end_of_text(message: &[u8]) -> usize {
    let cut = scissors(message).unwrap_or(message.len());
    // Zero says "no such line yet", in git too: a comment at the very beginning does not count.
    let mut ignored = 0;
    let mut in_conflicts = false;
    let mut at = 0;
    let mut rest = &message[..cut];
    while let Some(line) = next_line(&mut rest) {
        let conflicts = line == b"Conflicts:\n";
        if conflicts || line[0] == b'#' || line[0] == b'\n' {
            in_conflicts |= conflicts;
            if ignored == 0 {
                ignored = at;
            }
        } else if !(in_conflicts && line[0] == b'\t') && ignored > 0 {
            ignored = 0;
            in_conflicts = false;
        }
        at += line.len();
    }
    if ignored > 0 { ignored } else { cut }
}

/// The offset of the scissors line.
fn scissors(message: &[u8]) -> Option<usize> {
    if message.starts_with(SCISSORS) {
        return Some(0);
    }
    message
        .find_iter(SCISSORS)
        .find(|at| message[..*at].ends_with(b"\n"))
}

/// The length of the first paragraph, which is the subject and holds no trailers.
fn end_of_title(text: &[u8]) -> usize {
    let mut rest = text;
    iter::from_fn(|| next_line(&mut rest))
        .take_while(|line| line[0] == b'#' || !is_blank(line))
        .map(<[u8]>::len)
        .sum()
}

/// The length of the blank lines at the beginning.
fn blank_prefix(message: &[u8]) -> usize {
    let mut rest = message;
    iter::from_fn(|| next_line(&mut rest))
        .take_while(|line| is_blank(line))
        .map(<[u8]>::len)
        .sum()
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| is_space(*byte))
}

/// White space as git's own character table has it: no vertical tab, no form feed.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_with(|character| character.is_ascii() && is_space(character as u8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_testkit::git;

    const MESSAGES: &[&str] = &[
        "",
        "subject",
        "Key: a subject is no trailer",
        "subject\n\nKey: value\n",
        "subject\nKey: first paragraph\n",
        "\n \n\nsubject\n\nKey: leading blank lines\n\n\n",
        "subject\n\nKey: not last\n\nprose\n",
        "subject\n\nKey: last\n\n \t\n",
        "subject\n\nbody\n\nKey: folded\n  once\n\ttwice\nOther: x\n",
        "subject\n\nKey:\n  only folded\n \n",
        "subject\n\nKey: a\n \r\n  b\n",
        "subject\n\n indented first\nKey: value\n",
        "subject\n\nprose\nKey: value\n",
        "subject\n\nprose\nSigned-off-by: A <a@b>\n",
        "subject\n\none\ntwo\nthree\nSigned-off-by: A <a@b>\n",
        "subject\n\none\ntwo\nthree\nfour\nSigned-off-by: A <a@b>\n",
        "subject\n\none\n two\n three\n four\nSigned-off-by: A <a@b>\n",
        "subject\n\nprose\n(cherry picked from commit 123)\nKey: v\n",
        "subject\n\nsigned-off-by: lower\nprose\n",
        "subject\n\nKey: v\n# comment: x\nOther: y\n",
        "subject\n\nKey: v\n# comment\n  after a comment\nOther: y\n",
        "subject\n\nKey: v\n#comment at the end\n",
        "subject\n\nKey: v\n\n# comment\n\n",
        "# comment\n\nsubject\n\nKey: v\n",
        "#\nsubject\nKey: v\n\nOther: w\n",
        "subject\n\nKey: v\n\nConflicts:\n\ta/b\n\tc\n",
        "subject\n\nKey: v\n\nConflicts:\n\ta/b\nprose\n",
        "subject\n\nKey: v\n# ------------------------ >8 ------------------------\nHidden: w\n",
        "subject\n\nKey: v\n\n# ------------------------ >8 ------------------------x\n\nHidden: w\n",
        "# ------------------------ >8 ------------------------\n\nHidden: w\n",
        "subject\n\nKey: v\n---\nOther: w\n",
        "subject\n\nKey: v\n\n---\n\nOther: w\n",
        "subject\r\n\r\nKey: crlf\r\nOther: x\r\n  y\r\n",
        "subject\r\n\r\nKey: crlf\r\n\r\n",
        "subject\n\nKey : blank before the colon\nOther\t: tab\nTwo words: no\n",
        "subject\n\nKey : blank before the colon\nOther\t: tab\n",
        "subject\n\nKey:no blank\nEmpty:\nEmpty2:   \n",
        "subject\n\n: no key\nKey: v\n",
        "subject\n\nK_y: underscore\n",
        "subject\n\nKéy: not ASCII\n",
        "subject\n\nKey: ünïcode\u{a0}\n",
        "subject\n\nKey: form feed\u{c}\n\u{b}\n",
        "subject\n\nKey: v\nKey: v\nkEY: again\n",
        "subject\n\n-: dash\n9: digit\n",
        "subject\n\nhttps://example.org\n",
    ];

    #[test]
    fn git_reads_the_same() {
        let home = tempfile::tempdir().unwrap();
        git(home.path(), &["init", "-q", "--bare", "."], b"");
        let tree = git(home.path(), &["mktree"], b"");
        for message in MESSAGES {
            let mut object = b"tree ".to_vec();
            object.extend_from_slice(tree.trim());
            object.extend_from_slice(
                b"\nauthor a <a@b> 1766000000 +0000\ncommitter a <a@b> 1766000000 +0000\n\n",
            );
            object.extend_from_slice(message.as_bytes());
            let commit = git(
                home.path(),
                &["hash-object", "-t", "commit", "-w", "--stdin"],
                &object,
            );
            let commit = commit.trim().to_str().unwrap();
            let format = "--format=%(trailers:only,unfold)";
            let shown = git(home.path(), &["log", "-1", format, commit], b"");
            let ours: Vec<String> = trailers(message.as_bytes().as_bstr(), &[])
                .map(|trailer| format!("{}: {}", trailer.key, trailer.value))
                .collect();
            let theirs: Vec<String> = shown
                .split_str(b"\n")
                .filter(|line| !line.is_empty())
                .map(|line| line.as_bstr().to_string())
                .collect();
            assert_eq!(ours, theirs, "{message:?}");
        }
    }

    fn read(message: &[u8], recognised: &[&str]) -> Vec<String> {
        trailers(message.as_bstr(), recognised)
            .map(|trailer| format!("{}={}", trailer.key, trailer.value))
            .collect()
    }

    #[test]
    fn an_own_key_makes_a_block_of_a_paragraph_with_prose() {
        let message = b"s\n\nprose\nprose\nbaton-session: 19\n";
        assert!(read(message, &[]).is_empty());
        assert_eq!(read(message, &["Baton-Session"]), ["baton-session=19"]);
        let found: Vec<_> = values(message.as_bstr(), "Baton-Session").collect();
        assert_eq!(found, ["19"]);
    }

    #[test]
    fn a_nul_hides_nothing() {
        assert_eq!(
            read(b"s\n\nKey: seen by git\n\0\n\nKey: seen by others\n", &[]),
            ["Key=seen by git", "Key=seen by others"]
        );
    }

    #[test]
    fn bytes_outside_utf_8_are_kept() {
        let found = trailers(b"s\n\nKey: \xff\xfe\n".as_bstr(), &[]).next();
        assert_eq!(found.unwrap().value, b"\xff\xfe"[..]);
    }
}
