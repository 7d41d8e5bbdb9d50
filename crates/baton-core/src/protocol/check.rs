//! The checks of a log against the protocol.

use bstr::{BString, ByteSlice};

use super::parse::{Level, Log, Row, Status};
use super::{Code, Finding, Severity};

/// The faults of the log at `path`, in the order of its lines.
pub fn check(path: &str, log: &Log) -> Vec<Finding> {
    let at = At { path };
    let mut findings: Vec<_> = log.rows.iter().filter_map(|row| at.row(row)).collect();
    if !log.rows.iter().any(|row| row.level.binds()) {
        findings.push(at.file(
            Code::NoRows,
            Severity::Error,
            "the log has no table of compliance with a MUST row".to_owned(),
            "a row looks like `| MUST | <step> | [x] | <evidence> |`, below a header with the \
             columns Req, Step, Status and Evidence",
        ));
    }
    let empty = log.sections.iter().filter(|section| !section.filled);
    findings.extend(empty.map(|section| Finding {
        line: Some(section.line),
        column: Some(1),
        ..at.file(
            Code::EmptySection,
            Severity::Warning,
            format!("the section \"{}\" is empty", section.title),
            "fill it in, or say why there is nothing to say",
        )
    }));
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings
}

/// The binding rows of `began`, the log as it was written at the start, that `log` lacks.
pub fn missing_rows(path: &str, began: &Log, log: &Log) -> Vec<Finding> {
    let key = |row: &Row| -> (Level, BString) { (row.level, row.step.to_ascii_lowercase().into()) };
    let present: Vec<_> = log.rows.iter().map(key).collect();
    let binding = began.rows.iter().filter(|row| row.level.binds());
    binding
        .filter(|row| !present.contains(&key(row)))
        .map(|row| {
            At { path }.file(
                Code::MissingRow,
                Severity::Error,
                format!("the row \"{} {}\" is gone", row.level.as_str(), row.step),
                "put it back as the log began with it; a row that has no place here is marked \
                 `[N/A]`, with the reason",
            )
        })
        .collect()
}

struct At<'a> {
    path: &'a str,
}

impl At<'_> {
    fn row(&self, row: &Row) -> Option<Finding> {
        let what = format!("{} \"{}\"", row.level.as_str(), row.step);
        if row.level.binds() && row.surplus != 0 {
            let help = "give it one cell a column, and write a bar within a cell as `\\|`";
            let message = format!("{what} has not as many cells as its table has columns");
            return Some(self.status(row, Code::TornRow, message, help));
        }
        match &row.status {
            Status::Ticked if !row.level.binds() || has_text(row) => None,
            Status::Ticked => Some(self.evidence(
                row,
                Code::NoEvidence,
                format!("{what} is ticked without evidence"),
                "name what shows it: a commit, a command and its result, a file",
            )),
            Status::NotApplicable if has_text(row) => None,
            Status::NotApplicable => Some(self.evidence(
                row,
                Code::NoReason,
                format!("{what} is put aside without a reason"),
                "say in the last column why it has no place in this session",
            )),
            Status::Open if row.level.binds() => Some(self.status(
                row,
                Code::OpenRow,
                format!("{what} is not ticked"),
                match row.level {
                    Level::MustNot => "write `[x]` once you have made sure that it was not done",
                    _ => "do it, then write `[x]` and the evidence",
                },
            )),
            Status::Open if row.level == Level::Should && !has_text(row) => Some(self.status(
                row,
                Code::OpenRow,
                format!("{what} is not ticked"),
                "do it, or write `[N/A]` and the reason",
            )),
            Status::Open => None,
            Status::Other(text) => Some(self.status(
                row,
                Code::UnknownStatus,
                format!("{what} has the status `{text}`"),
                "write `[x]` when it is true, `[N/A]` and a reason when it has no place here",
            )),
        }
    }

    fn status(&self, row: &Row, code: Code, message: String, help: &str) -> Finding {
        Finding {
            line: Some(row.line),
            column: Some(row.status_column),
            ..self.file(code, severity(row.level), message, help)
        }
    }

    fn evidence(&self, row: &Row, code: Code, message: String, help: &str) -> Finding {
        Finding {
            column: Some(row.evidence_column),
            ..self.status(row, code, message, help)
        }
    }

    fn file(&self, code: Code, severity: Severity, message: String, help: &str) -> Finding {
        Finding {
            code,
            severity,
            path: self.path.to_owned(),
            line: None,
            column: None,
            message,
            help: help.to_owned(),
        }
    }
}

