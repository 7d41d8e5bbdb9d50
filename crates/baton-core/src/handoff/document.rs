use bstr::{BStr, BString, ByteSlice, ByteVec};

use super::lines::{BOM, Line, Lines};
use crate::model::Wording;

/// Why a document is not another one with one entry put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Nothing was added.
    #[error("nothing was added to the old text")]
    Unchanged,
    /// A line of the old text is not in the new one as it was and where it was.
    #[error("line {line} of the old text is changed or deleted, or something else follows it")]
    Changed {
        /// The first such line, from 1.
        line: usize,
    },
    /// The old text is whole, and what was added is not where an entry belongs.
    #[error(
        "text was added after line {line} of the old text, not directly under the heading `{heading}`"
    )]
    Misplaced {
        /// The last line of the old text before the addition; 0 when there is none.
        line: usize,
        /// The heading that entries belong under.
        heading: String,
    },
    /// The addition is at the right place but the lines around the entry are not as they must be.
    #[error(
        "line {line} of the new text is not what must stand there: one blank line around the entry, \
         under the heading `{heading}`, which is added at the end of a text without it"
    )]
    Seam {
        /// The first line of the new text that differs, from 1.
        line: usize,
        /// The heading that entries belong under.
        heading: String,
    },
    /// A line of the entry does not end as the lines of the document do.
    #[error(
        "line {line} of the new text ends with LF alone, and the lines of the old text end with CR LF"
    )]
    LineEnding {
        /// The line of the new text, from 1.
        line: usize,
    },
}

/// The document with the entry directly under the heading; every old byte stays, in order.
///
/// `entry` has LF line endings and ends with one, as [`super::render_entry`] makes it. `heading`
/// is one line, such as `## Recent Work`; the first line outside fenced code that equals it, but
/// for blanks at its end, is the one. What is added is exactly
///
/// - under a heading: a line ending if the heading's line has none, a blank line, the entry, and a
///   blank line unless the next line is blank or there is none;
/// - where there is no such heading, at the end: a line ending if the last line has none, a blank
///   line unless the text is empty or its last line is blank, the heading, a blank line, the
///   entry.
///
/// Line endings are CR LF when the document's first line ends so, otherwise LF.
pub fn insert(before: Option<&BStr>, heading: &str, entry: &BStr) -> BString {
    let before = bytes(before);
    let seam = Seam::find(before, heading);
    let mut after = BString::from(&before[..seam.at]);
    after.push_str(&seam.prefix);
    after.push_str(seam.apply(entry));
    after.push_str(&seam.suffix);
    after.push_str(&before[seam.at..]);
    after
}

/// The one entry whose insertion into `before` gives exactly `after`, with LF line endings.
///
/// # Errors
/// When there is none: says which line is to blame.
pub fn extract(
    before: Option<&BStr>,
    after: &BStr,
    heading: &str,
) -> Result<BString, ExtractError> {
    let before = bytes(before);
    let seam = Seam::find(before, heading);
    let (above, below) = before.split_at(seam.at);
    let added = after
        .strip_prefix(above)
        .and_then(|rest| rest.strip_suffix(below))
        .ok_or_else(|| blame(before, after, seam.at, heading))?;
    if added.is_empty() {
        return Err(ExtractError::Unchanged);
    }
    let entry = added
        .strip_prefix(seam.prefix.as_slice())
        .and_then(|rest| rest.strip_suffix(seam.suffix.as_slice()))
        .ok_or_else(|| {
            let same = common_prefix(added, &seam.prefix);
            let at = if same < seam.prefix.len() {
                seam.at + same
            } else {
                after.len() - below.len()
            };
            ExtractError::Seam {
                line: line_at(after, at),
                heading: heading.to_owned(),
            }
        })?;
    seam.undo(entry).map_err(|at| ExtractError::LineEnding {
        line: line_at(after, seam.at + seam.prefix.len() + at),
    })
}

/// The numbers of the sessions, without leading zeros, in document order, that entries under the
/// heading carry, see [`carried_sessions`].
pub fn aggregated_sessions(document: &BStr, heading: &str, wording: &Wording) -> Vec<String> {
    let carried = carried_sessions(document, heading, wording).into_iter();
    carried.map(|(number, _)| number).collect()
}

