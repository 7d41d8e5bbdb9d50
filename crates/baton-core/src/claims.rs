//! Claims: paths that a session keeps for itself while it works.
//!
//! A claim is known in one clone alone, and says nothing of what may land. It keeps agents that no
//! orchestrator conducts from changing the same files side by side. No two sessions at work hold patterns
//! that one path can match, and the log and the summary of a session are its own whatever others claim.

pub mod record;

use std::fmt;

use bstr::BStr;

use crate::model::{ClaimedPath, SessionId, Watch};
use crate::policy::{GlobError, PathGlob, Policy, escape_glob};

/// The paths that a session claims.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The session.
    pub session: SessionId,
    /// Patterns over paths from the root of the repository.
    pub paths: Vec<PathGlob>,
}

/// A claim of a session at work, and where it works.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldClaim {
    /// The claim.
    pub claim: Claim,
    /// The root of its worktree, as it is shown.
    pub worktree: String,
    /// Its branch, in short.
    pub branch: Option<String>,
}

/// Two patterns that one path can match, the second claimed by another session.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap<'a> {
    /// The pattern that is asked for.
    pub wanted: &'a PathGlob,
    /// The pattern that is claimed.
    pub claimed: &'a PathGlob,
    /// Its holder.
    pub holder: &'a HeldClaim,
}

/// The first overlap between what a session asks for and what others hold.
pub fn overlap<'a>(
    session: &SessionId,
    wanted: &'a [PathGlob],
    held: &'a [HeldClaim],
) -> Option<Overlap<'a>> {
    let others = held.iter().filter(|one| one.is_of_another(Some(session)));
    let claimed = others.flat_map(|holder| holder.claim.paths.iter().map(move |one| (holder, one)));
    let mut pairs =
        claimed.flat_map(|(holder, claimed)| wanted.iter().map(move |one| (one, claimed, holder)));
    let (wanted, claimed, holder) = pairs.find(|(wanted, claimed, _)| wanted.meets(claimed))?;
    Some(Overlap {
        wanted,
        claimed,
        holder,
    })
}

/// The claims of others, as a worktree with this session, or none, meets them.
#[derive(Debug, Clone, Copy)]
pub struct Others<'a> {
    /// The policy, which knows the files of sessions.
    pub policy: &'a Policy,
    /// The session of the worktree.
    pub session: Option<&'a SessionId>,
    /// The claims that are held in the repository.
    pub held: &'a [HeldClaim],
}

impl Others<'_> {
    /// The path as another session claims it; `None` where none does.
    pub fn claimed(&self, path: &BStr) -> Option<ClaimedPath> {
        let holder = self.of_others().find(|one| one.has(path))?;
        let is_free = self.policy.session_of(path).is_some();
        (!is_free).then(|| ClaimedPath {
            path: path.to_owned(),
            session: holder.claim.session.clone(),
            holder: holder.to_string(),
        })
    }

    fn of_others(&self) -> impl Iterator<Item = &HeldClaim> {
        let held = self.held.iter();
        held.filter(|one| one.is_of_another(self.session))
    }
}

impl Watch for Others<'_> {
    fn watches(&self, path: &BStr) -> bool {
        self.claimed(path).is_some()
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let mut globs = self.of_others().flat_map(|one| &one.claim.paths);
        globs.any(|glob| glob.may_cover_in(directory))
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}

impl fmt::Display for HeldClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "session {}, which works in {}",
            self.claim.session, self.worktree
        )?;
        match &self.branch {
            Some(branch) => write!(f, " on branch {branch}"),
            None => Ok(()),
        }
    }
}

impl HeldClaim {
    fn is_of_another(&self, session: Option<&SessionId>) -> bool {
        session.is_none_or(|own| !own.agrees_with(&self.claim.session))
    }

    fn has(&self, path: &BStr) -> bool {
        let mut globs = self.claim.paths.iter();
        globs.any(|glob| glob.covers(path))
    }
}

/// The kind of entry found at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Anything but a directory.
    File,
    /// A directory.
    Directory,
}

/// The pattern that a path or a glob means, named in the directory `below` the root of the repository. A directory means all
/// that lies in it, and what is there is taken literally, wildcards in its name or not.
///
/// # Errors
/// When it names nothing, leads out of the repository, or is no pattern.
pub fn pattern(
    below: &str,
    named: &str,
    find: impl Fn(&str) -> Found,
) -> Result<PathGlob, GlobError> {
    if named.is_empty() {
        return PathGlob::parse(named);
    }
    let below = below.split('/').filter(|part| !part.is_empty());
    let mut parts: Vec<(&str, bool)> = below.map(|part| (part, true)).collect();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(GlobError::outside)?;
            }
            part => parts.push((part, false)),
        }
    }
    let (mut path, mut glob, mut found) = (String::new(), String::new(), Found::Directory);
    for (part, is_given) in parts {
        path.push_str(part);
        if found != Found::Nothing {
            found = find(&path);
        }
        match is_given || found != Found::Nothing {
            true => glob.push_str(&escape_glob(part)),
            false => glob.push_str(part),
        }
        path.push('/');
        glob.push('/');
    }
    if glob.is_empty() {
        glob.push_str("**");
    } else if !(named.ends_with('/') || found == Found::Directory) {
        glob.pop();
    }
    PathGlob::parse(&glob)
}

/// True if two patterns name the same, with or without the slash of a directory and the escapes of a path that is there.
pub fn is_same(one: &PathGlob, other: &PathGlob) -> bool {
    let name = |glob: &PathGlob| glob.name().trim_end_matches('/').to_owned();
    name(one) == name(other)
}

#[cfg(test)]
mod tests;
