//! Trees that git would not write: they break `protected-path`, since what lies at a path of theirs
//! depends on who reads them.

use super::commit_id;
use crate::model::{CommitChange, CommitRef, MalformedEntry, RuleId, Verdict, Violation};

/// Refuses each entry that git would not write. What git is about to write itself has none.
pub(super) fn check(commit: &CommitChange, verdict: &mut Verdict) {
    if commit.subject == CommitRef::Pending {
        return;
    }
    for MalformedEntry { path, fault } in &commit.malformed {
        let parent = commit.parents.first();
        let again = parent.map_or_else(
            || "`git read-tree --empty`".to_owned(),
            |parent| format!("`git read-tree {}`", parent.short()),
        );
        verdict.violations.push(Violation {
            rule: RuleId::ProtectedPath,
            commit: commit_id(commit),
            reference: None,
            old: None,
            path: Some(path.clone()),
            sessions: Vec::new(),
            message: format!("the commit holds a tree that git does not write: {fault}"),
            help: format!(
                "make the commit again and let git write its trees: {again}, `git add --all` and `git commit`"
            ),
        });
    }
}
