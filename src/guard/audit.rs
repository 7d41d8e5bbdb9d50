//! What got past the guard: commits on local branches that it never judged, or let in although
//! they break a rule.

use super::GuardError;
use super::acceptance::Acceptances;
use super::base::Bases;
use super::journal::{Journal, Mark};
use super::span;
use crate::git::history::{self, Walked};
use crate::git::{GitError, Repo};
use crate::model::{Oid, Verdict};

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The commits that the guard never judged and a policy governs, newest first.
    pub unjudged: Vec<Oid>,
    /// The rules that those break, or the ones that came in because they had been published.
    pub broken: Verdict,
}

/// Compares the local branches on which the rules hold with the journal.
pub fn audit(repo: &Repo) -> Result<Audit, GuardError> {
    let journal = Journal::of(repo)?;
    let bases = Bases::new(repo.objects());
    let present = |oid: &Oid| repo.objects().contains(*oid);
    let mut hidden: Vec<_> = journal.baseline().iter().copied().filter(present).collect();
    let tips = guarded_tips(repo, &bases)?;
    let commits = history::reachable(repo, &tips, &hidden)?;
    let adopted = hidden.len();
    for walked in &commits {
        if journal.marks(walked.oid).contains(&Mark::Adopted) {
            hidden.push(walked.oid);
        }
    }
    let commits = match hidden.len() > adopted {
        true => history::reachable(repo, &tips, &hidden)?,
        false => commits,
    };
    let mut audit = Audit::default();
    let mut suspects = Vec::new();
    for walked in commits {
        let marks = journal.marks(walked.oid);
        if marks.contains(&Mark::Passed) || !is_governed(&bases, &walked)? {
            continue;
        }
        if marks.is_empty() {
            audit.unjudged.push(walked.oid);
        }
        suspects.push(walked);
    }
    audit.broken = span::judge_commits_by_parents(repo, suspects)?;
    if let Some(head) = repo.head()? {
        Acceptances::new(repo, tips).excuse_by_history(head, &mut audit.broken)?;
    }
    Ok(audit)
}

/// The tips of the branches on which the rules hold.
fn guarded_tips(repo: &Repo, bases: &Bases<'_>) -> Result<Vec<Oid>, GuardError> {
    let mut tips = Vec::new();
    for (name, oid) in repo.refs().below("refs/heads/")? {
        let tip = repo.objects().peel_to_commit(oid)?;
        let tip = tip.ok_or(GitError::Missing(oid))?;
        let base = bases.adopted(tip)?;
        if base.is_some_and(|base| base.policy.applies_to(name.as_ref())) {
            tips.push(tip);
        }
    }
    Ok(tips)
}

/// Whether there were rules when the commit was made.
fn is_governed(bases: &Bases<'_>, walked: &Walked) -> Result<bool, GuardError> {
    match walked.commit.parents.first() {
        Some(parent) => Ok(bases.adopted(*parent)?.is_some()),
        None => Ok(false),
    }
}
