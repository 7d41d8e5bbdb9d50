//! `pre-push`: the commits that a push would publish.

use super::ref_lines::{self, PushLine};
use super::{Call, HookError};
use baton_git::Repo;
use baton_guard::Judgement;
use baton_guard::branch_moves::{self, Witness};
use baton_guard::rev_range::{self, RevRange};
use baton_guard::updates::{self, Place, RefUpdate};

/// Judges, for each branch, what the remote does not have there by the policy of what it has.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Judgement, HookError> {
    let remote = super::argument(call, 0, "the remote's name")?
        .to_string_lossy()
        .into_owned();
    let tracked = repo
        .refs()
        .below(&format!("refs/remotes/{remote}/"))
        .unwrap_or_default();
    let tracked = tracked.into_iter().map(|(_, oid)| oid);
    let tracked: Vec<_> = tracked
        .filter(|oid| repo.objects().contains(*oid))
        .collect();
    let tracked = repo.peeled(&tracked)?;
    let mut judgement = Judgement::default();
    let mut new_branches = Vec::new();
    let lines = ref_lines::parse_push(&call.input)?;
    judgement.absorb(by_whom(repo, &lines)?);
    for line in lines {
        let Some(tip) = line.local.object().filter(|_| line.reference.is_branch()) else {
            continue;
        };
        let old = line
            .remote
            .object()
            .filter(|oid| repo.objects().contains(*oid));
        if old.is_none() {
            new_branches.push(RefUpdate {
                reference: line.reference.clone(),
                old: None,
                new: Some(tip),
            });
        }
        let hidden = old.map_or_else(|| tracked.clone(), |old| vec![old]);
        let range = RevRange {
            reference: Some(line.reference.clone()),
            tips: vec![tip],
            hidden,
            old,
        };
        judgement.absorb(rev_range::judge(repo, &range)?);
    }
    // A remote-tracking branch is a claim that anybody can write. What this guard has let be is
    // not, so a new branch is held against that as well.
    if judgement.verdict.is_clean() {
        judgement.absorb(updates::judge(repo, &new_branches, Place::Clone)?);
    }
    Ok(judgement)
}

/// Judges by whom the remote's branches are moved or deleted. What this clone does not have of them
/// is left behind.
fn by_whom(repo: &Repo, lines: &[PushLine]) -> Result<Judgement, HookError> {
    let moved: Vec<_> = lines
        .iter()
        .map(|line| RefUpdate {
            reference: line.reference.clone(),
            old: line.remote.object(),
            new: line.local.object(),
        })
        .collect();
    Ok(branch_moves::judge(repo, &moved, Witness::Push)?)
}
