//! Branches whose conflicts wait for a user: each with a worktree in which to resolve them and
//! a record of what it was that stopped.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use serde::{Deserialize, Serialize};

use super::stuck::{Resolution, Stuck};
use super::{MergeError, markers, place};
use crate::pool::trash::{self, Parcel};
use crate::ref_moves;
use baton_core::model::{Oid, RefName};
use baton_core::policy::merge::Strategy;
use baton_git::scratch_worktree::{ResolutionState, ScratchWorktree};
use baton_git::{GitError, RefEdit, Repo, worktrees};
use baton_sys::{clock, file};

/// Below what the references are that keep what conflicts are made of.
pub const PREFIX: &str = "refs/baton/merge/";

/// A branch that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name, in short.
    pub branch: String,
    /// The commit that it named.
    pub tip: Oid,
    /// The worktree in which it waits.
    pub worktree: PathBuf,
    /// The target, in short.
    pub into: String,
    /// The strategy for its commits.
    pub strategy: Strategy,
    /// The tests that were asked for; `None` for the policy's.
    pub test: Option<Vec<String>>,
    /// By what the change is known that came to the conflict.
    pub of: Oid,
    /// The commit to which it was to be made.
    pub onto: Oid,
    /// The files that are shown, with markers.
    pub shown: Oid,
    /// True if the index shows a conflict, so that staging it says what was decided, be it what is
    /// shown.
    #[serde(default)]
    pub in_index: bool,
    /// The files in conflict.
    pub files: Vec<String>,
    /// The resolutions of earlier conflicts of the same branch.
    pub earlier: Vec<Earlier>,
    /// The branches that need it.
    pub needed_by: Vec<String>,
}

/// The resolution of an earlier conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    of: Oid,
    onto: Oid,
    tree: Oid,
}

/// The progress made with a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is resolved.
    Resolved(Vec<Resolution>),
    /// It is not; what is missing, a sentence.
    Open(String),
    /// The worktree is gone.
    Gone,
}

impl Waiting {
    /// The commands that go on, once the files are resolved.
    pub fn next(&self) -> Vec<String> {
        let path = shell_words::quote(&self.worktree.display().to_string()).into_owned();
        let branch = shell_words::quote(&self.branch).into_owned();
        let accept = match self.in_index {
            true => "git add --all  # once no file holds a marker any more",
            false => {
                "git add --all && git commit -m Resolved  # once the files are as they should be"
            }
        };
        vec![
            format!("cd {path}"),
            accept.to_owned(),
            format!("git baton orchestrator merge --continue {branch}"),
        ]
    }

    /// Returns the progress made with it.
    pub fn progress(&self, repo: &Repo) -> Result<Progress, MergeError> {
        let Some(worktree) = ScratchWorktree::find(repo, &self.worktree)? else {
            return Ok(Progress::Gone);
        };
        let named = |files: &[bstr::BString]| bstr::join(", ", files).to_str_lossy().into_owned();
        let tree = match worktree.resolution()? {
            ResolutionState::Unmerged(files) => {
                let files = named(&files);
                return Ok(Progress::Open(format!("still in conflict: {files}")));
            }
            ResolutionState::Unstaged(files) => {
                return Ok(Progress::Open(format!("not staged: {}", named(&files))));
            }
            ResolutionState::Tree(tree) => tree,
        };
        let files: Vec<_> = self.files.iter().map(|file| file.as_str().into()).collect();
        if markers::any(repo, tree, &files)? {
            return Ok(Progress::Open(
                "files still hold conflict markers".to_owned(),
            ));
        }
        // Where the index shows no conflict, a commit accepts what is shown.
        let is_committed = worktree.repo().head()? != Some(self.onto);
        if tree == self.shown && !self.in_index && !is_committed {
            return Ok(Progress::Open("nothing was changed yet".to_owned()));
        }
        let sides = [self.onto, self.of];
        if markers::is_undone(repo, tree, self.shown, sides, &files)? {
            return Ok(Progress::Open(
                "the files are those of one side, without what the other brings in other files"
                    .to_owned(),
            ));
        }
        let earlier = self.earlier.iter().map(|one| Resolution {
            of: one.of,
            onto: one.onto,
            tree: one.tree,
        });
        let now = Resolution {
            of: self.of,
            onto: self.onto,
            tree,
        };
        Ok(Progress::Resolved(earlier.chain([now]).collect()))
    }
}

impl From<&Resolution> for Earlier {
    fn from(one: &Resolution) -> Self {
        Self {
            of: one.of,
            onto: one.onto,
            tree: one.tree,
        }
    }
}

/// Every branch that waits, by name.
pub fn all(repo: &Repo) -> Result<Vec<Waiting>, MergeError> {
    let mut all = Vec::new();
    for path in records(repo)? {
        all.extend(read(&path)?);
    }
    Ok(all)
}

