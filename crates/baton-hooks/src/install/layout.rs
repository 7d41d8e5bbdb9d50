//! Where in a repository what Baton installs lies.

use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use crate::SERVER_MARK;
use baton_git::{Repo, recorded};
use baton_sys::previous_hooks::{EARLIER_PATH_FILE, KEPT_SUFFIX, WORKTREE_PATH_FILE};
use baton_sys::{executable, mmap::MappedFile};

/// A text that this program's file holds, and by which it is known as a Baton of some version.
const MARK: &[u8] = b"This program is git-baton and answers hooks of git by its name.";

/// The places of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    common_dir: PathBuf,
}

/// What a file in a hook's place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// There is none.
    Nobody,
    /// Baton, of this or another version.
    Baton,
    /// Somebody else's.
    Other,
}

impl Layout {
    /// The places of this repository.
    pub fn of(repo: &Repo) -> Self {
        Self {
            common_dir: repo.common_dir().to_owned(),
        }
    }

    /// The directory in which git looks for hooks while `core.hooksPath` says nothing.
    pub fn hooks_dir(&self) -> PathBuf {
        self.common_dir.join("hooks")
    }

    /// The file that git runs for this hook.
    pub fn hook(&self, hook: &str) -> PathBuf {
        self.hooks_dir().join(hook)
    }

    /// The hook that was there before, while Baton has its place.
    pub fn kept(&self, hook: &str) -> PathBuf {
        let mut name = self.hook(hook).into_os_string();
        name.push(KEPT_SUFFIX);
        name.into()
    }

    /// The name of a hook's file for people: below the directory of hooks, or of the repository.
    pub fn name_of(&self, path: &Path) -> String {
        let short = path
            .strip_prefix(self.hooks_dir())
            .or_else(|_| path.strip_prefix(&self.common_dir));
        short.unwrap_or(path).display().to_string()
    }

    /// Baton's own directory.
    pub fn baton_dir(&self) -> PathBuf {
        self.common_dir.join("baton")
    }

    /// The program of which the hooks are further names.
    pub fn program(&self) -> PathBuf {
        self.baton_dir().join("bin").join("git-baton")
    }

    /// Whether this is a further name of that program.
    pub fn is_program(&self, path: &Path) -> bool {
        executable::are_one_file(path, &self.program())
    }

    /// The record of what was installed.
    pub fn manifest(&self) -> PathBuf {
        self.baton_dir().join(recorded::FILE)
    }

    /// By what the hooks know that they guard a server.
    pub fn server_mark(&self) -> PathBuf {
        self.baton_dir().join(SERVER_MARK)
    }

    /// Held while the installation changes.
    pub fn lock(&self) -> PathBuf {
        self.baton_dir().join("lock")
    }

    /// What hooks read to find the directory of hooks that `core.hooksPath` named before: in one
    /// worktree, by its git directory, or everywhere.
    pub fn earlier_path(&self, worktree: Option<&Path>) -> PathBuf {
        match worktree {
            Some(git_dir) => git_dir.join("baton").join(WORKTREE_PATH_FILE),
            None => self.baton_dir().join(EARLIER_PATH_FILE),
        }
    }

    /// What is in this hook's place.
    pub fn occupant(&self, hook: &str) -> io::Result<Occupant> {
        self.occupant_of(&self.hook(hook))
    }

    /// What is at this path, where a hook may be.
    pub fn occupant_of(&self, path: &Path) -> io::Result<Occupant> {
        if self.is_program(path) {
            return Ok(Occupant::Baton);
        }
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Nobody),
            Err(error) => return Err(error),
            Ok(_) if !path.is_file() => return Ok(Occupant::Other),
            Ok(_) => {}
        }
        let bytes = MappedFile::open(path)?;
        Ok(
            match !bytes.starts_with(b"#!") && bytes.contains_str(MARK) {
                true => Occupant::Baton,
                false => Occupant::Other,
            },
        )
    }
}
