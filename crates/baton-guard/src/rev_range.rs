//! A range of revisions, judged whole: what a merge brought, what a push would publish, what CI
//! was asked to verify. The journal has no say in it.

use std::collections::HashSet;
use std::rc::Rc;

use super::acceptance::Acceptances;
use super::base::{BasePolicy, Bases};
use super::joining::Joining;
use super::lines::Lines;
use super::pipeline::{self, Judged, Rulebook};
use super::provenance::{Provenance, Rewriting};
use super::{GuardError, Judgement, keyring};
use baton_core::model::{Oid, RefName, RuleId, Verdict};
use baton_core::policy::Policy;
use baton_core::rules;
use baton_git::Repo;
use baton_git::history::{self, Walked};
use baton_git::stream::{self, Step, Stream};

/// A range of revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevRange {
    /// The branch that the range belongs to, where it belongs to one; the policy may pass it
    /// over.
    pub reference: Option<RefName>,
    /// The commits at which it ends.
    pub tips: Vec<Oid>,
    /// The commits that are not part of it, with all that can be reached from them.
    pub hidden: Vec<Oid>,
    /// The commit whose policy judges it, and against which the tips are held. `None`: the
    /// commit, along first parents, on which the range stands.
    pub old: Option<Oid>,
}

/// Judges every commit of the range, and its tips, by the policy of its base. Nothing is
/// judged when the base has none.
pub fn judge(repo: &Repo, range: &RevRange) -> Result<Judgement, GuardError> {
    let commits = history::reachable(repo, &range.tips, &range.hidden)?;
    let base = match (range.old, range.tips.first()) {
        (Some(old), _) => Some(old),
        (None, Some(tip)) => history::standing_on(&commits, *tip),
        (None, None) => None,
    };
    let Some(base) = base else {
        return Ok(Judgement::default());
    };
    let bases = Bases::new(repo.objects());
    let judgement = match bases.adopted(base)? {
        Some(found) => judge_by(repo, range, Some(commits), &found.policy, Some(base))?,
        None => Judgement::default(),
    };
    check_tips(&bases, range, Some(base), &judgement)?;
    Ok(judgement)
}

/// Fails when all would be well but for a tip that brings a policy which cannot be read.
fn check_tips(
    bases: &Bases<'_>,
    range: &RevRange,
    base: Option<Oid>,
    judgement: &Judgement,
) -> Result<(), GuardError> {
    if judgement.verdict.is_clean() {
        for tip in &range.tips {
            bases.check_brought(*tip, base)?;
        }
    }
    Ok(())
}

/// Judges the range by the policies of every merge base and of the commits that it would join:
/// work that begins at an old commit with a laxer policy is held to what holds where it is to
/// land. `None` when no policy has a say.
pub fn judge_for_landing(repo: &Repo, range: &RevRange) -> Result<Option<Judgement>, GuardError> {
    let bases = Bases::new(repo.objects());
    let joining = Joining::of(repo, range)?;
    let mut policies: Vec<Rc<BasePolicy>> = Vec::new();
    let places = range.old.iter().chain(&joining.bases).chain(&range.hidden);
    for commit in places {
        let found = bases.adopted(*commit)?;
        policies.extend(found.filter(|one| policies.iter().all(|known| known.key != one.key)));
    }
    let mut judgement: Option<Judgement> = None;
    for base in policies {
        let mut by_this = judge_by_policy(repo, range, &base.policy)?;
        by_this.verdict.absorb(joining.judge(&bases, &base.policy)?);
        match &mut judgement {
            Some(judgement) => judgement.verdict.absorb(by_this.verdict),
            None => judgement = Some(by_this),
        }
    }
    let base = range.old.or(range.hidden.first().copied());
    let none = Judgement::default();
    check_tips(&bases, range, base, judgement.as_ref().unwrap_or(&none))?;
    Ok(judgement)
}

