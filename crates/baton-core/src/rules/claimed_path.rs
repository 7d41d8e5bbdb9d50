//! `claimed-path`: a path that a session at work claims is left to it.

use crate::model::{ClaimedPath, RuleId, Verdict, Violation};
use crate::policy::Policy;

/// Judges a path that is about to be committed and that another session claims.
pub(super) fn check(policy: &Policy, claimed: &ClaimedPath, verdict: &mut Verdict) {
    if !policy.sessions.refuses_claimed {
        return;
    }
    verdict.violations.push(Violation {
        rule: RuleId::ClaimedPath,
        commit: None,
        reference: None,
        old: None,
        path: Some(claimed.path.clone()),
        sessions: vec![claimed.session.clone()],
        message: claimed.to_string(),
        help: claimed.help(),
    });
}
