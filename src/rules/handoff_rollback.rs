//! `handoff-rollback`: a branch does not lose the newest entry of a protected path.

use crate::model::{RuleId, TipEntry, TipMove, Verdict, Violation};

/// Judges a branch that moves: each protected path that differs between the two tips must have
/// been carried from the old entry to the new one by commits of the move.
pub(super) fn check(tip: &TipMove, verdict: &mut Verdict) {
    for entry in tip
        .entries
        .iter()
        .filter(|entry| !entry.derived && entry.old.is_some())
    {
        verdict.violations.push(Violation {
            rule: RuleId::HandoffRollback,
            commit: tip.new,
            reference: Some(tip.reference.clone()),
            path: Some(entry.path.clone()),
            sessions: Vec::new(),
            why: why(tip, entry),
            instead: instead(tip),
        });
    }
}

fn why(tip: &TipMove, entry: &TipEntry) -> String {
    let branch = String::from_utf8_lossy(&tip.reference).into_owned();
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch);
    let fate = match (tip.new, entry.new) {
        (None, _) => {
            return format!(
                "the branch {branch} is deleted, and with it the newest protected entry"
            );
        }
        (_, None) => "loses the protected entry",
        _ => "goes back behind, or round, the newest protected entry",
    };
    format!("the branch {branch} {fate}, and no commit that may write the path says so")
}

fn instead(tip: &TipMove) -> String {
    let old = tip.old.short();
    match tip.new {
        None => format!("keep the branch, until one that stays carries the entry of {old} too"),
        Some(new) => format!(
            "keep the entry of {old}: merge or rebase onto it, or begin a new branch where you want to start (`git switch -c <name> {}`)",
            new.short()
        ),
    }
}
