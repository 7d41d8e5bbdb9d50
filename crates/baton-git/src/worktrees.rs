//! The worktrees that share one repository.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::GitError;
use baton_sys::file;

/// A worktree, as its git directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// The name of its git directory below `worktrees`; `None` for the main worktree.
    pub id: Option<String>,
    /// Its git directory.
    pub git_dir: PathBuf,
    /// The file `.git` at its root, as its git directory names it; `None` for the main worktree,
    /// and where that cannot be read.
    pub link: Option<PathBuf>,
}

/// The main worktree, or the bare repository, and then the linked ones, by their names.
pub(super) fn list(common_dir: &Path) -> Result<Vec<Worktree>, GitError> {
    let mut all = vec![Worktree {
        id: None,
        git_dir: common_dir.to_owned(),
        link: None,
    }];
    let directory = common_dir.join("worktrees");
    let mut ids = file::directories(&directory).map_err(GitError::io(&directory))?;
    ids.sort();
    for id in ids {
        let git_dir = directory.join(&id);
        let path = git_dir.join("gitdir");
        let link = file::read_if_exists(&path).ok().flatten();
        let link = link.map(|bytes| git_dir.join(bytes.trim_end().to_path_lossy()));
        all.push(Worktree {
            id: Some(id),
            git_dir,
            link,
        });
    }
    Ok(all)
}
