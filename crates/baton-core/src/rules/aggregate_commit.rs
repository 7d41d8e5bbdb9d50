//! `aggregate-commit`: a commit that claims to be the orchestrator's aggregate proves it.

use bstr::ByteSlice;

use super::aggregate::{self, Claim, Terms};
use crate::model::{
    AggregateEvidence, CommitChange, CommitRef, Oid, RuleId, Trailer, Verdict, Violation, trailers,
};
use crate::policy::Policy;

/// Judges a commit whose message claims that it is an aggregate.
pub(super) fn check(policy: &Policy, commit: &CommitChange, verdict: &mut Verdict) {
    if !super::commit_claims_aggregate(policy, commit) {
        return;
    }
    let CommitRef::Commit(_) = commit.subject else {
        verdict.defer(RuleId::AggregateCommit);
        return;
    };
    for message in objections(policy, commit) {
        verdict.violations.push(Violation {
            rule: RuleId::AggregateCommit,
            commit: super::commit_id(commit),
            reference: None,
            old: None,
            path: Some(policy.handoff.path.clone()),
            sessions: super::bundled_sessions::sessions(policy, commit),
            message: format!("the commit says that it is an aggregate, but {message}"),
            help: made_elsewhere(policy, commit).unwrap_or_else(|| "leave the handoff file to the orchestrator: write your session's summary, and the orchestrator makes the aggregate commit".to_owned()),
        });
    }
}

/// The remedy for an aggregate that git has carried to another commit, as a rebase does.
fn made_elsewhere(policy: &Policy, commit: &CommitChange) -> Option<String> {
    let parent = commit.parents.first()?;
    let message = commit.message.as_ref()?;
    let mut bases = trailers::values(message.as_ref(), &policy.trailers.base);
    let base: Oid = bases.next()?.to_str().ok()?.parse().ok()?;
    (base != *parent).then(|| {
        format!(
            "an aggregate is made for one parent, and git cannot carry it to another: end the rebase or the pick (`git rebase --abort`), and bring the histories together by a merge, which leaves the aggregate as it is (`git pull --no-rebase`); where it is all that the branch has beside {0}, it can be made again there (`git baton orchestrator aggregate --onto {0}`)",
            parent.short()
        )
    })
}

/// Everything that keeps the commit from being an aggregate, each as the end of a sentence.
fn objections(policy: &Policy, commit: &CommitChange) -> Vec<String> {
    let terms = Terms {
        handoff: &policy.handoff,
        keys: &policy.trailers,
        bound: policy.sessions.bound,
    };
    let nothing = AggregateEvidence::default();
    let trailers = claimed(policy, commit);
    let claim = Claim {
        trailers: &trailers,
        parents: &commit.parents,
        change: commit
            .paths
            .iter()
            .find(|change| change.path == policy.handoff.path),
        evidence: commit.aggregate.as_ref().unwrap_or(&nothing),
    };
    let proof = aggregate::check_proof(&claim, &terms).into_iter();
    proof
        .map(|error| error.to_string())
        .chain(signature_objection(policy, commit))
        .collect()
}

fn claimed(policy: &Policy, commit: &CommitChange) -> Vec<Trailer> {
    let keys = &policy.trailers;
    let recognised = [
        &keys.aggregate[..],
        &keys.session,
        &keys.summary,
        &keys.base,
        &keys.archive,
        &keys.seal,
    ];
    let message = commit.message.as_ref();
    message.map_or_else(Vec::new, |message| {
        trailers::trailers(message.as_ref(), &recognised).collect()
    })
}

fn signature_objection(policy: &Policy, commit: &CommitChange) -> Option<String> {
    let signing = &policy.signing;
    if !signing.aggregate {
        return None;
    }
    let Some(signature) = &commit.signature else {
        return Some(
            "it is not signed, and the policy asks for an orchestrator's signature".to_owned(),
        );
    };
    let verified = signing.signers.verify(signature, &signing.orchestrators);
    verified
        .err()
        .map(|error| format!("its signature does not count: {error}"))
}
