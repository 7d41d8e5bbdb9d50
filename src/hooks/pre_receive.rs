//! `pre-receive`: everything that a push brings to a server.

use super::ref_lines;
use super::{Call, HookError};
use crate::git::Repo;
use crate::guard::Judgement;
use crate::guard::branch_moves::{self, Witness};
use crate::guard::updates::{self, Place, RefUpdate};

/// Judges the branches that the push moves or deletes. The objects wait in quarantine, which
/// [`Repo::open`] reads through git's environment.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Judgement, HookError> {
    let mut lines = ref_lines::parse(&call.input)?;
    lines.retain(|line| line.reference.starts_with(b"refs/heads/"));
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
