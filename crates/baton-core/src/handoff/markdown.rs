//! The reading of a piece of text by a renderer of Markdown, in so far as it reaches beyond the piece.
//!
//! [`super::lines`] says how Baton divides a document, and will always divide it. A reader of the
//! rendered document sees what CommonMark sees: headings by underlining or in lists, HTML that hides
//! what follows, link definitions that hold everywhere. Both readings have to agree that a piece
//! stays where it stands.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// The heading that is put behind a piece, to see whether it is one still.
const FOLLOWING: &str = "\n#### \n";

/// The parts of a text that reach beyond it. Places are offsets in bytes.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The headings, in containers too.
    pub headings: Vec<Heading>,
    /// Tags, comments and whatever else is copied into the page as HTML; a line break is not meant.
    pub html: Vec<Range<usize>>,
    /// The offsets of the definitions of links and footnotes, which hold for the whole document.
    pub definitions: Vec<usize>,
    /// True if a heading behind the piece would be taken for a part of it.
    pub swallows: bool,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// Its level, 1 to 6.
    pub level: usize,
    /// Its range, with the line under an underlined one.
    pub range: Range<usize>,
}

/// Reads the piece as CommonMark and once more with GitHub's extensions.
pub(super) fn reach(text: &[u8]) -> Reach {
    let end = text.len();
    let text = readable(text) + FOLLOWING;
    let extended = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut reach = Reach::default();
    for options in [Options::empty(), extended] {
        read(Parser::new_ext(&text, options), end, &mut reach);
    }
    reach
}

fn read(parser: Parser<'_>, end: usize, reach: &mut Reach) {
    for (_, definition) in parser.reference_definitions().iter() {
        reach.definitions.push(definition.span.start);
    }
    let mut depth = 0;
    let mut followed = false;
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(tag) => {
                match tag {
                    Tag::Heading { level, .. } if range.start < end => {
                        let level = level as usize;
                        reach.headings.push(Heading { level, range });
                    }
                    Tag::Heading { .. } => followed |= depth == 0,
                    Tag::FootnoteDefinition(_) => reach.definitions.push(range.start),
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::InlineHtml(tag) if is_line_break(&tag) => {}
            Event::Html(_) | Event::InlineHtml(_) => {
                let range = range.start.min(end)..range.end.min(end);
                reach.html.push(range);
            }
            _ => {}
        }
    }
    reach.swallows |= !followed;
}

/// The one tag that tables need, and that cannot be left open.
fn is_line_break(tag: &str) -> bool {
    matches!(tag, "<br>" | "<br/>" | "<br />")
}

/// The bytes as text of the same length, so that offsets into one are offsets into the other.
fn readable(text: &[u8]) -> String {
    let mut readable = String::with_capacity(text.len() + FOLLOWING.len());
    for chunk in text.utf8_chunks() {
        readable.push_str(chunk.valid());
        readable.extend(chunk.invalid().iter().map(|_| '?'));
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<(usize, usize)> {
        let found = reach(text.as_bytes()).headings;
        let places = found.iter().map(|one| (one.level, one.range.start));
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn headings_are_those_that_a_reader_sees() {
        assert_eq!(levels("a\nb\n===\n"), [(1, 0)]);
        assert_eq!(levels("a\n\n---\n- b\n---\n"), []);
        assert_eq!(levels("> a\n> ---\n\n- # b\n"), [(1, 13), (2, 2)]);
        assert_eq!(levels("      # code\n"), []);
        assert_eq!(reach(b"\xff\n===\n").headings[0].range, 0..6);
    }

    #[test]
    fn html_and_definitions_are_found_outside_code() {
        let text = "x `a <b>` <br> <https://b> Vec<T>\n\n    <pre>\n\n> [x]: y\n\n[^1]: note\n";
        let found = reach(text.as_bytes());
        let html: Vec<_> = found.html.iter().map(|at| &text[at.clone()]).collect();
        assert_eq!(html, ["<T>", "<T>"]);
        let mut lines: Vec<_> = found
            .definitions
            .iter()
            .map(|at| &text[*at..][..3])
            .collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines, ["[^1", "[x]"]);
    }

    #[test]
    fn what_is_left_open_swallows_what_follows() {
        for text in [
            "```\n",
            "- ```\n  a\n```\n",
            "<!--\n",
            "<!X\n",
            "<?\n",
            "<![CDATA[\n",
            "<pre>\n\n",
            "<script>\n",
            "<STYLE\n",
            "<textarea>\n",
        ] {
            assert!(reach(text.as_bytes()).swallows, "{text:?}");
        }
        for text in [
            "```\n```\n",
            "a <!--\n\n",
            "<!-- a -->\n",
            "- ```\n",
            "> ```\n> a\n",
        ] {
            assert!(!reach(text.as_bytes()).swallows, "{text:?}");
        }
    }
}
