//! Markdown tables, as GitHub reads them: cells end at each `|` that has no backslash before it,
//! within code as well.

use bstr::{BStr, ByteSlice};

/// One cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    /// Its text without the blanks around it.
    pub text: &'a BStr,
    /// The offset of the text in its line, in bytes from 0.
    pub at: usize,
}

/// The cells of a line; `None` when it does not begin with a `|`, as each row of the tables that
/// are looked for does.
pub(super) fn cells(line: &[u8]) -> Option<Vec<Cell<'_>>> {
    let indent = line.len() - line.trim_start().len();
    if line.get(indent) != Some(&b'|') {
        return None;
    }
    let mut cells = Vec::new();
    let first = indent + 1;
    let mut start = first;
    for at in first..line.len() {
        if line[at] == b'|' && line[at - 1] != b'\\' {
            cells.push(cell(line, start, at));
            start = at + 1;
        }
    }
    if !line[start..].trim().is_empty() {
        cells.push(cell(line, start, line.len()));
    }
    Some(cells)
}

fn cell(line: &[u8], start: usize, end: usize) -> Cell<'_> {
    let raw = &line[start..end];
    let blanks = raw.len() - raw.trim_start().len();
    Cell {
        text: raw.trim().as_bstr(),
        at: start + if blanks < raw.len() { blanks } else { 0 },
    }
}

/// True if the cells are those of the line between a table's header and its rows.
pub(super) fn is_delimiter(cells: &[Cell<'_>]) -> bool {
    let dashes = |cell: &Cell<'_>| {
        let inner = cell.text.strip_prefix(b":").unwrap_or(cell.text);
        let inner = inner.strip_suffix(b":").unwrap_or(inner);
        !inner.is_empty() && inner.iter().all(|byte| *byte == b'-')
    };
    !cells.is_empty() && cells.iter().all(dashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Option<Vec<(String, usize)>> {
        let cells = cells(line.as_bytes())?;
        Some(cells.iter().map(|c| (c.text.to_string(), c.at)).collect())
    }

    #[test]
    fn cells_end_at_bars() {
        let cell = |text: &str, at| (text.to_owned(), at);
        assert_eq!(
            texts("  | a | `b\\|c` ||"),
            Some(vec![cell("a", 4), cell("`b\\|c`", 8), cell("", 16)])
        );
        assert_eq!(texts("| open"), Some(vec![cell("open", 2)]));
        assert_eq!(texts("|"), Some(vec![]));
        assert_eq!(texts("a | b"), None);
        assert_eq!(texts(""), None);
    }

    #[test]
    fn delimiters_are_dashes() {
        assert!(is_delimiter(&cells(b"|---|:-:|").unwrap()));
        assert!(!is_delimiter(&cells(b"|---| x |").unwrap()));
        assert!(!is_delimiter(&cells(b"|").unwrap()));
    }
}
