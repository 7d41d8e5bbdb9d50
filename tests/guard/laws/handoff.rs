//! Laws of the handoff document.

use baton_core::handoff::{
    Entry, RenderError, SessionSection, SummaryError, aggregated_sessions, canonical_summary,
    extract, insert, parse_entry, render_entry,
};
use baton_core::model::Wording;
use bstr::{BString, ByteSlice};

/// The heading under which entries stand.
pub const HEADING: &str = "## Recent Work";

/// What was inserted is extracted, and no byte of the old document is lost. The entry is any text.
pub fn inserted_is_extracted(before: &[u8], entry: &[u8]) {
    let after = insert(Some(before.into()), HEADING, entry.into());
    if !entry.is_empty() {
        let extracted = extract(Some(before.into()), after.as_ref(), HEADING);
        assert_eq!(extracted, Ok(BString::from(entry)));
    }
    let kept = std::iter::zip(before, after.iter()).take_while(|(old, new)| old == new);
    let kept = kept.count();
    assert!(
        (0..=kept).any(|at| after.ends_with(&before[at..])),
        "an old byte is lost"
    );
}

/// What is extracted from any two documents gives the second when it is inserted into the first.
pub fn extracted_is_inserted(before: &[u8], after: &[u8]) {
    if let Ok(entry) = extract(Some(before.into()), after.into(), HEADING) {
        assert_eq!(insert(Some(before.into()), HEADING, entry.as_ref()), after);
    }
}

/// A text that is an entry is the only text of that entry, but for the title of several sessions that
/// an entry of one may have.
pub fn parsed_is_rendered(text: &[u8]) -> Option<Entry> {
    let entry = parse_entry(text.into(), &Wording::default()).ok()?;
    let expected = match entry.sessions.len() {
        1 => text.replacen(b"### Parallel Sessions ", b"### Parallel Session ", 1),
        _ => text.to_vec(),
    };
    let rendered = render_entry(&entry, &Wording::default());
    assert_eq!(rendered, Ok(BString::from(expected)));
    Some(entry)
}

/// A canonical summary stays as it is, and an entry with it has a text that reads back.
pub fn any_text_is_a_summary(texts: &[&[u8]]) -> Option<Entry> {
    let summaries = texts.iter().map(|text| canonical_summary(text.as_bstr()));
    let sessions = summaries.enumerate().map(|(at, summary)| {
        assert_eq!(canonical_summary(summary.as_ref()), summary);
        SessionSection {
            number: at.to_string(),
            title: "Gate: phase".to_owned(),
            summary,
        }
    });
    let entry = Entry {
        date: "2025-12-18".to_owned(),
        orchestrator: None,
        sessions: sessions.collect(),
    };
    match render_entry(&entry, &Wording::default()) {
        Ok(text) => assert_eq!(
            parse_entry(text.as_ref(), &Wording::default()).as_ref(),
            Ok(&entry)
        ),
        Err(RenderError::Summary {
            error: SummaryError::Empty,
            ..
        }) => return None,
        Err(error) => panic!("{error}"),
    }
    Some(entry)
}

/// Once an entry stands in a document its sessions are the first that count as aggregated, before
/// those that were there: none can come a second time. A document that ends in a code block, where
/// no entry is seen and the judge refuses any, is another matter.
pub fn sessions_are_remembered(before: &[u8], entry: &Entry) {
    let numbers = |entry: &[u8]| {
        let after = insert(Some(before.into()), HEADING, entry.into());
        aggregated_sessions(after.as_ref(), HEADING, &Wording::default())
    };
    let with_old = |new: Vec<String>| {
        [
            new,
            aggregated_sessions(before.into(), HEADING, &Wording::default()),
        ]
        .concat()
    };
    if numbers(b"#### Session 7: seen\n") != with_old(vec!["7".to_owned()]) {
        return;
    }
    let text = render_entry(entry, &Wording::default()).expect("it was rendered before");
    let new = entry.sessions.iter().map(|section| section.number.clone());
    assert_eq!(numbers(&text), with_old(new.collect()));
}

/// All of them. The input is a document and, behind a NUL, another text.
pub fn all(data: &[u8]) {
    let (document, text) = data.split_once_str(b"\0").unwrap_or((data, b""));
    inserted_is_extracted(document, text);
    extracted_is_inserted(document, text);
    let summaries: Vec<&[u8]> = text.split_str("\n----\n").take(3).collect();
    let read = parsed_is_rendered(text);
    for entry in read.into_iter().chain(any_text_is_a_summary(&summaries)) {
        sessions_are_remembered(document, &entry);
    }
}
