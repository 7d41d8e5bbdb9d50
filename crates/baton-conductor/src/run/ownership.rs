//! The check that an agent keeps to the files that are its own, while it works.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use super::{Assignment, Place};
use baton_core::model::{Oid, SessionId};
use baton_core::policy::{PathGlob, Policy};
use baton_git::worktrees::{open_in, open_worktree};
use baton_git::{GitError, Repo, checkout};
use baton_sys::file;

/// The wait between two looks at a worktree, where no caller asks for another time.
pub const INTERVAL: Duration = Duration::from_millis(1500);

/// The files that the built-in agents, and the interpreters they start, drop in any repository.
static DROPPED: LazyLock<Vec<PathGlob>> = LazyLock::new(|| {
    let patterns = [
        "{.claude,**/.claude}/settings.local.json",
        "{__pycache__,**/__pycache__}/**",
    ];
    let globs = patterns.iter();
    globs
        .map(|text| PathGlob::parse(text).expect("a pattern"))
        .collect()
});

/// Which paths an agent may change.
#[derive(Debug, Clone, Copy)]
pub struct Ownership<'a> {
    owned: Option<&'a [PathGlob]>,
    policy: &'a Policy,
    session: Option<&'a SessionId>,
}

impl<'a> Ownership<'a> {
    /// What the task owns, and the log and the summary of the session in which it is done.
    pub fn new(assignment: &'a Assignment, place: &'a Place, policy: &'a Policy) -> Self {
        Self {
            owned: assignment.owned.as_deref(),
            policy,
            session: place.session.as_ref(),
        }
    }

    /// Returns true if the agent may change this path.
    fn covers(&self, path: &BStr) -> bool {
        let is_owned = |owned: &[PathGlob]| owned.iter().any(|glob| glob.matches(path));
        let of_session = || {
            let named = self.policy.session_of(path);
            named
                .zip(self.session)
                .is_some_and(|(named, own)| named.agrees_with(own))
        };
        self.owned.is_none_or(is_owned) || of_session()
    }

    /// The paths among these that it may not.
    pub fn strays(&self, paths: impl IntoIterator<Item = BString>) -> Vec<BString> {
        let mut strays: Vec<_> = paths
            .into_iter()
            .filter(|path| !self.covers(path.as_ref()))
            .collect();
        strays.sort();
        strays.dedup();
        strays
    }

    /// The paths that were changed in the worktree since its base and that the agent may not
    /// change, committed or not. What nothing tracks can land with no commit, and is none.
    pub fn strays_in(&self, worktree: &Repo, base: Oid) -> Result<Vec<BString>, GitError> {
        let mut paths = checkout::dirty(worktree)?.tracked;
        paths.retain(|path| !self.is_ignored(path.as_ref()));
        paths.extend(checkout::committed_since(worktree, base)?);
        Ok(self.strays(paths))
    }

    /// The agent's work that it has not committed: not what it or its tools have dropped beside its own
    /// files, nor worktrees of its helpers.
    pub fn left_in(&self, worktree: &Repo) -> Result<Vec<BString>, GitError> {
        let found = checkout::dirty(worktree)?;
        let root = worktree.program().directory();
        let is_worktree = |path: &BString| {
            let inner = open_worktree(&root.join(path.to_path_lossy()));
            path.ends_with(b"/")
                && inner.is_ok_and(|it| file::is_same_place(it.common_dir(), worktree.common_dir()))
        };
        let untracked = found.untracked.into_iter();
        let own = untracked.filter(|path| self.covers(path.as_ref()) && !is_worktree(path));
        let mut left: Vec<_> = found.tracked.into_iter().chain(own).collect();
        left.retain(|path| !self.is_ignored(path.as_ref()));
        left.sort();
        Ok(left)
    }

    /// True for a file that agents and tools drop.
    fn is_ignored(&self, path: &BStr) -> bool {
        let configured = self.policy.conductor.ignore.iter();
        configured.chain(&*DROPPED).any(|glob| glob.matches(path))
    }

    /// Looks at the worktree again and again, `every` so often, until the sender is gone. Reports strays that are
    /// there at two looks, one after the other: what is gone by then was some program's
    /// temporary file.
    pub(super) fn watch(
        &self,
        place: &Place,
        common_dir: &Path,
        every: Duration,
        until: &Receiver<()>,
        report: &dyn Fn(Vec<BString>),
    ) {
        if self.owned.is_none() {
            return;
        }
        let mut last: Vec<BString> = Vec::new();
        while until.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            // A look that fails, say because a commit is being made, is followed by another.
            let strays = open_in(common_dir, &place.worktree)
                .and_then(|worktree| self.strays_in(&worktree, place.base));
            let Ok(strays) = strays else {
                continue;
            };
            let mut lasting = strays.clone();
            lasting.retain(|path| last.contains(path));
            if !lasting.is_empty() {
                return report(lasting);
            }
            last = strays;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owned_and_the_sessions_own_files_are_no_strays() {
        let owned = [PathGlob::parse("src/**").unwrap()];
        let session = SessionId::parse("2025-12-18/19").unwrap();
        let policy = Policy::default();
        let ownership = Ownership {
            owned: Some(&owned),
            policy: &policy,
            session: Some(&session),
        };
        let log = |number| format!(".agents/sessions/2025-12-18-session-{number}-work.md");
        let paths = ["src/a", "docs/b", "a", "a", &log(19), &log(20)].map(BString::from);
        assert_eq!(
            ownership.strays(paths),
            [log(20).as_str(), "a", "docs/b"].map(BString::from)
        );
        let anything = Ownership {
            owned: None,
            ..ownership
        };
        assert_eq!(anything.strays(["a".into()]), Vec::<BString>::new());
    }
}
