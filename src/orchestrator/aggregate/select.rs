//! Which sessions go into the entry. Pure.

use bstr::{BStr, BString, ByteSlice};

use super::AggregateError;
use super::collect::{Candidate, Collected};
use crate::handoff::{Entry, SessionSection, canonical_title, digest};
use crate::model::SessionId;
use crate::orchestrator::State;
use crate::orchestrator::number;
use crate::protocol::summary_line;

/// What is wished for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The sessions; `None` for all that have a summary.
    pub sessions: Option<&'a [SessionId]>,
    /// The session that aggregates.
    pub orchestrator: Option<&'a SessionId>,
    /// The day, `YYYY-MM-DD`.
    pub date: &'a str,
    /// Whether to leave out what is not ready.
    pub partial: bool,
    /// Whether a session's log must name its summary.
    pub bound: bool,
}

/// What goes into the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The day.
    pub date: String,
    /// The number of the session that aggregates.
    pub orchestrator: Option<String>,
    /// The sessions, by number.
    pub sections: Vec<Section>,
    /// The sessions left out.
    pub skipped: Vec<Skipped>,
}

/// One session of the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name in the trailers: with the day where several logs have its number.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// Its summary in canonical form.
    pub summary: BString,
}

/// A session left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its number.
    pub number: String,
    /// Why.
    pub why: Obstacle,
}

/// Why a session cannot be aggregated now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The handoff file carries it.
    #[error("it is in the handoff file already")]
    Aggregated,
    /// The handoff file carries its number with another summary.
    #[error(
        "its number is in the handoff file already, and with another summary than {0}; what that \
         says needs a session of its own"
    )]
    Superseded(String),
    /// An agent works on it.
    #[error("it is still active; `git baton session end` ends it")]
    Active,
    /// Nobody goes on with it.
    #[error(
        "it was given up; `git baton session summary --session` with a summary ends it after all"
    )]
    Abandoned,
    /// Nobody wrote a summary.
    #[error("it has no summary; `git baton session summary` stores one")]
    NoSummary,
    /// The branch has no log of it.
    #[error("the branch has no log of it; commit the log, and merge its branch first")]
    NoLog,
    /// A log of its number names another summary, or none that there can be.
    #[error(
        "a log of it names another summary, or none yet: {path}; for the summary that is there the \
         line would be `{line}`"
    )]
    OtherSummary {
        /// The log.
        path: BString,
        /// The line that would name the summary.
        line: String,
    },
    /// Its log names no summary, and the policy asks for that.
    #[error("its log does not name its summary; it needs the line `{0}`, committed on its branch")]
    Unbound(String),
    /// Its number has logs of several days.
    #[error("there are logs of that number of several days; name it `YYYY-MM-DD/{0}`")]
    SeveralLogs(String),
    /// Two summaries say different things.
    #[error("its summaries differ: {0}; keep one of them")]
    Disagreement(String),
    /// Nothing is known of it.
    #[error("nothing is known of a session of that number")]
    Unknown,
}

impl Plan {
    /// The sessions' numbers, in order.
    pub fn numbers(&self) -> Vec<String> {
        let ids = self.sections.iter().map(|section| &section.id);
        ids.map(|id| id.number().to_owned()).collect()
    }

    /// The entry for the handoff file.
    pub fn entry(&self) -> Entry {
        Entry {
            date: self.date.clone(),
            orchestrator: self.orchestrator.clone(),
            sessions: self
                .sections
                .iter()
                .map(|section| SessionSection {
                    number: section.id.number().to_owned(),
                    title: section.title.clone(),
                    summary: section.summary.clone(),
                })
                .collect(),
        }
    }
}

/// Decides.
///
/// # Errors
/// Names every session that is not ready, unless a partial aggregate was wished for. What is in
/// the handoff file already is left out, without further ado where it says the same there.
pub fn select(collected: &Collected, wish: &Wish<'_>) -> Result<Plan, AggregateError> {
    let own = wish.orchestrator.map(SessionId::number);
    let mut plan = Plan {
        date: wish.date.to_owned(),
        orchestrator: own.map(str::to_owned),
        sections: Vec::new(),
        skipped: Vec::new(),
    };
    let mut obstacles = Vec::new();
    for (id, wanted) in considered(collected, wish, own) {
        let unknown = Candidate::default();
        let candidate = collected.get(id.number()).unwrap_or(&unknown);
        match section(&id, candidate, wish.bound) {
            // It is named only because its worktree is bound to it.
            Ok(_) if !wanted => {}
            Ok(section) => plan.sections.push(section),
            Err(why) => {
                let skipped = Skipped {
                    number: id.number().to_owned(),
                    why,
                };
                match skipped.why {
                    Obstacle::Aggregated if wish.sessions.is_none() => {}
                    Obstacle::Aggregated | Obstacle::Superseded(_) => plan.skipped.push(skipped),
                    // Nothing of it is waited for unless somebody asks for it by its number.
                    Obstacle::Abandoned if wish.sessions.is_none() || !wanted => {}
                    Obstacle::Active | Obstacle::Abandoned if wish.partial => {
                        plan.skipped.push(skipped)
                    }
                    Obstacle::Active => obstacles.push(skipped),
                    _ if !wanted => {}
                    Obstacle::NoLog
                    | Obstacle::NoSummary
                    | Obstacle::OtherSummary { .. }
                    | Obstacle::Unbound(_)
                        if wish.partial =>
                    {
                        plan.skipped.push(skipped);
                    }
                    _ => obstacles.push(skipped),
                }
            }
        }
    }
    match obstacles.is_empty() {
        true => Ok(plan),
        false => Err(AggregateError::NotReady(obstacles)),
    }
}

