//! Puts the guard's hooks in a repository, and takes them out again.
//!
//! Installs one copy of the program at `<common git dir>/baton/bin/git-baton`, and for each hook a file of its own in `<common
//! git dir>/hooks`, a text by whose first line the system starts that program (`hook_file`); or a file beside the hook that is
//! there, where that one runs others (`delegate`). A hook that was there before moves to `<common git dir>/hooks.before-baton`
//! (`kept`), with what lies beside it (`beside`). Git uses `<common git dir>/hooks` for every worktree unless `core.hooksPath` is set; so a value in the
//! repository's own configuration is set aside while Baton is installed.
//!
//! Each step can be interrupted and repeated: a file or setting is recorded before it is removed,
//! and each name is replaced by one rename.

pub mod beside;
pub mod delegate;
mod error;
pub mod hook_file;
pub mod hooks_path;
mod installation;
mod installed;
pub mod kept;
mod known_text;
pub mod layout;
pub mod managers;
pub mod manifest;
pub mod misled;
mod placing;
mod remove;
pub mod renamed;

pub use error::InstallError;
pub use installation::{install, repair};
pub use installed::Installed;
pub use layout::Layout;
pub use manifest::Manifest;
pub use remove::{Uninstalled, uninstall};

use std::path::Path;

use crate::Hook;
use baton_git::{GitError, Repo};

/// The path as a word of a shell.
pub(crate) fn in_shell(path: &Path) -> String {
    shell_words::quote(&path.to_string_lossy()).into_owned()
}

/// True if commits are made here: some worktree uses the repository.
pub fn has_worktree(repo: &Repo) -> Result<bool, GitError> {
    if repo.work_tree().is_some() || !repo.is_bare()? {
        return Ok(true);
    }
    Ok(repo.worktrees()?.iter().any(|one| one.id.is_some()))
}

/// The role in which a repository is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One in which people and agents commit.
    Client,
    /// A bare one that receives pushes.
    Server,
}

impl Kind {
    /// The hooks that guard it.
    pub fn hooks(self) -> &'static [Hook] {
        match self {
            Self::Client => &Hook::CLIENT,
            Self::Server => &Hook::SERVER,
        }
    }
}
