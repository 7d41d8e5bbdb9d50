//! References that would show something else under a guarded name: replacements, and branches that become other
//! names.

use bstr::{BStr, BString};

use super::base::{BasePolicy, Bases};
use super::{GuardError, Judgement};
use baton_core::model::{Oid, Verdict, Violation};
use baton_core::rules::reference;
use baton_git::Repo;

/// Judges references below `refs/replace/` that come to name these objects, where any branch has a policy.
pub fn replacements(repo: &Repo, named: &[(BString, Oid)]) -> Result<Judgement, GuardError> {
    if named.is_empty() || !is_guarded(repo)? {
        return Ok(Judgement::default());
    }
    let violations = named
        .iter()
        .map(|(name, by)| reference::replacement(name.as_ref(), *by));
    Ok(broken(violations.collect()))
}

/// Judges branches that become other names for these references: of a branch on which the rules hold, only
/// another such one may be the target.
pub fn aliases(repo: &Repo, named: &[(BString, BString)]) -> Result<Judgement, GuardError> {
    let bases = Bases::new(repo.objects());
    let mut violations = Vec::new();
    for (branch, target) in named {
        let own = policy_of(repo, &bases, branch.as_ref())?;
        let at_target = policy_of(repo, &bases, target.as_ref())?;
        let Some(own) = own.or_else(|| at_target.clone()) else {
            continue;
        };
        let is_guarded = target.starts_with(b"refs/heads/")
            && at_target.is_none_or(|base| base.policy.applies_to(target.as_ref()));
        if own.policy.applies_to(branch.as_ref()) && !is_guarded {
            violations.push(reference::unguarded_alias(branch.as_ref(), target.as_ref()));
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

/// Whether any branch has a policy, were it one that cannot be read.
fn is_guarded(repo: &Repo) -> Result<bool, GuardError> {
    let bases = Bases::new(repo.objects());
    for (name, _) in repo.refs().below("refs/heads/")? {
        if !matches!(policy_of(repo, &bases, name.as_ref()), Ok(None)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn policy_of(
    repo: &Repo,
    bases: &Bases<'_>,
    name: &BStr,
) -> Result<Option<std::rc::Rc<BasePolicy>>, GuardError> {
    let Some(oid) = repo.refs().resolve_all(&[name])?.pop().flatten() else {
        return Ok(None);
    };
    match repo.objects().peel_to_commit(oid)? {
        Some(commit) => bases.at(commit),
        None => Ok(None),
    }
}
