//! The lease of the process that aggregates: one at a time, by compare-and-swap on one reference.

use super::AggregateError;
use super::holder::Holder;
use crate::ref_moves;
use baton_core::model::{Oid, RefName};
use baton_git::{GitError, RefEdit, Repo, StoreError};
use baton_sys::{clock, process};

/// The reference that names the holder's record.
pub const REFERENCE: &str = "refs/baton/lease/aggregate";

/// The number of tries for the lease of a process that is gone.
const ATTEMPTS: usize = 5;

/// A lease, held until it is released or dropped.
pub struct Lease<'a> {
    repo: &'a Repo,
    record: Oid,
}

impl<'a> Lease<'a> {
    /// Takes the lease, from a process of this machine that is gone if need be.
    ///
    /// # Errors
    /// [`AggregateError::Held`] names the holder.
    pub fn take(repo: &'a Repo) -> Result<Self, AggregateError> {
        let who = baton_git::signing::committer(repo)?.to_string();
        let owner = who
            .rsplit_once("> ")
            .map_or(who.clone(), |(who, _)| format!("{who}>"));
        let own = Holder {
            owner,
            host: baton_sys::host_name(),
            pid: process::own_id(),
            process_started: process::started(process::own_id()),
            since: clock::timestamp(clock::now()),
        };
        Self::take_as(repo, &own)
    }

    /// Takes the lease in this name.
    pub fn take_as(repo: &'a Repo, own: &Holder) -> Result<Self, AggregateError> {
        let json = serde_json::to_vec(own).expect("a record is plain text");
        let record = repo.store().blob(&json)?;
        for _ in 0..ATTEMPTS {
            let old = repo.refs().resolve(REFERENCE)?;
            if let Some(old) = old
                && let Some(holder) = holder_of(repo, old)?
                && !holder.is_gone(&own.host)
            {
                return Err(AggregateError::Held {
                    holder: Box::new(holder),
                    record: old,
                });
            }
            let edit = RefEdit {
                name: RefName::new(REFERENCE),
                old,
                new: Some(record),
            };
            match ref_moves::transact(repo, &[edit], "baton: aggregate") {
                Ok(()) => return Ok(Self { repo, record }),
                Err(StoreError::Raced(_)) => {}
                Err(StoreError::Git(error)) => return Err(error.into()),
            }
        }
        Err(AggregateError::Crowded(ATTEMPTS))
    }

    /// Gives the lease up.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let edit = RefEdit {
            name: RefName::new(REFERENCE),
            old: Some(self.record),
            new: None,
        };
        // A lease that stays behind is taken from a process that is gone by the next one.
        ref_moves::transact(self.repo, &[edit], "baton: aggregate").ok();
    }
}

impl Holder {
    /// Returns true if it is a process of this machine that is not there any more.
    fn is_gone(&self, host: &str) -> bool {
        self.host == host && process::is_gone(self.pid, self.process_started)
    }
}

/// The holder that the record names; a record that cannot be read holds nothing.
fn holder_of(repo: &Repo, record: Oid) -> Result<Option<Holder>, GitError> {
    Ok(serde_json::from_slice(&repo.objects().blob(record)?).ok())
}
