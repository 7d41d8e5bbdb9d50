//! The claims of the sessions that are at work in this clone.
//!
//! `refs/baton/claims` names a blob with all claims ([`baton_core::claims::record`]), so that one compare-and-swap decides
//! between two sessions that want the same path. It is there only while something is claimed. A claim holds while a worktree
//! that is there is bound to its session; what else the record says is stale.

use baton_core::claims::{Claim, HeldClaim, record};
use baton_core::model::{Oid, RefName};
use baton_git::{GitError, Repo};
use baton_sys::file;

use super::{GuardError, binding};

/// The reference that names the record.
pub const REFERENCE: &str = "refs/baton/claims";

/// The claims as they are recorded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// The record; `None` where nothing is claimed.
    pub blob: Option<Oid>,
    /// The claims in it, the stale with the rest.
    pub claims: Vec<Claim>,
}

/// Reads the record: one look at a reference where nothing is claimed.
///
/// # Errors
/// [`GuardError::Claims`] when the reference names no record.
pub fn recorded(repo: &Repo) -> Result<Recorded, GuardError> {
    let none = |error: GitError| GuardError::Claims(error.to_string());
    let Some(blob) = repo.refs().resolve(REFERENCE).map_err(none)? else {
        return Ok(Recorded::default());
    };
    let json = repo.objects().blob(blob).map_err(none)?;
    let claims = record::read(&json).map_err(GuardError::Claims)?;
    let blob = Some(blob);
    Ok(Recorded { blob, claims })
}

/// The claims of sessions at work.
pub fn held(repo: &Repo) -> Result<Vec<HeldClaim>, GuardError> {
    at_work(repo, recorded(repo)?.claims)
}

/// Those of these claims whose session is bound to a worktree that is there.
pub fn at_work(repo: &Repo, claims: Vec<Claim>) -> Result<Vec<HeldClaim>, GuardError> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let mut bound = Vec::new();
    for worktree in repo.worktrees()? {
        let root = repo
            .root_of(&worktree)
            .filter(|root| file::is_directory(root));
        if let (Some(root), Some(binding)) = (root, binding::in_git_dir(&worktree.git_dir)?) {
            bound.push((root, binding));
        }
    }
    let held = claims.into_iter().filter_map(|claim| {
        let mut bound = bound.iter();
        let (root, binding) =
            bound.find(|(_, binding)| binding.session.agrees_with(&claim.session))?;
        let branch = binding.branch.as_ref().map(RefName::readable);
        Some(HeldClaim {
            claim,
            worktree: root.display().to_string(),
            branch: branch.map(|name| name.into_owned()),
        })
    });
    Ok(held.collect())
}
