//! A log that its agent left open, settled by who conducted the session.

use bstr::{BStr, BString, ByteSlice};

use super::parse::{Level, Row, Status, parse};

/// The log with every open row settled: what must not be is ticked, all else has no place in the
/// session; `why` is put where a row has no evidence. A log without open rows comes back as it
/// was.
pub fn settle(log: &BStr, why: &str) -> BString {
    let why = why.replace(['|', '\n', '\r'], " ");
    let mut lines: Vec<BString> = log
        .split_inclusive(|b| *b == b'\n')
        .map(Into::into)
        .collect();
    for row in parse(log).rows {
        if let Some(line) = lines.get_mut(row.line - 1) {
            settle_row(line, &row, &why);
        }
    }
    lines.concat().into()
}

fn settle_row(line: &mut BString, row: &Row, why: &str) {
    let is_open = row.status == Status::Open;
    let lacks_evidence = row.evidence.as_ref().is_some_and(|text| text.is_empty());
    if row.surplus != 0 || !(is_open || lacks_evidence) {
        return;
    }
    // From the right, so that what comes before stays where it is.
    if lacks_evidence && row.evidence_column > row.status_column {
        insert(line, row.evidence_column - 1, 0, why);
    }
    if is_open {
        let at = row.status_column - 1;
        let rest = &line[at.min(line.len())..];
        let old = match rest.starts_with(b"[") {
            true => rest.find_byte(b']').map_or(0, |end| end + 1),
            false => 0,
        };
        let status = match row.level {
            Level::MustNot | Level::ShouldNot => "[x]",
            _ => "[N/A]",
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
    use crate::protocol::{Blank, Severity, check};

    #[test]
    fn an_untouched_log_is_settled_so_that_nothing_is_wrong_with_it() {
        let log = crate::protocol::render(&Blank {
            number: "19",
            date: "2025-12-18",
            title: "Work",
            handoff: "HANDOFF.md",
            ..Blank::default()
        });
        let settled = settle(
            log.as_str().into(),
            "worked on by run 1 | its agent\nleft it",
        );
        let errors: Vec<_> = check("log", &parse(settled.as_bstr()))
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{settled}");
        assert!(settled.contains_str("| [N/A] | worked on by run 1   its agent left it |"));
        assert!(settled.contains_str("| [x] | This log |"));
        assert_eq!(settle(settled.as_bstr(), "again"), settled);
    }

    #[test]
    fn what_the_agent_said_stays() {
        let log = "| Req | Step | Status | Evidence |\n|-|-|-|-|\n| MUST | a | [x] | seen |\n\
                   | MUST | b | [x] ||\n|MUST NOT|c|[ ]||\n| MUST | torn |\n";
        let settled = settle(log.into(), "why");
        assert_eq!(
            settled,
            "| Req | Step | Status | Evidence |\n|-|-|-|-|\n| MUST | a | [x] | seen |\n\
             | MUST | b | [x] | why |\n|MUST NOT|c| [x] | why |\n| MUST | torn |\n"
        );
    }
}
