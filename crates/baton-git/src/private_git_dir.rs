//! A git directory of its own for one linked worktree, for commands that may not write to the repository.
//!
//! It borrows the repository's objects and begins with its references, the worktree's index and its exclusions; hooks and
//! settings are the repository's. What is committed there comes back as a pack ([`PrivateGitDir::pack`], [`receive`]), which
//! git checks as it checks a fetched one. Nothing that a private git directory says is believed: whoever may write there can
//! have any git that looks at it run a program. So all that starts git or reads a file there is called in a thread that is as
//! confined as that writer: [`PrivateGitDir::state`] looks at names and stats alone.

mod layout;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use layout::parse_packed;

use bstr::{BString, ByteSlice};

use super::operation::is_in_progress;
use super::{GitError, Program, Repo, is_reference_name};
use baton_core::model::{Oid, RefName};
use baton_sys::file::{self, FileStat};

/// A private git directory.
#[derive(Debug, Clone)]
pub struct PrivateGitDir {
    path: PathBuf,
    program: Program,
}

/// Everything in a private git directory, by its name and stat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State(BTreeMap<PathBuf, FileStat>);

/// A stash that was made in a private git directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stashed {
    /// Its commit.
    pub commit: Oid,
    /// Its description.
    pub message: String,
}

impl PrivateGitDir {
    /// The one at this path, which need not be there yet, of the repository as its linked worktree sees it.
    pub fn at(repo: &Repo, path: PathBuf) -> Self {
        Self {
            program: repo.program().elsewhere(path.clone()),
            path,
        }
    }

    /// Makes it, with this branch checked out, of the spare one at this path if there is one. Returns its references as git
    /// writes packed ones.
    pub fn create(&self, repo: &Repo, branch: &RefName, spare: &Path) -> Result<BString, GitError> {
        let refs = layout::create(spare, repo, branch)?;
        file::rename(spare, &self.path).map_err(GitError::io(&self.path))?;
        Ok(refs)
    }