/// The sessions to look at, by number, and whether each is wanted or only in the way.
fn considered(collected: &Collected, wish: &Wish<'_>, own: Option<&str>) -> Vec<(SessionId, bool)> {
    let mut ids: Vec<(SessionId, bool)> = Vec::new();
    for id in wish.sessions.unwrap_or_default() {
        if !ids.iter().any(|(one, _)| one.number() == id.number()) {
            ids.push((id.clone(), true));
        }
    }
    for (number, candidate) in collected {
        let listed = ids.iter().any(|(one, _)| one.number() == number);
        if listed || own == Some(number) {
            continue;
        }
        let wanted = wish.sessions.is_none();
        let known = candidate.recorded.is_some() || !candidate.summaries.is_empty();
        if (wanted && known) || candidate.bound {
            ids.extend(SessionId::new(None, number).map(|id| (id, wanted && known)));
        }
    }
    ids.sort_by(|(a, _), (b, _)| number::key(a.number()).cmp(&number::key(b.number())));
    ids
}

fn section(id: &SessionId, candidate: &Candidate, bound: bool) -> Result<Section, Obstacle> {
    if !candidate.aggregated.is_empty() {
        return Err(aggregated(candidate));
    }
    match candidate.recorded {
        Some((_, State::Active)) => return Err(Obstacle::Active),
        Some((_, State::Abandoned)) => return Err(Obstacle::Abandoned),
        _ => {}
    }
    let summary = match &candidate.summaries[..] {
        [] if candidate.recorded.is_none() && candidate.logs.is_empty() => {
            return Err(Obstacle::Unknown);
        }
        [] => return Err(Obstacle::NoSummary),
        [(summary, _)] => summary.clone(),
        several => {
            let places = several.iter().flat_map(|(_, places)| places);
            let places: Vec<_> = places.map(String::as_str).collect();
            return Err(Obstacle::Disagreement(places.join(", ")));
        }
    };
    let id = logged_id(id, candidate)?;
    check_binding(candidate, summary.as_bstr(), bound)?;
    Ok(Section {
        title: title(&candidate.title, id.number()),
        id,
        summary,
    })
}

/// Whether every summary that a log names is this one.
fn check_binding(candidate: &Candidate, summary: &BStr, bound: bool) -> Result<(), Obstacle> {
    let digest = digest(summary);
    let line = || summary_line(&digest);
    let mut named = candidate.named.iter();
    if let Some((path, _)) = named.find(|(_, name)| *name != digest.as_str()) {
        return Err(Obstacle::OtherSummary {
            path: path.clone(),
            line: line(),
        });
    }
    match bound && candidate.named.is_empty() {
        true => Err(Obstacle::Unbound(line())),
        false => Ok(()),
    }
}

/// In which way a session that the handoff file carries cannot be aggregated again.
fn aggregated(candidate: &Candidate) -> Obstacle {
    let others = candidate.summaries.iter();
    let others = others.filter(|(summary, _)| !candidate.aggregated.contains(summary));
    let places: Vec<&str> = others
        .flat_map(|(_, places)| places.iter().map(String::as_str))
        .collect();
    match places.is_empty() {
        true => Obstacle::Aggregated,
        false => Obstacle::Superseded(places.join(", ")),
    }
}

/// The session as the trailers name it: with the day only where the number alone does not tell.
fn logged_id(id: &SessionId, candidate: &Candidate) -> Result<SessionId, Obstacle> {
    let recorded = candidate.recorded.as_ref().map(|(date, _)| date.as_str());
    let date = id.date().or(recorded);
    let fits = |log: &&Option<String>| match (log.as_deref(), date) {
        (Some(log), Some(date)) => log == date,
        _ => true,
    };
    let fitting = candidate.logs.iter().filter(fits).count();
    let number = id.number();
    let named = |date| SessionId::new(date, number).ok_or(Obstacle::Unknown);
    match (fitting, candidate.logs.len(), date) {
        (0, ..) => Err(Obstacle::NoLog),
        (_, 1, _) if id.date().is_none() => named(None),
        (_, _, Some(date)) => named(Some(date)),
        (_, 1, None) => named(None),
        (_, _, None) => Err(Obstacle::SeveralLogs(number.to_owned())),
    }
}

/// One line without control characters and without HTML.
fn title(text: &str, number: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match clean.trim() {
        "" => format!("Work of session {number}"),
        title => canonical_title(title),
    }
}

#[cfg(test)]
mod tests {
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
            ("20", &Obstacle::Active)
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

    #[test]
    fn the_orchestrators_page_explains_what_stands_in_the_way() {
        let page = include_str!("../../../templates/ORCHESTRATOR.md");
        for obstacle in [
            Obstacle::Active,
            Obstacle::Abandoned,
            Obstacle::NoLog,
            Obstacle::NoSummary,
            Obstacle::Disagreement(String::new()),
            Obstacle::OtherSummary {
                path: BString::default(),
                line: String::new(),
            },
            Obstacle::Unbound(String::new()),
        ] {
            let said = obstacle.to_string();
            let start = said.split([';', ':']).next().unwrap();
            assert!(page.contains(&format!("| `{start}` |")), "{start}");
        }
    }
}
