use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

use super::document::{insert, is_heading};
use super::lines::Lines;
use super::parse::recognize;
use crate::model::Wording;

/// The largest document, and the most entries in it, that are wanted; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// The document's size in bytes.
    pub bytes: Option<u64>,
    /// The canonical entries under the heading.
    pub entries: Option<u64>,
}

/// A document without its oldest entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trimmed {
    /// The document that stays.
    pub document: BString,
    /// The entries taken, oldest first, each as [`super::render_entry`] makes it.
    pub taken: Vec<BString>,
}

/// The number of canonical entries under the first such heading. Entries that were written
/// by hand in another form do not count and are never taken.
pub fn entry_count(document: &BStr, heading: &str, wording: &Wording) -> usize {
    blocks(document, heading, wording).len()
}

/// The document without the `count` oldest canonical entries under the heading; `None` when there
/// are fewer. An entry goes with the blank lines after it or, at the document's end, before it.
pub fn take_oldest(
    document: &BStr,
    heading: &str,
    wording: &Wording,
    count: usize,
) -> Option<Trimmed> {
    let blocks = blocks(document, heading, wording);
    let taken = &blocks[blocks.len().checked_sub(count)?..];
    let mut rest = BString::default();
    let mut at = 0;
    for block in taken {
        rest.extend_from_slice(&document[at..block.range.start]);
        at = block.range.end;
    }
    if count > 0 && at == document.len() {
        let mut filled = Lines::new(&rest).filter(|line| !line.is_blank());
        let length = filled.by_ref().last().map_or(0, |line| line.end);
        rest.truncate(length);
    }
    rest.extend_from_slice(&document[at..]);
    Some(Trimmed {
        document: rest,
        taken: taken.iter().rev().map(|block| block.text.clone()).collect(),
    })
}

/// The number of oldest entries that must go so that the document, once `entry` is put in, is within
/// the limits. All of them when even that is not enough: the new entry always stays.
pub fn surplus(
    document: &BStr,
    heading: &str,
    wording: &Wording,
    entry: &BStr,
    limits: Limits,
) -> usize {
    let present = entry_count(document, heading, wording);
    let exceeds = |count: usize| {
        let kept = (present - count) as u64 + 1;
        if limits.entries.is_some_and(|most| kept > most) {
            return true;
        }
        let Some(most) = limits.bytes else {
            return false;
        };
        let trimmed = take_oldest(document, heading, wording, count);
        trimmed.is_some_and(|trimmed| {
            insert(Some(trimmed.document.as_bstr()), heading, entry).len() as u64 > most
        })
    };
    // What is enough with fewer taken is enough with more: halving finds the least.
    let (mut least, mut most) = (0, present);
    while least < most {
        let middle = least + (most - least) / 2;
        match exceeds(middle) {
            true => least = middle + 1,
            false => most = middle,
        }
    }
    least
}

/// The archive with these entries, which come oldest first, on top of those it has.
pub fn archived(archive: Option<&BStr>, heading: &str, taken: &[BString]) -> BString {
    let start = archive.map_or_else(BString::default, ToOwned::to_owned);
    taken.iter().fold(start, |archive, entry| {
        insert(Some(archive.as_bstr()), heading, entry.as_bstr())
    })
}

/// A canonical entry where it stands, with the blank lines after it.
struct Block {
    range: Range<usize>,
    text: BString,
}

/// The canonical entries under the first such heading, as they stand.
fn blocks(document: &[u8], heading: &str, wording: &Wording) -> Vec<Block> {
    let mut starts = Vec::new();
    let mut section = None;
    let mut end = document.len();
    for line in Lines::new(document) {
        let Some(level) = line.heading() else {
            continue;
        };
        match section {
            None if is_heading(&line, heading) => section = Some(level),
            Some(outer) if level <= outer => {
                end = line.start;
                break;
            }
            Some(_) if level <= 3 => starts.push(line.start),
            _ => {}
        }
    }
    let ends = starts.iter().skip(1).copied().chain([end]);
    let ranges = starts.iter().zip(ends).map(|(start, end)| *start..end);
    ranges
        .filter_map(|range| {
            let text = canonical(&document[range.clone()], wording)?;
            Some(Block { range, text })
        })
        .collect()
}

