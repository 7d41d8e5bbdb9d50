//! Linked worktrees that Baton makes for itself, with a detached `HEAD`: to test files, to resolve
//! conflicts, and to lend to an agent or a gate for one question.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};

use super::{GitError, Repo, ScratchIndex, worktrees};
use baton_core::model::{BranchName, Entry, Oid};
use baton_sys::file;

/// Whatever the repository's hooks do, they do it for people's worktrees.
pub(super) const WITHOUT_HOOKS: [&str; 2] = ["-c", "core.hooksPath=/dev/null"];

/// A worktree that Baton alone moves. One process at a time may hold it.
pub struct ScratchWorktree {
    path: PathBuf,
    repo: Repo,
}

/// The state of a conflict's resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolutionState {
    /// These files are still in conflict.
    Unmerged(Vec<BString>),
    /// These files have changes that are not staged, or are not tracked.
    Unstaged(Vec<BString>),
    /// All is staged or committed; the tree.
    Tree(Oid),
}

impl ScratchWorktree {
    /// The worktree at `path`, which is made where there is none, or none that works. Its files
    /// are as they were left.
    pub fn at(repo: &Repo, path: &Path, commit: Oid) -> Result<Self, GitError> {
        if let Some(found) = Self::find(repo, path)? {
            return Ok(found);
        }
        file::remove_all_if_exists(path).map_err(GitError::io(path))?;
        let (shown, commit) = (path.to_string_lossy(), commit.to_string());
        let mut args = WITHOUT_HOOKS.to_vec();
        // Twice: the place may be known for a locked worktree whose files are gone.
        args.extend([
            "worktree",
            "add",
            "-f",
            "-f",
            "--detach",
            "--no-checkout",
            "--lock",
        ]);
        args.extend([shown.as_ref(), &commit]);
        repo.program().output(args)?;
        Self::find(repo, path)?.ok_or_else(|| GitError::NoRepository(path.to_owned()))
    }

