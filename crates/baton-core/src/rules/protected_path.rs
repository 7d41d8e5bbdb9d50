//! `protected-path`: only its writer changes a protected path.

use super::bundled_sessions;
use super::undo_command::undo_command;
use crate::model::{
    CommitChange, CommitRef, Entry, EntryKind, Override, PathChange, RuleId, SessionId, Verdict,
    Violation,
};
use crate::policy::{Policy, Writer};

/// Judges the commit's changes to protected paths, but for the policy's own files.
pub(super) fn check(policy: &Policy, commit: &CommitChange, verdict: &mut Verdict) {
    for change in &commit.paths {
        if policy.is_policy_file(change.path.as_ref()) {
            continue;
        }
        let Some(writer) = writer(policy, change) else {
            continue;
        };
        if let Some(overriding) = overriding(policy, commit, change, writer) {
            verdict.overrides.push(overriding);
            continue;
        }
        match objection(policy, commit, change, writer) {
            Objection::None => {}
            Objection::Deferred => verdict.defer(RuleId::ProtectedPath),
            Objection::Because(message, help) => verdict.violations.push(Violation {
                rule: RuleId::ProtectedPath,
                commit: super::commit_id(commit),
                reference: None,
                old: None,
                path: Some(change.path.clone()),
                sessions: bundled_sessions::sessions(policy, commit),
                message,
                help,
            }),
        }
    }
}

/// The writer that this change needs. A new file in an alias of a directory is the writer's of what that
/// directory leads to; what is there already may be changed and taken away.
pub(super) fn writer(policy: &Policy, change: &PathChange) -> Option<Writer> {
    let path = change.path.as_ref();
    let is_new = change.before.iter().all(Option::is_none);
    let beside = || is_new.then(|| policy.writer_beside(path)).flatten();
    policy.writer_of(path).or_else(beside)
}

/// A maintainer's own edit of what otherwise only aggregates write: the commit says why, and a
/// maintainer whom the base lists has signed it.
fn overriding(
    policy: &Policy,
    commit: &CommitChange,
    change: &PathChange,
    writer: Writer,
) -> Option<Override> {
    if writer != Writer::Aggregate || super::is_made_aggregate(policy, commit) {
        return None;
    }
    let reason = super::override_reason(policy, commit.message.as_ref()?.as_ref())?;
    let by = super::maintainer_signed(policy, commit)?.ok()?;
    Some(Override {
        rule: RuleId::ProtectedPath,
        commit: super::commit_id(commit)?,
        path: change.path.clone(),
        by,
        reason,
    })
}

/// True if a maintainer may be about to make the commit, and to say why in its message.
fn may_override(policy: &Policy, commit: &CommitChange) -> bool {
    let message = commit.message.as_ref();
    commit.signs_as_maintainer
        && matches!(commit.subject, CommitRef::Pending)
        && message.is_none_or(|message| super::claims_override(policy, message.as_ref()))
}

/// True if a maintainer has signed the commit, or is about to.
fn is_by_maintainer(policy: &Policy, commit: &CommitChange) -> bool {
    match super::maintainer_signed(policy, commit) {
        Some(signed) => signed.is_ok(),
        None => commit.signs_as_maintainer,
    }
}

enum Objection {
    None,
    Deferred,
    Because(String, String),
}

fn objection(
    policy: &Policy,
    commit: &CommitChange,
    change: &PathChange,
    writer: Writer,
) -> Objection {
    let what = match policy.writer_of(change.path.as_ref()) {
        Some(_) => describe(change),
        None => "adds a file to what a file system may take for a protected directory",
    };
    let back = undo_command(commit, change);
    match writer {
        Writer::Nobody => Objection::Because(
            format!("the commit {what}, which no commit may change"),
            format!("{back}; put what you have to say into a file of your own"),
        ),
        Writer::Aggregate if super::is_made_aggregate(policy, commit) => Objection::None,
        Writer::Aggregate if may_override(policy, commit) => Objection::Deferred,
        Writer::Aggregate => Objection::Because(
            format!("the commit {what}, which only the orchestrator's aggregate commit may change"),
            match is_by_maintainer(policy, commit) {
                true => format!(
                    "give the reason in the message, in one trailer `{}: <reason>`, or make the change with `git baton orchestrator edit --reason <reason>`; otherwise {back}",
                    policy.trailers.overriding
                ),
                false => format!(
                    "{back} and write your session's summary to {}; the orchestrator brings every summary in",
                    summary_path(policy, &bundled_sessions::sessions(policy, commit))
                ),
            },
        ),
        Writer::Maintainers => match super::maintainer_signed(policy, commit) {
            None => Objection::Deferred,
            Some(Ok(_)) => Objection::None,
            Some(Err(reason)) => Objection::Because(
                format!("the commit {what}, which only a maintainer may change, and {reason}"),
                format!("{back} and {}", super::whom_to_ask(policy)),
            ),
        },
    }
}

fn describe(change: &PathChange) -> &'static str {
    let existed = change.before.iter().flatten().next();
    match (existed, &change.after) {
        (None, _) => "adds a protected file",
        (Some(_), None) => "deletes or renames a protected file",
        (Some(before), Some(after)) => describe_replacement(before, after),
    }
}

fn describe_replacement(before: &Entry, after: &Entry) -> &'static str {
    match (before.kind(), after.kind()) {
        (EntryKind::File, EntryKind::Symlink) => "replaces a protected file by a symbolic link",
        (EntryKind::File, EntryKind::Submodule) => "replaces a protected file by a submodule",
        (from, to) if from != to => "changes the type of a protected file",
        _ if before.oid == after.oid => "changes the mode of a protected file",
        _ => "changes a protected file",
    }
}

/// The path at which the policy expects the session's summary; with placeholders for what is not known of it.
fn summary_path(policy: &Policy, sessions: &[SessionId]) -> String {
    let known = match sessions {
        [one] => Some(one),
        _ => None,
    };
    let number = known.map_or("<number>", SessionId::number);
    let date = known.and_then(SessionId::date).unwrap_or("<date>");
    policy.sessions.summaries.first().map_or_else(
        || "a file of your own".to_owned(),
        |pattern| pattern.describe(date, number),
    )
}
