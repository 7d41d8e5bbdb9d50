//! An index of its own, in which trees are made without anybody's index or files.

use std::ffi::OsStr;
use std::process::Command;

use bstr::{BString, ByteSlice};
use tempfile::TempDir;

use super::{GitError, Repo};
use baton_core::model::{Entry, Oid};
use baton_sys::file;

/// Settings that keep git from trusting what others say about the files, from splitting the
/// index, from telling hooks of an index that has no worktree, from leaving out what a sparse checkout
/// leaves out, and from refusing names that are odd elsewhere.
const SETTINGS: [&str; 16] = [
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
    "-c",
    "core.sparseCheckout=false",
    "-c",
    "core.protectNTFS=false",
    "-c",
    "core.protectHFS=false",
];

/// The options of `git update-index` by which it looks at files again; it takes one at a time.
pub(super) const UNHIDE: [&str; 2] = ["--no-assume-unchanged", "--no-skip-worktree"];

/// One side of a path on which a merge did not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The entry of the side.
    pub entry: Entry,
    /// The mode, id, stage and path as git lists them: `<mode> <id> <stage>\t<path>`.
    pub line: BString,
}

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

    /// The output of git, run in the worktree on this index.
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
        for option in UNHIDE {
            let args = ["update-index", option, "-z", "--stdin"];
            self.git(args, Some(&nul_ended(paths)))?;
        }
        Ok(())
    }

    /// The paths whose file is not what this index says; of submodules nothing is said.
    pub fn changed(&self) -> Result<Vec<BString>, GitError> {
        let args = [
            "diff-files",
            "-z",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--ignore-submodules=all",
        ];
        Ok(nul_separated(&self.git(args, None)?))
    }

    /// The paths on which a merge did not decide, side by side.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, GitError> {
        let out = self.git(["ls-files", "--unmerged", "-z"], None)?;
        let lines = nul_separated(&out).into_iter();
        let conflict = |line: BString| {
            let mut fields = line.splitn(3, |byte| *byte == b' ');
            let mode = fields.next()?.to_str().ok()?;
            let entry = Entry {
                mode: u32::from_str_radix(mode, 8).ok()?,
                oid: Oid::from_hex(fields.next()?).ok()?,
            };
            Some(Conflict { entry, line })
        };
        Ok(lines.filter_map(conflict).collect())
    }

    /// Takes every path on which a merge did not decide out.
    pub fn drop_conflicts(&self) -> Result<(), GitError> {
        let paths = self.conflicts()?.into_iter().filter_map(|one| {
            let (_, path) = one.line.split_once_str("\t")?;
            Some(BString::from(path))
        });
        let args = ["update-index", "--force-remove", "-z", "--stdin"];
        self.git(args, Some(&nul_ended(&paths.collect::<Vec<_>>())))
            .map(drop)
    }

    /// Sets entries, by their paths from the root.
    pub fn set(&self, entries: impl Iterator<Item = (BString, Entry)>) -> Result<(), GitError> {
        let mut input = Vec::new();
        for (path, Entry { mode, oid }) in entries {
            input.extend(format!("{mode:06o} {oid}\t").into_bytes());
            input.extend_from_slice(&path);
            input.push(0);
        }
        let args = ["update-index", "-z", "--index-info"];
        self.git(args, Some(&input)).map(drop)
    }

    /// Takes over what became of the files of the paths it has.
    pub fn take_tracked(&self) -> Result<(), GitError> {
        self.git(["add", "--update", "--", ":/"], None).map(drop)
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
pub(super) fn nul_ended<P: AsRef<[u8]>>(paths: &[P]) -> Vec<u8> {
    paths
        .iter()
        .flat_map(|path| path.as_ref().iter().copied().chain([0]))
        .collect()
}

/// The paths that git prints with a NUL behind each.
pub(super) fn nul_separated(out: &[u8]) -> Vec<BString> {
    out.split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(BString::from)
        .collect()
}