/// The numbers of the sessions, without leading zeros, in document order, that entries under the
/// heading carry, each with the text below its title: lines `#### Session N`, or as this wording has
/// it, outside fenced code, whatever follows the number. Where the heading occurs several times,
/// all of its sections count.
pub fn carried_sessions<'d>(
    document: &'d BStr,
    heading: &str,
    wording: &Wording,
) -> Vec<(String, &'d BStr)> {
    let mut section = None;
    let mut sessions = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for line in Lines::new(document) {
        let Some(level) = line.heading() else {
            continue;
        };
        if level <= 4 {
            let text = |(number, from)| (number, document[from..line.start].as_bstr());
            sessions.extend(open.take().map(text));
        }
        if is_heading(&line, heading) {
            section = Some(level);
        } else if section.is_some_and(|outer| level <= outer) {
            section = None;
        } else if section.is_some() && level == 4 {
            open = session_of(line.text, wording).map(|number| (number, line.end));
        }
    }
    sessions.extend(open.map(|(number, from)| (number, document[from..].as_bstr())));
    sessions
}

fn session_of(text: &[u8], wording: &Wording) -> Option<String> {
    let title = text.trim_start().strip_prefix(b"####")?.trim_start();
    let id = wording.session_title.session_of(title.as_bstr())?;
    Some(id.number().to_owned())
}

/// The place of an entry and the bytes that come along with it. It depends on the old text alone, which is
/// what makes insertion reversible for any entry.
struct Seam {
    at: usize,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    crlf: bool,
}

impl Seam {
    fn find(document: &[u8], heading: &str) -> Self {
        let crlf = document
            .find_byte(b'\n')
            .is_some_and(|at| document[..at].ends_with(b"\r"));
        let eol: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let mut lines = Lines::new(document);
        let mut last = None;
        while let Some(line) = lines.next() {
            if is_heading(&line, heading) {
                let open = !document[..line.end].ends_with(b"\n");
                let tight = lines.next().is_some_and(|next| !next.is_blank());
                return Self {
                    at: line.end,
                    prefix: eol.repeat(1 + usize::from(open)),
                    suffix: eol.repeat(usize::from(tight)),
                    crlf,
                };
            }
            last = Some(line);
        }
        let open = !document.is_empty() && document != BOM && !document.ends_with(b"\n");
        let blank = last.is_none_or(|line| line.is_blank());
        let mut prefix = eol.repeat(usize::from(open) + usize::from(!blank));
        prefix.extend_from_slice(heading.trim_end().as_bytes());
        prefix.extend_from_slice(&eol.repeat(2));
        Self {
            at: document.len(),
            prefix,
            suffix: Vec::new(),
            crlf,
        }
    }

    /// The entry with the line endings of the document.
    fn apply(&self, entry: &[u8]) -> Vec<u8> {
        if self.crlf {
            entry.replace("\n", "\r\n")
        } else {
            entry.to_vec()
        }
    }

    /// The inverse of [`Self::apply`], or where a line feed has no carriage return.
    fn undo(&self, entry: &[u8]) -> Result<BString, usize> {
        if !self.crlf {
            return Ok(entry.into());
        }
        match entry
            .find_iter("\n")
            .find(|at| !entry[..*at].ends_with(b"\r"))
        {
            Some(at) => Err(at),
            None => Ok(entry.replace("\r\n", "\n").into()),
        }
    }
}

fn bytes(document: Option<&BStr>) -> &[u8] {
    document.map_or(&[], |text| text.as_bytes())
}

/// True if the line is this heading, outside fenced code.
pub(super) fn is_heading(line: &Line<'_>, heading: &str) -> bool {
    !line.fenced && line.text.trim_end() == heading.trim_end().as_bytes()
}

/// Says where `after` departs from `before` when it is not `before` with something at the seam.
fn blame(before: &[u8], after: &[u8], seam: usize, heading: &str) -> ExtractError {
    let prefix = common_prefix(before, after);
    let suffix = common_prefix_by(before.iter().rev(), after.iter().rev());
    if prefix + suffix >= before.len() && after.len() > before.len() {
        return ExtractError::Misplaced {
            line: line_at(before, prefix) - 1,
            heading: heading.to_owned(),
        };
    }
    let changed = if prefix < seam {
        prefix
    } else {
        before.len().saturating_sub(suffix + 1)
    };
    ExtractError::Changed {
        line: line_at(before, changed),
    }
}

fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    common_prefix_by(one.iter(), other.iter())
}

fn common_prefix_by<'a>(
    one: impl Iterator<Item = &'a u8>,
    other: impl Iterator<Item = &'a u8>,
) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}

