use bstr::ByteSlice;
use proptest::prelude::*;

use super::*;
use crate::handoff::parse::recognize;
use crate::handoff::{ParseError, parse_entry};
use crate::model::{Label, SessionTitle};

const TEXT: &str = "### Parallel Sessions 19, 20 (2025-12-18)\n\n\
    **Orchestrator**: Session 22\n**Parallel Executions**: 2 agents\n\n\
    #### Session 19: Constraints\n- one\n\n```\n#### Session 9: code\n```\n\n\
    #### Session 20: Gate: phase 1.5\ndone\n";

fn section(number: &str, title: &str, summary: &str) -> SessionSection {
    SessionSection {
        number: number.to_owned(),
        title: title.to_owned(),
        summary: summary.into(),
    }
}

fn entry() -> Entry {
    Entry {
        date: "2025-12-18".to_owned(),
        orchestrator: Some("22".to_owned()),
        sessions: vec![
            section(
                "19",
                "Constraints",
                "- one\n\n```\n#### Session 9: code\n```\n",
            ),
            section("20", "Gate: phase 1.5", "done\n"),
        ],
    }
}

#[test]
fn an_entry_has_one_text() {
    assert_eq!(render_entry(&entry(), &Wording::default()).unwrap(), TEXT);
    assert_eq!(
        parse_entry(TEXT.into(), &Wording::default()).unwrap(),
        entry()
    );
    let alone = Entry {
        orchestrator: None,
        sessions: vec![section("7", "t", "s\n")],
        ..entry()
    };
    assert_eq!(
        render_entry(&alone, &Wording::default()).unwrap(),
        "### Parallel Session 7 (2025-12-18)\n\n**Parallel Executions**: 1 agent\n\n\
         #### Session 7: t\ns\n"
    );
}

#[test]
fn an_entry_of_one_session_may_have_the_title_of_several() {
    let wording = Wording::default();
    let text = |title: &str| {
        format!(
            "### {title} (2025-12-18)\n\n**Parallel Executions**: 1 agent\n\n#### Session 7: t\ns\n"
        )
    };
    let old = parse_entry(text("Parallel Sessions 7").as_str().into(), &wording).unwrap();
    let new = text("Parallel Session 7");
    assert_eq!(render_entry(&old, &wording).unwrap(), new);
    assert_eq!(parse_entry(new.as_str().into(), &wording), Ok(old));
    let several = TEXT.replace("Parallel Sessions", "Parallel Session");
    assert!(parse_entry(several.as_str().into(), &wording).is_err());
}

#[test]
fn what_no_entry_may_say_is_refused() {
    let with = |change: fn(&mut Entry)| {
        let mut entry = entry();
        change(&mut entry);
        render_entry(&entry, &Wording::default()).unwrap_err()
    };
    for date in [
        "2025-02-29",
        "2025-1-01",
        "",
        "2025-12-18\n",
        "+025-12-18",
        "-000001-01-01",
    ] {
        let entry = Entry {
            date: date.to_owned(),
            ..entry()
        };
        assert_eq!(
            render_entry(&entry, &Wording::default()),
            Err(RenderError::Date(date.to_owned()))
        );
    }
    assert_eq!(with(|e| e.sessions.clear()), RenderError::NoSession);
    assert_eq!(
        with(|e| e.sessions[1].number = "020".into()),
        RenderError::Number("020".into())
    );
    assert_eq!(
        with(|e| e.orchestrator = Some("me".into())),
        RenderError::Number("me".into())
    );
    assert_eq!(
        with(|e| e.sessions[1].number = "19".into()),
        RenderError::Twice("19".into())
    );
    assert_eq!(
        with(|e| e.sessions[0].title = "a\nb".into()),
        RenderError::Title("19".into())
    );
    assert_eq!(
        with(|e| e.sessions[1].summary = "a\n## Recent Work\n".into()),
        RenderError::Summary {
            number: "20".into(),
            error: SummaryError::Heading { line: 2, level: 2 },
        }
    );
    assert_eq!(
        with(|e| e.sessions[0].title = "Take <textarea>".into()),
        RenderError::TitleHtml("19".into())
    );
}

#[test]
fn an_entry_that_stands_there_counts_whatever_is_asked_of_new_ones() {
    let old = TEXT.replace("done\n", "done\n====\n\n<!-- open\n");
    let wording = Wording::default();
    assert!(recognize(old.as_str().into(), &wording).is_ok());
    assert_eq!(
        parse_entry(old.as_str().into(), &wording),
        Err(ParseError::Content(RenderError::Summary {
            number: "20".into(),
            error: SummaryError::Heading { line: 1, level: 1 },
        }))
    );
}

