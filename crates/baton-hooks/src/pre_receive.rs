//! `pre-receive`: everything that a push brings to a server.

use super::ref_lines::{self, RefLine};
use super::{Call, HookError, namespace};
use baton_core::model::{Oid, RefName};
use baton_git::Repo;
use baton_guard::branch_moves::{self, Witness};
use baton_guard::updates::{self, Place, RefUpdate};
use baton_guard::{Judgement, reference};
use baton_sys::GitEnv;

/// Judges the branches that the push moves or deletes, in the namespace that it is for, and by whatever
/// symbolic reference. The objects wait in quarantine, which [`Repo::open`] reads through git's environment.
pub(super) fn answer(repo: &Repo, env: &GitEnv, call: &Call) -> Result<Judgement, HookError> {
    let outer = namespace::prefix(&env.namespace);
    let mut lines = ref_lines::parse(&call.input)?;
    for line in &mut lines {
        line.reference = RefName::new([&outer[..], &line.reference].concat());
    }
    let names: Vec<_> = lines.iter().map(|line| line.reference.as_ref()).collect();
    let followed = repo.refs().followed(&names)?;
    for (line, name) in lines.iter_mut().zip(followed) {
        line.reference = name;
    }
    let mut judgement = reference::replacements(repo, &replacements(&lines))?;
    for (prefix, lines) in namespace::groups(lines) {
        let repo = repo.in_namespace(prefix);
        judgement.absorb(branches(&repo, lines)?);
    }
    Ok(judgement)
}

fn branches(repo: &Repo, mut lines: Vec<RefLine>) -> Result<Judgement, HookError> {
    lines.retain(|line| line.reference.is_branch());
    let names: Vec<_> = lines.iter().map(|line| line.reference.as_ref()).collect();
    let olds = repo.refs().resolve_all(&names)?;
    let moved: Vec<_> = lines
        .into_iter()
        .zip(olds)
        .map(|(line, old)| RefUpdate {
            old,
            new: line.new.object(),
            reference: line.reference,
        })
        .collect();
    let mut judgement = updates::judge(repo, &moved, Place::Server)?;
    judgement.absorb(branch_moves::judge(repo, &moved, Witness::Server)?);
    Ok(judgement)
}

/// The replacements that these lines make.
pub(super) fn replacements(lines: &[RefLine]) -> Vec<(RefName, Oid)> {
    let made = lines.iter().filter(|line| is_replacement(line));
    made.filter_map(|line| Some((line.reference.clone(), line.new.object()?)))
        .collect()
}

/// True if git looks there for what to show in an object's place.
pub(super) fn is_replacement(line: &RefLine) -> bool {
    line.reference.starts_with(b"refs/replace/")
}
