//! `handoff-rollback`: a branch does not lose the newest entry of a protected path.

use super::undo_command::pathspec;
use crate::model::{MergeChoice, Oid, RuleId, TipEntry, TipFault, TipMove, Verdict, Violation};
use crate::policy::Policy;

/// Judges a branch that moves: the new tip has every writer of a protected path in its history that
/// the old tip had.
pub(super) fn check(tip: &TipMove, verdict: &mut Verdict) {
    for (entry, _) in lost(&tip.entries) {
        verdict.violations.push(Violation {
            rule: RuleId::HandoffRollback,
            commit: tip.new,
            reference: Some(tip.reference.clone()),
            old: Some(tip.old),
            path: Some(entry.path.clone()),
            sessions: Vec::new(),
            message: message(tip, entry),
            help: help(tip),
        });
    }
}

/// Judges a merge: the entry that it keeps comes from those that it gives up, or a maintainer has
/// signed the choice.
pub(super) fn check_choice(policy: &Policy, merge: &MergeChoice, verdict: &mut Verdict) {
    for (entry, writer) in lost(&merge.entries) {
        let signed = super::maintainer_signed(policy, &merge.commit);
        if matches!(signed, Some(Ok(_))) {
            continue;
        }
        let writer = writer.short();
        let path = pathspec(entry.path.as_ref());
        verdict.violations.push(Violation {
            rule: RuleId::HandoffRollback,
            commit: super::commit_id(&merge.commit),
            reference: None,
            old: None,
            path: Some(entry.path.clone()),
            sessions: Vec::new(),
            message: format!(
                "the merge keeps a protected entry that does not come from what {writer} wrote, and gives that up"
            ),
            help: format!(
                "merge again and keep what {writer} wrote (`git restore --source={writer} --staged --worktree -- {path}` before the commit), or ask a maintainer to sign the merge"
            ),
        });
    }
}

fn lost(entries: &[TipEntry]) -> impl Iterator<Item = (&TipEntry, Oid)> {
    entries.iter().filter_map(|entry| match entry.fault {
        TipFault::Lost(writer) => Some((entry, writer)),
        TipFault::Foreign(_) => None,
    })
}

fn message(tip: &TipMove, entry: &TipEntry) -> String {
    let branch = tip.reference.readable();
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

fn help(tip: &TipMove) -> String {
    let old = tip.old.short();
    match tip.new {
        None => format!(
            "keep the branch, until one that stays carries the entry of {old} too; what nobody needs any more a maintainer gives up (`git baton accept {} --rule handoff-rollback --reason '…'`)",
            tip.old
        ),
        Some(new) => format!(
            "keep the entry of {old}: merge or rebase onto it, or begin a new branch where you want to start (`git switch -c <name> {}`)",
            new.short()
        ),
    }
}
