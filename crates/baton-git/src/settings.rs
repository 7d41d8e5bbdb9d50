//! The settings that one worktree has for itself: who works in it can change them, and the one who gets it
//! next shall not inherit that.

use super::{GitError, Repo};
use baton_sys::file;

/// The files that hold them, below the worktree's git directory (`git-worktree(1)`,
/// `git-sparse-checkout(1)`).
const FILES: [&str; 2] = ["config.worktree", "info/sparse-checkout"];

/// The file in which they are kept as they were.
const KEPT: &str = "baton/settings";

/// Notes the settings of a worktree that was just made.
pub fn note(worktree: &Repo) -> Result<(), GitError> {
    let kept = worktree.git_dir().join(KEPT);
    for name in FILES {
        let path = worktree.git_dir().join(name);
        let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
        let to = kept.join(name);
        match bytes {
            Some(bytes) => file::write_atomically(&to, &bytes),
            None => file::remove_if_exists(&to),
        }
        .map_err(GitError::io(to))?;
    }
    let done = kept.join("noted");
    file::write_atomically(&done, b"").map_err(GitError::io(done))
}

/// True if the settings of a worktree are not as they were noted.
pub(super) fn have_changed(worktree: &Repo) -> Result<bool, GitError> {
    Ok(!changes(worktree)?.is_empty())
}

/// Brings the settings of a worktree back to what was noted of them; says whether they had changed.
pub(super) fn bring_back(worktree: &Repo) -> Result<bool, GitError> {
    let changes = changes(worktree)?;
    for (name, noted) in &changes {
        let path = worktree.git_dir().join(name);
        match noted {
            Some(bytes) => file::write_atomically(&path, bytes),
            None => file::remove_if_exists(&path),
        }
        .map_err(GitError::io(path))?;
    }
    Ok(!changes.is_empty())
}

/// A file that is not as it was noted, and what it held then; `None` where it was not there.
type Change = (&'static str, Option<Vec<u8>>);

/// The changes since the settings were noted; none where they were not.
fn changes(worktree: &Repo) -> Result<Vec<Change>, GitError> {
    let kept = worktree.git_dir().join(KEPT);
    let mut changes = Vec::new();
    if !file::is_taken(&kept.join("noted")) {
        return Ok(changes);
    }
    for name in FILES {
        let (path, from) = (worktree.git_dir().join(name), kept.join(name));
        let noted = file::read_if_exists(&from).map_err(GitError::io(from))?;
        if file::read_if_exists(&path).map_err(GitError::io(path))? != noted {
            changes.push((name, noted));
        }
    }
    Ok(changes)
}
