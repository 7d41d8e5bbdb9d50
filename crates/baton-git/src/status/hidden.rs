//! The marks of the index's entries that `git status` does not show.

use bstr::{BString, ByteSlice};

use super::ask;
use crate::index::{self, Marked};
use crate::scratch_index::ScratchIndex;
use crate::{GitError, Program, Repo};
use baton_core::model::EntryKind;
use baton_sys::file;

/// The marks of the index's entries that `git status` does not show.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    /// Entries whose files git was told not to look at, and whether an absent file is as it
    /// should be.
    hidden: Vec<(BString, bool)>,
    pub(super) submodules: Vec<BString>,
}

impl Tracked {
    pub(super) fn of(worktree: &Repo) -> Result<Self, GitError> {
        let path = worktree.git_dir().join("index");
        let id_len = worktree.objects().id_len();
        let marked = match index::marked_entries(&path, worktree.git_dir(), id_len) {
            Ok(Some(marked)) => marked,
            Ok(None) | Err(_) => listed(worktree.program())?,
        };
        let root = worktree.program().directory();
        let mut tracked = Self::default();
        for one in marked {
            if one.assumed || one.skipped {
                tracked.hidden.push((one.path.clone(), one.skipped));
            }
            if one.is_submodule && file::is_taken(&root.join(one.path.to_path_lossy()).join(".git"))
            {
                tracked.submodules.push(one.path);
            }
        }
        tracked.submodules.dedup();
        Ok(tracked)
    }

    pub(super) fn hidden_changes(&self, worktree: &Repo) -> Result<Vec<BString>, GitError> {
        let looked_at = self.looked_at(worktree);
        if looked_at.is_empty() {
            return Ok(Vec::new());
        }
        let index = ScratchIndex::copy(worktree)?;
        index.unhide(&looked_at)?;
        let mut changed = index.changed()?;
        changed.retain(|path| looked_at.contains(path));
        Ok(changed)
    }

    /// The hidden entries that may hold work: a sparse checkout has no files for most of them.
    pub(super) fn looked_at(&self, worktree: &Repo) -> Vec<BString> {
        let root = worktree.program().directory();
        let is_sparse = worktree.is_sparse();
        let holds_work = |(path, skipped): &&(BString, bool)| {
            !skipped || !is_sparse || file::is_taken(&root.join(path.to_path_lossy()))
        };
        let held = self.hidden.iter().filter(holds_work);
        held.map(|(path, _)| path.clone()).collect()
    }
}

/// The entries of the index that are hidden or submodules, as git lists them.
fn listed(program: &Program) -> Result<Vec<Marked>, GitError> {
    let out = ask(program, &["ls-files", "-v", "--stage", "-z"])?;
    // `<tag> <mode> <id> <stage>\t<path>`
    let lines = out.split(|byte| *byte == 0).filter_map(|line| {
        let (tag, at) = (line.first()?, line.find_byte(b'\t')?);
        let mode = line.get(2..8).and_then(|mode| mode.to_str().ok());
        let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok());
        Some(Marked {
            path: line[at + 1..].into(),
            assumed: tag.is_ascii_lowercase(),
            skipped: matches!(tag, b'S' | b's'),
            is_submodule: mode.is_some_and(|mode| EntryKind::of(mode) == EntryKind::Submodule),
        })
    });
    Ok(lines.collect())
}

/// The entries of the worktree's index whose files git was told not to look at, but for those
/// that a sparse checkout leaves out.
pub fn hidden(worktree: &Repo) -> Result<Vec<BString>, GitError> {
    Ok(Tracked::of(worktree)?.looked_at(worktree))
}
