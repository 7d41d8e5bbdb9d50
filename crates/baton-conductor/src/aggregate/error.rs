use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::holder::Holder;
use super::obstacle::Skipped;
use crate::landing::checkouts::Shown;
use crate::session::SessionError;
use crate::settings::SettingsError;
use baton_core::handoff::RenderError;
use baton_core::model::{Oid, RefName};
use baton_git::GitError;
use baton_guard::GuardError;
use baton_hooks::team::RefusedMessage;

/// Why no aggregate was made.
#[derive(Debug, Error, Diagnostic)]
pub enum AggregateError {
    /// The repository does not answer, or a hook refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The guard cannot judge.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),

    /// A hook of the team refuses what the commit would say.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Message(#[from] RefusedMessage),

    /// The record of sessions cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Session(#[from] SessionError),

    /// No branch is checked out.
    #[error("no branch is checked out here, and none was named")]
    #[diagnostic(help("name the branch with `--into BRANCH`"))]
    Detached,

    /// There is no such branch.
    #[error("there is no branch {0}")]
    #[diagnostic(help("`git branch` lists the branches; commit the policy first on a new one"))]
    NoBranch(RefName),

    /// No branch can have such a name.
    #[error("`{0}` is not the name of a branch")]
    #[diagnostic(help("name a local branch as `git branch` lists it, such as `--into main`"))]
    BranchName(String),

    /// The branch has no policy.
    #[error("{0} carries no baton.toml, which says where the handoff file is")]
    #[diagnostic(help("`git baton init` writes one"))]
    NoPolicy(RefName),

    /// git says who commits in a form that is not known.
    #[error("git names the committer as `{0}`, which holds no date")]
    #[diagnostic(help("name the day with `--date YYYY-MM-DD`"))]
    Committer(String),

    /// Sessions are not ready.
    #[error("{}", not_ready(.0))]
    #[diagnostic(help(
        "let these sessions end or give them up, commit and merge their logs, and run the command again; `git baton orchestrator aggregate --partial` leaves out what is not ready"
    ))]
    NotReady(Vec<Skipped>),

    /// A summary, a title or the date cannot stand in an entry.
    #[error("the entry cannot be written")]
    #[diagnostic(help("put it right at its source, and run the command again"))]
    Entry(#[from] RenderError),

    /// Another process aggregates.
    #[error(
        "{} aggregates already: process {} on {}, since {}",
        .holder.owner, .holder.pid, .holder.host, .holder.since
    )]
    #[diagnostic(help(
        "wait until it is done; if that process is gone for good, `git update-ref -d refs/baton/lease/aggregate {record}` gives its lease up"
    ))]
    Held {
        /// Who.
        holder: Box<Holder>,
        /// The lease's record.
        record: Oid,
    },

    /// The branch moved each time.
    #[error("the branch moved in each of {0} attempts")]
    #[diagnostic(help("run the command again when less happens there"))]
    Crowded(usize),

    /// There is no commit to build on.
    #[error("`{0}` names no commit")]
    #[diagnostic(help("name a branch, such as `--onto origin/main` after `git fetch`"))]
    NoCommit(String),

    /// The commit to build on has all that the branch has.
    #[error("`{onto}` has every commit of {branch}: there is no aggregate to make again")]
    #[diagnostic(help(
        "bring the branch up to it with `git merge --ff-only {onto}`, and aggregate without `--onto`"
    ))]
    NothingToReplace {
        /// The branch, full name.
        branch: RefName,
        /// The commit to build on, as it was named.
        onto: String,
    },

    /// Aggregates would be given up, and not every summary of theirs would be carried.
    #[error(
        "the new aggregate would lack what the present one carries of: {}",
        .0.join(", ")
    )]
    #[diagnostic(help(
        "leave `--sessions` and `--partial` away, or put right what `git baton orchestrator handoff status` says of these sessions"
    ))]
    LeftBehind(Vec<String>),

    /// Worktrees hold something of their own where the branch would change.
    #[error("work that is not committed, or another git command, is in the way:{}", listed(.0))]
    #[diagnostic(help(
        "commit the work, or `git stash` it, where it is: the branch moves to another line of work, and a worktree that stayed behind would take it back with its next commit"
    ))]
    InTheWay(Vec<PathBuf>),

    /// The branch has other work than aggregates that the commit to build on lacks.
    #[error("{branch} has commits besides its newest aggregates that `{onto}` lacks")]
    #[diagnostic(help(
        "join the work without the aggregates first: `git switch -c joined <the commit before them>`, `git merge {onto}`; then go back to the branch, and run the command again with `--onto joined`"
    ))]
    NotOnlyAggregates {
        /// The branch, full name.
        branch: RefName,
        /// The commit to build on, as it was named.
        onto: String,
    },

    /// An earlier commit landed, and not every worktree could be brought up to it, not even now.
    #[error(
        "the commit {commit} has landed on {branch}, but not every worktree shows it:{}",
        unshown(.shown)
    )]
    #[diagnostic(help(
        "nothing is lost: make room, or wait until the other git command has ended, and run the command again to complete it; a lock that stays when no git command runs there was left by one that was killed"
    ))]
    Unshown {
        /// The branch, full name.
        branch: RefName,
        /// The commit.
        commit: Oid,
        /// The worktrees that have the branch checked out.
        shown: Vec<Shown>,
    },

    /// The commit would be refused.
    #[error("the commit would be refused: {}", .0.join("; "))]
    #[diagnostic(help("see docs/rules/ for what each rule asks"))]
    Refused(Vec<String>),

    /// The edit changes what it may not.
    #[error(
        "the edit changes `{0}`, and a handoff edit changes the handoff file and its archives only"
    )]
    #[diagnostic(help("make other changes in a commit of their own"))]
    OtherPath(String),

    /// The edit changes nothing.
    #[error("the edit changes nothing")]
    #[diagnostic(help("nothing was committed"))]
    NoEdit,

    /// The edit gives no reason.
    #[error("the edit gives no reason")]
    #[diagnostic(help("say in one line why the file is edited by hand: `--reason TEXT`"))]
    NoReason,

    /// The branch moved while it was edited.
    #[error("the branch {0} moved while the file was being edited")]
    #[diagnostic(help("nothing was committed; make the edit again on what is there now"))]
    Moved(RefName),
}

fn unshown(shown: &[Shown]) -> String {
    let line = |one: &Shown| Some(format!("\n  {}: {}", one.path.display(), one.pending()?));
    shown.iter().filter_map(line).collect()
}

fn listed(paths: &[PathBuf]) -> String {
    let lines = paths.iter().map(|path| format!("\n  {}", path.display()));
    lines.collect()
}

fn not_ready(sessions: &[Skipped]) -> String {
    let lines = sessions
        .iter()
        .map(|one| format!("\n  session {}: {}", one.number, one.why));
    format!("not every session is ready:{}", lines.collect::<String>())
}
