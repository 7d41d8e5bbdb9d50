//! A summary and a title, put right so that they can stand in an entry.

use std::collections::BTreeMap;
use std::ops::Range;

use bstr::{BStr, BString, ByteSlice};

use super::lines::{BOM, Lines, leading};
use super::markdown::{Heading, Reach, reach};
use super::summary::{DEEPEST, TITLE, check};
use crate::model::without_steering;

/// The number of corrections of a text before it is shown as it is, in a code block.
const ROUNDS: usize = 8;

/// The summary as an entry can hold it: LF line endings, no byte order mark, no blank lines at
/// either end and one line feed at the end, headings moved down together so that the highest is
/// of level 5 (what would be deeper than 6 becomes 6), underlined ones written with `#`, HTML and
/// definitions of links made plain text by a backslash, an open code block closed. A text in which
/// that leaves something open is put into a code block as a whole. A summary that is so already
/// comes back unchanged. What would steer a terminal or turn the direction of the text around it,
/// such as ESC, is spelled out: `\\u{1b}`.
pub fn canonical_summary(text: &BStr) -> BString {
    let text = text.replace("\r\n", "\n").replace("\r", "\n");
    let text = harmless(&text);
    let mut text = trimmed(&text);
    while let Some(rest) = text.strip_prefix(BOM) {
        text = trimmed(rest);
    }
    if text.is_empty() {
        return BString::default();
    }
    let mut summary = [text, b"\n"].concat();
    for _ in 0..ROUNDS {
        match mended(&summary) {
            Some(mended) => summary = mended,
            None => break,
        }
    }
    match check(&summary) {
        Ok(()) => summary.into(),
        Err(_) => in_code_block(text),
    }
}

/// The title, one line, with its HTML made text by a backslash, and what would steer a terminal
/// spelled out.
pub fn canonical_title(title: &str) -> String {
    let title = without_steering(title);
    let mut line = [TITLE, title.as_bytes()].concat();
    for _ in 0..ROUNDS {
        match escaped(&line, &reach(&line)) {
            Some(plain) => line = plain,
            None => break,
        }
    }
    line[TITLE.len()..].to_str_lossy().into_owned()
}

/// The text with what [`without_steering`] spells out, also between bytes that are no UTF-8.
fn harmless(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        plain.extend(without_steering(chunk.valid()).into_bytes());
        plain.extend(chunk.invalid());
    }
    plain
}

/// The text with HTML and definitions made text, or where there are none with headings moved down,
/// or where they are deep enough with its code block closed; `None` when none of it is needed.
fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let reach = reach(text);
    escaped(text, &reach)
        .or_else(|| demoted(text, &reach.headings))
        .or_else(|| closed(text))
}

/// A backslash before each beginning of HTML and of a definition.
fn escaped(text: &[u8], reach: &Reach) -> Option<Vec<u8>> {
    let tags = reach.html.iter().flat_map(|range| {
        let angles = text[range.clone()].find_iter("<");
        angles.map(move |at| range.start + at)
    });
    let begins = |at: &usize| {
        let next = text.get(at + 1);
        next.is_some_and(|byte| byte.is_ascii_alphabetic() || b"/!?".contains(byte))
    };
    let brackets = reach.definitions.iter().filter_map(|start| {
        let at = text[*start..].find_byte(b'[')?;
        Some(start + at)
    });
    let bare = |at: &usize| {
        let before = text[..*at].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    };
    let places = tags.filter(begins).chain(brackets).filter(bare);
    let edits: BTreeMap<_, _> = places.map(|at| (at, (at..at, b"\\".to_vec()))).collect();
    (!edits.is_empty()).then(|| replaced(text, edits.into_values()))
}

/// The headings, those that end a section and those that a reader sees, moved down together.
fn demoted(text: &[u8], seen: &[Heading]) -> Option<Vec<u8>> {
    let mut headings: BTreeMap<usize, Heading> = BTreeMap::new();
    for line in Lines::new(text) {
        if let Some(level) = line.heading() {
            let start = line.start + leading(line.text, |byte| byte == b' ');
            let range = start..line.end;
            headings.insert(start, Heading { level, range });
        }
    }
    for heading in seen {
        headings.insert(heading.range.start, heading.clone());
    }
    let highest = headings.values().map(|heading| heading.level).min()?;
    let shift = (DEEPEST + 1)
        .checked_sub(highest)
        .filter(|shift| *shift > 0)?;
    let edits = headings.into_values().map(|heading| {
        let marks = |count| vec![b'#'; count];
        let start = heading.range.start;
        match is_marked(&text[heading.range.clone()], heading.level) {
            true => (start..start, marks(shift.min(6 - heading.level))),
            false => {
                let mut line = marks((heading.level + shift).min(6));
                line.push(b' ');
                line.extend(underlined(&text[heading.range.clone()]));
                (heading.range, line)
            }
        }
    });
    Some(replaced(text, edits))
}

