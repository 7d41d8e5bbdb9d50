//! The message of an aggregate commit. Pure.

use bstr::{BStr, BString, ByteSlice};

use super::Plan;
use baton_core::handoff::digest;
use baton_core::model::Oid;
use baton_core::policy::{Subjects, Trailers};
use baton_core::rules::aggregate::FORMAT_VERSION;

/// The most numbers that the subject names.
const NAMED: usize = 8;
/// The longest outcome of a session, in characters.
const OUTCOME: usize = 100;

/// The number of entries that were moved, and where to.
pub(super) type Moved<'a> = Option<(usize, &'a BStr)>;

/// Subject, one line a session, trailers.
pub(super) fn message(
    plan: &Plan,
    base: Oid,
    moved: Moved<'_>,
    keys: &Trailers,
    subject: &str,
) -> BString {
    let mut text = subject.to_owned();
    text.push_str("\n\n");
    for section in &plan.sections {
        let outcome = outcome(section.summary.as_bstr());
        let number = section.id.number();
        text.push_str(&format!(
            "- Session {number}: {}: {outcome}\n",
            section.title
        ));
    }
    text.push_str(&format!(
        "\n{}: {FORMAT_VERSION}\n{}: {base}\n",
        keys.aggregate, keys.base
    ));
    let mut text = BString::from(text);
    if let Some((count, path)) = moved {
        text.extend_from_slice(format!("{}: {count} {path}\n", keys.archive).as_bytes());
    }
    for section in &plan.sections {
        let digest = digest(section.summary.as_bstr());
        let lines = format!(
            "{}: {id}\n{}: {id} {digest}\n",
            keys.session,
            keys.summary,
            id = section.id
        );
        text.extend_from_slice(lines.as_bytes());
    }
    text
}

/// The first line, for these sessions and the branch of this short name.
pub fn subject(subjects: &Subjects, numbers: &[String], branch: &str) -> String {
    let sessions = match numbers {
        [one] => format!("session {one}"),
        _ if numbers.len() <= NAMED => format!("sessions {}", numbers.join(", ")),
        [first, .., last] => {
            format!("{} sessions, {first} to {last}", numbers.len())
        }
        [] => String::new(),
    };
    subjects
        .aggregate
        .render(&[("sessions", &sessions), ("branch", branch)])
}

/// The first line of the summary that says something, without its list marker.
fn outcome(summary: &BStr) -> String {
    let lines = summary.lines().map(|line| line.to_str_lossy());
    let mut telling = lines.filter_map(|line| {
        let text = line.trim();
        let special = text.starts_with(['#', '|', '`', '~', '<']) || text.is_empty();
        let text = text.trim_start_matches(['-', '*', '+', ' ']);
        let text = text.trim_start_matches("[x] ").trim_start_matches("[ ] ");
        (!special && text.contains(char::is_alphanumeric)).then(|| text.to_owned())
    });
    let line = telling
        .next()
        .unwrap_or_else(|| "see its summary".to_owned());
    let clean: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match clean.char_indices().nth(OUTCOME) {
        Some((end, _)) => format!("{}…", clean[..end].trim_end()),
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_core::policy::Policy;

    #[test]
    fn an_outcome_is_the_first_line_that_says_something() {
        for (summary, line) in [
            ("##### Done\n\n- **Created** x\n- y\n", "Created** x"),
            ("| a |\n|---|\n", "see its summary"),
            ("```\ncode\n```\n", "code"),
            ("- [x] ticked\n", "ticked"),
            ("plain\n", "plain"),
        ] {
            assert_eq!(outcome(summary.into()), line, "{summary:?}");
        }
        assert_eq!(
            outcome("é".repeat(200).as_str().into()).chars().count(),
            101
        );
    }

    #[test]
    fn a_subject_stays_short() {
        let numbers =
            |range: std::ops::Range<u32>| range.map(|n| n.to_string()).collect::<Vec<_>>();
        let subjects = Policy::default().subjects;
        let subject = |range| subject(&subjects, &numbers(range), "main");
        assert_eq!(subject(19..22), "Aggregate sessions 19, 20, 21");
        assert_eq!(subject(7..8), "Aggregate session 7");
        assert_eq!(subject(1..51), "Aggregate 50 sessions, 1 to 50");
    }
}