/// The number, from 1, of the line that the byte at this offset is in.
fn line_at(text: &[u8], at: usize) -> usize {
    1 + text[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "## Recent Work";
    const ENTRY: &str = "### Parallel Sessions 1 (2025-12-18)\n\ntext\n";

    fn inserted(before: &str) -> String {
        let after = insert(Some(before.into()), HEADING, ENTRY.into());
        assert_eq!(
            extract(Some(before.into()), after.as_bstr(), HEADING),
            Ok(ENTRY.into())
        );
        after
            .to_string()
            .replace(&ENTRY.replace('\n', "\r\n"), "<ENTRY CRLF>")
            .replace(ENTRY, "<ENTRY>")
    }

    #[test]
    fn the_entry_goes_directly_under_the_heading() {
        for (before, after) in [
            (
                "# T\n\n## Recent Work\n\n### old\n\n## Next\n",
                "# T\n\n## Recent Work\n\n<ENTRY>\n### old\n\n## Next\n",
            ),
            ("## Recent Work\nold\n", "## Recent Work\n\n<ENTRY>\nold\n"),
            ("## Recent Work\n", "## Recent Work\n\n<ENTRY>"),
            ("## Recent Work", "## Recent Work\n\n<ENTRY>"),
            ("## Recent Work\n\nold", "## Recent Work\n\n<ENTRY>\nold"),
            (
                "\u{feff}## Recent Work  \r\n\r\nold\n",
                "\u{feff}## Recent Work  \r\n\r\n<ENTRY CRLF>\r\nold\n",
            ),
            (
                "```\n## Recent Work\n```\n## Recent Work\n",
                "```\n## Recent Work\n```\n## Recent Work\n\n<ENTRY>",
            ),
            (
                "## Recent Work\nold\n## Recent Work\n",
                "## Recent Work\n\n<ENTRY>\nold\n## Recent Work\n",
            ),
        ] {
            assert_eq!(inserted(before), after, "{before:?}");
        }
    }

    #[test]
    fn a_missing_heading_is_made_at_the_end() {
        for (before, after) in [
            ("", "## Recent Work\n\n<ENTRY>"),
            ("\u{feff}", "\u{feff}## Recent Work\n\n<ENTRY>"),
            ("# T", "# T\n\n## Recent Work\n\n<ENTRY>"),
            ("# T\n", "# T\n\n## Recent Work\n\n<ENTRY>"),
            ("# T\n\n", "# T\n\n## Recent Work\n\n<ENTRY>"),
            (
                "# T\r\nx",
                "# T\r\nx\r\n\r\n## Recent Work\r\n\r\n<ENTRY CRLF>",
            ),
            (
                "### Recent Work\n## Recent Work 2\n",
                "### Recent Work\n## Recent Work 2\n\n## Recent Work\n\n<ENTRY>",
            ),
        ] {
            assert_eq!(inserted(before), after, "{before:?}");
        }
        assert_eq!(
            insert(None, HEADING, ENTRY.into()),
            insert(Some("".into()), HEADING, ENTRY.into())
        );
    }

    #[test]
    fn a_refusal_names_the_line() {
        let old = "# T\nintro\n## Recent Work\n\n### old\none\ntwo\n";
        let new = insert(Some(old.into()), HEADING, ENTRY.into()).to_string();
        let heading = HEADING.to_owned();
        for (after, error) in [
            (old.to_owned(), ExtractError::Unchanged),
            (
                new.replace("intro", "Intro"),
                ExtractError::Changed { line: 2 },
            ),
            (new.replace("two", "2"), ExtractError::Changed { line: 7 }),
            (new.replace("one\n", ""), ExtractError::Changed { line: 6 }),
            (old.replace("two\n", ""), ExtractError::Changed { line: 7 }),
            (String::new(), ExtractError::Changed { line: 1 }),
            (
                format!("{old}more\n"),
                ExtractError::Misplaced {
                    line: 7,
                    heading: heading.clone(),
                },
            ),
            (
                format!("top\n{old}"),
                ExtractError::Misplaced {
                    line: 0,
                    heading: heading.clone(),
                },
            ),
            (
                old.replace("Work\n", "Work\nx\n"),
                ExtractError::Seam {
                    line: 4,
                    heading: heading.clone(),
                },
            ),
        ] {
            assert_eq!(
                extract(Some(old.into()), after.as_str().into(), HEADING),
                Err(error),
                "{after:?}"
            );
        }
    }

    #[test]
    fn mixed_line_endings_in_an_entry_are_refused() {
        let old = "## Recent Work\r\n";
        let new = insert(Some(old.into()), HEADING, "a\nb\n".into());
        let forged = new.to_string().replace("a\r\n", "a\n");
        assert_eq!(
            extract(Some(old.into()), forged.as_str().into(), HEADING),
            Err(ExtractError::LineEnding { line: 3 })
        );
    }

    #[test]
    fn sessions_are_those_of_the_headings_own_section() {
        let document = "#### Session 1: before\n## Recent Work\n### P\n#### Session 019: a\r\n\
                        ```\n#### Session 3: code\n```\n##### Session 4: deeper\n#### Session 5\n\
                        #### Sessions 6\n## Next\n#### Session 7: other\n## Recent Work\n\
                        #### Session 8 (late)\n";
        assert_eq!(
            aggregated_sessions(document.into(), HEADING, &Wording::default()),
            ["19", "5", "8"]
        );
    }
}
