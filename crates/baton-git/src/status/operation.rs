//! What git waits for somebody to finish.

use crate::{GitError, Repo};
use baton_core::model::Oid;
use baton_sys::file;

/// An operation of git that waits for somebody to finish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `git merge`.
    Merge,
    /// `git rebase`, or `git am`.
    Rebase,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
}

impl Operation {
    /// The files of the git directory that tell of one (`wt-status.c`).
    const FILES: [(&str, Self); 7] = [
        ("rebase-merge", Self::Rebase),
        ("rebase-apply", Self::Rebase),
        ("MERGE_HEAD", Self::Merge),
        ("CHERRY_PICK_HEAD", Self::CherryPick),
        ("REVERT_HEAD", Self::Revert),
        ("sequencer", Self::CherryPick),
        ("BISECT_LOG", Self::Bisect),
    ];

    /// What git calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
        }
    }

    /// The one under way in a worktree.
    pub fn under_way(worktree: &Repo) -> Option<Self> {
        let is_there = |(name, _): &&(&str, Self)| file::is_taken(&worktree.git_dir().join(name));
        Some(Self::FILES.iter().find(is_there)?.1)
    }
}

/// The files of the git directory in which an operation under way remembers commits.
const REMEMBERED: [&str; 11] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge/orig-head",
    "rebase-merge/onto",
    "rebase-apply/orig-head",
    "rebase-apply/onto",
    "BISECT_START",
    // What was not committed before it began (`--autostash`): nothing else keeps it.
    "rebase-merge/autostash",
    "rebase-apply/autostash",
    "MERGE_AUTOSTASH",
];

/// The commits that an operation under way in the worktree stands on, goes back to or has put by.
pub fn remembered_commits(worktree: &Repo) -> Result<Vec<Oid>, GitError> {
    let mut all = Vec::new();
    for name in REMEMBERED {
        all.extend(worktree.listed_ids(name)?);
    }
    Ok(all)
}