/// Keeps what the record names from being taken for garbage: below `refs/baton/merge/`, a commit
/// with the files that are shown, and all else among its parents.
fn pin(repo: &Repo, waiting: &Waiting) -> Result<(), MergeError> {
    let now = clock::now();
    let mut parents = vec![waiting.onto, waiting.tip];
    for one in &waiting.earlier {
        let message = b"What was made of an earlier conflict\n";
        parents.push(repo.store().commit(one.tree, &[one.onto], message, now)?);
    }
    let message = format!(
        "The conflicts of {} with {}\n",
        waiting.branch, waiting.into
    );
    let shown = repo
        .store()
        .commit(waiting.shown, &parents, message.as_bytes(), now)?;
    point(repo, &waiting.branch, Some(shown))
}

/// Has the reference that keeps a branch's conflict name this commit, or be gone.
fn point(repo: &Repo, branch: &str, new: Option<Oid>) -> Result<(), MergeError> {
    let name = RefName::new(format!("{PREFIX}{branch}"));
    let old = repo.refs().resolve(&name)?;
    if old != new {
        let edit = RefEdit { name, old, new };
        ref_moves::transact(repo, &[edit], "baton: conflict")?;
    }
    Ok(())
}

/// Shows the conflict in a worktree, and then records it.
pub fn begin(repo: &Repo, waiting: &Waiting, stuck: &Stuck) -> Result<(), MergeError> {
    let worktree = ScratchWorktree::at(repo, &waiting.worktree, stuck.onto)?;
    let conflicts = stuck
        .conflicts
        .iter()
        .map(|one| (one.path.as_bstr(), one.stages));
    worktree.show_conflict(stuck.onto, stuck.tree, &conflicts.collect::<Vec<_>>())?;
    pin(repo, waiting)?;
    let json = serde_json::to_vec_pretty(waiting).expect("a record is plain text");
    let path = place::record(repo, &waiting.branch);
    file::write_atomically(&path, &json).map_err(GitError::io(path))?;
    Ok(())
}

/// Takes away the record and the worktree of a branch that has landed; it need not have waited.
pub fn close(repo: &Repo, branch: &str) -> Result<(), MergeError> {
    let path = place::record(repo, branch);
    match read(&path)? {
        Some(waiting) => gone(repo, &waiting),
        None => Ok(()),
    }
}

/// The repository from a place that stays: the worktree in which a branch waits goes as soon as that
/// has landed, be it the one from which a user goes on.
pub fn steady(repo: Repo) -> Result<Repo, GitError> {
    let is_waiting = repo.work_tree().is_some_and(|root| {
        let above = root.parent().and_then(Path::file_name);
        above.is_some_and(|name| name == place::WAITING)
    });
    if !is_waiting {
        return Ok(repo);
    }
    let all = worktrees::checkouts(&repo)?;
    let main = all.iter().find(|one| one.branch.is_some());
    match main.or(all.first()) {
        Some(main) => worktrees::open_worktree(&main.path),
        None => Ok(repo),
    }
}

fn gone(repo: &Repo, waiting: &Waiting) -> Result<(), MergeError> {
    ScratchWorktree::remove(repo, &waiting.worktree)?;
    point(repo, &waiting.branch, None)?;
    let path = place::record(repo, &waiting.branch);
    Ok(file::remove_if_exists(&path).map_err(GitError::io(path))?)
}

fn read(path: &Path) -> Result<Option<Waiting>, MergeError> {
    let bytes = file::read_if_exists(path).map_err(GitError::io(path))?;
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes);
    let record = bytes.map(read).transpose();
    record.map_err(|_| MergeError::Record(path.to_owned()))
}

/// Takes away the record and the worktree of a branch that is given up. Returns the reference
/// that keeps what a user had made of it, where a user had.
pub fn give_up(repo: &Repo, waiting: &Waiting) -> Result<Option<String>, MergeError> {
    let mut kept = None;
    if let Some(worktree) = ScratchWorktree::find(repo, &waiting.worktree)? {
        let head = worktree.repo().head()?;
        if worktree.snapshot()? != waiting.shown || head != Some(waiting.onto) {
            let parcel = Parcel {
                slot: &format!("merge-{}", waiting.branch),
                reason: "the merge was given up",
                with_ignored: false,
            };
            kept = trash::save(worktree.repo(), waiting.onto, &parcel)?;
        }
    }
    gone(repo, waiting)?;
    Ok(kept.map(|saved| saved.reference().to_string()))
}

/// Takes away records that cannot be read, with their worktrees left where they are.
pub fn sweep(repo: &Repo) -> Result<(), MergeError> {
    for path in records(repo)? {
        file::remove_if_exists(&path).map_err(GitError::io(&path))?;
    }
    Ok(())
}

fn records(repo: &Repo) -> Result<Vec<PathBuf>, GitError> {
    let directory = place::records(repo);
    let names = file::files_below(&directory, &|_| false).map_err(GitError::io(&directory))?;
    let records = names.into_iter().filter(|name| name.ends_with(".json"));
    Ok(records.map(|name| directory.join(name)).collect())
}