/// True if the heading is written with `#`, not underlined.
fn is_marked(heading: &[u8], level: usize) -> bool {
    let after = heading.get(level).copied().unwrap_or(b'\n');
    leading(heading, |byte| byte == b'#') == level && matches!(after, b' ' | b'\t' | b'\n')
}

/// The text above the line, in one line, with the line feed.
fn underlined(heading: &[u8]) -> Vec<u8> {
    let mut lines: Vec<_> = heading.lines().collect();
    lines.pop();
    let margin = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'>');
    let bare = lines.iter().map(|line| {
        let start = line.iter().position(margin).unwrap_or(line.len());
        line[start..].trim_end()
    });
    let mut line = bare.collect::<Vec<_>>().join(&b" "[..]);
    line.push(b'\n');
    line
}

/// With the code block closed that is open at the end, as deep as it was opened.
fn closed(text: &[u8]) -> Option<Vec<u8>> {
    let mut lines = Lines::new(text);
    lines.by_ref().for_each(drop);
    let fence = lines.open_fence()?;
    let mut closed = text.to_vec();
    closed.extend(vec![b' '; fence.column]);
    closed.extend(vec![fence.mark; fence.length]);
    closed.push(b'\n');
    Some(closed)
}

/// The text as code.
fn in_code_block(text: &[u8]) -> BString {
    let runs = text.split(|byte| *byte != b'`').map(<[u8]>::len);
    let fence = vec![b'`'; 3.max(1 + runs.max().unwrap_or(0))];
    let parts = [&fence[..], b"text\n", text, b"\n", &fence, b"\n"];
    parts.concat().into()
}

/// The text with these ranges, which come in order, replaced; one that begins within another is
/// left out.
fn replaced(text: &[u8], edits: impl IntoIterator<Item = (Range<usize>, Vec<u8>)>) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() + 16);
    let mut at = 0;
    for (range, new) in edits {
        if range.start >= at {
            result.extend_from_slice(&text[at..range.start]);
            result.extend(new);
            at = range.end;
        }
    }
    result.extend_from_slice(&text[at..]);
    result
}

