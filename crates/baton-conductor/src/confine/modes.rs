//! The permissions of the files by which the guard stands: whoever owns a file can change them, confined or not, and git
//! passes over a hook that cannot be executed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use baton_git::{GitError, Repo};
use baton_sys::file::{self, FileStat};

/// A file and its permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    path: PathBuf,
    mode: u32,
}

/// The permissions of the hooks, and of the directories and files around them.
pub fn of(repo: &Repo) -> Result<Vec<Mode>, GitError> {
    let mut paths = Vec::new();
    for directory in [
        repo.common_dir().join("hooks"),
        repo.baton_dir().join("bin"),
    ] {
        let inside = file::entries(&directory).map_err(GitError::io(&directory))?;
        paths.extend(inside);
        paths.push(directory);
    }
    for name in [
        "",
        "config",
        "HEAD",
        "packed-refs",
        "objects",
        "refs",
        "baton",
        "worktrees",
    ] {
        paths.push(repo.common_dir().join(name));
    }
    paths.push(repo.git_dir().to_owned());
    let mode = |path: PathBuf| {
        let stat = FileStat::of(&path).map_err(GitError::io(&path))?;
        let stat = stat.filter(|stat| !stat.is_link());
        Ok(stat.map(|stat| Mode {
            path,
            mode: stat.mode & 0o7777,
        }))
    };
    paths
        .into_iter()
        .filter_map(|path| mode(path).transpose())
        .collect()
}

/// Gives the files the permissions that they had. Returns those that had others.
pub fn restore(modes: &[Mode]) -> Result<Vec<PathBuf>, GitError> {
    let mut restored = Vec::new();
    for Mode { path, mode } in modes.iter().rev() {
        let now = FileStat::of(path).map_err(GitError::io(path))?;
        if now.is_some_and(|now| now.mode & 0o7777 != *mode) {
            file::set_mode(path, *mode).map_err(GitError::io(path))?;
            restored.push(path.clone());
        }
    }
    Ok(restored)
}
