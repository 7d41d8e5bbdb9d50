//! What differs between two commits, and how a slot is taken from one to the other.

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};

use super::{detach, is_pristine, run};
use crate::git::tree::{Everything, TreeReader};
use crate::git::{GitError, Repo, index};
use crate::model::{EntryKind, Oid};
use crate::sys::file;

/// Brings index and files from one commit to another, where they are as the first one has them.
/// `HEAD`, which is on no branch, follows.
pub fn advance(slot: &Repo, old: Oid, new: Oid, reason: &str) -> Result<(), GitError> {
    Difference::between(slot, old, new)?.check_out(slot)?;
    detach(slot, new, reason)
}

/// Like [`advance`], unless something is not as the first commit has it: then it says so, and
/// nothing has happened.
pub fn advance_pristine(slot: &Repo, old: Oid, new: Oid, reason: &str) -> Result<bool, GitError> {
    let difference = Difference::between(slot, old, new)?;
    let is_pristine = difference.is_untouched || is_pristine(slot)?;
    if is_pristine {
        difference.check_out(slot)?;
        detach(slot, new, reason)?;
    }
    Ok(is_pristine)
}

/// The most paths that are checked out by their names: git holds each entry of the index against
/// each of them, which takes longer than comparing two trees with the index when they are many.
const FEW: usize = 16;

/// What is to be done to bring index and files from one commit to another.
pub struct Difference {
    old: Oid,
    new: Oid,
    paths: Vec<BString>,
    /// Whether submodules are among the paths.
    has_submodules: bool,
    /// Whether all that is touched is as the old commit has it.
    is_untouched: bool,
}

impl Difference {
    /// What differs, and whether it is untouched in this worktree.
    pub fn between(slot: &Repo, old: Oid, new: Oid) -> Result<Self, GitError> {
        let tree = |commit| slot.objects().peel_to_tree(commit);
        let changes =
            TreeReader::new(slot.objects(), &Everything).changes(tree(new)?, &[tree(old)?])?;
        let has_submodules = changes.iter().any(|change| {
            let sides = change.before.iter().chain([&change.after]).flatten();
            sides
                .into_iter()
                .any(|entry| entry.kind() == EntryKind::Submodule)
        });
        let (there, absent): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| change.before.iter().all(Option::is_some));
        let mut there = there.into_iter().map(|change| change.path).collect();
        let absent: Vec<_> = absent.into_iter().map(|change| change.path).collect();
        let is_untouched = are_untouched(slot, &there, &absent);
        there.extend(absent);
        Ok(Self {
            old,
            new,
            paths: there.into_iter().collect(),
            has_submodules,
            is_untouched,
        })
    }

    /// `HEAD` is left alone. Nothing that is not as the old commit has it is overwritten.
    pub(super) fn check_out(&self, slot: &Repo) -> Result<(), GitError> {
        let (old, new) = (self.old.to_string(), self.new.to_string());
        let is_sparse = file::is_taken(&slot.git_dir().join("info/sparse-checkout"));
        let is_small = self.paths.len() <= FEW && !self.has_submodules && !is_sparse;
        if self.paths.is_empty() {
            return Ok(());
        }
        if !is_small || !self.is_untouched {
            return run(slot, ["read-tree", "-m", "-u", &old, &new]);
        }
        let mut command = slot.program().command();
        command
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_PREFIX")
            .env("GIT_LITERAL_PATHSPECS", "1");
        let args = [
            "restore",
            "--quiet",
            "--staged",
            "--worktree",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            &format!("--source={new}"),
        ];
        let mut input = Vec::new();
        for path in &self.paths {
            input.extend_from_slice(path);
            input.push(0);
        }
        let done = slot.program().run(command, args, Some(&input));
        done.map(drop)
    }
}

/// Whether these files are as the index has seen them, and nothing is where these others go.
fn are_untouched(slot: &Repo, there: &BTreeSet<BString>, absent: &[BString]) -> bool {
    let Some(root) = slot.work_tree() else {
        return false;
    };
    let is_free = |path: &BString| !file::is_taken(&root.join(path.to_path_lossy()));
    let index = slot.git_dir().join("index");
    let id_len = slot.objects().id_len();
    let seen = index::are_as_seen(&index, slot.git_dir(), id_len, root, there);
    // What cannot be read here is for git to look at.
    seen.unwrap_or(false) && absent.iter().all(is_free)
}