/// The text from its first line that is not blank to its last, without the last line feed.
fn trimmed(text: &[u8]) -> &[u8] {
    let mut filled = Lines::new(text).filter(|line| !line.is_blank());
    let Some(first) = filled.next() else {
        return &[];
    };
    let end = filled.last().unwrap_or(first).end;
    let body = &text[first.start..end];
    body.strip_suffix(b"\n").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::handoff::summary::has_html;

    fn canonical(text: &str) -> String {
        canonical_summary(text.into()).to_string()
    }

    #[test]
    fn what_steers_a_terminal_or_turns_the_text_around_it_is_spelled_out() {
        for (text, plain) in [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("\u{9b}31m\u{7}", "\\u{9b}31m\\u{7}"),
            (
                "x\u{202e}y\u{2066}z\u{200f}",
                "x\\u{202e}y\\u{2066}z\\u{200f}",
            ),
            ("a\u{2028}b\u{61c}", "a\\u{2028}b\\u{61c}"),
            (
                "a\tb 👩\u{200d}💻 ab\u{200c}c",
                "a\tb 👩\u{200d}💻 ab\u{200c}c",
            ),
        ] {
            assert_eq!(canonical(text), format!("{plain}\n"));
            assert_eq!(canonical_title(text), plain);
        }
        let invalid = canonical_summary(b"a\xff\x1b\xc3".as_slice().into());
        assert_eq!(invalid, b"a\xff\\u{1b}\xc3\n".as_slice());
    }

    #[test]
    fn headings_move_down_together() {
        assert_eq!(
            canonical("## a\n### b\n```\n# c\n```"),
            "##### a\n###### b\n```\n# c\n```\n"
        );
        assert_eq!(canonical("##### a\n###### b\n"), "##### a\n###### b\n");
        assert_eq!(canonical("b\n   # a\n"), "b\n   ##### a\n");
    }

    #[test]
    fn headings_that_only_a_reader_sees_move_down_too() {
        for (text, summary) in [
            ("a\n===\nb\n---\n", "##### a\n###### b\n"),
            ("a\n  b \n---", "##### a b\n"),
            ("#a\n===\n", "##### #a\n"),
            ("a\n\n---\nb\n", "a\n\n---\nb\n"),
            ("---\na\n", "---\na\n"),
            ("> a\n> b\n> ---\nc\n", "> ##### a b\nc\n"),
            ("- # a\n- ## b\n", "- ##### a\n- ###### b\n"),
            ("1. a\n   ===\n\n   b\n", "1. ##### a\n\n   b\n"),
            (
                "     ```\n# a\n\nb\n===\n     ```\n",
                "     ```\n##### a\n\n##### b\n     ```\n",
            ),
        ] {
            assert_eq!(canonical(text), summary, "{text:?}");
        }
    }

    #[test]
    fn html_and_definitions_become_text() {
        for (text, summary) in [
            ("<!-- open", "\\<!-- open\n"),
            ("a <!-- b --> c", "a \\<!-- b --> c\n"),
            ("<details>\n<b>\n\n`<i>`", "\\<details>\n\\<b>\n\n`<i>`\n"),
            ("a <b\nc>", "a \\<b\nc>\n"),
            ("a \\<b> \\\\<i>", "a \\<b> \\\\\\<i>\n"),
            ("| a<br>b |\n|---|\n", "| a<br>b |\n|---|\n"),
            ("<https://a>, 1 < 2, &lt;\n", "<https://a>, 1 < 2, &lt;\n"),
            ("a `Vec<T>` Vec<T>", "a `Vec<T>` Vec\\<T>\n"),
            ("[a]: /b\n[a]: /c\n", "\\[a]: /b\n[a]: /c\n"),
            ("> [a\n> b]: /c\n", "> \\[a\n> b]: /c\n"),
            ("b[^1]\n\n[^1]: note\n", "b[^1]\n\n\\[^1]: note\n"),
            ("<div>\n# a\n", "\\<div>\n##### a\n"),
        ] {
            assert_eq!(canonical(text), summary, "{text:?}");
        }
    }

    #[test]
    fn a_title_holds_no_html() {
        assert_eq!(canonical_title("Use `Vec<T>`"), "Use `Vec<T>`");
        assert_eq!(
            canonical_title("<textarea> ``` <b>"),
            "\\<textarea> ``` \\<b>"
        );
        assert!(has_html("Session 1: ``` <b>"));
    }

    #[test]
    fn what_cannot_be_closed_is_shown_as_code() {
        assert_eq!(canonical("- ```\n  a"), "- ```\n  a\n  ```\n");
        assert_eq!(
            canonical("- ```\n  a\n```\nb"),
            "````text\n- ```\n  a\n```\nb\n````\n"
        );
        let many: String = (0..40).map(|at| format!("[{at}]: /x\n\n")).collect();
        assert!(canonical(&many).starts_with("\\[0]"), "all at once");
        let same = "[a]: /x\n\n".repeat(40);
        assert!(canonical(&same).starts_with("```text\n[a]"));
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_summary(
            text in "(# |#### |\n|\n\n|\n> |\n- |\n  |\n    |\t|1\\. |===|---|```|~~~|<!--|-->|<b>|</b>|<pre>|<div|<\\?|<!\\[CDATA\\[|>|<|`|\\\\|\\[a\\]: b|\\[\\^a\\]: b|\\[|\\]|\\||a|é|\r){0,24}",
        ) {
            let once = canonical(&text);
            if !once.is_empty() {
                prop_assert_eq!(check(once.as_bytes()), Ok(()), "{:?}", once);
                prop_assert_eq!(canonical(&once), once);
            }
        }
    }

    #[test]
    fn line_endings_edges_and_fences_are_put_right() {
        assert_eq!(canonical("\u{feff}\r\n \r\na\r\rb\r\n\r\n"), "a\n\nb\n");
        assert_eq!(canonical("~~~~ x\ncode"), "~~~~ x\ncode\n~~~~\n");
        assert_eq!(canonical(" \n\t\n"), "");
    }
}
