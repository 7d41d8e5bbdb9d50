//! `branch-move`: a branch is moved, rewritten and deleted by those whom the policy names.

use crate::model::{
    BranchMove, Landing, RefName, RuleId, SessionBranch, StashMove, Step, Verdict, Violation,
};
use crate::policy::{Mover, Policy};

/// Judges a branch that is created, moved or deleted by who does it.
pub(super) fn check(policy: &Policy, moved: &BranchMove, verdict: &mut Verdict) {
    if let Some(session) = &moved.session
        && policy.sessions.own_branches
        && moved.landing != Landing::Proven
        && !session.owns(&moved.reference)
    {
        verdict.violations.push(foreign(moved, session));
        return;
    }
    let Some(rule) = policy.branch_rule(&moved.reference) else {
        return;
    };
    let who = rule.who(moved.step);
    if who == Mover::Anyone || moved.landing == Landing::Published {
        return;
    }
    let objection = match (who, moved.landing) {
        (Mover::Landing, Landing::Proven) => return,
        _ if moved.step == Step::Forward => match is_signed(policy, moved) {
            Ok(()) => return,
            Err(objection) => objection,
        },
        _ => "no maintainer has accepted that".to_owned(),
    };
    if who == Mover::Landing && moved.landing == Landing::Unknown {
        verdict.defer(RuleId::BranchMove);
        return;
    }
    let (message, help) = (message(moved, who, &objection), help(moved, who));
    verdict.violations.push(violation(moved, message, help));
}

/// Judges a change of the stash from the worktree of a session.
pub(super) fn check_stash(policy: &Policy, moved: &StashMove, verdict: &mut Verdict) {
    if policy.sessions.may_stash || moved.old == moved.new {
        return;
    }
    let what = match moved.new {
        Some(_) => "pushes to",
        None => "takes away",
    };
    verdict.violations.push(Violation {
        rule: RuleId::BranchMove,
        commit: moved.new,
        reference: Some(RefName::new("refs/stash")),
        old: None,
        path: None,
        sessions: vec![moved.session.clone()],
        message: format!(
            "the worktree of session {} {what} the stash, which is one for all worktrees",
            moved.session
        ),
        help: match moved.new {
            Some(_) => "put the work aside on the session's own branch: `git add --all`, then \
                        `git commit -m \"work in progress\"`"
                .to_owned(),
            None => "leave it to the worktree that has stashed it".to_owned(),
        },
    });
}

fn foreign(moved: &BranchMove, session: &SessionBranch) -> Violation {
    let name = moved.reference.readable();
    let message = format!(
        "the worktree of session {} {} {name}, which is not its own branch",
        session.session,
        does(moved)
    );
    let own = session.branch.as_ref().map(RefName::readable);
    let help = match &own {
        Some(own) => format!(
            "work on {own} (`git switch {own}`), or on a branch below it (`git switch -c {own}-part`)"
        ),
        None => "begin the session on a branch of its own: `git baton session start`".to_owned(),
    };
    Violation {
        sessions: vec![session.session.clone()],
        ..violation(moved, message, help)
    }
}

fn violation(moved: &BranchMove, message: String, help: String) -> Violation {
    Violation {
        rule: RuleId::BranchMove,
        commit: moved.new,
        reference: Some(moved.reference.clone()),
        old: moved.old,
        path: None,
        sessions: Vec::new(),
        message,
        help,
    }
}

/// Fails unless a maintainer whom the base lists has signed the new tip.
fn is_signed(policy: &Policy, moved: &BranchMove) -> Result<(), String> {
    let Some(signature) = &moved.signature else {
        return Err("its new tip is not signed".to_owned());
    };
    let verified = policy.signing.maintainer(signature);
    verified.map(drop).map_err(|error| error.to_string())
}

fn message(moved: &BranchMove, who: Mover, objection: &str) -> String {
    let name = moved.reference.readable();
    let what = match moved.step {
        Step::Forward if moved.old.is_none() => "is created",
        Step::Forward => "moves",
        Step::Rewrite => "loses commits",
        Step::Delete => "is deleted",
    };
    match (who, moved.step) {
        (Mover::Landing, Step::Forward) => {
            format!(
                "the branch {name} {what}, which only a landing or a maintainer may do; this is no landing, and {objection}"
            )
        }
        (Mover::Landing, _) => {
            format!("the branch {name} {what}, which only a landing may do, and this is none")
        }
        _ => format!("the branch {name} {what}, which only a maintainer may do, and {objection}"),
    }
}

fn help(moved: &BranchMove, who: Mover) -> String {
    let name = moved.reference.readable();
    match (moved.step, moved.new) {
        (Step::Forward, Some(new)) if who == Mover::Landing => {
            let (new, branch) = (new.short(), format!("land-{}", new.short()));
            format!(
                "have the work landed: `git switch -c {branch} {new}`, then `git baton orchestrator merge --into {name} {branch}`"
            )
        }
        (Step::Forward, Some(new)) => {
            let (new, branch) = (new.short(), format!("for-{}", new.short()));
            format!(
                "keep the work on a branch (`git branch {branch} {new}`) and ask a maintainer to merge and sign it (`git merge --no-ff -S {branch}`)"
            )
        }
        (Step::Rewrite, Some(new)) => format!(
            "undo what has landed by a new commit (`git revert`), or begin a branch where you want to start (`git switch -c from-{0} {0}`)",
            new.short()
        ),
        _ => "keep the branch".to_owned(),
    }
}

fn does(moved: &BranchMove) -> &'static str {
    match (moved.step, moved.old) {
        (Step::Delete, _) => "deletes",
        (_, None) => "creates",
        _ => "moves",
    }
}

#[cfg(test)]
mod tests;
