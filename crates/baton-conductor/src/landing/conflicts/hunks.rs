//! Where a merged file is in conflict, read from git's markers.

use bstr::ByteSlice;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One place at which both sides changed a file differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hunk {
    /// The line of the merged file, markers included, on which it begins; the first is 1.
    pub first: usize,
    /// The line on which it ends.
    pub last: usize,
}

/// The conflicts in a file that git merged under these labels of the two sides.
///
/// A marker's length is set by an attribute (`conflict-marker-size`) and grows with each level of
/// a recursive merge: a conflict ends with the length with which it began. Text that looks like
/// a marker and has no such label is text.
pub fn hunks(merged: &[u8], ours: &[u8], theirs: &[u8]) -> Vec<Hunk> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (number, line) in (1..).zip(merged.lines()) {
        match open {
            None => open = marker(line, b'<', ours).map(|length| (number, length)),
            Some((first, length)) if marker(line, b'>', theirs) == Some(length) => {
                found.push(Hunk {
                    first,
                    last: number,
                });
                open = None;
            }
            Some(_) => {}
        }
    }
    found
}

/// The length of the marker with which this line begins, before the label of a side and perhaps,
/// behind a colon, of a path.
fn marker(line: &[u8], sign: u8, label: &[u8]) -> Option<usize> {
    let length = line.iter().take_while(|byte| **byte == sign).count();
    let rest = line[length..].strip_prefix(b" ")?.strip_prefix(label)?;
    (length > 0 && (rest.is_empty() || rest.starts_with(b":"))).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, usize)> {
        let hunks = hunks(text.as_bytes(), b"one", b"two");
        hunks.iter().map(|hunk| (hunk.first, hunk.last)).collect()
    }

    #[test]
    fn each_conflict_has_its_lines() {
        let text = "a\n<<<<<<< one\nx\n=======\ny\n>>>>>>> two\nb\n<<<<<<< one:p\n=======\ny\n>>>>>>> two:q\n";
        assert_eq!(found(text), [(2, 6), (8, 11)]);
        assert_eq!(found(&text.replace('\n', "\r\n")), [(2, 6), (8, 11)]);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_text() {
        for text in [
            "",
            "<<<<<<< three\n=======\n>>>>>>> two\n",
            "<<<<<<< one\nno end\n",
            ">>>>>>> two\n",
            " one\n two\n",
            "<<<<<<< onerous\n>>>>>>> two\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn the_length_of_the_markers_tells_the_inner_from_the_outer() {
        let text =
            "<<<<<<< one\n||||||| base\n<<<<<<<<< one\n>>>>>>>>> two\n=======\n>>>>>>> two\n";
        assert_eq!(found(text), [(1, 6)]);
        assert_eq!(found("<<< one\n===\n>>> two\n"), [(1, 3)]);
    }
}
