//! Text for the sections of a log that its agent has left empty, from who conducted the session.

use bstr::{BStr, BString, ByteSlice};

use super::parse::{Section, parse};

/// The level of the sections that a log begins with.
const LEVEL: usize = 2;

/// The log with this text in the section of this title, where that is there and empty.
pub fn fill(log: &BStr, title: &str, text: &str) -> BString {
    let parsed = parse(log);
    let found = find(&parsed.sections, title, LEVEL);
    match found.filter(|at| !parsed.sections[*at].filled) {
        Some(at) => replaced(log, &parsed.sections, at, text),
        None => log.to_owned(),
    }
}

/// The log with this text in a section of its own, one level below the section `within`, in the place of an
/// earlier one of that title. Without that section it stands at the end.
pub fn put_part(log: &BStr, within: &str, title: &str, text: &str) -> BString {
    let parsed = parse(log);
    if let Some(at) = find(&parsed.sections, title, LEVEL + 1) {
        return replaced(log, &parsed.sections, at, text);
    }
    let end = match find(&parsed.sections, within, LEVEL) {
        Some(at) => end_of(&parsed.sections, at),
        None => usize::MAX,
    };
    let lines: Vec<_> = log.lines_with_terminator().collect();
    let (before, after) = lines.split_at(end.saturating_sub(1).min(lines.len()));
    let mut new = BString::from(before.concat().trim_end());
    new.extend_from_slice(format!("\n\n### {title}\n\n{}\n", text.trim()).as_bytes());
    append(&mut new, after);
    new
}

/// The log with this value in the line `**name**: …` of its head, where there is one.
pub fn set_field(log: &BStr, name: &str, value: &str) -> BString {
    let label = format!("**{name}**: ");
    let mut is_set = false;
    let lines = log.lines_with_terminator().map(|line| {
        let is_field = !is_set && line.starts_with(label.as_bytes());
        is_set |= is_field;
        match is_field {
            true => format!("{label}{value}\n").into_bytes(),
            false => line.to_vec(),
        }
    });
    lines.collect::<Vec<_>>().concat().into()
}

fn find(sections: &[Section], title: &str, level: usize) -> Option<usize> {
    sections
        .iter()
        .position(|section| section.level == level && section.title == title)
}

/// The line behind a section, from 1; none of the log where the section is its last.
fn end_of(sections: &[Section], at: usize) -> usize {
    let level = sections[at].level;
    let next = sections[at + 1..].iter().find(|next| next.level <= level);
    next.map_or(usize::MAX, |next| next.line)
}

/// The log with this text as all that a section holds.
fn replaced(log: &BStr, sections: &[Section], at: usize, text: &str) -> BString {
    let lines: Vec<_> = log.lines_with_terminator().collect();
    let (before, rest) = lines.split_at(sections[at].line.min(lines.len()));
    let end = end_of(sections, at).saturating_sub(1).min(lines.len());
    let after = &rest[end - before.len()..];
    let mut new = BString::from(before.concat().trim_end());
    new.extend_from_slice(format!("\n\n{}\n", text.trim()).as_bytes());
    append(&mut new, after);
    new
}

fn append(log: &mut BString, lines: &[&[u8]]) {
    if !lines.is_empty() {
        log.push(b'\n');
    }
    log.extend_from_slice(&lines.concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str =
        "# Session 1\n\n**Type**: (what)\n\n## A\n\n## B\n\n| File |\n|-|\n\n## C\n\nsaid\n";

    #[test]
    fn only_what_is_empty_is_filled() {
        let log = fill(LOG.into(), "A", "one");
        let log = fill(log.as_bstr(), "B", "| File |\n|-|\n| a |\n");
        let log = fill(log.as_bstr(), "C", "other");
        let log = fill(log.as_bstr(), "D", "nowhere");
        assert_eq!(
            log,
            "# Session 1\n\n**Type**: (what)\n\n## A\n\none\n\n## B\n\n| File |\n|-|\n| a |\n\n## C\n\nsaid\n"
        );
        assert_eq!(fill(log.as_bstr(), "A", "two"), log);
    }

    #[test]
    fn a_part_is_put_once_and_then_replaced() {
        let log = put_part(LOG.into(), "A", "Seen", "one\n");
        assert!(
            log.contains_str("## A\n\n### Seen\n\none\n\n## B\n"),
            "{log}"
        );
        let log = put_part(log.as_bstr(), "A", "Seen", "two");
        assert!(
            log.contains_str("## A\n\n### Seen\n\ntwo\n\n## B\n"),
            "{log}"
        );
        let log = put_part(LOG.into(), "C", "Seen", "one");
        assert!(log.ends_with(b"## C\n\nsaid\n\n### Seen\n\none\n"), "{log}");
        let log = put_part("said".into(), "C", "Seen", "one");
        assert_eq!(log, "said\n\n### Seen\n\none\n");
    }

    #[test]
    fn a_field_of_the_head_is_set() {
        let log = set_field(LOG.into(), "Type", "docs");
        assert!(log.contains_str("\n**Type**: docs\n\n## A"), "{log}");
        assert_eq!(set_field(LOG.into(), "Kind", "docs"), LOG);
    }
}
