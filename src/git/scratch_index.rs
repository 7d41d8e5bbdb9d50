//! An index of its own, in which trees are made without anybody's index or files.

use std::ffi::OsStr;
use std::process::Command;

use bstr::{BString, ByteSlice};
use tempfile::TempDir;

use super::{GitError, Repo};
use crate::model::Oid;
use crate::sys::file;

/// Settings that keep git from trusting what others say about the files, from splitting the
/// index, and from telling hooks of an index that is nobody's.
const SETTINGS: [&str; 10] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.untrackedCache=false",
    "-c",
    "core.splitIndex=false",
    "-c",
    "core.safecrlf=false",
    "-c",
    "core.hooksPath=/dev/null",
];

/// An index beside that of a worktree; it goes with the value.
pub struct ScratchIndex<'a> {
    worktree: &'a Repo,
    directory: TempDir,
}

impl<'a> ScratchIndex<'a> {
    /// An index that holds nothing.
    pub fn empty(worktree: &'a Repo) -> Result<Self, GitError> {
        let below = worktree.baton_dir();
        let directory = file::temporary_directory(&below).map_err(GitError::io(below))?;
        Ok(Self {
            worktree,
            directory,
        })
    }

    /// A copy of the worktree's own index.
    pub fn copy(worktree: &'a Repo) -> Result<Self, GitError> {
        let scratch = Self::empty(worktree)?;
        let own = worktree.git_dir().join("index");
        let copy = scratch.directory.path().join("index");
        file::copy_if_exists(&own, &copy).map_err(GitError::io(own))?;
        Ok(scratch)
    }

    /// What git prints, run in the worktree on this index.
    pub fn git<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Result<BString, GitError> {
        let mut command: Command = self.worktree.program().command();
        command
            .env("GIT_INDEX_FILE", self.directory.path().join("index"))
            .args(SETTINGS);
        self.worktree.program().run(command, args, input)
    }

    /// Makes git look at the files of these paths again, whatever `git update-index
    /// --assume-unchanged` or `--skip-worktree` said.
    pub fn unhide(&self, paths: &[BString]) -> Result<(), GitError> {
        for option in ["--no-assume-unchanged", "--no-skip-worktree"] {
            let args = ["update-index", option, "-z", "--stdin"];
            self.git(args, Some(&nul_ended(paths)))?;
        }
        Ok(())
    }

    /// The paths, of those given, whose file is not what this index says.
    pub fn changed(&self) -> Result<Vec<BString>, GitError> {
        let args = [
            "diff-files",
            "-z",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--ignore-submodules=none",
        ];
        Ok(nul_separated(&self.git(args, None)?))
    }

    /// Takes the files of these paths over, as they are now; those that are gone are taken out.
    pub fn take_files(&self, paths: &[BString]) -> Result<(), GitError> {
        let args = [
            "update-index",
            "--add",
            "--remove",
            "--replace",
            "-z",
            "--stdin",
        ];
        self.git(args, Some(&nul_ended(paths))).map(drop)
    }

    /// Writes its entries as a tree.
    pub fn write_tree(&self) -> Result<Oid, GitError> {
        let out = self.git(["write-tree"], None)?;
        Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
            args: "write-tree".to_owned(),
            reason: error.to_string(),
        })
    }
}

/// These paths as git reads them from its input.
pub(super) fn nul_ended(paths: &[BString]) -> Vec<u8> {
    paths
        .iter()
        .flat_map(|path| path.iter().copied().chain([0]))
        .collect()
}

/// The paths that git prints with a NUL behind each.
pub(super) fn nul_separated(out: &[u8]) -> Vec<BString> {
    out.split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(BString::from)
        .collect()
}
