//! From a log's bytes to its rows of compliance.

use bstr::{BStr, BString, ByteSlice};

use super::table::{Cell, cells, is_delimiter};
use crate::handoff::lines::{Line, Lines};

/// The content of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// Its headings, in order.
    pub sections: Vec<Section>,
    /// Its rows of compliance, in order.
    pub rows: Vec<Row>,
    /// The cells of evidence of all its tables, in order.
    pub evidence: Vec<Evidence>,
    /// The number of its lines.
    pub lines: usize,
}

/// A cell of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its text.
    pub text: BString,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, in bytes from 1.
    pub column: usize,
}

/// A heading and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading's text without its marks.
    pub title: BString,
    /// Its level, 1 to 6.
    pub level: usize,
    /// Its line, from 1.
    pub line: usize,
    /// True if anything but blank lines, the frames of tables and other headings stands below
    /// it, up to the next heading of its level or a higher one.
    pub filled: bool,
}

/// The level of a step, in the words of RFC 2119.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It has to be done.
    Must,
    /// It must not be done.
    MustNot,
    /// There may be reasons not to do it.
    Should,
    /// There may be reasons to do it.
    ShouldNot,
    /// It may be done.
    May,
}

/// The status of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// `[x]`: done, or, of what must not be, respected.
    Ticked,
    /// `[ ]`, or nothing.
    Open,
    /// `[N/A]`: it has no place in this session.
    NotApplicable,
    /// Something else.
    Other(BString),
}

/// One row of a table of compliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The level of the step.
    pub level: Level,
    /// The step.
    pub step: BString,
    /// The status of the step.
    pub status: Status,
    /// The evidence; `None` when the table has no such column.
    pub evidence: Option<BString>,
    /// The row's line, from 1.
    pub line: usize,
    /// The column of the status, in bytes from 1.
    pub status_column: usize,
    /// The column of the evidence, in bytes from 1.
    pub evidence_column: usize,
    /// The number of cells that the row has too many or too few, against the table's header.
    pub surplus: isize,
}

/// Reads a log. Code blocks hold no rows. Any bytes are a log, perhaps one without rows.
pub fn parse(text: &BStr) -> Log {
    let mut log = Log::default();
    let mut table: Option<Table> = None;
    let mut header: Option<Line<'_>> = None;
    for line in Lines::new(text) {
        log.lines = line.number;
        let row = match line.fenced {
            true => None,
            false => cells(line.text),
        };
        if let Some(level) = line.heading() {
            open_section(&mut log, &line, level);
        }
        let Some(row) = row else {
            if line.heading().is_none() && !line.is_blank() {
                fill_sections(&mut log);
            }
            (table, header) = (None, None);
            continue;
        };
        match (&table, header) {
            (Some(table), _) => {
                fill_sections(&mut log);
                log.rows.extend(table.row(&line, &row));
                log.evidence.extend(table.evidence(&line, &row));
            }
            (None, Some(titles)) if is_delimiter(&row) => {
                table = cells(titles.text).map(|titles| Table::new(&titles));
            }
            (None, _) => header = Some(line),
        }
    }
    log
}

fn open_section(log: &mut Log, line: &Line<'_>, level: usize) {
    let title = line.text.trim().trim_start_with(|c| c == '#').trim();
    let title = title.trim_end_with(|c| c == '#').trim();
    log.sections.push(Section {
        title: title.into(),
        level,
        line: line.number,
        filled: false,
    });
}

/// Marks the last section, and those above it that it belongs to, as filled.
fn fill_sections(log: &mut Log) {
    let mut level = usize::MAX;
    for section in log.sections.iter_mut().rev() {
        if section.level < level {
            level = section.level;
            section.filled = true;
        }
    }
}

/// Which columns of a table say what.
struct Table {
    columns: usize,
    status: Option<usize>,
    evidence: Option<usize>,
    /// A header such as `MUST requirement` binds every row.
    level: Option<Level>,
}

