//! The paths that a session claims: taken, given back, and gone when it ends.
//!
//! [`baton_guard::claims`] says where they are recorded and when they hold.

use std::path::Path;

use baton_core::claims::{self, Claim, Found, HeldClaim};
use baton_core::model::SessionId;
use baton_core::policy::PathGlob;
use baton_git::{Repo, StoreError};
use baton_guard::binding;
use baton_guard::claims::{at_work, recorded};
use baton_sys::{file, lookup};

use super::claims_record::edit;
use super::store::{self, ATTEMPTS, Stored};
use super::{SessionError, State};
use crate::ref_moves;

/// The claims of all sessions at work in this clone.
pub fn list(repo: &Repo) -> Result<Vec<HeldClaim>, SessionError> {
    Ok(baton_guard::claims::held(repo)?)
}

/// Claims these paths and globs, named in `directory`, for the session of this worktree, and returns all that it claims now.
///
/// # Errors
/// [`SessionError::Claimed`] names the session at work that holds one of them.
pub fn claim(repo: &Repo, directory: &Path, named: &[String]) -> Result<Claim, SessionError> {
    let wanted = patterns(repo, directory, named)?;
    change(repo, |own, session, held| {
        if let Some(overlap) = claims::overlap(session, &wanted, held) {
            return Err(SessionError::Claimed {
                wanted: overlap.wanted.as_str().to_owned(),
                claimed: overlap.claimed.as_str().to_owned(),
                holder: Box::new(overlap.holder.clone()),
            });
        }
        own.extend(wanted.iter().cloned());
        Ok(())
    })
}

/// Gives back what the session of this worktree claims by these patterns, or all of it where none is named, and returns what
/// was given back.
pub fn release(repo: &Repo, directory: &Path, named: &[String]) -> Result<Claim, SessionError> {
    let wanted = patterns(repo, directory, named)?;
    let mut given_back = Vec::new();
    let left = change(repo, |own, _, _| {
        let is_own = |glob: &&PathGlob| own.iter().any(|one| claims::is_same(one, glob));
        if let Some(unknown) = wanted.iter().find(|glob| !is_own(glob)) {
            return Err(SessionError::NotClaimed(unknown.as_str().to_owned()));
        }
        let is_wanted = |glob: &PathGlob| wanted.iter().any(|one| claims::is_same(one, glob));
        (given_back, *own) = std::mem::take(own)
            .into_iter()
            .partition(|glob| named.is_empty() || is_wanted(glob));
        Ok(())
    })?;
    Ok(Claim {
        session: left.session,
        paths: given_back,
    })
}

/// Changes what the session of this worktree claims while it is active, and drops what is stale on the way.
fn change(
    repo: &Repo,
    mut change: impl FnMut(&mut Vec<PathGlob>, &SessionId, &[HeldClaim]) -> Result<(), SessionError>,
) -> Result<Claim, SessionError> {
    for _ in 0..ATTEMPTS {
        let active = active_here(repo)?;
        let session = active.session.id();
        let before = recorded(repo)?;
        let held = at_work(repo, before.claims.clone())?;
        let is_own = |claim: &Claim| claim.session.agrees_with(&session);
        let (own, mut claims): (Vec<Claim>, Vec<Claim>) =
            held.iter().map(|one| one.claim.clone()).partition(is_own);
        let mut paths: Vec<PathGlob> = Vec::new();
        paths.extend(own.into_iter().flat_map(|claim| claim.paths));
        change(&mut paths, &session, &held)?;
        let mut own = Claim {
            session,
            paths: Vec::new(),
        };
        for glob in paths {
            if !own.paths.contains(&glob) {
                own.paths.push(glob);
            }
        }
        if !own.paths.is_empty() {
            claims.push(own.clone());
        }
        if claims == before.claims {
            return Ok(own);
        }
        let edits = [active.unmoved(), edit(repo, before.blob, &claims)?];
        match ref_moves::transact(repo, &edits, "baton: claims changed") {
            Ok(()) => return Ok(own),
            Err(StoreError::Raced(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SessionError::Crowded(ATTEMPTS))
}

/// The session of this worktree, which is still active.
fn active_here(repo: &Repo) -> Result<Stored, SessionError> {
    let bound = binding::session(repo)?.ok_or(SessionError::Unbound)?;
    let number = bound.number();
    let stored = store::stored(repo, number)?;
    let stored = stored.ok_or_else(|| SessionError::Unknown(number.to_owned()))?;
    let is_active = stored.session.state == State::Active;
    is_active.then_some(stored).ok_or(SessionError::Unbound)
}

/// The patterns that these words mean in a directory of the worktree.
fn patterns(
    repo: &Repo,
    directory: &Path,
    named: &[String],
) -> Result<Vec<PathGlob>, SessionError> {
    let root = repo.work_tree().ok_or(SessionError::NoWorktree)?;
    let resolved = (lookup::resolve(root), lookup::resolve(directory));
    let below = resolved
        .1
        .strip_prefix(&resolved.0)
        .unwrap_or(Path::new(""));
    let below = below.to_str().ok_or_else(|| SessionError::NoPattern {
        pattern: below.display().to_string(),
        reason: "the name of this directory is not UTF-8".to_owned(),
    })?;
    let find = |path: &str| match root.join(path) {
        path if file::is_directory(&path) => Found::Directory,
        path if file::is_taken(&path) => Found::File,
        _ => Found::Nothing,
    };
    let pattern = |word: &String| {
        let inside = [root, &resolved.0]
            .into_iter()
            .find_map(|root| Path::new(word).strip_prefix(root).ok());
        let parsed = match inside {
            Some(inside) => claims::pattern("", &format!("./{}", inside.display()), find),
            None if word.starts_with('/') => claims::pattern("", "..", find),
            None => claims::pattern(below, word, find),
        };
        parsed.map_err(|error| SessionError::NoPattern {
            pattern: word.clone(),
            reason: error.to_string(),
        })
    };
    named.iter().map(pattern).collect()
}
