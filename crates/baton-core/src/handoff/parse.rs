//! The text of an entry, read.

use bstr::{BStr, ByteSlice};

use super::entry::{
    Entry, RenderError, SessionSection, check_reach, executions, orchestrator, rendered,
};
use super::lines::Lines;
use crate::model::{EntryTitle, SessionId, Wording};

/// Why a text is not a canonical entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A line is not what must stand in its place.
    #[error("line {line} of the entry is not {expected}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The bytes that must stand there.
        expected: &'static str,
    },
    /// The text has the form of an entry but says something that no entry may.
    #[error(transparent)]
    Content(#[from] RenderError),
}

/// Reads a canonical entry in this wording: rendering the result gives the same bytes again. An entry
/// of one session may have the title of several instead, as all had once.
///
/// # Errors
/// When the text is anything but what [`super::render_entry`] makes of some entry.
pub fn parse_entry(text: &BStr, wording: &Wording) -> Result<Entry, ParseError> {
    let entry = recognize(text, wording)?;
    check_reach(&entry, wording)?;
    Ok(entry)
}

/// Reads a canonical entry as [`parse_entry`] does, but for what a renderer of Markdown makes of its
/// titles and summaries: an entry that stands in the document counts as one whatever is asked of
/// new ones.
pub(super) fn recognize(text: &BStr, wording: &Wording) -> Result<Entry, ParseError> {
    let mut lines = Lines::new(text);
    let mut line = 0;
    let mut next = || {
        line += 1;
        lines.next().map_or(&[][..], |line| line.text)
    };
    let (title, numbers, date) = title(next(), wording).ok_or(ParseError::Line {
        line: 1,
        expected: "an entry's title: `###` and what the policy's `entry_title`, or `single_title` for one session, makes of sessions and date",
    })?;
    next();
    let mut counted = next();
    let orchestrator = counted
        .strip_prefix(orchestrator(wording).as_bytes())
        .and_then(utf8);
    if orchestrator.is_some() {
        counted = next();
    }
    let expected = executions(numbers.len(), wording);
    if counted != expected.trim_end().as_bytes() {
        return Err(ParseError::Line {
            line,
            expected: "the policy's `agents_label` and the number of sessions",
        });
    }
    let entry = Entry {
        date,
        orchestrator,
        sessions: sections(text, wording)?,
    };
    same(text, &rendered(&entry, title, wording)?)?;
    Ok(entry)
}

/// The first line: the template that it follows, the sessions' numbers and the date.
fn title<'w>(line: &[u8], wording: &'w Wording) -> Option<(&'w EntryTitle, Vec<String>, String)> {
    let text = line.strip_prefix(b"### ")?.to_str().ok()?;
    let read = |title: &'w EntryTitle| {
        let (numbers, date) = title.read(text)?;
        Some((title, numbers, date))
    };
    let single = read(&wording.single_title).filter(|(_, numbers, _)| {
        let id = |number: &String| SessionId::new(None, number);
        numbers.len() == 1 && numbers.iter().all(|number| id(number).is_some())
    });
    single.or_else(|| read(&wording.entry_title))
}

/// The sessions' sections: each begins at a heading of level 4 outside fenced code.
fn sections(text: &[u8], wording: &Wording) -> Result<Vec<SessionSection>, ParseError> {
    let headings: Vec<_> = Lines::new(text)
        .filter(|line| line.heading() == Some(4))
        .collect();
    let ends = headings.iter().skip(1).map(|next| next.start);
    headings
        .iter()
        .zip(ends.chain([text.len()]))
        .map(|(heading, end)| {
            let (number, title) = heading
                .text
                .strip_prefix(b"#### ")
                .and_then(|title| wording.session_title.read(title.to_str().ok()?))
                .ok_or(ParseError::Line {
                    line: heading.number,
                    expected: "`####` and what the policy's `session_title` makes of number and title",
                })?;
            let body = &text[heading.end..end];
            // The blank line before the next section is not the summary's.
            let body = match body.strip_suffix(b"\n\n") {
                Some(_) if end < text.len() => &body[..body.len() - 1],
                _ => body,
            };
            Ok(SessionSection {
                number,
                title,
                summary: body.into(),
            })
        })
        .collect()
}

fn same(text: &[u8], rendered: &[u8]) -> Result<(), ParseError> {
    if text == rendered {
        return Ok(());
    }
    let equal = text
        .iter()
        .zip(rendered)
        .take_while(|(a, b)| a == b)
        .count();
    let line = 1 + text[..equal].iter().filter(|byte| **byte == b'\n').count();
    Err(ParseError::Line {
        line,
        expected: "what the canonical form of the entry has there",
    })
}

fn utf8(text: &[u8]) -> Option<String> {
    text.to_str().ok().map(str::to_owned)
}