    /// The worktree at `path`; `None` where there is none that works.
    pub fn find(repo: &Repo, path: &Path) -> Result<Option<Self>, GitError> {
        if !file::is_taken(&path.join(".git")) {
            return Ok(None);
        }
        let Ok(found) = worktrees::open_worktree(path) else {
            return Ok(None);
        };
        let is_own = file::is_same_place(found.common_dir(), repo.common_dir())
            && !file::is_same_place(found.git_dir(), repo.common_dir());
        Ok(is_own.then(|| Self {
            path: path.to_owned(),
            repo: found,
        }))
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The repository as this worktree sees it.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// Has all files, be it that the worktree from which it was made shows only some of them.
    fn widen(&self) -> Result<bool, GitError> {
        let patterns = self.repo.git_dir().join("info/sparse-checkout");
        if !file::is_taken(&patterns) {
            return Ok(false);
        }
        // Without patterns git takes no file for one that it is not to write; without an index, none for one
        // that it has not written.
        for path in [self.repo.git_dir().join("index"), patterns] {
            file::remove_if_exists(&path).map_err(GitError::io(path))?;
        }
        Ok(true)
    }

    /// Has the files of this commit and no others, but for what its `.gitignore` names: what
    /// builds leave there spares the next one work.
    pub fn reset(&self, commit: Oid) -> Result<(), GitError> {
        // Nobody else works here: a lock is that of a git that was killed.
        for name in ["index.lock", "HEAD.lock"] {
            let lock = self.repo.git_dir().join(name);
            file::remove_if_exists(&lock).map_err(GitError::io(lock))?;
        }
        self.widen()?;
        let commit = commit.to_string();
        let checkout = ["checkout", "--quiet", "--force", "--detach", &commit];
        if self.git(&checkout).is_err() {
            // An index that cannot be read is no loss.
            let index = self.repo.git_dir().join("index");
            file::remove_if_exists(&index).map_err(GitError::io(index))?;
            self.git(&checkout)?;
        }
        self.git(&["clean", "-ffdq"])?;
        Ok(())
    }

    /// Has this branch of its own at `commit`, and an index of it, and none of its files.
    pub fn on_branch(&self, branch: &BranchName, commit: Oid) -> Result<(), GitError> {
        let (name, commit) = (branch.full().to_string(), commit.to_string());
        self.git(&["read-tree", &commit])?;
        self.git(&["update-ref", &name, &commit])?;
        self.git(&["symbolic-ref", "HEAD", &name])?;
        Ok(())
    }

    /// Takes the worktree at `path` away, and this branch, which it had for itself.
    pub fn remove_with_branch(
        repo: &Repo,
        path: &Path,
        branch: &BranchName,
    ) -> Result<(), GitError> {
        Self::remove(repo, path)?;
        let name = branch.full().to_string();
        let args = [&WITHOUT_HOOKS[..], &["update-ref", "-d", &name]].concat();
        repo.program().output(args)?;
        Ok(())
    }

    /// Shows a merge onto `commit` that stopped: the files of `tree`, and these paths in conflict,
    /// each with its entries in the base, the target and the branch.
    pub fn show_conflict(
        &self,
        commit: Oid,
        tree: Oid,
        conflicts: &[(&BStr, [Option<Entry>; 3])],
    ) -> Result<(), GitError> {
        self.reset(commit)?;
        self.git(&["read-tree", "--reset", "-u", &tree.to_string()])?;
        let mut input = Vec::new();
        let mut line = |head: String, path: &BStr| {
            input.extend_from_slice(head.as_bytes());
            input.push(b'\t');
            input.extend_from_slice(path);
            input.push(0);
        };
        let zeros = "0".repeat(2 * self.repo.objects().id_len());
        for (path, stages) in conflicts {
            if stages.iter().any(Option::is_some) {
                line(format!("0 {zeros} 0"), path);
            }
            for (number, entry) in stages.iter().enumerate() {
                if let Some(entry) = entry {
                    line(
                        format!("{:06o} {} {}", entry.mode, entry.oid, number + 1),
                        path,
                    );
                }
            }
        }
        let args = ["update-index", "-z", "--index-info"];
        self.repo.program().output_with_input(args, &input)?;
        Ok(())
    }

    /// Puts the target's side in the place of a file in conflict, or takes the file away where
    /// that has none.
    pub fn take_ours(&self, path: &BStr, exists: bool) -> Result<(), GitError> {
        let path = path.to_str_lossy();
        match exists {
            true => self.git(&["checkout", "--quiet", "--ours", "--", &path])?,
            false => self.git(&["rm", "--quiet", "--force", "--", &path])?,
        };
        Ok(())
    }

    /// The state of the conflict that was shown here.
    pub fn resolution(&self) -> Result<ResolutionState, GitError> {
        let unmerged = self.paths(&["diff-files", "--name-only", "--diff-filter=U", "-z"])?;
        if !unmerged.is_empty() {
            return Ok(ResolutionState::Unmerged(unmerged));
        }
        // Says so by its exit status where a file needs to be staged.
        drop(self.git(&["update-index", "-q", "--refresh"]));
        let mut open = self.paths(&["diff-files", "--name-only", "-z"])?;
        open.extend(self.paths(&["ls-files", "--others", "--exclude-standard", "-z"])?);
        if !open.is_empty() {
            return Ok(ResolutionState::Unstaged(open));
        }
        Ok(ResolutionState::Tree(self.written()?))
    }

    /// Stages all that is there, and returns the tree.
    pub fn take_all(&self) -> Result<Oid, GitError> {
        self.git(&["add", "--all"])?;
        self.written()
    }

    /// The tree of all that is there, staged or not, without a change to the index.
    pub fn snapshot(&self) -> Result<Oid, GitError> {
        let index = ScratchIndex::empty(&self.repo)?;
        index.git(["read-tree", "HEAD"], None)?;
        index.git(["add", "--all"], None)?;
        index.write_tree()
    }

    /// Makes an unused worktree of this commit at `path`, in the place of one that
    /// a process which was killed left there. The repository's hooks run as for people's.
    pub fn fresh(repo: &Repo, path: &Path, commit: Oid) -> Result<(), GitError> {
        Self::remove(repo, path)?;
        let commit = commit.to_string();
        let args = ["worktree", "add", "--quiet", "--force", "--detach", "--"].map(OsStr::new);
        let place = [path.as_os_str(), OsStr::new(&commit)];
        repo.program().output(args.into_iter().chain(place))?;
        if let Some(made) = Self::find(repo, path)?
            && made.widen()?
        {
            made.git(&["checkout", "--quiet", "--force", "--detach", &commit])?;
        }
        Ok(())
    }

    /// Takes the worktree at `path` away, with all that is in it and what git knows of it. It need
    /// not be there.
    pub fn remove(repo: &Repo, path: &Path) -> Result<(), GitError> {
        let args = ["worktree", "remove", "--force", "--force", "--"].map(OsStr::new);
        // What git knows nothing of is removed below.
        repo.program()
            .output(args.into_iter().chain([path.as_os_str()]))
            .ok();
        file::remove_all_if_exists(path).map_err(GitError::io(path))
    }

    fn written(&self) -> Result<Oid, GitError> {
        let args = ["write-tree"];
        Oid::from_hex(self.git(&args)?.trim()).map_err(|error| GitError::Program {
            args: args.join(" "),
            reason: error.to_string(),
        })
    }

    fn paths(&self, args: &[&str]) -> Result<Vec<BString>, GitError> {
        let out = self.git(args)?;
        let paths = out.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        let mut paths: Vec<_> = paths.map(BString::from).collect();
        paths.dedup();
        Ok(paths)
    }

    fn git(&self, args: &[&str]) -> Result<BString, GitError> {
        let mut command = self.repo.program().command();
        command
            .env_remove("GIT_INDEX_FILE")
            .env("GIT_LITERAL_PATHSPECS", "1");
        let args = [&WITHOUT_HOOKS, args].concat();
        self.repo.program().run(command, args, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_testkit::git;

    #[test]
    fn a_fresh_worktree_takes_the_place_of_one_that_was_left() {
        let dir = tempfile::tempdir().unwrap();
        let (root, path) = (dir.path().join("repo"), dir.path().join("fresh"));
        git(dir.path(), &["init", "-q", "repo"], b"");
        git(&root, &["commit", "-q", "--allow-empty", "-m", "one"], b"");
        let repo = worktrees::open_worktree(&root).unwrap();
        let head = repo.head().unwrap().unwrap();
        for _ in 0..2 {
            ScratchWorktree::fresh(&repo, &path, head).unwrap();
            assert!(!path.join("left").exists());
            std::fs::write(path.join("left"), "").unwrap();
        }
        ScratchWorktree::remove(&repo, &path).unwrap();
        assert!(!path.exists());
        assert_eq!(repo.worktrees().unwrap().len(), 1);
        ScratchWorktree::remove(&repo, &path).unwrap();
    }

    #[test]
    fn a_fresh_worktree_of_a_sparse_one_has_all_files() {
        let dir = tempfile::tempdir().unwrap();
        let (root, path) = (dir.path().join("repo"), dir.path().join("fresh"));
        git(dir.path(), &["init", "-q", "repo"], b"");
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::create_dir_all(root.join("b")).unwrap();
        std::fs::write(root.join("a/x"), "").unwrap();
        std::fs::write(root.join("b/y"), "").unwrap();
        git(&root, &["add", "--all"], b"");
        git(&root, &["commit", "-q", "-m", "one"], b"");
        git(&root, &["sparse-checkout", "set", "a"], b"");
        let repo = worktrees::open_worktree(&root).unwrap();
        let head = repo.head().unwrap().unwrap();
        ScratchWorktree::fresh(&repo, &path, head).unwrap();
        assert!(path.join("a/x").exists() && path.join("b/y").exists());
        assert!(!root.join("b/y").exists());
    }

    #[test]
    fn git_forgets_a_worktree_whose_files_are_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (root, path) = (dir.path().join("repo"), dir.path().join("kept"));
        git(dir.path(), &["init", "-q", "repo"], b"");
        git(&root, &["commit", "-q", "--allow-empty", "-m", "one"], b"");
        let repo = worktrees::open_worktree(&root).unwrap();
        ScratchWorktree::at(&repo, &path, repo.head().unwrap().unwrap()).unwrap();
        std::fs::remove_dir_all(&path).unwrap();
        ScratchWorktree::remove(&repo, &path).unwrap();
        assert_eq!(repo.worktrees().unwrap().len(), 1);
    }
}
