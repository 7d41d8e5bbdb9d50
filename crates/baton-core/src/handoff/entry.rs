//! An entry, and its text.

use std::collections::HashSet;

use bstr::{BString, ByteVec};

use super::summary::{self, SummaryError};
use crate::model::{EntryTitle, SessionId, Wording};

/// The entry that one aggregate commit adds to the handoff document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The day of the aggregation, `YYYY-MM-DD`.
    pub date: String,
    /// The number of the session that aggregated, if a session did.
    pub orchestrator: Option<String>,
    /// The sessions, in the order in which they are listed.
    pub sessions: Vec<SessionSection>,
}

/// One session's part of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSection {
    /// The session's number in decimal, without leading zeros.
    pub number: String,
    /// Its title, one line.
    pub title: String,
    /// Its summary; [`super::canonical_summary`] makes it fit.
    pub summary: BString,
}

/// Why an [`Entry`] has no canonical text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The date is no day of the calendar written `YYYY-MM-DD`.
    #[error("`{0}` is not a date of the form YYYY-MM-DD")]
    Date(String),
    /// The entry names no session.
    #[error("the entry names no session")]
    NoSession,
    /// A session's number is not in canonical form.
    #[error("`{0}` is not a session number: decimal digits without leading zeros are expected")]
    Number(String),
    /// A session has two sections.
    #[error("session {0} has two sections in one entry")]
    Twice(String),
    /// A title is empty, has white space around it or holds control characters.
    #[error(
        "the title of session {0} must be one line of text, without white space around it and \
         without control characters"
    )]
    Title(String),
    /// A title holds HTML, which can hide or restyle whatever follows on the page.
    #[error("the title of session {0} holds HTML; `\\<` shows it as text")]
    TitleHtml(String),
    /// A summary cannot stand in an entry.
    #[error("session {number}: {error}")]
    Summary {
        /// The session's number.
        number: String,
        /// The fault of the summary.
        error: SummaryError,
    },
}

/// The canonical text of an entry in this wording, with LF line endings and one at the end.
///
/// # Errors
/// When a part of it would not be read back as it is.
pub fn render_entry(entry: &Entry, wording: &Wording) -> Result<BString, RenderError> {
    let title = match entry.sessions.len() {
        1 => &wording.single_title,
        _ => &wording.entry_title,
    };
    let text = rendered(entry, title, wording)?;
    check_reach(entry, wording)?;
    Ok(text)
}

/// The text of an entry under this title, without a check against a renderer of Markdown.
pub(super) fn rendered(
    entry: &Entry,
    title: &EntryTitle,
    wording: &Wording,
) -> Result<BString, RenderError> {
    check(entry)?;
    let numbers: Vec<&str> = entry.sessions.iter().map(|s| s.number.as_str()).collect();
    let title = title.render(&numbers, &entry.date);
    let mut text = BString::from(format!("### {title}\n\n"));
    if let Some(number) = &entry.orchestrator {
        text.push_str(format!("{}{number}\n", orchestrator(wording)));
    }
    text.push_str(executions(entry.sessions.len(), wording));
    for section in &entry.sessions {
        let title = wording
            .session_title
            .render(&section.number, &section.title);
        text.push_str(format!("\n#### {title}\n"));
        text.push_str(&section.summary);
    }
    Ok(text)
}

fn check(entry: &Entry) -> Result<(), RenderError> {
    if !is_day(&entry.date) {
        return Err(RenderError::Date(entry.date.clone()));
    }
    if entry.sessions.is_empty() {
        return Err(RenderError::NoSession);
    }
    let numbers = entry.sessions.iter().map(|section| &section.number);
    for number in numbers.clone().chain(&entry.orchestrator) {
        if SessionId::new(None, number).is_none_or(|id| id.number() != number) {
            return Err(RenderError::Number(number.clone()));
        }
    }
    let mut seen = HashSet::new();
    if let Some(twice) = numbers.clone().find(|number| !seen.insert(*number)) {
        return Err(RenderError::Twice(twice.clone()));
    }
    for section in &entry.sessions {
        let title = &section.title;
        if title.is_empty() || title.trim() != title || title.contains(char::is_control) {
            return Err(RenderError::Title(section.number.clone()));
        }
        summary::check_lines(&section.summary).map_err(|error| in_summary(section, error))?;
    }
    Ok(())
}

/// Fails where a section would reach beyond itself in the rendered document.
pub(super) fn check_reach(entry: &Entry, wording: &Wording) -> Result<(), RenderError> {
    for section in &entry.sessions {
        let (number, title) = (&section.number, &section.title);
        if summary::has_html(&wording.session_title.render(number, title)) {
            return Err(RenderError::TitleHtml(number.clone()));
        }
        summary::check(&section.summary).map_err(|error| in_summary(section, error))?;
    }
    Ok(())
}

fn in_summary(section: &SessionSection, error: SummaryError) -> RenderError {
    RenderError::Summary {
        number: section.number.clone(),
        error,
    }
}

fn is_day(text: &str) -> bool {
    // Years before 0 would be longer.
    text.len() == 10
        && text
            .parse::<jiff::civil::Date>()
            .is_ok_and(|day| day.to_string() == text)
}

pub(super) fn orchestrator(wording: &Wording) -> String {
    format!("**{}**: Session ", wording.orchestrator_label.as_str())
}

pub(super) fn executions(count: usize, wording: &Wording) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let label = wording.agents_label.as_str();
    format!("**{label}**: {count} agent{plural}\n")
}

#[cfg(test)]
mod tests;
