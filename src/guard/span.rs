//! A stretch of history, judged whole: what a merge brought, what a push would publish, what CI
//! was asked to verify. The journal has no say in it.

use std::rc::Rc;

use bstr::BString;

use super::base::{BasePolicy, Bases};
use super::change::ChangeReader;
use super::{GuardError, Judgement, tip};
use crate::git::history::{self, Walked};
use crate::git::{Objects, Repo};
use crate::model::{Oid, Verdict};
use crate::policy::Policy;
use crate::rules;

/// A stretch of history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// The branch that the stretch belongs to, where it belongs to one; the policy may pass it
    /// over.
    pub reference: Option<BString>,
    /// Where it ends.
    pub tips: Vec<Oid>,
    /// What is not part of it, with all that can be reached from there.
    pub hidden: Vec<Oid>,
    /// The commit whose policy judges it, and against which the tips are held. `None`: the
    /// commit, along first parents, on which the stretch stands.
    pub old: Option<Oid>,
}

/// Judges every commit of the stretch, and its tips, by the policy of its base. Nothing is
/// judged when the base has none.
pub fn judge(repo: &Repo, span: &Span) -> Result<Judgement, GuardError> {
    let commits = history::reachable(repo, &span.tips, &span.hidden)?;
    let base = match (span.old, span.tips.first()) {
        (Some(old), _) => Some(old),
        (None, Some(tip)) => history::standing_on(&commits, *tip),
        (None, None) => None,
    };
    let Some(base) = base else {
        return Ok(Judgement::default());
    };
    match Bases::new(repo.objects()).at(base)? {
        Some(found) => judge_by(repo, span, &commits, &found.policy, Some(base)),
        None => Ok(Judgement::default()),
    }
}

/// Judges the stretch by this policy, wherever it comes from.
pub fn judge_by_policy(repo: &Repo, span: &Span, policy: &Policy) -> Result<Judgement, GuardError> {
    let commits = history::reachable(repo, &span.tips, &span.hidden)?;
    judge_by(repo, span, &commits, policy, span.old)
}

/// Judges each commit of the stretch by the policy of its first parent: history under the rules
/// that held when it was made.
pub fn judge_by_parents(repo: &Repo, span: &Span) -> Result<Judgement, GuardError> {
    let commits = history::reachable(repo, &span.tips, &span.hidden)?;
    Ok(Judgement {
        commits: commits.len(),
        verdict: judge_commits(repo.objects(), &commits, &Rulebook::EachParent)?,
        ..Judgement::default()
    })
}

/// Judges each of these commits by the policy of its first parent.
pub fn judge_commits_by_parents(repo: &Repo, commits: &[Walked]) -> Result<Verdict, GuardError> {
    judge_commits(repo.objects(), commits, &Rulebook::EachParent)
}

fn judge_by(
    repo: &Repo,
    span: &Span,
    commits: &[Walked],
    policy: &Policy,
    base: Option<Oid>,
) -> Result<Judgement, GuardError> {
    let mut judgement = Judgement::default();
    let applies = |name: &BString| policy.applies_to(name.as_ref());
    if !span.reference.as_ref().is_none_or(applies) {
        return Ok(judgement);
    }
    judgement.commits = commits.len();
    judgement.verdict = judge_commits(repo.objects(), commits, &Rulebook::One(policy))?;
    let Some(base) = base else {
        return Ok(judgement);
    };
    let unnamed = BString::from("HEAD");
    let reference = span.reference.as_ref().unwrap_or(&unnamed);
    for tip in &span.tips {
        judgement.tips += 1;
        if let Some(moved) = tip::tip_move(repo, policy, reference, base, *tip)? {
            judgement.verdict.absorb(rules::check(policy, &moved));
        }
    }
    Ok(judgement)
}

/// Fewer commits than this are judged faster by one thread than by several.
const WORTH_A_THREAD: usize = 64;

/// Which policy judges a commit.
enum Rulebook<'a> {
    /// This one.
    One(&'a Policy),
    /// The one that the commit's first parent carries.
    EachParent,
}

/// Judges these commits, on as many threads as there are processors.
fn judge_commits(
    objects: &Objects,
    commits: &[Walked],
    rulebook: &Rulebook<'_>,
) -> Result<Verdict, GuardError> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(commits.len() / WORTH_A_THREAD).max(1);
    if threads == 1 {
        return judge_chunk(objects, commits, rulebook);
    }
    std::thread::scope(|scope| {
        let chunks = commits.chunks(commits.len().div_ceil(threads));
        let workers: Vec<_> = chunks
            .map(|chunk| {
                let objects = objects.for_long_reads();
                scope.spawn(move || judge_chunk(&objects, chunk, rulebook))
            })
            .collect();
        let mut verdict = Verdict::default();
        for worker in workers {
            let part = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            verdict.absorb(part?);
        }
        Ok(verdict)
    })
}

fn judge_chunk(
    objects: &Objects,
    commits: &[Walked],
    rulebook: &Rulebook<'_>,
) -> Result<Verdict, GuardError> {
    let mut verdict = Verdict::default();
    match rulebook {
        Rulebook::One(policy) => judge_each(objects, policy, commits.iter(), &mut verdict)?,
        Rulebook::EachParent => {
            for Governed { base, commits } in by_parent(objects, commits)? {
                judge_each(objects, &base.policy, commits.into_iter(), &mut verdict)?;
            }
        }
    }
    Ok(verdict)
}

/// The commits that one policy governs.
struct Governed<'c> {
    base: Rc<BasePolicy>,
    commits: Vec<&'c Walked>,
}

/// The commits by the policy that governs them. A commit before every policy is in none.
fn by_parent<'c>(
    objects: &Objects,
    commits: &'c [Walked],
) -> Result<Vec<Governed<'c>>, GuardError> {
    let bases = Bases::new(objects);
    let mut groups: Vec<Governed<'_>> = Vec::new();
    for walked in commits {
        let Some(parent) = walked.commit.parents.first() else {
            continue;
        };
        let Some(base) = bases.at(*parent)? else {
            continue;
        };
        match groups.iter_mut().find(|group| group.base.key == base.key) {
            Some(group) => group.commits.push(walked),
            None => groups.push(Governed {
                base,
                commits: vec![walked],
            }),
        }
    }
    Ok(groups)
}

fn judge_each<'c>(
    objects: &Objects,
    policy: &Policy,
    commits: impl Iterator<Item = &'c Walked>,
    verdict: &mut Verdict,
) -> Result<(), GuardError> {
    let mut reader = ChangeReader::new(objects, policy);
    for walked in commits {
        let change = reader.change(walked.oid, &walked.commit, &|_| None)?;
        verdict.absorb(rules::check(policy, &change));
    }
    Ok(())
}
