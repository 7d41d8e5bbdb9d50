//! Changes of branches to paths that sessions at work claim.

use std::collections::BTreeMap;

use super::ConflictsError;
use super::forecast::ClaimedFiles;
use super::live::{Live, Side};
use crate::settings;
use baton_core::claims::{HeldClaim, Others};
use baton_core::report::escape;
use baton_git::{Repo, diff};
use baton_guard::claims;

/// The claimed paths that each branch has changed since it left the base, but for the branches of the sessions that claim
/// them.
pub fn find(repo: &Repo, live: &Live) -> Result<Vec<ClaimedFiles>, ConflictsError> {
    let held = claims::held(repo)?;
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let policy = settings::policy(repo)?;
    let mut found = Vec::new();
    for side in &live.branches {
        let Some(base) = repo.merge_base(live.base.tip, side.work)? else {
            continue;
        };
        let holder = held.iter().find(|one| is_of(one, side));
        let others = Others {
            policy: &policy,
            session: holder.map(|one| &one.claim.session),
            held: &held,
        };
        let mut files: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for path in diff::changed_paths(repo, base, side.work)? {
            if let Some(claimed) = others.claimed(path.as_ref()) {
                let holder = (claimed.session.to_string(), claimed.holder);
                files
                    .entry(holder)
                    .or_default()
                    .push(escape::invalid_bytes(&path));
            }
        }
        let found_here = files
            .into_iter()
            .map(|((session, holder), files)| ClaimedFiles {
                branch: side.name.clone(),
                session,
                holder,
                files,
            });
        found.extend(found_here);
    }
    Ok(found)
}

/// True if the session that holds the claim works on this branch.
fn is_of(held: &HeldClaim, side: &Side) -> bool {
    let root = side
        .worktree
        .as_ref()
        .map(|root| root.display().to_string());
    held.branch.as_ref() == Some(&side.name) || root.as_ref() == Some(&held.worktree)
}
