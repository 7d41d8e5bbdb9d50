//! Which session a worktree belongs to: `<git dir>/baton/session`, one line such as
//! `2025-12-18/19`. `git worktree remove` takes it away with the worktree.

use std::path::PathBuf;

use bstr::ByteSlice;

use crate::git::{GitError, Repo};
use crate::model::SessionId;
use crate::sys::file;

/// The session that this worktree is bound to.
pub fn session(repo: &Repo) -> Result<Option<SessionId>, GitError> {
    let path = path(repo);
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    Ok(bytes.and_then(|bytes| SessionId::parse(&bytes.to_str_lossy())))
}

/// Binds this worktree to a session: its commits carry the session's trailer from now on.
pub fn bind(repo: &Repo, session: &SessionId) -> Result<(), GitError> {
    let path = path(repo);
    let line = format!("{session}\n");
    file::write_atomically(&path, line.as_bytes()).map_err(GitError::io(path))
}

/// Unbinds this worktree.
pub fn unbind(repo: &Repo) -> Result<(), GitError> {
    let path = path(repo);
    file::remove_if_exists(&path).map_err(GitError::io(path))
}

fn path(repo: &Repo) -> PathBuf {
    repo.git_dir().join("baton").join("session")
}
