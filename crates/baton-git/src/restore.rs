//! A worktree put into a state that was recorded.

use std::ffi::OsString;
use std::path::Path;

use bstr::ByteSlice;

use super::scratch_index::{UNHIDE, nul_ended};
use super::worktrees::open_worktree;
use super::{GitError, Repo, status};
use baton_core::model::Oid;
use baton_sys::{dir_ops, file};

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

    /// Makes git look again at the files that it was told not to look at, but for those that a
    /// sparse checkout leaves out: a reset would pass them over.
    pub fn unhide(&self) -> Result<(), GitError> {
        let paths = status::hidden(self)?;
        if paths.is_empty() {
            return Ok(());
        }
        UNHIDE.iter().try_for_each(|option| {
            let args = ["update-index", option, "-z", "--stdin"];
            self.on_own_index(&args, Some(&nul_ended(&paths)))
        })
    }

    /// Takes away the submodules in this worktree that are not as its index has them, or that
    /// have commits of their own: a reset leaves them as they are. Their directories stay, empty, as
    /// before they were fetched.
    pub fn drop_changed_submodules(&self) -> Result<(), GitError> {
        let root = self.program().directory();
        if !file::is_taken(&root.join(".gitmodules")) {
            return Ok(());
        }
        let found = status::of(self)?;
        for path in &found.submodules {
            let directory = root.join(path.to_path_lossy());
            let submodule = open_worktree(&directory)?;
            let own = submodule.common_dir();
            // A link could lead to somebody else's repository, were it this one.
            let modules = self.git_dir().join("modules");
            let is_own = [&directory, &modules].map(|above| file::is_below(own, above));
            if !is_own.contains(&true) {
                continue;
            }
            if found.changed.contains(path) || status::has_unpublished(&submodule)? {
                file::remove_all_if_exists(own).map_err(GitError::io(own))?;
                file::remove_all_if_exists(&directory).map_err(GitError::io(&directory))?;
                dir_ops::make_directory(&directory).map_err(GitError::io(&directory))?;
            }
        }
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
