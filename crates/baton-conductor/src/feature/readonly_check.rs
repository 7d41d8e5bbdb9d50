//! The check that an agent that was to look only has changed nothing.
//!
//! Others go on working meanwhile: their branches move, and that is no fault of the agent that looks. A
//! reference that git's log says another process has moved is passed over, and so are Baton's own below
//! `refs/baton/`, which sessions and runs move all the time. A change that no agent can be named for counts
//! against every agent that was at work.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use baton_core::model::{Oid, RefName};
use baton_git::worktrees::open_worktree;
use baton_git::{GitError, Repo, checkout, reflog};
use baton_sys::file::{self, Stamp};

/// The state of the repository, outside of the worktree that was given to look around in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    refs: BTreeMap<RefName, Oid>,
    worktrees: Vec<Files>,
}

/// The files that are not committed in a worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    root: PathBuf,
    branch: Option<RefName>,
    head: Option<Oid>,
    changed: BTreeMap<BString, Option<Stamp>>,
}

/// The mark by which git's log knows who moved a reference: an address that no other process has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReflogIdentity {
    address: String,
    name: String,
}

impl ReflogIdentity {
    /// The mark of an agent, for the job of this id.
    pub fn new(who: &str, job: &str) -> Self {
        Self {
            address: format!("{who}.{job}@baton.invalid"),
            name: format!("Baton {who}"),
        }
    }

    /// The variables that have git put it into its logs, of whatever reference.
    pub fn variables(&self) -> Vec<(OsString, OsString)> {
        let variables = [
            ("GIT_COMMITTER_NAME", self.name.as_str()),
            ("GIT_COMMITTER_EMAIL", &self.address),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.logAllRefUpdates"),
            ("GIT_CONFIG_VALUE_0", "always"),
        ];
        variables
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec()
    }
}

impl Snapshot {
    /// Takes a snapshot of the present state.
    pub fn see(repo: &Repo) -> Result<Self, GitError> {
        let refs = repo.refs().below("refs/")?.into_iter().collect();
        let own = repo.work_tree().map(Path::to_owned);
        let trees = repo.worktrees()?;
        let main = trees.first().and_then(|tree| repo.root_of(tree));
        let mut roots: Vec<_> = main.into_iter().chain(own).collect();
        roots.dedup_by(|one, other| file::is_same_place(one, other));
        let worktrees = roots.into_iter().filter_map(|root| {
            let worktree = open_worktree(&root).ok()?;
            worktree.work_tree()?;
            Some(Files::see(&worktree, root))
        });
        Ok(Self {
            refs,
            worktrees: worktrees.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the changes since, by the agent with this mark or by one that is not known.
    pub fn changes(&self, repo: &Repo, identity: &ReflogIdentity) -> Result<Vec<String>, GitError> {
        let now = Self::see(repo)?;
        let mut names: Vec<_> = self.refs.keys().chain(now.refs.keys()).collect();
        names.sort();
        names.dedup();
        let mut changes = Vec::new();
        for name in names {
            let (old, new) = (self.refs.get(name), now.refs.get(name));
            if old != new && is_blamed(repo, name, new, identity) {
                changes.push(told(name, old, new));
            }
        }
        for (before, after) in self.worktrees.iter().zip(&now.worktrees) {
            changes.extend(before.switched(after, identity));
            changes.extend(before.changes(after));
        }
        Ok(changes)
    }
}

/// Returns true if a change of this reference counts against the agent with this mark.
fn is_blamed(repo: &Repo, name: &RefName, now: Option<&Oid>, identity: &ReflogIdentity) -> bool {
    let moves = reflog::moves(repo, &name.to_str_lossy());
    if moves.iter().any(|moved| moved.by == identity.address) {
        return true;
    }
    let by_another = moves.first().is_some_and(|last| Some(&last.to) == now);
    !by_another && !name.starts_with(b"refs/baton/")
}

fn told(name: &RefName, old: Option<&Oid>, new: Option<&Oid>) -> String {
    match (old, new) {
        (Some(old), Some(new)) => format!(
            "{name} moved from {} to {} (`git update-ref {name} {old} {new}` moves it back)",
            old.short(),
            new.short()
        ),
        (Some(old), None) => {
            format!("{name} is gone (`git update-ref {name} {old}` brings it back)")
        }
        (None, Some(new)) => {
            format!("{name} was made (`git update-ref -d {name} {new}` removes it)")
        }
        (None, None) => format!("{name} came and went"),
    }
}

impl Files {
    fn see(worktree: &Repo, root: PathBuf) -> Result<Self, GitError> {
        let stamped = |path: BString| {
            let stamp = path
                .to_path()
                .ok()
                .and_then(|path| file::stamp(&root.join(path)));
            (path, stamp)
        };
        let changed = checkout::uncommitted(worktree)?;
        Ok(Self {
            branch: worktree.head_branch()?,
            head: worktree.head()?,
            changed: changed.into_iter().map(stamped).collect(),
            root,
        })
    }

    /// Tells of another branch that was checked out there, or another commit on no branch.
    fn switched(&self, after: &Self, identity: &ReflogIdentity) -> Option<String> {
        let is_same =
            self.branch == after.branch && (self.branch.is_some() || self.head == after.head);
        if is_same {
            return None;
        }
        let worktree = open_worktree(&self.root).ok()?;
        is_blamed(
            &worktree,
            &RefName::new("HEAD"),
            after.head.as_ref(),
            identity,
        )
        .then(|| format!("something else is checked out in {}", self.root.display()))
    }

    fn changes(&self, after: &Self) -> Option<String> {
        let news = after.changed.iter();
        let news = news.filter(|(path, stamp)| self.changed.get(*path) != Some(stamp));
        let mut paths: Vec<_> = news.map(|(path, _)| path).collect();
        // What somebody has committed is not changed any more, and that is well.
        if self.head == after.head {
            let undone = self.changed.keys();
            paths.extend(undone.filter(|path| !after.changed.contains_key(*path)));
        }
        let first = paths.first()?;
        let rest = match paths.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        Some(format!("{first}{rest} changed in {}", self.root.display()))
    }
}

/// Returns the changes in the worktree that was given to look around in.
pub fn own_changes(worktree: &Path, base: Oid) -> Vec<String> {
    let changes = || -> Result<Vec<String>, GitError> {
        let opened = open_worktree(worktree)?;
        let mut changes = Vec::new();
        if let Some(branch) = opened.head_branch()? {
            changes.push(format!("its worktree is on {branch}"));
        }
        if opened.head()? != Some(base) {
            changes.push("its worktree has another commit checked out".to_owned());
        }
        let left = checkout::uncommitted(&opened)?;
        changes.extend(
            left.iter()
                .take(5)
                .map(|path| format!("{path} changed in its worktree")),
        );
        Ok(changes)
    };
    match file::is_taken(&worktree.join(".git")) {
        true => changes().unwrap_or_else(|_| vec!["its worktree is broken".to_owned()]),
        false => vec!["its worktree is gone".to_owned()],
    }
}
