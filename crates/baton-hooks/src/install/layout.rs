//! Where in a repository what Baton installs lies.

use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::InstallError;
use super::hook_file::{self, HookFile};
use crate::{DIRECTORY_SUFFIX, NAME_IN_DIRECTORY, SERVER_MARK};
use baton_git::{Repo, recorded};
use baton_sys::previous_hooks::{
    BEGINNING, EARLIER_PATH_FILE, KEPT_DIRECTORY, LATER_DIRECTORY, WORKTREE_PATH_FILE,
};
use baton_sys::{executable, file, mmap::MappedFile, previous_hooks};

/// A text that the program's file holds: the hooks of earlier versions were further names of it.
const MARK: &[u8] = b"This program is git-baton and answers hooks of git by its name.";

/// The places of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
}

/// The kind of a file in a hook's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// There is none.
    Nobody,
    /// Baton, of this or another version.
    Baton,
    /// Another tool's or a person's.
    Other,
}

impl Layout {
    /// The places of this repository.
    pub fn of(repo: &Repo) -> Self {
        Self {
            common_dir: repo.common_dir().to_owned(),
            work_tree: repo.work_tree().map(ToOwned::to_owned),
        }
    }

    /// The places below this common git directory.
    pub fn at(common_dir: &Path) -> Self {
        Self {
            common_dir: common_dir.to_owned(),
            work_tree: None,
        }
    }

    /// The root of the worktree at hand.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The common git directory.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The directory in which git looks for hooks while `core.hooksPath` says nothing.
    pub fn hooks_dir(&self) -> PathBuf {
        self.common_dir.join("hooks")
    }

    /// Fails where the directory of hooks is a link to one that is not the repository's own.
    pub fn refuse_link(&self) -> Result<(), InstallError> {
        let link = self.hooks_dir();
        if !file::is_link(&link) {
            return Ok(());
        }
        let target = link.read_link().map_err(InstallError::io(&link))?;
        Err(InstallError::LinkedHooks {
            target: self.common_dir.join(target),
            link,
        })
    }

    /// The file that git runs for this hook.
    pub fn hook(&self, hook: &str) -> PathBuf {
        self.hooks_dir().join(hook)
    }

    /// The directory of the hooks that were there before.
    pub fn kept_dir(&self) -> PathBuf {
        self.common_dir.join(KEPT_DIRECTORY)
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

    /// The program that the hooks start.
    pub fn program(&self) -> PathBuf {
        self.baton_dir().join("bin").join("git-baton")
    }

    /// The text of Baton's file at this path, for this hook.
    pub fn text(&self, path: &Path, hook: &str) -> Vec<u8> {
        let in_directory = path
            .file_name()
            .is_some_and(|name| name == NAME_IN_DIRECTORY);
        let suffix = if in_directory { DIRECTORY_SUFFIX } else { "" };
        hook_file::text(&self.program(), &format!("{hook}{suffix}"))
    }

    /// The text of a script that runs the hook of this name in the repository's own directory of hooks, if it is there.
    pub fn leading(&self, hook: &str) -> Vec<u8> {
        let text = format!(
            "#!/bin/sh\nhook=\"$(git rev-parse --git-common-dir)/hooks/{hook}\"\n[ ! -x \"$hook\" ] || exec \"$hook\" \"$@\"\n"
        );
        text.into_bytes()
    }

    /// True if Baton's file is at this path as it would be written now.
    pub fn is_current(&self, path: &Path, hook: &str) -> io::Result<bool> {
        if !file::is_file(path) || !executable::is_executable(path) {
            return Ok(false);
        }
        Ok(file::read(path)? == self.text(path, hook))
    }

    /// The record of what was installed.
    pub fn manifest(&self) -> PathBuf {
        self.baton_dir().join(recorded::FILE)
    }

    /// A copy of the record, which outlives Baton's own directory.
    pub fn manifest_copy(&self) -> PathBuf {
        self.kept_dir().join(".install.json")
    }

    /// By what the hooks know that they guard a server.
    pub fn server_mark(&self) -> PathBuf {
        self.baton_dir().join(SERVER_MARK)
    }

    /// Held while the installation changes.
    pub fn lock(&self) -> PathBuf {
        self.baton_dir().join("lock")
    }

    /// The file that names the directory of hooks that `core.hooksPath` named before: in one
    /// worktree, by its git directory, or everywhere.
    pub fn earlier_path(&self, worktree: Option<&Path>) -> PathBuf {
        match worktree {
            Some(git_dir) => git_dir.join("baton").join(WORKTREE_PATH_FILE),
            None => self.baton_dir().join(EARLIER_PATH_FILE),
        }
    }

    /// The directory of the marks of hooks that took Baton's place after `core.hooksPath` was set aside.
    pub fn later_marks(&self) -> PathBuf {
        self.baton_dir().join(LATER_DIRECTORY)
    }

    /// True if the hook that is kept by this name runs in spite of a `core.hooksPath` that was set aside.
    pub fn is_later(&self, hook: &str) -> bool {
        previous_hooks::is_later(&self.common_dir, hook)
    }

    /// The kind of the file in this hook's place.
    pub fn occupant(&self, hook: &str) -> io::Result<Occupant> {
        self.occupant_of(&self.hook(hook))
    }

    /// The kind of the file at this path, where a hook may be.
    pub fn occupant_of(&self, path: &Path) -> io::Result<Occupant> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Occupant::Nobody),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let is_batons = read_hook(path)?.is_some() || is_old_program(path)?;
        Ok(match is_batons {
            true => Occupant::Baton,
            false => Occupant::Other,
        })
    }
}

/// The content of Baton's file at this path; `None` where it is not a text of Baton's. A link is never
/// Baton's, wherever it leads, nor is a file that may not be read.
pub fn read_hook(path: &Path) -> io::Result<Option<HookFile>> {
    let text = beginning(path, BEGINNING)?;
    Ok(text.and_then(|text| hook_file::parse(&text)))
}

/// True if Baton's file is at this path, and has lines that are not Baton's.
pub fn is_edited(path: &Path) -> Result<bool, InstallError> {
    let text = read_hook(path).map_err(InstallError::io(path))?;
    Ok(text.is_some_and(|text| text.is_edited))
}

fn beginning(path: &Path, at_most: u64) -> io::Result<Option<Vec<u8>>> {
    if !file::is_file(path) {
        return Ok(None);
    }
    match file::beginning(path, at_most) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        read => read,
    }
}

/// True if this is the program itself, as hooks of earlier versions were.
pub(super) fn is_old_program(path: &Path) -> io::Result<bool> {
    if beginning(path, 2)?.is_none_or(|bytes| bytes.len() < 2 || bytes == b"#!") {
        return Ok(false);
    }
    Ok(MappedFile::open(path)?.contains_str(MARK))
}
