//! The audit of local branches: the commits on them that break a rule, and those that
//! the guard never judged.
//!
//! Only the second come from the journal. The first are judged anew, as a fresh clone would:
//! by the policies of history, by those of branches that a branch could stand for, and by those of the
//! remote-tracking branches of its name.

use std::collections::HashSet;

use super::GuardError;
use super::base::{BasePolicy, Bases};
use super::journal::{Journal, Mark};
use super::rev_range::{self, RevRange};
use baton_core::model::{Oid, RefName, Verdict};
use baton_git::history::{self, Walked};
use baton_git::{GitError, Repo};

/// The result of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The commits that the guard never judged and a policy governs, newest first.
    pub unjudged: Vec<Oid>,
    /// The rules that local branches break.
    pub broken: Verdict,
    /// The commits among those that a remote-tracking branch leads to.
    pub published: HashSet<Oid>,
    /// The branches that are symbolic references to what is no branch.
    pub symbolic: Vec<RefName>,
}

/// Judges the local branches on which the rules hold, and compares them with the journal.
pub fn audit(repo: &Repo) -> Result<Audit, GuardError> {
    let branches = Branches::new(repo)?;
    let (unjudged, suspects) = unjudged(repo, &branches.governed()?)?;
    let broken = match branches.judge() {
        // What was cut off cannot be judged; what came since the installation can.
        Err(GuardError::Git(GitError::Shallow(_))) => {
            rev_range::judge_commits_by_parents(repo, suspects)?
        }
        judged => judged?,
    };
    let mut audit = Audit {
        unjudged,
        symbolic: branches.symbolic()?,
        ..Audit::default()
    };
    let remotes = repo.refs().below("refs/remotes/")?;
    let remotes: Vec<_> = remotes.into_iter().map(|(_, oid)| oid).collect();
    for commit in broken.violations.iter().filter_map(|one| one.commit) {
        if !remotes.is_empty() && history::reachable(repo, &[commit], &remotes)?.is_empty() {
            audit.published.insert(commit);
        }
    }
    audit.broken = broken;
    Ok(audit)
}

/// The local branches.
struct Branches<'a> {
    repo: &'a Repo,
    bases: Bases<'a>,
    tips: Vec<(RefName, Oid)>,
}

impl<'a> Branches<'a> {
    fn new(repo: &'a Repo) -> Result<Self, GuardError> {
        let mut tips = Vec::new();
        for (name, oid) in repo.refs().branches()? {
            let tip = repo.objects().peel_to_commit(oid)?;
            tips.push((name, tip.ok_or(GitError::Missing(oid))?));
        }
        Ok(Self {
            repo,
            bases: Bases::new(repo.objects()),
            tips,
        })
    }

    /// The tips of those whose own policies hold on them.
    fn governed(&self) -> Result<Vec<Oid>, GuardError> {
        let mut tips = Vec::new();
        for (name, tip) in &self.tips {
            let base = self.bases.adopted(*tip)?;
            if base.is_some_and(|base| base.policy.applies_to(name)) {
                tips.push(*tip);
            }
        }
        Ok(tips)
    }

    /// Judges all on which a policy holds: their own, or that of the trunk.
    fn judge(&self) -> Result<Verdict, GuardError> {
        let trunk = self.trunk()?;
        let policy = match trunk {
            Some(trunk) => self.bases.adopted(trunk)?,
            None => None,
        };
        let holds = |base: &BasePolicy, name: &RefName| base.policy.applies_to(name);
        let mut tips = self.governed()?;
        for (name, tip) in &self.tips {
            if policy.as_ref().is_some_and(|base| holds(base, name)) && !tips.contains(tip) {
                tips.push(*tip);
            }
        }
        let judged = rev_range::judge_history(self.repo, &tips, trunk)?;
        let mut verdict = judged.unwrap_or_default().verdict;
        for (name, tip) in &self.tips {
            for tracking in self.tracking(name)? {
                verdict.absorb(self.against(name, *tip, tracking)?);
            }
        }
        verdict.violations.sort();
        verdict.violations.dedup();
        Ok(verdict)
    }

