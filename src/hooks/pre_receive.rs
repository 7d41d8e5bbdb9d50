//! `pre-receive`: everything that a push brings to a server.

use super::ref_lines;
use super::{Call, HookError};
use crate::git::Repo;
use crate::guard::Judgement;
use crate::guard::updates::{self, Place, RefUpdate};

/// Judges the branches that the push moves or deletes. The objects wait in quarantine, which
/// [`Repo::open`] reads through git's environment.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Judgement, HookError> {
    let mut moved = Vec::new();
    for line in ref_lines::parse(&call.input)? {
        if !line.reference.starts_with(b"refs/heads/") {
            continue;
        }
        moved.push(RefUpdate {
            old: repo
                .refs()
                .resolve(&String::from_utf8_lossy(&line.reference))?,
            new: line.new.object(),
            reference: line.reference,
        });
    }
    Ok(updates::judge(repo, &moved, Place::Server)?)
}