/// Judges the part of the range after the policy was adopted within it, each commit by the
/// policy of its parent. `None` when its tips carry no policy.
pub fn judge_since_adoption(
    repo: &Repo,
    range: &RevRange,
) -> Result<Option<Judgement>, GuardError> {
    let bases = Bases::new(repo.objects());
    let mut adopted = None;
    for tip in &range.tips {
        if adopted.is_none() && bases.adopted(*tip)?.is_some() {
            adopted = Some(*tip);
        }
    }
    let Some(adopted) = adopted else {
        return Ok(None);
    };
    let Some(mut judgement) = judge_history(repo, &range.tips, Some(adopted))? else {
        return Ok(None);
    };
    let within = history::reachable(repo, &range.tips, &range.hidden)?;
    let within: HashSet<_> = within.into_iter().map(|one| one.oid).collect();
    let is_within = |commit: Option<Oid>| commit.is_none_or(|oid| within.contains(&oid));
    let verdict = &mut judgement.verdict;
    verdict.violations.retain(|one| is_within(one.commit));
    verdict.overrides.retain(|one| is_within(Some(one.commit)));
    judgement.commits = within.len();
    Ok(Some(judgement))
}

/// A branch, judged whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its full name, where it is known; the policy may pass it over.
    pub reference: Option<RefName>,
    /// Its tip.
    pub tip: Oid,
    /// The tip of the default branch, where this is another one. Its policy judges what no policy
    /// of this branch's own history does.
    pub default: Option<Oid>,
}

/// Judges everything on the branch since its policy was adopted. `None` when no policy has a say.
pub fn judge_line(repo: &Repo, line: &Line) -> Result<Option<Judgement>, GuardError> {
    let trunk = line.default.or(Some(line.tip));
    let Some(judgement) = judge_history(repo, &[line.tip], trunk)? else {
        return Ok(None);
    };
    if is_passed_over(repo, line)? {
        // Nobody takes the default branch out of the rules but a maintainer.
        let mut violations = judgement.verdict.violations.iter();
        let rules_broken = violations.any(|one| one.rule == RuleId::PolicyChange);
        if line.default.is_some() || !rules_broken {
            return Ok(Some(Judgement::default()));
        }
    }
    Ok(Some(judgement))
}

/// True if the policies at the branch's tip and on the default branch exclude it.
fn is_passed_over(repo: &Repo, line: &Line) -> Result<bool, GuardError> {
    let Some(name) = &line.reference else {
        return Ok(false);
    };
    let bases = Bases::new(repo.objects());
    let mut excluded = false;
    for commit in [Some(line.tip), line.default].into_iter().flatten() {
        if let Some(base) = bases.adopted(commit)? {
            if base.policy.applies_to(name) {
                return Ok(false);
            }
            excluded = true;
        }
    }
    Ok(excluded)
}

/// Judges the range by this policy, wherever it comes from.
pub fn judge_by_policy(
    repo: &Repo,
    range: &RevRange,
    policy: &Policy,
) -> Result<Judgement, GuardError> {
    let commits = match range.hidden.is_empty() {
        true => None,
        false => Some(history::reachable(repo, &range.tips, &range.hidden)?),
    };
    judge_by(repo, range, commits, policy, range.old)
}

/// Judges each commit that the tips reach by the policy of the first of its parents that carries
/// one: history under the rules that held when it was made.
///
/// What a merge brings is judged by the policy in force where it lands as well, unless it was made
/// knowing that one. What neither came before the policy of `HEAD` nor knows it is judged by that.
/// `None` when no commit carries a policy.
pub fn judge_by_parents(repo: &Repo, range: &RevRange) -> Result<Option<Judgement>, GuardError> {
    judge_history(repo, &range.tips, repo.head()?)
}

/// The same, with the branch that ends at `trunk` in the place of `HEAD`.
pub(super) fn judge_history(
    repo: &Repo,
    tips: &[Oid],
    trunk: Option<Oid>,
) -> Result<Option<Judgement>, GuardError> {
    let objects = repo.objects().for_long_reads();
    let mut stream = Stream::new(repo, &objects, tips)?;
    let judged = pipeline::judge(repo.objects(), &mut stream, Rulebook::OfParents)?;
    let graph = stream.into_graph();
    if !is_governed(repo, &judged, trunk)? {
        return Ok(None);
    }
    let mut verdict = judged.verdict;
    let lines = Lines::new(repo, &graph, &judged.without_base, &judged.policy_moves);
    verdict.absorb(lines.judge(tips, trunk)?);
    verdict.absorb(judge_choices(repo, &judged.choices)?);
    if let Some(trunk) = trunk {
        Acceptances::new(repo, tips.to_vec()).excuse_by_history(trunk, &mut verdict)?;
    }
    Ok(Some(Judgement {
        commits: graph.len(),
        verdict,
        unreadable: judged.unreadable,
        ..Judgement::default()
    }))
}

