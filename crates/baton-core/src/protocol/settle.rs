//! A log that its agent left open, settled by who conducted the session.

use bstr::{BStr, BString, ByteSlice};

use super::parse::{Row, Status, parse};

/// The answer for a row that its agent has left open, or without evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// A check has shown it; this names the check.
    Shown(String),
    /// It is not known, for this reason.
    Unknown(String),
}

/// The text for the evidence that an agent does not name, where no check has any.
const UNCHECKED: &str = "said by its agent, and checked by nobody";

/// The log with every open row settled as `answer` has it: what a check has shown is ticked, and nothing
/// else; where a row has a status without evidence, the evidence is put there. A log without such
/// rows comes back as it was.
pub fn settle(log: &BStr, answer: &dyn Fn(&Row) -> Settlement) -> BString {
    let mut lines: Vec<BString> = log
        .split_inclusive(|b| *b == b'\n')
        .map(Into::into)
        .collect();
    for row in parse(log).rows {
        if let Some(line) = lines.get_mut(row.line - 1) {
            settle_row(line, &row, answer);
        }
    }
    lines.concat().into()
}

fn settle_row(line: &mut BString, row: &Row, answer: &dyn Fn(&Row) -> Settlement) {
    let is_open = row.status == Status::Open;
    let lacks_evidence = row.evidence.as_ref().is_some_and(|text| text.is_empty());
    if row.surplus != 0 || !(is_open || lacks_evidence) {
        return;
    }
    let (status, why) = match answer(row) {
        Settlement::Shown(evidence) => ("[x]", evidence),
        Settlement::Unknown(why) if is_open => ("[N/A]", why),
        Settlement::Unknown(_) => ("", UNCHECKED.to_owned()),
    };
    let why = why.replace(['|', '\n', '\r'], " ");
    // From the right, so that what comes before stays where it is.
    if row.evidence_column > row.status_column {
        let old = row.evidence.as_ref().map_or(0, |text| text.len());
        match is_open {
            true => insert(line, row.evidence_column - 1, old, &why),
            false => insert(line, row.evidence_column - 1, 0, &why),
        }
    }
    if is_open {
        let at = row.status_column - 1;
        let rest = &line[at.min(line.len())..];
        let old = match rest.starts_with(b"[") {
            true => rest.find_byte(b']').map_or(0, |end| end + 1),
            false => 0,
        };
        insert(line, at, old, status);
    }
}

/// Puts a text in the place of `old` bytes at `at`; apart from what is next to it.
fn insert(line: &mut BString, at: usize, old: usize, text: &str) {
    let at = at.min(line.len());
    let end = (at + old).min(line.len());
    let blank = |byte: Option<&u8>| byte.is_none_or(|byte| *byte == b' ');
    let before = if at == 0 || blank(line.get(at - 1)) {
        ""
    } else {
        " "
    };
    let after = if blank(line.get(end)) { "" } else { " " };
    let text = format!("{before}{text}{after}");
    line.splice(at..end, text.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Blank, Level, Severity, check};

    /// A check that has shown what is not to be done, and nothing else.
    fn answer(row: &Row) -> Settlement {
        match row.level {
            Level::MustNot => Settlement::Shown("`git diff`: 1 | file".to_owned()),
            _ => Settlement::Unknown("left open\nby its agent".to_owned()),
        }
    }

    #[test]
    fn an_untouched_log_is_settled_so_that_nothing_is_wrong_with_it() {
        let log = crate::protocol::render(&Blank {
            number: "19",
            date: "2025-12-18",
            title: "Work",
            handoff: "HANDOFF.md",
            ..Blank::default()
        });
        let settled = settle(log.as_str().into(), &answer);
        let errors: Vec<_> = check("log", &parse(settled.as_bstr()))
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{settled}");
        assert!(settled.contains_str("| [N/A] | left open by its agent |"));
        assert!(settled.contains_str("| [x] | `git diff`: 1   file |"));
        assert!(settled.contains_str("| [x] | This log |"));
        assert_eq!(settle(settled.as_bstr(), &answer), settled);
    }

    #[test]
    fn what_the_agent_said_stays_and_nothing_is_ticked_without_a_check() {
        let log = "| Req | Step | Status | Evidence |\n|-|-|-|-|\n| MUST | a | [x] | seen |\n\
                   | MUST | b | [x] ||\n|MUST NOT|c|[ ]||\n| MUST | d | [ ] | |\n| MUST | torn |\n";
        let settled = settle(log.into(), &answer);
        assert_eq!(
            settled,
            "| Req | Step | Status | Evidence |\n|-|-|-|-|\n| MUST | a | [x] | seen |\n\
             | MUST | b | [x] | said by its agent, and checked by nobody |\n\
             |MUST NOT|c| [x] | `git diff`: 1   file |\n\
             | MUST | d | [N/A] | left open by its agent |\n| MUST | torn |\n"
        );
    }
}