    /// Puts one that is as it was made aside at this path: for the next, most of it is there then.
    pub fn spare(&self, spare: &Path) -> Result<(), GitError> {
        file::rename(&self.path, spare).map_err(GitError::io(spare))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True if it is there.
    pub fn exists(&self) -> bool {
        file::is_taken(&self.path.join("HEAD"))
    }

    /// The state to compare with later.
    pub fn state(&self) -> Result<State, GitError> {
        Ok(State(self.listed(usize::MAX)?.unwrap_or_default()))
    }

    /// True if nothing at all was changed since it was in this state. What cannot be looked at has changed.
    pub fn is_still(&self, then: &State) -> bool {
        let now = self.listed(then.0.len()).ok().flatten();
        now.is_some_and(|now| now == then.0)
    }

    /// Everything in it; `None` where there is more than this.
    fn listed(&self, at_most: usize) -> Result<Option<BTreeMap<PathBuf, FileStat>>, GitError> {
        let mut all = BTreeMap::new();
        let mut open = vec![self.path.clone()];
        while let Some(directory) = open.pop() {
            for path in file::entries(&directory).map_err(GitError::io(&directory))? {
                let found = FileStat::of(&path).map_err(GitError::io(&path))?;
                let mut found = found.unwrap_or_default();
                if found.is_directory() {
                    // Git makes files there and takes them back.
                    (found.changed, found.modified, found.size) = Default::default();
                    open.push(path.clone());
                }
                all.insert(path, found);
                if all.len() > at_most {
                    return Ok(None);
                }
            }
        }
        Ok(Some(all))
    }

    /// True while an operation of git, such as a rebase, waits to be finished.
    pub fn is_in_operation(&self) -> bool {
        is_in_progress(&self.path)
    }

    /// True if it holds what no pack brings over: submodules that were set up here, or objects of git-lfs.
    pub fn holds_more(&self) -> bool {
        let mut places = ["modules", "lfs/objects"].iter();
        places.any(|place| file::is_taken(&self.path.join(place)))
    }

    /// The references, but for those of remotes, which are fetched again.
    pub fn refs(&self) -> Result<Vec<(RefName, Oid)>, GitError> {
        let out = self
            .program
            .output(["for-each-ref", "--format=%(objectname) %(refname)"])?;
        let listed = out.lines().filter_map(|line| {
            let (id, name) = line.split_once_str(" ")?;
            let is_name = name.to_str().is_ok_and(is_reference_name);
            let is_own = is_name && !name.starts_with(b"refs/remotes/");
            is_own.then(|| Some((RefName::new(name), Oid::from_hex(id).ok()?)))?
        });
        Ok(listed.collect())
    }

    /// The branch that is checked out, full name, and the commit.
    pub fn head(&self) -> Result<(Option<RefName>, Option<Oid>), GitError> {
        let branch = self.program.symbolic_ref("HEAD")?.map(RefName::new);
        Ok((branch, self.program.rev_parse("HEAD^{commit}")?))
    }

    /// The tree of what is staged; `None` where the index cannot be one, as in a conflict.
    pub fn staged(&self) -> Option<Oid> {
        let tree = self.program.output(["write-tree"]).ok()?;
        Oid::from_hex(tree.trim()).ok()
    }

    /// The stashes, oldest first.
    pub fn stashes(&self) -> Result<Vec<Stashed>, GitError> {
        let args = ["log", "-g", "--format=%H %gs", "refs/stash", "--"];
        let listed = self.program.output(args)?;
        let mut stashes: Vec<_> = listed.lines().filter_map(stash).collect();
        stashes.reverse();
        Ok(stashes)
    }

    /// The content of a file in a commit; `None` where it has none.
    pub fn file(&self, commit: Oid, path: &str) -> Option<BString> {
        let args = ["cat-file", "blob", &format!("{commit}:{path}")];
        self.program.output(args).ok()
    }

    /// The objects of these commits and trees that were made here, as a pack.
    pub fn pack(&self, tips: &[Oid]) -> Result<BString, GitError> {
        let lines: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
        let args = [
            "pack-objects",
            "--revs",
            "--stdout",
            "--quiet",
            "--local",
            "--delta-base-offset",
        ];
        self.program.output_with_input(args, lines.as_bytes())
    }
}

/// Takes a pack of objects into the repository, checked like a fetched one, and checks that nothing is missing below these
/// commits and trees.
pub fn receive(repo: &Repo, pack: &[u8], tips: &[Oid]) -> Result<(), GitError> {
    let program = repo.program();
    let args = ["index-pack", "--stdin", "--fix-thin", "--strict"];
    program.output_with_input(args, pack)?;
    let lines: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
    let args = [
        "rev-list",
        "--objects",
        "--quiet",
        "--stdin",
        "--not",
        "--all",
    ];
    program.output_with_input(args, lines.as_bytes()).map(drop)
}

/// Sets the index of the worktree to this tree, and keeps what it knows of files that stay the same.
pub fn stage(repo: &Repo, tree: Oid) -> Result<(), GitError> {
    // `-i`: files that differ from the old index are what this is about.
    let args = ["read-tree", "-m", "-i", &tree.to_string()];
    repo.program().output(args).map(drop)
}

/// Puts a commit on the repository's list of stashes.
pub fn add_stash(repo: &Repo, stashed: &Stashed) -> Result<(), GitError> {
    let commit = stashed.commit.to_string();
    let args = ["stash", "store", "-m", &stashed.message, &commit];
    repo.program().output(args).map(drop)
}

fn stash(line: &[u8]) -> Option<Stashed> {
    let (id, message) = line.split_once_str(" ")?;
    Some(Stashed {
        commit: Oid::from_hex(id).ok()?,
        message: message.to_str_lossy().into_owned(),
    })
}