/// True if some commit of a history, or its trunk, carries a policy.
fn is_governed(repo: &Repo, judged: &Judged, trunk: Option<Oid>) -> Result<bool, GuardError> {
    let is_ruled = judged.without_base.len() < judged.commits
        || judged.without_base.values().any(|by_another| *by_another);
    if is_ruled || !judged.policy_moves.is_empty() {
        return Ok(true);
    }
    let bases = Bases::new(repo.objects());
    Ok(match trunk {
        Some(trunk) => bases.adopted(trunk)?.is_some(),
        None => false,
    })
}

/// Judges merges that keep protected entries of one parent and not of another, each by the policy of
/// the parent that is named with it.
fn judge_choices(repo: &Repo, choices: &[(Step, Option<Oid>)]) -> Result<Verdict, GuardError> {
    let bases = Bases::new(repo.objects());
    let mut verdict = Verdict::default();
    for (merge, base) in choices {
        let Some(base) = base else { continue };
        if let Some(found) = bases.adopted(*base)? {
            let provenance = Provenance::new(repo, &bases, &found.policy, *base);
            verdict.absorb(provenance.judge_merge(merge)?);
        }
    }
    Ok(verdict)
}

/// Judges each of these commits by the policy of its first parent.
pub fn judge_commits_by_parents(repo: &Repo, commits: Vec<Walked>) -> Result<Verdict, GuardError> {
    let objects = repo.objects().for_long_reads();
    let mut buffer = Vec::new();
    let steps = commits.into_iter();
    let steps = steps.map(|one| Step::read(&objects, one.oid, &mut buffer));
    Ok(pipeline::judge(repo.objects(), steps, Rulebook::OfParents)?.verdict)
}

/// Judges by one policy these commits, or, without them, all that the tips reach.
fn judge_by(
    repo: &Repo,
    range: &RevRange,
    commits: Option<Vec<Walked>>,
    policy: &Policy,
    base: Option<Oid>,
) -> Result<Judgement, GuardError> {
    let mut judgement = Judgement::default();
    let applies = |name: &RefName| policy.applies_to(name);
    if !range.reference.as_ref().is_none_or(applies) {
        return Ok(judgement);
    }
    let rulebook = Rulebook::One(policy);
    let objects = repo.objects().for_long_reads();
    let again = commits.clone();
    let judged = match commits {
        Some(commits) => {
            pipeline::judge(repo.objects(), stream::steps(&objects, commits), rulebook)?
        }
        None => {
            let stream = Stream::new(repo, &objects, &range.tips)?;
            pipeline::judge(repo.objects(), stream, rulebook)?
        }
    };
    judgement.commits = judged.commits;
    judgement.verdict = judged.verdict;
    if judgement.verdict.changes_policy {
        let again = again.map_or_else(|| history::reachable(repo, &range.tips, &[]), Ok)?;
        keyring::judge_again(repo, policy, &again, &mut judgement.verdict)?;
    }
    let Some(base) = base else {
        excuse(repo, range, policy, base, &mut judgement.verdict)?;
        return Ok(judgement);
    };
    let bases = Bases::new(repo.objects());
    let provenance = Provenance::new(repo, &bases, policy, base);
    for (merge, _) in &judged.choices {
        judgement.verdict.absorb(provenance.judge_merge(merge)?);
    }
    let unnamed = RefName::new("HEAD");
    let reference = range.reference.as_ref().unwrap_or(&unnamed);
    for tip in &range.tips {
        judgement.tips += 1;
        let moved = provenance.tip_move(reference, base, *tip, Rewriting::Allowed)?;
        if let Some(moved) = moved {
            judgement.verdict.absorb(rules::check(policy, &moved));
        }
    }
    excuse(repo, range, policy, Some(base), &mut judgement.verdict)?;
    Ok(judgement)
}

/// Takes out of the verdict what was accepted, as far as that can be seen from the range and from
/// what it is held against.
fn excuse(
    repo: &Repo,
    range: &RevRange,
    policy: &Policy,
    base: Option<Oid>,
    verdict: &mut Verdict,
) -> Result<(), GuardError> {
    let bases: Vec<_> = range.hidden.iter().copied().chain(base).collect();
    let places = [&range.tips[..], &bases].concat();
    Acceptances::new(repo, places).excuse(policy, &bases, verdict)
}

#[cfg(test)]
mod tests;
