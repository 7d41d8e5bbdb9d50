use std::collections::HashSet;

use bstr::{BStr, BString, ByteSlice, ByteVec};

use super::lines::Lines;
use super::summary::{self, SummaryError};
use crate::model::{EntryTitle, SessionId, Wording};

/// What one aggregate commit adds to the handoff document.
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
        /// What is wrong with it.
        error: SummaryError,
    },
}

/// Why a text is not a canonical entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A line is not what must stand in its place.
    #[error("line {line} of the entry is not {expected}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What must stand there.
        expected: &'static str,
    },
    /// The text has the form of an entry but says something that no entry may.
    #[error(transparent)]
    Content(#[from] RenderError),
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

/// The text, under this title, of an entry of which nobody asks what a renderer of Markdown makes of
/// it.
fn rendered(entry: &Entry, title: &EntryTitle, wording: &Wording) -> Result<BString, RenderError> {
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

/// Reads a canonical entry in this wording: rendering the result gives the same bytes again. An entry
/// of one session may have the title of several instead, as all had once.
///
/// # Errors
/// When the text is anything but what [`render_entry`] makes of some entry.
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

/// Whether what the sections say stays within them when the document is rendered.
fn check_reach(entry: &Entry, wording: &Wording) -> Result<(), RenderError> {
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

fn orchestrator(wording: &Wording) -> String {
    format!("**{}**: Session ", wording.orchestrator_label.as_str())
}

fn executions(count: usize, wording: &Wording) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let label = wording.agents_label.as_str();
    format!("**{label}**: {count} agent{plural}\n")
}

fn utf8(text: &[u8]) -> Option<String> {
    text.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Label, SessionTitle};

    const TEXT: &str = "### Parallel Sessions 19, 20 (2025-12-18)\n\n\
        **Orchestrator**: Session 22\n**Parallel Executions**: 2 agents\n\n\
        #### Session 19: Constraints\n- one\n\n```\n#### Session 9: code\n```\n\n\
        #### Session 20: Gate: phase 1.5\ndone\n";

    fn section(number: &str, title: &str, summary: &str) -> SessionSection {
        SessionSection {
            number: number.to_owned(),
            title: title.to_owned(),
            summary: summary.into(),
        }
    }

    fn entry() -> Entry {
        Entry {
            date: "2025-12-18".to_owned(),
            orchestrator: Some("22".to_owned()),
            sessions: vec![
                section(
                    "19",
                    "Constraints",
                    "- one\n\n```\n#### Session 9: code\n```\n",
                ),
                section("20", "Gate: phase 1.5", "done\n"),
            ],
        }
    }

    #[test]
    fn an_entry_has_one_text() {
        assert_eq!(render_entry(&entry(), &Wording::default()).unwrap(), TEXT);
        assert_eq!(
            parse_entry(TEXT.into(), &Wording::default()).unwrap(),
            entry()
        );
        let alone = Entry {
            orchestrator: None,
            sessions: vec![section("7", "t", "s\n")],
            ..entry()
        };
        assert_eq!(
            render_entry(&alone, &Wording::default()).unwrap(),
            "### Parallel Session 7 (2025-12-18)\n\n**Parallel Executions**: 1 agent\n\n\
             #### Session 7: t\ns\n"
        );
    }

    #[test]
    fn an_entry_of_one_session_may_have_the_title_of_several() {
        let wording = Wording::default();
        let text = |title: &str| {
            format!(
                "### {title} (2025-12-18)\n\n**Parallel Executions**: 1 agent\n\n#### Session 7: t\ns\n"
            )
        };
        let old = parse_entry(text("Parallel Sessions 7").as_str().into(), &wording).unwrap();
        let new = text("Parallel Session 7");
        assert_eq!(render_entry(&old, &wording).unwrap(), new);
        assert_eq!(parse_entry(new.as_str().into(), &wording), Ok(old));
        let several = TEXT.replace("Parallel Sessions", "Parallel Session");
        assert!(parse_entry(several.as_str().into(), &wording).is_err());
    }

    #[test]
    fn what_no_entry_may_say_is_refused() {
        let with = |change: fn(&mut Entry)| {
            let mut entry = entry();
            change(&mut entry);
            render_entry(&entry, &Wording::default()).unwrap_err()
        };
        for date in [
            "2025-02-29",
            "2025-1-01",
            "",
            "2025-12-18\n",
            "+025-12-18",
            "-000001-01-01",
        ] {
            let entry = Entry {
                date: date.to_owned(),
                ..entry()
            };
            assert_eq!(
                render_entry(&entry, &Wording::default()),
                Err(RenderError::Date(date.to_owned()))
            );
        }
        assert_eq!(with(|e| e.sessions.clear()), RenderError::NoSession);
        assert_eq!(
            with(|e| e.sessions[1].number = "020".into()),
            RenderError::Number("020".into())
        );
        assert_eq!(
            with(|e| e.orchestrator = Some("me".into())),
            RenderError::Number("me".into())
        );
        assert_eq!(
            with(|e| e.sessions[1].number = "19".into()),
            RenderError::Twice("19".into())
        );
        assert_eq!(
            with(|e| e.sessions[0].title = "a\nb".into()),
            RenderError::Title("19".into())
        );
        assert_eq!(
            with(|e| e.sessions[1].summary = "a\n## Recent Work\n".into()),
            RenderError::Summary {
                number: "20".into(),
                error: SummaryError::Heading { line: 2, level: 2 },
            }
        );
        assert_eq!(
            with(|e| e.sessions[0].title = "Take <textarea>".into()),
            RenderError::TitleHtml("19".into())
        );
    }

    #[test]
    fn an_entry_that_stands_there_counts_whatever_is_asked_of_new_ones() {
        let old = TEXT.replace("done\n", "done\n====\n\n<!-- open\n");
        let wording = Wording::default();
        assert!(recognize(old.as_str().into(), &wording).is_ok());
        assert_eq!(
            parse_entry(old.as_str().into(), &wording),
            Err(ParseError::Content(RenderError::Summary {
                number: "20".into(),
                error: SummaryError::Heading { line: 1, level: 1 },
            }))
        );
    }

    #[test]
    fn any_other_text_is_no_entry() {
        let cases = [
            (TEXT.replace("Parallel Sessions", "Sessions"), 1),
            (TEXT.replace("18)\n\n", "18)\nx\n"), 2),
            (TEXT.replace("2 agents", "3 agents"), 4),
            (TEXT.replace("19, 20", "20, 19"), 1),
            (TEXT.replace("agents\n", "agents\nmore\n"), 5),
            (TEXT.replace("#### Session 20: ", "#### Session 20 "), 13),
            (TEXT.replace("done\n", "done\n\n"), 0),
            (TEXT.replace("```\n\n####", "```\n####"), 12),
            (TEXT.replace("Session 22\n", "Session 22\r\n"), 3),
            (format!("\u{feff}{TEXT}"), 1),
            (String::new(), 1),
        ];
        for (text, at) in cases {
            match parse_entry(text.as_str().into(), &Wording::default()) {
                Err(ParseError::Line { line, .. }) => assert_eq!(line, at, "{text}"),
                Err(ParseError::Content(_)) => assert_eq!(at, 0, "{text}"),
                Ok(entry) => panic!("{text} was read as {entry:?}"),
            }
        }
    }

    #[test]
    fn a_policy_words_the_entry() {
        let wording = Wording {
            entry_title: EntryTitle::parse("{date}: Sitzungen {sessions}").unwrap(),
            single_title: EntryTitle::parse("{date}: Sitzung {sessions}").unwrap(),
            session_title: SessionTitle::parse("Sitzung {session} – {title} ✓").unwrap(),
            orchestrator_label: Label::parse("Leitung").unwrap(),
            agents_label: Label::parse("Parallel").unwrap(),
        };
        let text = render_entry(&entry(), &wording).unwrap();
        assert!(text.starts_with_str(
            "### 2025-12-18: Sitzungen 19, 20\n\n**Leitung**: Session 22\n\
             **Parallel**: 2 agents\n\n#### Sitzung 19 – Constraints ✓\n- one\n"
        ));
        assert_eq!(parse_entry(text.as_ref(), &wording).unwrap(), entry());
        assert!(parse_entry(text.as_ref(), &Wording::default()).is_err());
        assert!(parse_entry(TEXT.into(), &wording).is_err());
    }

    /// Texts that come near to being placeholders, numbers, dates and line ends.
    fn text(pieces: &'static str) -> impl Strategy<Value = String> {
        proptest::string::string_regex(pieces).unwrap()
    }

    proptest! {
        #[test]
        fn in_any_wording_an_entry_reads_back(
            entry_title in text("(#|`|1|, |\\*|é|a| ){0,3}(\\{sessions\\}(1|, | |-|é){0,2}\\{date\\}|\\{date\\}(1|, | |-|é){0,2}\\{sessions\\})(#|1|-|\\)){0,3}"),
            session_title in text("(#|`|1|Session |é| ){0,3}\\{session\\}(:|1| |é|#){0,3}\\{title\\}(:|1|#|\\)| ){0,3}"),
            labels in (text("[a:*0 ]{1,4}"), text("[a:*0 ]{1,4}")),
            title in text("[a1: #é)]{1,6}"),
            numbers in proptest::collection::hash_set(0..200u32, 1..4),
            orchestrator in proptest::option::of(0..30u32),
        ) {
            let parsed = (
                EntryTitle::parse(&entry_title),
                SessionTitle::parse(&session_title),
                Label::parse(&labels.0),
                Label::parse(&labels.1),
            );
            let (Ok(entry_title), Ok(session_title), Ok(orchestrator_label), Ok(agents_label)) = parsed
            else {
                return Ok(());
            };
            let wording = Wording { single_title: entry_title.single(), entry_title, session_title, orchestrator_label, agents_label };
            let entry = Entry {
                date: "2025-12-18".to_owned(),
                orchestrator: orchestrator.map(|number| number.to_string()),
                sessions: numbers.iter().map(|number| section(&number.to_string(), &title, "s\n")).collect(),
            };
            if let Ok(text) = render_entry(&entry, &wording) {
                prop_assert_eq!(parse_entry(text.as_ref(), &wording), Ok(entry.clone()));
                let document = crate::handoff::insert(None, "## W", text.as_ref());
                let carried = crate::handoff::aggregated_sessions(document.as_ref(), "## W", &wording);
                let numbers: Vec<_> = entry.sessions.into_iter().map(|one| one.number).collect();
                prop_assert_eq!(carried, numbers);
            }
        }
    }
}