impl Table {
    fn new(titles: &[Cell<'_>]) -> Self {
        let named = |names: &[&str]| {
            titles.iter().position(|cell| {
                names
                    .iter()
                    .any(|name| cell.text.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        let inline = titles
            .first()
            .and_then(|cell| split_level(plain(cell.text)));
        Self {
            columns: titles.len(),
            status: named(&["status"]),
            evidence: named(&["evidence", "actual evidence", "notes", "details", "reason"]),
            level: inline.map(|(level, _)| level),
        }
    }

    /// The row's evidence, where the table has such a column.
    fn evidence(&self, line: &Line<'_>, row: &[Cell<'_>]) -> Option<Evidence> {
        let cell = row.get(self.evidence?)?;
        Some(Evidence {
            text: cell.text.to_owned(),
            line: line.number,
            column: cell.at + 1,
        })
    }

    /// The row, when it is one of compliance.
    fn row(&self, line: &Line<'_>, row: &[Cell<'_>]) -> Option<Row> {
        let status = self.status?;
        let first = row.first()?;
        let (level, step) = match (self.level, split_level(plain(first.text))) {
            (Some(level), _) => (level, first.text),
            (None, Some((level, []))) => (level, row.get(1)?.text),
            (None, Some((level, rest))) => (level, BStr::new(rest)),
            (None, None) => return None,
        };
        let end = line.text.trim_end().len();
        let column = |at: Option<usize>| {
            let cell = at.and_then(|at| row.get(at));
            cell.map_or(end, |cell| cell.at) + 1
        };
        let text = |at: usize| row.get(at).map_or(BStr::new(""), |cell| cell.text);
        Some(Row {
            level,
            step: step.to_owned(),
            status: Status::read(text(status)),
            evidence: self.evidence.map(|at| text(at).to_owned()),
            line: line.number,
            status_column: column(Some(status)),
            evidence_column: column(self.evidence),
            surplus: row.len() as isize - self.columns as isize,
        })
    }
}

/// The text without the marks of emphasis and code around it.
fn plain(text: &[u8]) -> &[u8] {
    text.trim_with(|c| matches!(c, '*' | '_' | '`' | ' '))
}

/// Splits `MUST NOT: do it` into the level and the rest; the words are in capitals.
fn split_level(text: &[u8]) -> Option<(Level, &[u8])> {
    const WORDS: [(&[u8], Level); 5] = [
        (b"MUST NOT", Level::MustNot),
        (b"MUST", Level::Must),
        (b"SHOULD NOT", Level::ShouldNot),
        (b"SHOULD", Level::Should),
        (b"MAY", Level::May),
    ];
    let (word, level) = WORDS.iter().find(|(word, _)| text.starts_with(word))?;
    let rest = &text[word.len()..];
    let ends = rest
        .first()
        .is_none_or(|byte| matches!(byte, b':' | b' ' | b'*' | b'`'));
    let rest = rest.trim_start_with(|c| matches!(c, ':' | ' ' | '*' | '`'));
    ends.then_some((*level, rest))
}

impl Level {
    /// The level as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
        }
    }

    /// True if a session cannot end without it.
    pub fn binds(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl Status {
    fn read(text: &BStr) -> Self {
        let bare = plain(text);
        match &bare.to_ascii_lowercase()[..] {
            b"[x]" => Self::Ticked,
            b"" | b"[ ]" | b"[]" => Self::Open,
            b"[n/a]" | b"n/a" => Self::NotApplicable,
            _ => Self::Other(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        parse(text.into()).rows
    }

    #[test]
    fn rows_are_found_with_their_places() {
        let rows = rows(
            "# x\r\n\r\n| Req | Step | Status | Evidence |\r\n|---|---|---|---|\r\n\
             | MUST | Read `a\\|b` | [x] | seen |\r\n| **MUST NOT** | touch | [ ] |  |\r\n",
        );
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].level, rows[0].line), (Level::Must, 5));
        assert_eq!(rows[0].step, "Read `a\\|b`");
        assert_eq!((rows[0].status_column, rows[0].evidence_column), (24, 30));
        assert_eq!(
            (rows[1].level, &rows[1].status),
            (Level::MustNot, &Status::Open)
        );
        assert_eq!(rows[1].evidence, Some("".into()));
    }

    #[test]
    fn tables_of_other_shapes_are_read_too() {
        for (table, level, step, status) in [
            (
                "| MUST: Read it | ✅ Complete | ok |",
                Level::Must,
                "Read it",
                Status::Other("✅ Complete".into()),
            ),
            (
                "| SHOULD | [N/A] | no |",
                Level::Should,
                "[N/A]",
                Status::NotApplicable,
            ),
        ] {
            let text = format!("| Requirement | Status | Evidence |\n|---|---|---|\n{table}\n");
            let rows = rows(&text);
            assert_eq!(rows.len(), 1, "{table}");
            assert_eq!(
                (rows[0].level, rows[0].step.to_string()),
                (level, step.to_owned())
            );
            assert_eq!(rows[0].status, status);
        }
        let headed = rows("| MUST Requirement | Status |\n|--|--|\n| Log | [X] |\n");
        assert_eq!(
            (headed[0].level, &headed[0].status),
            (Level::Must, &Status::Ticked)
        );
        assert_eq!(headed[0].evidence, None);
    }

    #[test]
    fn what_is_no_row_of_compliance_is_left_alone() {
        for text in [
            "| MUST | Read | [ ] | |\n",
            "```\n| Req | Step | Status |\n|--|--|--|\n| MUST | a | [ ] |\n```\n",
            "| Req | Step | Status |\n|--|--|--|\n| MUSTARD | a | [ ] |\n",
            "| File | Change |\n|--|--|\n| MUST | a |\n",
        ] {
            assert_eq!(rows(text), [], "{text}");
        }
    }

    #[test]
    fn a_section_is_filled_by_what_stands_in_it() {
        let text = "# a\n\n## b\n\n### c\n\ntext\n\n## d\n\n| x | y |\n|---|---|\n";
        let sections = parse(text.into()).sections;
        let filled: Vec<_> = sections.iter().map(|section| section.filled).collect();
        assert_eq!(filled, [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_log(text in "(\\||MUST|NOT| |\\[x\\]|Status|-|\n|\r|`|#|é|\\\\){0,60}") {
            let log = parse(text.as_str().into());
            for row in log.rows {
                prop_assert!(row.line <= log.lines);
            }
        }
    }
}
