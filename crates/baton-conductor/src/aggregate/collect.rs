//! Every summary that can be found, from any author and any place.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};

use super::{AggregateBase, AggregateError};
use crate::session::{Location, State, store};
use baton_core::handoff::canonical_summary;
use baton_core::model::SessionId;
use baton_core::protocol::named_summaries;
use baton_git::{GitError, Repo, worktrees};
use baton_guard::binding;
use baton_sys::file;

/// The facts about one number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The day and the state of the session, where it is recorded.
    pub recorded: Option<(String, State)>,
    /// The reason why its record cannot be read.
    pub damaged: Option<String>,
    /// Where it is, while it is active.
    pub location: Option<Location>,
    /// True if a worktree is bound to it.
    pub bound: bool,
    /// The title, where the record or the log says so.
    pub title: String,
    /// The days of its logs in the branch's tree; `None` where a log's path names no day.
    pub logs: Vec<Option<String>>,
    /// The summaries that those logs name, each with its log's path.
    pub named: Vec<(BString, BString)>,
    /// Its summary in canonical form, and where each copy is.
    pub summaries: Vec<(BString, Vec<String>)>,
    /// The summaries, in canonical form, with which the handoff file and the archives carry it.
    pub aggregated: Vec<BString>,
}

/// The candidates by number.
pub type Collected = BTreeMap<String, Candidate>;

/// Looks through the record, this checkout, every linked worktree and the branch's tree.
pub fn collect(repo: &Repo, base: &AggregateBase) -> Result<Collected, AggregateError> {
    let mut found = Collected::new();
    let (sessions, damaged) = store::list_all(repo)?;
    for one in damaged {
        found.entry(one.number).or_default().damaged = Some(one.reason);
    }
    for session in sessions {
        let candidate = found.entry(session.number.clone()).or_default();
        candidate.recorded = Some((session.date.clone(), session.state));
        candidate.title.clone_from(&session.title);
        if session.state == State::Active {
            candidate.location = Some(Location::of(repo, &session)?);
        }
        if let Some(summary) = &session.summary {
            let place = store::reference(&session.number);
            add(candidate, summary, place);
        }
    }
    in_worktrees(repo, base, &mut found)?;
    let objects = repo.objects();
    for (id, path, blob) in &base.summaries {
        let candidate = found.entry(id.number().to_owned()).or_default();
        add(
            candidate,
            &objects.blob(*blob)?,
            format!("{}:{path}", base.branch),
        );
    }
    for (number, summary) in &base.superseded {
        let candidate = found.entry(number.clone()).or_default();
        add(candidate, summary, format!("{} as it is", base.branch));
    }
    for (id, path, blob) in &base.logs {
        let Some(candidate) = found.get_mut(id.number()) else {
            continue;
        };
        candidate.logs.push(id.date().map(str::to_owned));
        if base.aggregated.contains_key(id.number()) {
            continue;
        }
        let log = objects.blob(*blob)?;
        if candidate.title.is_empty() {
            candidate.title = log_title(&log, path, id);
        }
        let named = named_summaries(log.as_bstr());
        let named = named.map(|name| (path.clone(), name.to_owned()));
        candidate.named.extend(named);
    }
    for (number, summaries) in &base.aggregated {
        let candidate = found.entry(number.clone()).or_default();
        candidate.aggregated.clone_from(summaries);
    }
    Ok(found)
}

fn in_worktrees(
    repo: &Repo,
    base: &AggregateBase,
    found: &mut Collected,
) -> Result<(), AggregateError> {
    let policy = base.policy();
    let enter =
        |directory: &str| directory != ".git" && policy.may_have_summaries_below(directory.into());
    for worktree in worktrees::checkouts(repo)? {
        let root = &worktree.path;
        for path in file::files_below(root, &enter).map_err(GitError::io(root))? {
            let Some(id) = policy.summary_session(path.as_str().into()) else {
                continue;
            };
            let path = root.join(path);
            let text = file::read_if_exists(&path).map_err(GitError::io(&path))?;
            if let Some(text) = text {
                let candidate = found.entry(id.number().to_owned()).or_default();
                add(candidate, &text, path.display().to_string());
            }
        }
        // A directory that git lists and that is no worktree any more is bound to nothing.
        let bound =
            worktrees::open_in(repo.common_dir(), root).and_then(|repo| binding::session(&repo));
        if let Ok(Some(id)) = bound {
            found.entry(id.number().to_owned()).or_default().bound = true;
        }
    }
    Ok(())
}

fn add(candidate: &mut Candidate, text: &[u8], place: String) {
    let summary = canonical_summary(text.as_bstr());
    if summary.is_empty() {
        return;
    }
    match candidate
        .summaries
        .iter_mut()
        .find(|(one, _)| *one == summary)
    {
        Some((_, places)) => places.push(place),
        None => candidate.summaries.push((summary, vec![place])),
    }
}

/// The log's first heading without the session's name (`# Session 19: Constraints`) or, where that
/// says no more than number and day, the words of its file's name.
fn log_title(log: &[u8], path: &BString, id: &SessionId) -> String {
    let heading = log.lines().find_map(|line| line.strip_prefix(b"# "));
    let heading = heading.map_or_else(String::new, |text| text.to_str_lossy().trim().to_owned());
    let title = without_session(&heading, id);
    if !title.is_empty() && SessionId::new(Some(title), "0").is_none() {
        return title.to_owned();
    }
    let path = path.to_str_lossy();
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let dated = stem
        .get(..10)
        .filter(|day| SessionId::new(Some(day), "0").is_some());
    let stem = dated.map_or(stem, |day| &stem[day.len()..]);
    let mut after = stem.split(&['-', '_'][..]).skip_while(|word| {
        SessionId::new(None, word).is_none_or(|named| named.number() != id.number())
    });
    after.next();
    after.collect::<Vec<_>>().join(" ")
}

fn without_session<'h>(heading: &'h str, id: &SessionId) -> &'h str {
    let Some(rest) = heading.strip_prefix("Session") else {
        return heading;
    };
    let separators = [' ', '#', ':', '-', '–', '—', '.'];
    let rest = rest.trim_start_matches(separators);
    let rest = rest.strip_prefix("Log").unwrap_or(rest);
    let rest = rest.trim_start_matches(separators);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match SessionId::new(None, &rest[..digits]) {
        Some(named) if named.number() == id.number() => {
            rest[digits..].trim_start_matches(separators)
        }
        _ => heading,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_tells_what_the_session_is_about() {
        let id = SessionId::new(None, "19").unwrap();
        for (log, title) in [
            ("# Session 19: Constraints\n", "Constraints"),
            ("\n# Session 019 - Constraints: two\n", "Constraints: two"),
            ("# Session Log: 19 Constraints\r\n", "Constraints"),
            ("# Session 20: other\n", "Session 20: other"),
            ("# Notes\n", "Notes"),
            ("# Session 19\n", "tidy up"),
            ("# Session 19 - 2025-12-18\n", "tidy up"),
            ("text\n", "tidy up"),
        ] {
            let path = "sessions/2025-12-19-session-019-tidy-up.md".into();
            assert_eq!(log_title(log.as_bytes(), &path, &id), title, "{log:?}");
        }
    }
}
