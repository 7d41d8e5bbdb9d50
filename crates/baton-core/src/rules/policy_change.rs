//! `policy-change`: the policy and the list of signers protect themselves.

use bstr::{BString, ByteSlice};

use super::undo_command::undo_command;
use crate::model::{CommitChange, MergeChoice, PathChange, RuleId, TipFault, Verdict, Violation};
use crate::policy::{POLICY_PATH, Policy, SETTINGS_PATH, settings};

/// Judges the commit's changes to the policy's own files. The exceptions are the first commit of a
/// policy, before which no parent has one, and one that leaves the rules as they are.
pub(super) fn check(policy: &Policy, commit: &CommitChange, verdict: &mut Verdict) {
    if commit.paths.iter().any(introduces_policy) {
        return;
    }
    let keeps_rules = |change: &PathChange| change.path == POLICY_PATH && has_same_rules(commit);
    let changed = commit
        .paths
        .iter()
        .filter(|change| policy.is_policy_file(change.path.as_ref()) && !keeps_rules(change));
    for change in changed {
        match super::maintainer_signed(policy, commit) {
            None => verdict.defer(RuleId::PolicyChange),
            Some(Ok(_)) => verdict.changes_policy = true,
            Some(Err(reason)) => verdict.violations.push(Violation {
                rule: RuleId::PolicyChange,
                commit: super::commit_id(commit),
                reference: None,
                old: None,
                path: Some(change.path.clone()),
                sessions: super::bundled_sessions::sessions(policy, commit),
                message: format!(
                    "the commit changes the rules by which it is judged, which only a maintainer may do, and {reason}"
                ),
                help: format!(
                    "{} and {}{}",
                    undo_command(commit, change),
                    super::whom_to_ask(policy),
                    unsigned_way(change)
                ),
            }),
        }
    }
}

/// Judges a merge: it takes no policy file over that a commit with a policy of its own has brought,
/// unless a maintainer has signed it.
pub(super) fn check_choice(policy: &Policy, merge: &MergeChoice, verdict: &mut Verdict) {
    let came = merge.entries.iter().filter(|entry| {
        matches!(entry.fault, TipFault::Foreign(_)) && policy.is_policy_file(entry.path.as_ref())
    });
    for entry in came {
        if matches!(super::maintainer_signed(policy, &merge.commit), Some(Ok(_))) {
            continue;
        }
        verdict.violations.push(Violation {
            rule: RuleId::PolicyChange,
            commit: super::commit_id(&merge.commit),
            reference: None,
            old: None,
            path: Some(entry.path.clone()),
            sessions: Vec::new(),
            message: "the branch takes over a file that its policy rests on from a history with another policy, and no maintainer has put it there".to_owned(),
            help: format!("leave the file out and {}", super::whom_to_ask(policy)),
        });
    }
}

/// Returns the help on changes that need no signature, where one of those may have been wanted.
fn unsigned_way(change: &PathChange) -> String {
    match change.path == POLICY_PATH {
        true => format!(
            "; settings need no signature: they go into {SETTINGS_PATH}, or for this clone alone into git's configuration, such as `git config baton.pool.size 3`"
        ),
        false => String::new(),
    }
}

/// True if the commit changes nothing of the policy but settings. This version has to know every key
/// of its text and of the text in each parent; the rest of the text has to be the same to the byte, and
/// to make the same rules.
fn has_same_rules(commit: &CommitChange) -> bool {
    let Some(edit) = &commit.policy else {
        return false;
    };
    let Some((after, rules)) = read(&edit.after) else {
        return false;
    };
    let is_same = |text| {
        read(text).is_some_and(|(before, text)| before.has_rules_of(&after) && text == rules)
    };
    !edit.before.is_empty() && edit.before.iter().all(is_same)
}

/// The policy in a text, and the text without the settings.
fn read(text: &BString) -> Option<(Policy, String)> {
    let policy = Policy::parse(POLICY_PATH, text).ok()?;
    let (rules, _) = settings::split(text.to_str().ok()?)?;
    Some((policy, rules))
}

fn introduces_policy(change: &PathChange) -> bool {
    change.path == POLICY_PATH
        && change.after.is_some()
        && change.before.iter().all(Option::is_none)
}
