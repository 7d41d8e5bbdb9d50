//! The guarded branches and commits of a repository before anything in it moves: those whose
//! policy has a say in a name that is new.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::rc::Rc;

use bstr::{BString, ByteSlice};

use super::GuardError;
use super::base::{BasePolicy, Bases};
use super::judged_commits::JudgedCommits;
use super::ref_update::Place;
use baton_core::model::{Oid, RefName};
use baton_git::Repo;

/// A commit that is guarded, with its policy.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// The reference that names it.
    pub reference: RefName,
    /// The commit.
    pub tip: Oid,
    /// Its policy.
    pub base: Rc<BasePolicy>,
}

/// Finds what is guarded.
pub(super) struct Guards<'a> {
    repo: &'a Repo,
    bases: &'a Bases<'a>,
    judged_commits: &'a JudgedCommits<'a>,
    place: Place,
    default: OnceCell<(Option<RefName>, Option<Guard>)>,
    branches: OnceCell<Vec<Guard>>,
    remotes: OnceCell<Vec<BString>>,
    known: OnceCell<Vec<Guard>>,
}

impl<'a> Guards<'a> {
    /// Nothing is looked up yet.
    pub fn new(
        repo: &'a Repo,
        bases: &'a Bases<'a>,
        judged_commits: &'a JudgedCommits<'a>,
        place: Place,
    ) -> Self {
        Self {
            repo,
            bases,
            judged_commits,
            place,
            default: OnceCell::new(),
            branches: OnceCell::new(),
            remotes: OnceCell::new(),
            known: OnceCell::new(),
        }
    }

    /// True if this is the name of the branch on which work lands on a server, born or not.
    pub fn is_default(&self, reference: &RefName) -> Result<bool, GuardError> {
        let (name, _) = self.default_branch()?;
        Ok(name.as_ref() == Some(reference))
    }

    /// The branch of a server on which work lands, unless it is this one; `None` where its policy
    /// does not hold for this name.
    pub fn default_for(&self, reference: &RefName) -> Result<Option<&Guard>, GuardError> {
        let (_, guard) = self.default_branch()?;
        let guard = guard.as_ref();
        Ok(guard.filter(|guard| {
            guard.reference != *reference && guard.base.policy.applies_to(reference)
        }))
    }

    /// The guards of a new branch of this name. On a server that is the default branch,
    /// and where that has no policy for it, every other branch that has. In a clone it is the first
    /// that has one: what remotes have under that name, their default branches, `HEAD`, the
    /// branches here and there, and what was here when the guard began.
    pub fn of_new(&self, reference: &RefName) -> Result<Vec<Guard>, GuardError> {
        if self.place == Place::Server {
            if let Some(guard) = self.default_for(reference)? {
                return Ok(vec![guard.clone()]);
            }
            let mut found: Vec<Guard> = Vec::new();
            for guard in self.branches()? {
                let is_new = found.iter().all(|one| one.base.key != guard.base.key);
                if is_new
                    && guard.reference != *reference
                    && guard.base.policy.applies_to(reference)
                {
                    found.push(guard.clone());
                }
            }
            return Ok(found);
        }
        let applies = |guard: &Guard| guard.base.policy.applies_to(reference);
        let at_remotes: Vec<_> = match reference.branch() {
            Some(branch) => {
                let remotes = self.remotes()?.iter();
                remotes.map(|at| branch.tracked_at(at.as_ref())).collect()
            }
            // A `HEAD` that names no branch has none at a remote.
            None => Vec::new(),
        };
        for tracking in at_remotes {
            if let Some(tip) = self.repo.refs().resolve(&tracking)?
                && let Some(guard) = self.guard(tracking, tip)?.filter(applies)
            {
                return Ok(vec![guard]);
            }
        }
        let known = self.known()?.iter();
        Ok(known
            .filter(|guard| applies(guard))
            .take(1)
            .cloned()
            .collect())
    }

    /// The remotes of which there are remote-tracking branches.
    fn remotes(&self) -> Result<&[BString], GuardError> {
        if let Some(remotes) = self.remotes.get() {
            return Ok(remotes);
        }
        let tracked = self.repo.refs().below("refs/remotes/")?;
        let tracked = tracked.iter();
        let mut remotes: Vec<_> = tracked
            .filter_map(|(name, _)| {
                Some(
                    name.strip_prefix(b"refs/remotes/")?
                        .split_once_str("/")?
                        .0
                        .into(),
                )
            })
            .collect();
        remotes.dedup();
        Ok(self.remotes.get_or_init(|| remotes))
    }

    /// The guards of a clone, one commit for each policy: the default branches of its remotes, `HEAD`,
    /// its own branches, theirs, and what was here when the guard began.
    fn known(&self) -> Result<&[Guard], GuardError> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let (defaults, tracked): (Vec<_>, Vec<_>) = self
            .repo
            .refs()
            .below("refs/remotes/")?
            .into_iter()
            .partition(|(name, _)| name.ends_with(b"/HEAD"));
        let unnamed = |oid| (RefName::new("HEAD"), oid);
        let candidates = defaults
            .into_iter()
            .chain(self.repo.head()?.map(unnamed))
            .chain(self.repo.refs().branches()?)
            .chain(tracked)
            .chain(self.judged_commits.began_with()?.into_iter().map(unnamed));
        let mut seen = HashSet::new();
        let mut known: Vec<Guard> = Vec::new();
        for (name, oid) in candidates {
            if !seen.insert(oid) {
                continue;
            }
            let guard = self.guard(name, oid)?;
            known.extend(guard.filter(|one| known.iter().all(|it| it.base.key != one.base.key)));
        }
        Ok(self.known.get_or_init(|| known))
    }

    /// The branches as they are, with their policies where these hold for them.
    pub fn branches(&self) -> Result<&[Guard], GuardError> {
        if let Some(branches) = self.branches.get() {
            return Ok(branches);
        }
        let mut branches = Vec::new();
        for (name, oid) in self.repo.refs().branches()? {
            branches.extend(self.guard(name, oid)?);
        }
        Ok(self.branches.get_or_init(|| branches))
    }

    fn default_branch(&self) -> Result<&(Option<RefName>, Option<Guard>), GuardError> {
        if let Some(default) = self.default.get() {
            return Ok(default);
        }
        let name = match self.place {
            Place::Server => self.repo.refs().symbolic("HEAD")?,
            Place::Clone => None,
        };
        let tip = match &name {
            Some(name) => self.repo.refs().resolve(name)?,
            None => None,
        };
        let guard = match (&name, tip) {
            (Some(name), Some(tip)) => self.guard(name.clone(), tip)?,
            _ => None,
        };
        Ok(self.default.get_or_init(|| (name, guard)))
    }

    /// A reference with the policy that holds for it; `None` where there is none that can be read.
    fn guard(&self, reference: RefName, oid: Oid) -> Result<Option<Guard>, GuardError> {
        let Ok(Some(tip)) = self.repo.objects().peel_to_commit(oid) else {
            return Ok(None);
        };
        let Ok(Some(base)) = self.bases.at(tip) else {
            return Ok(None);
        };
        let is_branch = reference.is_branch();
        let holds = !is_branch || base.policy.applies_to(&reference);
        Ok(holds.then_some(Guard {
            reference,
            tip,
            base,
        }))
    }
}
