//! The checks of a summary.

use std::fmt::Write;

use bstr::BStr;
use sha2::{Digest, Sha256};

use super::lines::{BOM, Lines};
use super::markdown::reach;

/// The deepest heading that gives the document its structure; a summary's own are deeper.
pub(super) const DEEPEST: usize = 4;

/// The bytes before the title of a session's section.
pub(super) const TITLE: &[u8] = b"#### ";

/// Why a summary cannot stand in an entry as it is. [`super::canonical_summary`] removes every cause but
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
    /// HTML, which can hide or restyle whatever follows on the page.
    #[error("line {line} of the summary holds HTML; `\\<` shows it as text")]
    Html {
        /// The line, from 1.
        line: usize,
    },
    /// A definition that would change links or footnotes elsewhere.
    #[error("line {line} of the summary defines a link or a footnote for the whole document")]
    Definition {
        /// The line, from 1.
        line: usize,
    },
    /// Something that is left open and that is none of the above.
    #[error("a reader would take what follows the summary for a part of it")]
    Open,
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

/// Fails unless the summary can stand in a new entry.
pub(super) fn check(summary: &[u8]) -> Result<(), SummaryError> {
    check_lines(summary)?;
    let reach = reach(summary);
    let line = |at: usize| 1 + summary[..at].iter().filter(|byte| **byte == b'\n').count();
    let mut headings = reach.headings.iter();
    if let Some(heading) = headings.find(|heading| heading.level <= DEEPEST) {
        return Err(SummaryError::Heading {
            line: line(heading.range.start),
            level: heading.level,
        });
    }
    if let Some(html) = reach.html.first() {
        return Err(SummaryError::Html {
            line: line(html.start),
        });
    }
    if let Some(at) = reach.definitions.iter().min() {
        return Err(SummaryError::Definition { line: line(*at) });
    }
    match reach.swallows {
        true => Err(SummaryError::Open),
        false => Ok(()),
    }
}

/// Fails unless the summary is whole in a reading line by line, as it must be in any
/// entry, however old.
pub(super) fn check_lines(summary: &[u8]) -> Result<(), SummaryError> {
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

/// True if a title holds HTML.
pub(super) fn has_html(title: &str) -> bool {
    !reach(&[TITLE, title.as_bytes()].concat()).html.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_what_sha256sum_prints() {
        assert_eq!(
            digest("abc\n".into()),
            "sha256:edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb"
        );
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
            ("a\n\nb\n---\n", SummaryError::Heading { line: 3, level: 2 }),
            ("- #### a\n", SummaryError::Heading { line: 1, level: 4 }),
            ("a\n<!-- b\n", SummaryError::Html { line: 2 }),
            ("a\n<b>\n", SummaryError::Html { line: 2 }),
            ("a\n\n[b]: c\n", SummaryError::Definition { line: 3 }),
            ("- ```\n```\n", SummaryError::Open),
        ] {
            assert_eq!(check(text.as_bytes()), Err(error), "{text:?}");
        }
    }
}
