//! Which session a worktree belongs to: `<git dir>/baton/session`, a line such as
//! `2025-12-18/19`, and in a second one the branch on which the session began. `git worktree
//! remove` takes it away with the worktree.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use baton_core::model::{RefName, SessionId};
use baton_git::{GitError, Repo};
use baton_sys::file;

/// A session and the branch on which it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The session.
    pub session: SessionId,
    /// The branch, full name; `None` where `HEAD` was detached.
    pub branch: Option<RefName>,
}

/// The session that this worktree is bound to.
pub fn session(repo: &Repo) -> Result<Option<SessionId>, GitError> {
    Ok(bound(repo)?.map(|binding| binding.session))
}

/// The session that this worktree is bound to, and its branch.
pub fn bound(repo: &Repo) -> Result<Option<Binding>, GitError> {
    in_git_dir(repo.git_dir())
}

/// The bindings of the repository's other worktrees.
pub fn others(repo: &Repo) -> Result<Vec<Binding>, GitError> {
    let mut others = Vec::new();
    for worktree in repo.worktrees()? {
        if !file::is_same_place(&worktree.git_dir, repo.git_dir()) {
            others.extend(in_git_dir(&worktree.git_dir)?);
        }
    }
    Ok(others)
}

/// The binding of the worktree with this git directory.
pub fn in_git_dir(git_dir: &Path) -> Result<Option<Binding>, GitError> {
    let path = path(git_dir);
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let bytes = bytes.unwrap_or_default();
    let mut lines = bytes.lines();
    let session = lines
        .next()
        .and_then(|line| SessionId::parse(&line.to_str_lossy()));
    Ok(session.map(|session| Binding {
        session,
        branch: lines
            .next()
            .filter(|line| !line.is_empty())
            .map(RefName::new),
    }))
}

/// Binds this worktree to a session: its commits carry the session's trailer from now on.
pub fn bind(repo: &Repo, session: &SessionId, branch: Option<&RefName>) -> Result<(), GitError> {
    let path = path(repo.git_dir());
    let branch = branch.map_or(&b""[..], |branch| branch);
    let text = [format!("{session}\n").as_bytes(), branch, b"\n"].concat();
    file::write_atomically(&path, &text).map_err(GitError::io(path))
}

/// Unbinds this worktree.
pub fn unbind(repo: &Repo) -> Result<(), GitError> {
    unbind_git_dir(repo.git_dir())
}

/// Unbinds the worktree with this git directory.
pub fn unbind_git_dir(git_dir: &Path) -> Result<(), GitError> {
    for path in [path(git_dir), reminded(git_dir)] {
        file::remove_if_exists(&path).map_err(GitError::io(path))?;
    }
    Ok(())
}

/// Notes that the agent of this session is reminded of it in this worktree; true for the first time.
pub fn remind_once(repo: &Repo, session: &SessionId) -> Result<bool, GitError> {
    let path = reminded(repo.git_dir());
    let text = format!("{session}\n");
    let found = file::read_if_exists(&path).map_err(GitError::io(path.clone()))?;
    if found.as_deref() == Some(text.as_bytes()) {
        return Ok(false);
    }
    file::write_atomically(&path, text.as_bytes()).map_err(GitError::io(path))?;
    Ok(true)
}

fn reminded(git_dir: &Path) -> PathBuf {
    git_dir.join("baton").join("reminded")
}

fn path(git_dir: &Path) -> PathBuf {
    git_dir.join("baton").join("session")
}
