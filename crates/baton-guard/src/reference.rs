//! References that would show something else under a guarded name: replacements, and branches that become other
//! names.

use super::base::{BasePolicy, Bases};
use super::{GuardError, Judgement};
use baton_core::model::{Oid, RefName, Verdict, Violation};
use baton_core::rules::reference;
use baton_git::Repo;

/// Judges references below `refs/replace/` that come to name these objects, where any branch has a policy.
pub fn replacements(repo: &Repo, named: &[(RefName, Oid)]) -> Result<Judgement, GuardError> {
    if named.is_empty() || !is_guarded(repo)? {
        return Ok(Judgement::default());
    }
    let violations = named
        .iter()
        .map(|(name, by)| reference::replacement(name, *by));
    Ok(broken(violations.collect()))
}

/// Judges branches that become other names for these references: of a branch on which the rules hold, only
/// another such one may be the target.
pub fn aliases(repo: &Repo, named: &[(RefName, RefName)]) -> Result<Judgement, GuardError> {
    let bases = Bases::new(repo.objects());
    let mut violations = Vec::new();
    for (branch, target) in named {
        let own = policy_of(repo, &bases, branch)?;
        let at_target = policy_of(repo, &bases, target)?;
        let Some(own) = own.or_else(|| at_target.clone()) else {
            continue;
        };
        let is_guarded =
            target.is_branch() && at_target.is_none_or(|base| base.policy.applies_to(target));
        if own.policy.applies_to(branch) && !is_guarded {
            violations.push(reference::unguarded_alias(branch, target));
        }
    }
    Ok(broken(violations))
}

fn broken(violations: Vec<Violation>) -> Judgement {
    Judgement {
        verdict: Verdict {
            violations,
            ..Verdict::default()
        },
        ..Judgement::default()
    }
}

/// True if any branch has a policy, were it one that cannot be read.
fn is_guarded(repo: &Repo) -> Result<bool, GuardError> {
    let bases = Bases::new(repo.objects());
    for (name, _) in repo.refs().branches()? {
        if !matches!(policy_of(repo, &bases, &name), Ok(None)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn policy_of(
    repo: &Repo,
    bases: &Bases<'_>,
    name: &RefName,
) -> Result<Option<std::rc::Rc<BasePolicy>>, GuardError> {
    let Some(oid) = repo.refs().resolve(name)? else {
        return Ok(None);
    };
    match repo.objects().peel_to_commit(oid)? {
        Some(commit) => bases.at(commit),
        None => Ok(None),
    }
}