/// The entry that the text is, blank lines at its end and line endings apart.
fn canonical(text: &[u8], wording: &Wording) -> Option<BString> {
    let last = Lines::new(text).filter(|line| !line.is_blank()).last()?;
    let text = &text[..last.end];
    let text = match text.contains(&b'\r') {
        true => BString::from(text.replace("\r\n", "\n")),
        false => text.into(),
    };
    recognize(text.as_bstr(), wording).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADING: &str = "## Recent Work";

    fn entry(number: usize) -> String {
        format!(
            "### Parallel Sessions {number} (2025-12-18)\n\n**Parallel Executions**: 1 agent\n\n\
             #### Session {number}: t\ntext {number}\n"
        )
    }

    fn document(head: &str, numbers: &[usize], tail: &str) -> String {
        let start = format!("{head}{HEADING}\n{tail}");
        numbers.iter().rev().fold(start, |text, number| {
            insert(
                Some(text.as_str().into()),
                HEADING,
                entry(*number).as_str().into(),
            )
            .to_string()
        })
    }

    fn taken(text: &str, count: usize) -> (String, Vec<String>) {
        let trimmed = take_oldest(text.into(), HEADING, &Wording::default(), count).unwrap();
        let taken = trimmed.taken.iter().map(ToString::to_string).collect();
        (trimmed.document.to_string(), taken)
    }

    #[test]
    fn the_oldest_entries_go_first_and_the_rest_stays() {
        let tail = "\n## Next\n\n### Parallel Sessions 9 (2025-12-18)\n";
        let text = document("# T\n\n", &[3, 2, 1], tail);
        let (rest, gone) = taken(&text, 2);
        assert_eq!(rest, document("# T\n\n", &[3], tail));
        assert_eq!(gone, [entry(1), entry(2)]);
        assert_eq!(
            take_oldest(text.as_str().into(), HEADING, &Wording::default(), 4),
            None
        );
    }

    #[test]
    fn at_the_end_of_the_document_no_blank_line_stays_behind() {
        let text = document("", &[2, 1], "");
        assert_eq!(taken(&text, 1).0, document("", &[2], ""));
        assert_eq!(taken(&text, 2).0, format!("{HEADING}\n"));
        assert_eq!(taken(&text, 0).0, text);
    }

    #[test]
    fn entries_in_another_form_are_not_taken() {
        let by_hand = "\n### 2025-12-01: by hand\n\n#### Session 5: x\n";
        let text = document("", &[2, 1], by_hand);
        assert_eq!(
            entry_count(text.as_str().into(), HEADING, &Wording::default()),
            2
        );
        assert_eq!(taken(&text, 2).0, format!("{HEADING}\n{by_hand}"));
    }

    #[test]
    fn line_endings_are_those_of_each_file() {
        let text = document("# T\n\n", &[2, 1], "").replace('\n', "\r\n");
        let (rest, gone) = taken(&text, 1);
        assert_eq!(rest, document("# T\n\n", &[2], "").replace('\n', "\r\n"));
        assert_eq!(gone, [entry(1)]);
        let gone: Vec<BString> = gone.iter().map(|text| text.as_str().into()).collect();
        assert_eq!(
            archived(None, HEADING, &gone),
            format!("{HEADING}\n\n{}", entry(1))
        );
    }

    #[test]
    fn no_more_goes_than_the_limits_ask() {
        let text = document("", &[3, 2, 1], "");
        let new = entry(4);
        let surplus = |bytes, entries| {
            surplus(
                text.as_str().into(),
                HEADING,
                &Wording::default(),
                new.as_str().into(),
                Limits { bytes, entries },
            )
        };
        assert_eq!(surplus(None, None), 0);
        assert_eq!(surplus(None, Some(4)), 0);
        assert_eq!(surplus(None, Some(3)), 1);
        assert_eq!(surplus(None, Some(1)), 3);
        let full = document("", &[4, 3, 2, 1], "").len() as u64;
        assert_eq!(surplus(Some(full), None), 0);
        assert_eq!(surplus(Some(full - 1), None), 1);
        assert_eq!(surplus(Some(1), None), 3);
    }

    proptest! {
        #[test]
        fn any_document_is_trimmed_without_panic(
            text in "(## Recent Work\n|### Parallel Sessions 1 \\(2025-12-18\\)\n\n\\*\\*Parallel Executions\\*\\*: 1 agent\n\n#### Session 1: t\nx\n|\r?\n|```\n|a){0,12}",
            count in 0..4usize,
        ) {
            let present = entry_count(text.as_str().into(), HEADING, &Wording::default());
            let trimmed = take_oldest(text.as_str().into(), HEADING, &Wording::default(), count);
            prop_assert_eq!(trimmed.is_some(), count <= present);
            if let Some(trimmed) = trimmed {
                prop_assert_eq!(trimmed.taken.len(), count);
                prop_assert_eq!(entry_count(trimmed.document.as_bstr(), HEADING, &Wording::default()), present - count);
            }
        }
    }
}
