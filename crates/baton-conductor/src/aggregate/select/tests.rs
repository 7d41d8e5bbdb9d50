use super::*;

fn ready(text: &str) -> Candidate {
    Candidate {
        recorded: Some(("2025-12-18".to_owned(), State::Ended)),
        title: "Title".to_owned(),
        logs: vec![Some("2025-12-18".to_owned())],
        summaries: vec![(text.into(), vec!["here".to_owned()])],
        ..Candidate::default()
    }
}

fn active() -> Candidate {
    Candidate {
        recorded: Some(("2025-12-18".to_owned(), State::Active)),
        bound: true,
        ..Candidate::default()
    }
}

fn collected(candidates: &[(&str, Candidate)]) -> Collected {
    let owned = candidates.iter().cloned();
    owned
        .map(|(number, one)| (number.to_owned(), one))
        .collect()
}

fn ids(numbers: &[&str]) -> Vec<SessionId> {
    numbers
        .iter()
        .map(|text| SessionId::parse(text).unwrap())
        .collect()
}

const ALL: Wish<'static> = Wish {
    sessions: None,
    orchestrator: None,
    date: "2025-12-18",
    partial: false,
    bound: false,
};

fn obstacles(collected: &Collected, wish: &Wish<'_>) -> Vec<Skipped> {
    match select(collected, wish) {
        Err(AggregateError::NotReady(obstacles)) => obstacles,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_that_are_ready_come_in_by_number() {
    let found = collected(&[
        ("100", ready("c\n")),
        ("20", ready("b\n")),
        ("3", ready("a\n")),
    ]);
    assert_eq!(select(&found, &ALL).unwrap().numbers(), ["3", "20", "100"]);
}

#[test]
fn an_active_session_is_in_the_way_unless_partial() {
    let found = collected(&[("19", ready("a\n")), ("20", active()), ("22", active())]);
    let own = SessionId::parse("22").unwrap();
    let wish = Wish {
        orchestrator: Some(&own),
        ..ALL
    };
    let [skipped] = &obstacles(&found, &wish)[..] else {
        panic!()
    };
    assert_eq!(
        (skipped.number.as_str(), &skipped.why),
        ("20", &Obstacle::Active { at: Box::default() })
    );
    let listed = ids(&["19"]);
    assert_eq!(
        obstacles(
            &found,
            &Wish {
                sessions: Some(&listed),
                ..wish
            }
        )
        .len(),
        1
    );
    let plan = select(
        &found,
        &Wish {
            partial: true,
            ..wish
        },
    )
    .unwrap();
    assert_eq!(plan.numbers(), ["19"]);
    assert_eq!(plan.orchestrator.as_deref(), Some("22"));
    assert_eq!(plan.skipped.len(), 1);
}

#[test]
fn a_session_that_was_given_up_is_waited_for_by_nobody() {
    let mut given_up = ready("b\n");
    given_up.recorded = Some(("2025-12-18".to_owned(), State::Abandoned));
    given_up.bound = true;
    let found = collected(&[("19", ready("a\n")), ("20", given_up)]);
    let plan = select(&found, &ALL).unwrap();
    assert_eq!(
        (plan.numbers(), plan.skipped),
        (vec!["19".to_owned()], Vec::new())
    );
    let only = ids(&["19"]);
    let wish = |sessions| Wish {
        sessions: Some(sessions),
        ..ALL
    };
    assert_eq!(select(&found, &wish(&only)).unwrap().skipped, []);
    let listed = ids(&["20"]);
    assert_eq!(
        obstacles(&found, &wish(&listed))[0].why,
        Obstacle::Abandoned
    );
}

#[test]
fn every_session_that_is_not_ready_is_named() {
    let mut unlogged = ready("a\n");
    unlogged.logs.clear();
    let mut silent = ready("a\n");
    silent.summaries.clear();
    let mut torn = ready("a\n");
    torn.summaries
        .push(("b\n".into(), vec!["there".to_owned()]));
    let found = collected(&[("1", unlogged), ("2", silent), ("3", torn)]);
    let listed = ids(&["1", "2", "3", "4"]);
    let why: Vec<_> = obstacles(
        &found,
        &Wish {
            sessions: Some(&listed),
            ..ALL
        },
    )
    .into_iter()
    .map(|skipped| skipped.why)
    .collect();
    let places = "here, there".to_owned();
    assert_eq!(
        why,
        [
            Obstacle::NoLog,
            Obstacle::NoSummary,
            Obstacle::Disagreement(places),
            Obstacle::Unknown
        ]
    );
}

#[test]
fn a_summary_that_the_log_does_not_name_stays_out() {
    let own = digest("a\n".into());
    let named = |name: &str| (BString::from("log.md"), BString::from(name));
    let with = |names: &[&str]| {
        let mut one = ready("a\n");
        one.named = names.iter().map(|name| named(name)).collect();
        collected(&[("1", one)])
    };
    let strict = Wish { bound: true, ..ALL };
    for wish in [&ALL, &strict] {
        assert_eq!(select(&with(&[&own]), wish).unwrap().numbers(), ["1"]);
        for names in [&["sha256:"][..], &[&own, "sha256:b"]] {
            let why = &obstacles(&with(names), wish)[0].why;
            assert!(matches!(why, Obstacle::OtherSummary { .. }), "{why:?}");
        }
    }
    assert_eq!(select(&with(&[]), &ALL).unwrap().numbers(), ["1"]);
    let line = format!("**Summary**: {own}");
    assert_eq!(
        obstacles(&with(&[]), &strict)[0].why,
        Obstacle::Unbound(line)
    );
    let partial = Wish {
        partial: true,
        ..strict
    };
    assert_eq!(select(&with(&[]), &partial).unwrap().skipped.len(), 1);
}

#[test]
fn what_is_aggregated_is_left_out() {
    let mut done = ready("a\n");
    done.aggregated = vec!["a\n".into()];
    let found = collected(&[("19", done)]);
    assert_eq!(select(&found, &ALL).unwrap().sections, []);
    let listed = ids(&["19"]);
    let plan = select(
        &found,
        &Wish {
            sessions: Some(&listed),
            ..ALL
        },
    )
    .unwrap();
    assert_eq!(plan.skipped[0].why, Obstacle::Aggregated);
}

#[test]
fn a_summary_other_than_the_aggregated_one_is_named() {
    let mut other = ready("a\n");
    other.aggregated = vec!["b\n".into()];
    let plan = select(&collected(&[("19", other)]), &ALL).unwrap();
    assert_eq!(plan.sections, []);
    assert_eq!(plan.skipped[0].number, "19");
    assert_eq!(plan.skipped[0].why, Obstacle::Superseded("here".to_owned()));
}

#[test]
fn a_day_is_named_only_where_the_number_does_not_tell() {
    let mut several = ready("a\n");
    several.logs.push(Some("2025-11-01".to_owned()));
    let dated = select(&collected(&[("19", several.clone())]), &ALL).unwrap();
    assert_eq!(dated.sections[0].id.to_string(), "2025-12-18/19");
    several.recorded = None;
    let found = collected(&[("19", several)]);
    assert!(matches!(
        obstacles(&found, &ALL)[0].why,
        Obstacle::SeveralLogs(_)
    ));
    let listed = ids(&["2025-11-01/19"]);
    let plan = select(
        &found,
        &Wish {
            sessions: Some(&listed),
            ..ALL
        },
    )
    .unwrap();
    assert_eq!(plan.sections[0].id.to_string(), "2025-11-01/19");
}
