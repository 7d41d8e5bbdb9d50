use std::fmt::Write;

use bstr::{BStr, BString, ByteSlice};
use sha2::{Digest, Sha256};

use super::lines::{BOM, Lines, leading};

/// The deepest heading that gives the document its structure; a summary's own are deeper.
const DEEPEST: usize = 4;

/// Why a summary cannot stand in an entry as it is. [`canonical_summary`] removes every cause but
/// emptiness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SummaryError {
    /// There is no text.
    #[error("the summary is empty")]
    Empty,
    /// It begins or ends with a blank line, or its last line does not end with a line feed.
    #[error("the summary must begin and end with a line of text and end with one line feed")]
    Edges,
    /// A carriage return, which some readers take for the end of a line.
    #[error("line {line} of the summary holds a carriage return")]
    CarriageReturn {
        /// The line, from 1.
        line: usize,
    },
    /// A heading that would end the session's section, the entry or the list of entries.
    #[error("line {line} of the summary is a heading of level {level}; levels 5 and 6 are allowed")]
    Heading {
        /// The line, from 1.
        line: usize,
        /// Its level, 1 to 4.
        level: usize,
    },
    /// A fenced code block that would swallow what follows.
    #[error("the code block that line {line} of the summary opens is not closed")]
    OpenFence {
        /// The line, from 1.
        line: usize,
    },
}

/// `sha256:` and the SHA-256 of the bytes, in lower-case hexadecimal.
pub fn digest(summary: &BStr) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(summary) {
        write!(text, "{byte:02x}").expect("a string takes any text");
    }
    text
}

/// The summary as an entry can hold it: LF line endings, no byte order mark, no blank lines at
/// either end and one line feed at the end, headings moved down together so that the highest is
/// of level 5 (what would be deeper than 6 becomes 6), an open code block closed. A summary that
/// is so already comes back unchanged.
pub fn canonical_summary(text: &BStr) -> BString {
    let text = text.replace("\r\n", "\n").replace("\r", "\n");
    let mut text = trimmed(&text);
    while let Some(rest) = text.strip_prefix(BOM) {
        text = trimmed(rest);
    }
    let mut summary = BString::from(demoted(text));
    if summary.is_empty() {
        return summary;
    }
    summary.push(b'\n');
    let mut lines = Lines::new(&summary);
    lines.by_ref().for_each(drop);
    if let Some(fence) = lines.open_fence() {
        summary.extend(vec![fence.mark; fence.length]);
        summary.push(b'\n');
    }
    summary
}

/// Whether the summary can stand in an entry.
pub(super) fn check(summary: &[u8]) -> Result<(), SummaryError> {
    if summary.is_empty() {
        return Err(SummaryError::Empty);
    }
    let mut lines = Lines::new(summary);
    let mut blank = true;
    for line in lines.by_ref() {
        if line.text.contains(&b'\r') || summary[..line.end].ends_with(b"\r\n") {
            return Err(SummaryError::CarriageReturn { line: line.number });
        }
        if let Some(level) = line.heading().filter(|level| *level <= DEEPEST) {
            return Err(SummaryError::Heading {
                line: line.number,
                level,
            });
        }
        blank = line.is_blank();
        if blank && line.number == 1 {
            return Err(SummaryError::Edges);
        }
    }
    if blank || !summary.ends_with(b"\n") || summary.starts_with(BOM) {
        return Err(SummaryError::Edges);
    }
    match lines.open_fence() {
        Some(fence) => Err(SummaryError::OpenFence { line: fence.line }),
        None => Ok(()),
    }
}

/// The text from its first line that is not blank to its last, without the last line feed.
fn trimmed(text: &[u8]) -> &[u8] {
    let mut filled = Lines::new(text).filter(|line| !line.is_blank());
    let Some(first) = filled.next() else {
        return &[];
    };
    let end = filled.last().unwrap_or(first).end;
    let body = &text[first.start..end];
    body.strip_suffix(b"\n").unwrap_or(body)
}

fn demoted(text: &[u8]) -> Vec<u8> {
    let highest = Lines::new(text).filter_map(|line| line.heading()).min();
    let shift = highest.map_or(0, |level| (DEEPEST + 1).saturating_sub(level));
    let mut result = Vec::with_capacity(text.len());
    for line in Lines::new(text) {
        let whole = &text[line.start..line.end];
        let (indent, rest) = whole.split_at(leading(whole, |byte| byte == b' '));
        result.extend_from_slice(indent);
        if let Some(level) = line.heading() {
            result.extend(vec![b'#'; shift.min(6 - level)]);
        }
        result.extend_from_slice(rest);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        canonical_summary(text.into()).to_string()
    }

    #[test]
    fn the_digest_is_what_sha256sum_prints() {
        assert_eq!(
            digest("abc\n".into()),
            "sha256:edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"
        );
    }

    #[test]
    fn headings_move_down_together() {
        assert_eq!(
            canonical("## a\n### b\n```\n# c\n```"),
            "##### a\n###### b\n```\n# c\n```\n"
        );
        assert_eq!(canonical("##### a\n###### b\n"), "##### a\n###### b\n");
        assert_eq!(canonical("b\n   # a\n"), "b\n   ##### a\n");
    }

    #[test]
    fn line_endings_edges_and_fences_are_put_right() {
        assert_eq!(canonical("\u{feff}\r\n \r\na\r\rb\r\n\r\n"), "a\n\nb\n");
        assert_eq!(canonical("~~~~ x\ncode"), "~~~~ x\ncode\n~~~~\n");
        assert_eq!(canonical(" \n\t\n"), "");
    }

    #[test]
    fn what_cannot_stand_in_an_entry_is_named() {
        for (text, error) in [
            ("", SummaryError::Empty),
            ("a", SummaryError::Edges),
            ("\na\n", SummaryError::Edges),
            ("a\n\n", SummaryError::Edges),
            ("a\nb\r\n", SummaryError::CarriageReturn { line: 2 }),
            ("a\rb\n", SummaryError::CarriageReturn { line: 1 }),
            (
                "a\n#### Session 3: x\n",
                SummaryError::Heading { line: 2, level: 4 },
            ),
            ("a\n\n```\nb\n", SummaryError::OpenFence { line: 3 }),
        ] {
            assert_eq!(check(text.as_bytes()), Err(error), "{text:?}");
        }
    }
}
