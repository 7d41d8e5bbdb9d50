//! Which sessions go into the entry. Pure.

use bstr::{BStr, BString, ByteSlice};

use super::AggregateError;
use super::collect::{Candidate, Collected};
use super::obstacle::{Obstacle, Skipped};
use crate::session::{State, number};
use baton_core::handoff::{Entry, SessionSection, canonical_title, digest};
use baton_core::model::SessionId;
use baton_core::protocol::summary_line;

/// The request.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The sessions; `None` for all that have a summary.
    pub sessions: Option<&'a [SessionId]>,
    /// The session that aggregates.
    pub orchestrator: Option<&'a SessionId>,
    /// The day, `YYYY-MM-DD`.
    pub date: &'a str,
    /// If true, sessions that are not ready are left out.
    pub partial: bool,
    /// True if a session's log must name its summary.
    pub bound: bool,
}

/// The content of the entry.
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
                    Obstacle::Active { .. } | Obstacle::Abandoned if wish.partial => {
                        plan.skipped.push(skipped)
                    }
                    Obstacle::Active { .. } => obstacles.push(skipped),
                    _ if !wanted => {}
                    Obstacle::NoLog
                    | Obstacle::NoSummary
                    | Obstacle::Damaged(_)
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
        let is_recorded = candidate.recorded.is_some() || candidate.damaged.is_some();
        let known = is_recorded || !candidate.summaries.is_empty();
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
    if let Some(reason) = &candidate.damaged {
        return Err(Obstacle::Damaged(reason.clone()));
    }
    match candidate.recorded {
        Some((_, State::Active)) => {
            let at = candidate.location.clone().unwrap_or_default();
            return Err(Obstacle::Active { at: Box::new(at) });
        }
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

/// Checks that every summary that a log names is this one.
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
mod tests;
