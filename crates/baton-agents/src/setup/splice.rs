//! Members of JSON objects and arrays put into a text and cut out of it, in the text's own layout. What is put in last can be cut
//! out byte for byte.

use std::ops::Range;

use jsonc_parser::ast::{Array, Object};
use jsonc_parser::common::Ranged;
use serde::Serialize;

/// An object or an array in a text.
pub(super) struct List<'a> {
    text: &'a str,
    /// The text between the brackets.
    inner: Range<usize>,
    members: Vec<Range<usize>>,
}

impl<'a> List<'a> {
    pub(super) fn of_object(text: &'a str, object: &Object) -> Self {
        let members = object.properties.iter().map(range).collect();
        Self::new(text, &range(object), members)
    }

    pub(super) fn of_array(text: &'a str, array: &Array) -> Self {
        let members = array.elements.iter().map(range).collect();
        Self::new(text, &range(array), members)
    }

    fn new(text: &'a str, whole: &Range<usize>, members: Vec<Range<usize>>) -> Self {
        let inner = whole.start + 1..whole.end - 1;
        Self {
            text,
            inner,
            members,
        }
    }

    /// The text with one more member: on a line of its own, unless the last one stands beside another or a bracket.
    pub(super) fn append(&self, name: Option<&str>, value: &impl Serialize) -> String {
        let name = name.map_or_else(String::new, |name| format!("{name:?}: "));
        let Some(last) = self.members.last() else {
            return self.begin(&name, value);
        };
        let before = match self.members.len() {
            1 => self.inner.start,
            count => self.members[count - 2].end,
        };
        if !self.text[before..last.start].contains('\n') {
            let member = format!(", {name}{}", compact(value));
            return self.replace(last.end..last.end, &member);
        }
        let indent = self.indent(last.start).to_owned();
        let member = format!(
            "{}{indent}{name}{}",
            self.newline(),
            self.pretty(value, &indent)
        );
        let comma = self.comma(last.end..self.inner.end);
        let at = self.end_of_line(comma.map_or(last.end, |comma| comma + 1));
        match comma {
            Some(_) => self.replace(at..at, &(member + ",")),
            None => {
                let between = &self.text[last.end..at];
                self.replace(last.end..at, &format!(",{between}{member}"))
            }
        }
    }

    /// The text with a first member.
    fn begin(&self, name: &str, value: &impl Serialize) -> String {
        let inner = &self.text[self.inner.clone()];
        let outer = self.indent(self.inner.start).to_owned();
        let indent = format!("{outer}{}", self.unit());
        let newline = self.newline();
        let member = format!("{newline}{indent}{name}{}", self.pretty(value, &indent));
        let kept = inner.trim_end();
        let rest = match inner[kept.len()..].contains('\n') {
            true => inner[kept.len()..].to_owned(),
            false => format!("{newline}{outer}"),
        };
        self.replace(self.inner.clone(), &format!("{kept}{member}{rest}"))
    }

    /// The text without a member.
    pub(super) fn without(&self, index: usize) -> String {
        let member = &self.members[index];
        let is_first = index == 0;
        let start = match is_first {
            true => self.inner.start,
            false => self.members[index - 1].end,
        };
        let next = self.members.get(index + 1);
        let end = next.map_or(self.inner.end, |next| next.start);
        let comma = self.comma(member.end..end);
        let stop = comma.map_or(member.end, |comma| comma + 1);
        if is_first && next.is_none() {
            let around = [self.inner.start..member.start, stop..self.inner.end];
            let is_blank = |range: &Range<usize>| self.text[range.clone()].trim().is_empty();
            if around.iter().all(is_blank) {
                return self.replace(self.inner.clone(), "");
            }
        }
        // With the white space in front of it, so that the comments before it stay.
        let gap = &self.text[start..member.start];
        let mut cut = start + gap.trim_end().len()..stop;
        if is_first && cut.start == self.inner.start && !gap.contains('\n') {
            let rest = &self.text[stop..self.inner.end];
            cut.end += rest.len() - rest.trim_start_matches(' ').len();
        }
        // What follows must not become part of a comment that stays.
        let rest = self.text[cut.end..].trim_start_matches([' ', '\t']);
        let is_swallowed =
            ends_in_comment(&self.text[start..cut.start]) && !rest.starts_with(['\r', '\n']);
        let between = if is_swallowed { self.newline() } else { "" };
        let shorter = self.replace(cut, between);
        match (comma, self.comma(start..member.start)) {
            // The last member: the comma in front of it goes as well.
            (None, Some(before)) => shorter[..before].to_owned() + &shorter[before + 1..],
            _ => shorter,
        }
    }

    pub(super) fn replace(&self, range: Range<usize>, by: &str) -> String {
        [&self.text[..range.start], by, &self.text[range.end..]].concat()
    }

    /// The comma in a text that holds nothing else but white space and comments.
    fn comma(&self, range: Range<usize>) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            let rest = &self.text[at..range.end];
            if rest.starts_with(',') {
                return Some(at);
            }
            at += step(rest);
        }
        None
    }

    /// Where the line ends on which `at` stands, if nothing but comments follows on it; else `at` itself.
    fn end_of_line(&self, at: usize) -> usize {
        let rest = &self.text[at..self.inner.end];
        let line = rest.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.len() < rest.len() {
            true => at + line.trim_end().len(),
            false => at,
        }
    }

    /// The white space at the beginning of the line on which `at` stands.
    fn indent(&self, at: usize) -> &'a str {
        let line = &self.text[self.text[..at].rfind('\n').map_or(0, |at| at + 1)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The white space by which the text goes one level deeper.
    fn unit(&self) -> &'a str {
        let mut lines = self.text.lines();
        let indented = lines.find(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
        let unit = indented.map(|line| &line[..line.len() - line.trim_start().len()]);
        unit.unwrap_or("  ")
    }

    fn newline(&self) -> &'static str {
        match self.text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        }
    }

    fn pretty(&self, value: &impl Serialize, indent: &str) -> String {
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(self.unit().as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        value.serialize(&mut serializer).expect("texts serialise");
        let text = String::from_utf8(text).expect("JSON is UTF-8");
        text.replace('\n', &format!("{}{indent}", self.newline()))
    }
}

/// The length of the comment or the character with which a text begins.
fn step(text: &str) -> usize {
    match text.as_bytes() {
        [b'/', b'/', ..] => text.find('\n').unwrap_or(text.len()),
        [b'/', b'*', ..] => text.find("*/").map_or(text.len(), |end| end + 2),
        _ => text.chars().next().map_or(1, char::len_utf8),
    }
}

/// True if a text without members ends in a comment that goes on to the end of its line.
fn ends_in_comment(mut text: &str) -> bool {
    while !text.is_empty() {
        let length = step(text);
        if length == text.len() && text.starts_with("//") {
            return true;
        }
        text = &text[length..];
    }
    false
}

fn compact(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts serialise")
}

fn range(node: &impl Ranged) -> Range<usize> {
    let range = node.range();
    range.start..range.end
}