#[test]
fn any_other_text_is_no_entry() {
    let cases = [
        (TEXT.replace("Parallel Sessions", "Sessions"), 1),
        (TEXT.replace("18)\n\n", "18)\nx\n"), 2),
        (TEXT.replace("2 agents", "3 agents"), 4),
        (TEXT.replace("19, 20", "20, 19"), 1),
        (TEXT.replace("agents\n", "agents\nmore\n"), 5),
        (TEXT.replace("#### Session 20: ", "#### Session 20 "), 13),
        (TEXT.replace("done\n", "done\n\n"), 0),
        (TEXT.replace("```\n\n####", "```\n####"), 12),
        (TEXT.replace("Session 22\n", "Session 22\r\n"), 3),
        (format!("\u{feff}{TEXT}"), 1),
        (String::new(), 1),
    ];
    for (text, at) in cases {
        match parse_entry(text.as_str().into(), &Wording::default()) {
            Err(ParseError::Line { line, .. }) => assert_eq!(line, at, "{text}"),
            Err(ParseError::Content(_)) => assert_eq!(at, 0, "{text}"),
            Ok(entry) => panic!("{text} was read as {entry:?}"),
        }
    }
}

#[test]
fn a_policy_words_the_entry() {
    let wording = Wording {
        entry_title: EntryTitle::parse("{date}: Sitzungen {sessions}").unwrap(),
        single_title: EntryTitle::parse("{date}: Sitzung {sessions}").unwrap(),
        session_title: SessionTitle::parse("Sitzung {session} – {title} ✓").unwrap(),
        orchestrator_label: Label::parse("Leitung").unwrap(),
        agents_label: Label::parse("Parallel").unwrap(),
    };
    let text = render_entry(&entry(), &wording).unwrap();
    assert!(text.starts_with_str(
        "### 2025-12-18: Sitzungen 19, 20\n\n**Leitung**: Session 22\n\
         **Parallel**: 2 agents\n\n#### Sitzung 19 – Constraints ✓\n- one\n"
    ));
    assert_eq!(parse_entry(text.as_ref(), &wording).unwrap(), entry());
    assert!(parse_entry(text.as_ref(), &Wording::default()).is_err());
    assert!(parse_entry(TEXT.into(), &wording).is_err());
}

/// Texts that come near to being placeholders, numbers, dates and line ends.
fn text(pieces: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(pieces).unwrap()
}

proptest! {
    #[test]
    fn in_any_wording_an_entry_reads_back(
        entry_title in text("(#|`|1|, |\\*|é|a| ){0,3}(\\{sessions\\}(1|, | |-|é){0,2}\\{date\\}|\\{date\\}(1|, | |-|é){0,2}\\{sessions\\})(#|1|-|\\)){0,3}"),
        session_title in text("(#|`|1|Session |é| ){0,3}\\{session\\}(:|1| |é|#){0,3}\\{title\\}(:|1|#|\\)| ){0,3}"),
        labels in (text("[a:*0 ]{1,4}"), text("[a:*0 ]{1,4}")),
        title in text("[a1: #é)]{1,6}"),
        numbers in proptest::collection::hash_set(0..200u32, 1..4),
        orchestrator in proptest::option::of(0..30u32),
    ) {
        let parsed = (
            EntryTitle::parse(&entry_title),
            SessionTitle::parse(&session_title),
            Label::parse(&labels.0),
            Label::parse(&labels.1),
        );
        let (Ok(entry_title), Ok(session_title), Ok(orchestrator_label), Ok(agents_label)) = parsed
        else {
            return Ok(());
        };
        let wording = Wording { single_title: entry_title.single(), entry_title, session_title, orchestrator_label, agents_label };
        let entry = Entry {
            date: "2025-12-18".to_owned(),
            orchestrator: orchestrator.map(|number| number.to_string()),
            sessions: numbers.iter().map(|number| section(&number.to_string(), &title, "s\n")).collect(),
        };
        if let Ok(text) = render_entry(&entry, &wording) {
            prop_assert_eq!(parse_entry(text.as_ref(), &wording), Ok(entry.clone()));
            let document = crate::handoff::insert(None, "## W", text.as_ref());
            let carried = crate::handoff::aggregated_sessions(document.as_ref(), "## W", &wording);
            let numbers: Vec<_> = entry.sessions.into_iter().map(|one| one.number).collect();
            prop_assert_eq!(carried, numbers);
        }
    }
}