    /// The first of these commits that carries a policy: `HEAD`, what a remote calls its default
    /// branch, and the tips of all branches.
    fn trunk(&self) -> Result<Option<Oid>, GuardError> {
        let mut candidates: Vec<_> = self.repo.head()?.into_iter().collect();
        let remotes = self.repo.refs().below("refs/remotes/")?;
        let (heads, others): (Vec<_>, Vec<_>) = remotes
            .into_iter()
            .partition(|(name, _)| name.ends_with(b"/HEAD"));
        candidates.extend(heads.into_iter().map(|(_, oid)| oid));
        candidates.extend(self.tips.iter().map(|(_, oid)| *oid));
        candidates.extend(others.into_iter().map(|(_, oid)| oid));
        for candidate in candidates {
            let commit = self.repo.objects().peel_to_commit(candidate)?;
            if let Some(commit) = commit
                && self.bases.adopted(commit)?.is_some()
            {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    /// The tips of the remote-tracking branches of the same name.
    fn tracking(&self, branch: &RefName) -> Result<Vec<Oid>, GuardError> {
        let Some(own) = branch.branch() else {
            return Ok(Vec::new());
        };
        let mut tips = Vec::new();
        for (name, oid) in self.repo.refs().below("refs/remotes/")? {
            if name.branch_or_tracked().as_ref() == Some(&own) {
                tips.extend(self.repo.objects().peel_to_commit(oid)?);
            }
        }
        Ok(tips)
    }

    /// Judges what a branch has beyond a remote-tracking branch as if it were to land there.
    fn against(&self, name: &RefName, tip: Oid, tracking: Oid) -> Result<Verdict, GuardError> {
        let base = self.repo.merge_base(tracking, tip)?;
        if base == Some(tip) {
            return Ok(Verdict::default());
        }
        let range = RevRange {
            reference: Some(name.clone()),
            tips: vec![tip],
            hidden: vec![tracking],
            old: Some(base.unwrap_or(tracking)),
        };
        let judged = match rev_range::judge_for_landing(self.repo, &range) {
            // Said elsewhere, with the place of the policy.
            Err(GuardError::Unreadable(_)) => None,
            judged => judged?,
        };
        Ok(judged.map(|judged| judged.verdict).unwrap_or_default())
    }

    fn symbolic(&self) -> Result<Vec<RefName>, GuardError> {
        let mut found = Vec::new();
        for (name, _) in &self.tips {
            let target = self.repo.refs().symbolic(name)?;
            if target.is_some_and(|target| !target.is_branch()) {
                found.push(name.clone());
            }
        }
        Ok(found)
    }
}

/// The governed commits that the journal does not know, and with them those that it knows to break a
/// rule.
fn unjudged(repo: &Repo, tips: &[Oid]) -> Result<(Vec<Oid>, Vec<Walked>), GuardError> {
    let journal = Journal::of(repo)?;
    let bases = Bases::new(repo.objects());
    let present = |oid: &Oid| repo.objects().contains(*oid);
    let mut hidden: Vec<_> = journal.baseline().iter().copied().filter(present).collect();
    let commits = history::reachable(repo, tips, &hidden)?;
    let adopted = hidden.len();
    for walked in &commits {
        if journal.marks(walked.oid).contains(&Mark::Adopted) {
            hidden.push(walked.oid);
        }
    }
    let commits = match hidden.len() > adopted {
        true => history::reachable(repo, tips, &hidden)?,
        false => commits,
    };
    let mut unjudged = Vec::new();
    let mut suspects = Vec::new();
    for walked in commits {
        let marks = journal.marks(walked.oid);
        if marks.contains(&Mark::Passed) || !is_governed(&bases, &walked)? {
            continue;
        }
        if marks.is_empty() {
            unjudged.push(walked.oid);
        }
        suspects.push(walked);
    }
    Ok((unjudged, suspects))
}

/// True if there were rules when the commit was made.
fn is_governed(bases: &Bases<'_>, walked: &Walked) -> Result<bool, GuardError> {
    match walked.commit.parents.first() {
        Some(parent) => Ok(bases.adopted(*parent)?.is_some()),
        None => Ok(false),
    }
}
