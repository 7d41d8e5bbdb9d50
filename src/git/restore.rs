//! A worktree put into a state that was recorded.

use std::ffi::OsString;
use std::path::Path;

use super::{GitError, Repo};
use crate::model::Oid;

/// Settings that let git write names that are odd elsewhere, and all files of a sparse checkout.
const SETTINGS: [&str; 6] = [
    "-c",
    "core.protectNTFS=false",
    "-c",
    "core.protectHFS=false",
    "-c",
    "core.sparseCheckout=false",
];

impl Repo {
    /// Gives a worktree without files those of one commit, and an index that is another's.
    pub fn check_out_as(&self, files: Oid, index: Oid) -> Result<(), GitError> {
        let (files, index) = (files.to_string(), index.to_string());
        self.on_own_index(&["read-tree", "--reset", "-u", &files], None)?;
        self.on_own_index(&["read-tree", "--reset", &index], None)?;
        // Exits with 1 where a file is not as the index has it.
        self.on_own_index(&["update-index", "-q", "--refresh"], None)
            .ok();
        Ok(())
    }

    /// Puts conflicts into the index; `lines` are those of `git ls-files --unmerged -z`.
    pub fn set_conflicts(&self, lines: &[u8]) -> Result<(), GitError> {
        self.on_own_index(&["update-index", "-z", "--index-info"], Some(lines))
    }

    /// Takes the setting that says where the files are out of the configuration of a repository
    /// that has them beside it now.
    pub fn forget_work_tree_of(&self, git_dir: &Path) -> Result<(), GitError> {
        let file: OsString = git_dir.join("config").into();
        let config = |action: &str| {
            let words = ["config", "--file", action, "core.worktree"].map(OsString::from);
            let [verb, option, action, key] = words;
            [verb, option, file.clone(), action, key]
        };
        if self.program().answer_or_none(config("--get"))?.is_some() {
            self.program().output(config("--unset-all"))?;
        }
        Ok(())
    }

    fn on_own_index(&self, args: &[&str], input: Option<&[u8]>) -> Result<(), GitError> {
        let mut command = self.program().command();
        command.env_remove("GIT_INDEX_FILE").args(SETTINGS);
        self.program().run(command, args, input).map(drop)
    }
}