fn severity(level: Level) -> Severity {
    match level.binds() {
        true => Severity::Error,
        false => Severity::Warning,
    }
}

/// True if the last column says something: text that is no mere placeholder.
fn has_text(row: &Row) -> bool {
    let Some(evidence) = &row.evidence else {
        return false;
    };
    let words = evidence.to_str_lossy().to_lowercase();
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    !words.is_empty()
        && !["n/a", "tbd", "todo", "pending", "none"].contains(&words)
        && !evidence.contains_str("___")
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn findings(rows: &str) -> Vec<(Code, Severity, usize, usize)> {
        let text = format!("| Req | Step | Status | Evidence |\n|-|-|-|-|\n{rows}");
        check("log.md", &parse(text.as_str().into()))
            .into_iter()
            .map(|f| {
                (
                    f.code,
                    f.severity,
                    f.line.unwrap_or(0),
                    f.column.unwrap_or(0),
                )
            })
            .collect()
    }

    #[test]
    fn a_row_that_is_ticked_with_evidence_is_well() {
        for row in [
            "| MUST | a | [x] | commit 1a2b |",
            "| MUST | a | [X] | `git log` |",
            "| MUST | a | [N/A] | documentation only |",
            "| MUST NOT | a | [x] | unchanged |",
            "| MUST | a | [x] | b |\n| SHOULD | a | [x] | |",
            "| MUST | a | [x] | b |\n| SHOULD | a | [ ] | no time |",
            "| MUST | a | [x] | b |\n| MAY | a | [ ] | |",
        ] {
            assert_eq!(findings(row), [], "{row}");
        }
    }

    #[test]
    fn each_fault_has_its_place() {
        use Severity::{Error, Warning};
        for (row, expected) in [
            ("| MUST | a | [ ] | b |", (Code::OpenRow, Error, 3, 14)),
            ("| MUST NOT | a | | b |", (Code::OpenRow, Error, 3, 17)),
            ("| MUST | a | ✅ | b |", (Code::UnknownStatus, Error, 3, 14)),
            ("| MUST | a | [x] | |", (Code::NoEvidence, Error, 3, 19)),
            (
                "| MUST | a | [x] | SHA: ____ |",
                (Code::NoEvidence, Error, 3, 20),
            ),
            (
                "| MUST | a | [x] | (TBD) |",
                (Code::NoEvidence, Error, 3, 20),
            ),
            ("| MUST | a | [N/A] | - |", (Code::NoReason, Error, 3, 22)),
            ("| MUST | a | [x] |", (Code::TornRow, Error, 3, 14)),
            ("| MUST | a|b | [x] | c |", (Code::TornRow, Error, 3, 12)),
        ] {
            assert_eq!(findings(row), [expected], "{row}");
        }
        let should = "| MUST | a | [x] | b |\n| SHOULD | a | [ ] | |";
        assert_eq!(findings(should), [(Code::OpenRow, Warning, 4, 16)]);
    }

    #[test]
    fn a_log_without_rows_is_no_log() {
        let log = parse("# Session 1: x\n\ntext\n".into());
        let findings = check("log.md", &log);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].code, Code::NoRows);
    }

    #[test]
    fn a_row_that_is_taken_out_is_missed() {
        let table = "| Req | Step | Status | Evidence |\n|-|-|-|-|\n";
        let log = |rows: &str| parse(format!("{table}{rows}").as_str().into());
        let began = log("| MUST | a | [ ] | |\n| MUST NOT | b | [ ] | |\n| SHOULD | c | [ ] | |\n");
        let rest = log("| MUST | A | [x] | d |\n");
        let missing = missing_rows("log.md", &began, &rest);
        assert_eq!(missing.len(), 1);
        assert!(missing[0].message.contains("MUST NOT b"));
        assert_eq!(missing_rows("log.md", &began, &began), []);
    }
}
