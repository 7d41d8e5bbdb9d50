//! The judge decides if a change may land. It is one pure function that every hook, the server
//! and CI call, with one file for each rule.

pub mod acceptance;
pub mod aggregate;
mod aggregate_commit;
mod branch_move;
mod bundled_sessions;
mod claimed_path;
mod ended;
mod handoff_rollback;
pub mod info;
mod malformed_tree;
mod policy_change;
mod protected_path;
pub mod reference;
mod undo_command;

use crate::model::{
    Change, CommitChange, CommitRef, Oid, PathChange, SessionId, Verdict, trailers,
};
use crate::policy::{Policy, Writer};

/// The writer that this change of a path needs; `None` when anyone may make it.
pub fn writer(policy: &Policy, change: &PathChange) -> Option<Writer> {
    protected_path::writer(policy, change)
}

/// Judges one change by one policy.
///
/// What the change does not tell yet (the message before it is written, the signature before
/// the commit is made) is named in [`Verdict::deferred`]; the caller has to ask again when
/// the commit exists.
pub fn check(policy: &Policy, change: &Change) -> Verdict {
    let mut verdict = Verdict::default();
    match change {
        Change::Commit(commit) => {
            protected_path::check(policy, commit, &mut verdict);
            malformed_tree::check(commit, &mut verdict);
            bundled_sessions::check(policy, commit, &mut verdict);
            policy_change::check(policy, commit, &mut verdict);
            aggregate_commit::check(policy, commit, &mut verdict);
        }
        Change::Tip(tip) => handoff_rollback::check(tip, &mut verdict),
        Change::Choice(merge) => {
            handoff_rollback::check_choice(policy, merge, &mut verdict);
            policy_change::check_choice(policy, merge, &mut verdict);
        }
        Change::Branch(moved) => branch_move::check(policy, moved, &mut verdict),
        Change::Stash(moved) => branch_move::check_stash(policy, moved, &mut verdict),
        Change::Claimed(claimed) => claimed_path::check(policy, claimed, &mut verdict),
    }
    verdict.violations.sort();
    verdict
}

/// The sessions whose work the commit carries, by the logs and summaries that it writes and by
/// its trailers, sorted.
pub fn sessions(policy: &Policy, commit: &CommitChange) -> Vec<SessionId> {
    bundled_sessions::sessions(policy, commit)
}

/// True if the commit says of itself that it is an aggregate. A claim, not a proof.
pub fn claims_aggregate(policy: &Policy, message: &bstr::BStr) -> bool {
    trailers::values(message, &policy.trailers.aggregate)
        .next()
        .is_some()
}

/// True if the message gives a reason for writing what only aggregate commits write. A claim,
/// not a proof: a maintainer's signature is needed besides.
pub fn claims_override(policy: &Policy, message: &bstr::BStr) -> bool {
    override_reason(policy, message).is_some()
}

/// The reason, if the message gives exactly one and it says something.
fn override_reason(policy: &Policy, message: &bstr::BStr) -> Option<bstr::BString> {
    let mut reasons = trailers::values(message, &policy.trailers.overriding);
    let reason = reasons.next().filter(|reason| !reason.is_empty())?;
    reasons.next().is_none().then_some(reason)
}

fn commit_claims_aggregate(policy: &Policy, commit: &CommitChange) -> bool {
    let message = commit.message.as_ref();
    message.is_some_and(|message| claims_aggregate(policy, message.as_ref()))
}

/// True if the commit exists and claims to be an aggregate; `aggregate-commit` holds it to that.
fn is_made_aggregate(policy: &Policy, commit: &CommitChange) -> bool {
    matches!(commit.subject, CommitRef::Commit(_)) && commit_claims_aggregate(policy, commit)
}

/// The maintainer whom the base lists and who has signed the commit, or why there is none. `None`
/// while the commit does not exist.
fn maintainer_signed(policy: &Policy, commit: &CommitChange) -> Option<Result<String, String>> {
    let CommitRef::Commit(_) = commit.subject else {
        return None;
    };
    Some(match &commit.signature {
        None => Err("it is not signed".to_owned()),
        Some(signature) => {
            let verified = policy.signing.maintainer(signature);
            verified.map_err(|error| error.to_string())
        }
    })
}

/// The way to a change that only a maintainer may make, the end of a remedy.
fn whom_to_ask(policy: &Policy) -> &'static str {
    match policy.signing.signers.is_empty() {
        false => "ask a maintainer for the change, who signs it with `git commit -S`",
        true => {
            "leave it as it is: the policy was committed without a maintainer, so that nobody can ever change it"
        }
    }
}

fn commit_id(commit: &CommitChange) -> Option<Oid> {
    match commit.subject {
        CommitRef::Pending => None,
        CommitRef::Commit(oid) => Some(oid),
    }
}

#[cfg(test)]
mod tests;
