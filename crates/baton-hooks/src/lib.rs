//! One adapter for each git hook: from its arguments, input and environment to the changes to judge.

pub mod agent_event;
mod claimed;
mod commit_msg;
pub mod doctor;
pub mod install;
mod message;
mod namespace;
mod post_merge;
mod pre_commit;
mod pre_push;
mod pre_receive;
mod prepare_commit_msg;
mod recovery;
pub mod ref_lines;
mod reference_transaction;
pub mod team;
pub mod upkeep;

use std::ffi::OsString;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use baton_git::{GitError, Repo};
use baton_guard::{GuardError, Judgement};
use baton_sys::GitEnv;
use ref_lines::RefLineError;

/// A hook that Baton installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// Before the message of a commit is asked for: judges the index.
    PreCommit,
    /// Before the message is edited: names the worktree's session in it.
    PrepareCommitMsg,
    /// After the message is edited: judges the index with the message.
    CommitMsg,
    /// Before an automatic merge is committed: judges the index.
    PreMergeCommit,
    /// After a merge or a pull: judges what it brought.
    PostMerge,
    /// Before any reference moves: judges the commits it brings.
    ReferenceTransaction,
    /// Before a push: judges the commits it would publish.
    PrePush,
    /// On a server, before a push comes in: judges the commits it brings.
    PreReceive,
}

impl Hook {
    /// The hooks of a user's clone.
    pub const CLIENT: [Self; 7] = [
        Self::PreCommit,
        Self::PrepareCommitMsg,
        Self::CommitMsg,
        Self::PreMergeCommit,
        Self::PostMerge,
        Self::ReferenceTransaction,
        Self::PrePush,
    ];

    /// The hooks of a server's bare repository.
    pub const SERVER: [Self; 2] = [Self::PreReceive, Self::ReferenceTransaction];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::CLIENT.into_iter().chain([Self::PreReceive])
    }

    /// The file name by which git finds it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PrepareCommitMsg => "prepare-commit-msg",
            Self::CommitMsg => "commit-msg",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PostMerge => "post-merge",
            Self::ReferenceTransaction => "reference-transaction",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// The hook of this file name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|hook| hook.name() == name)
    }

    /// The effect of its objection, in a word: git has merged before it asks `post-merge`.
    pub fn outcome(self) -> &'static str {
        match self {
            Self::PostMerge => "found",
            _ => "refused",
        }
    }

    /// True if it says what there is to say beside its answer: one of those that git calls for one
    /// commit, and those that are called alone.
    pub fn tells_warnings(self) -> bool {
        !matches!(
            self,
            Self::PrepareCommitMsg | Self::CommitMsg | Self::ReferenceTransaction
        )
    }

    /// True if git gives it arguments.
    pub fn takes_arguments(self) -> bool {
        !matches!(
            self,
            Self::PreCommit | Self::PreMergeCommit | Self::PreReceive
        )
    }

    /// True if it cannot answer without the first of them.
    pub fn needs_an_argument(self) -> bool {
        matches!(
            self,
            Self::PrepareCommitMsg | Self::CommitMsg | Self::PrePush
        )
    }

    /// True if git writes to its standard input.
    pub fn reads_input(self) -> bool {
        matches!(
            self,
            Self::ReferenceTransaction | Self::PrePush | Self::PreReceive
        )
    }
}

/// The file in Baton's directory by which a repository is known as a server's, and not a clone.
pub const SERVER_MARK: &str = "server";

/// Baton's file name in a directory of hooks, `<hook>.d/`, whose programs run in the order of their
/// names.
pub const NAME_IN_DIRECTORY: &str = "50-baton";

/// The suffix that makes a hook's name the name of its directory.
pub const DIRECTORY_SUFFIX: &str = ".d";

/// The argument, in an installed hook's first line, that names the hook.
pub const ARGUMENT: &str = "--hook=";

/// The hooks of git that Baton has nothing to say in. It takes their places too, and passes
/// them on, where `core.hooksPath` led to a directory of hooks before (names: githooks(5)).
pub const PASSED_ON: [&str; 15] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-rewrite",
    "pre-auto-gc",
    "sendemail-validate",
    "post-index-change",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "push-to-checkout",
];

/// The names of every hook whose place Baton may take.
pub fn all_names() -> impl Iterator<Item = &'static str> {
    Hook::all().map(Hook::name).chain(PASSED_ON)
}

/// Those of [`PASSED_ON`] that cost little where there is nothing to pass them on to, and change
/// nothing by being there.
pub const ALWAYS_PASSED_ON: &[&str] = PASSED_ON.split_at(9).0;

/// True if git writes to the standard input of one of [`PASSED_ON`] all that it has to say at
/// once, so that several can be given the same.
pub fn passes_input_on(name: &str) -> bool {
    matches!(name, "post-rewrite" | "post-receive")
}

/// One call of a hook by git.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which hook.
    pub hook: Hook,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// All that git wrote to its standard input.
    pub input: Vec<u8>,
}

/// Why a hook cannot answer. It refuses then.
#[derive(Debug, Error, Diagnostic)]
pub enum HookError {
    /// The guard cannot decide.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The hook's input has not the form that git documents.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] RefLineError),

    /// An argument that git always gives is missing.
    #[error("the hook {hook} was called without its argument {name}")]
    #[diagnostic(help(
        "have what calls it pass on what git gives: `git baton hook {hook} \"$@\"` in a hook, or `git baton hook {hook} {{0}}` for lefthook"
    ))]
    Argument {
        /// The hook's name.
        hook: &'static str,
        /// The argument or the variable that is missing.
        name: &'static str,
    },

    /// The message file cannot be read or written.
    #[error("the commit message in {} cannot be read or written", .path.display())]
    #[diagnostic(help("check that the file is there and that you may write it"))]
    Message {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },

    /// The current directory is gone.
    #[error("the current directory cannot be named")]
    #[diagnostic(help("change to a directory that exists"))]
    CurrentDirectory(#[source] std::io::Error),
}

impl From<GitError> for HookError {
    fn from(error: GitError) -> Self {
        Self::Guard(error.into())
    }
}

/// True if the call can be answered from its arguments and input alone, with "nothing to judge".
/// Most calls of `reference-transaction` can, and git makes thousands of them.
pub fn is_idle(call: &Call) -> bool {
    call.hook == Hook::ReferenceTransaction && reference_transaction::is_idle(call)
}

/// The answer of a hook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The judgement.
    pub judgement: Judgement,
    /// The way to undo what git has changed already, lines of text; empty where a refusal leaves
    /// everything as it was.
    pub recovery: Vec<String>,
}

impl From<Judgement> for Answer {
    fn from(judgement: Judgement) -> Self {
        Self {
            judgement,
            recovery: Vec::new(),
        }
    }
}

/// Answers a call.
pub fn answer(call: &Call) -> Result<Answer, HookError> {
    let env = GitEnv::from_process().map_err(HookError::CurrentDirectory)?;
    let env = GitEnv {
        is_hook: true,
        ..env
    };
    answer_in(&env, call)
}

/// Answers a call in this environment.
pub fn answer_in(env: &GitEnv, call: &Call) -> Result<Answer, HookError> {
    let repo = Repo::open(env)?;
    let judgement = match call.hook {
        Hook::PreCommit => pre_commit::answer(&repo, env),
        Hook::PreMergeCommit => pre_commit::answer_merge(&repo, env),
        Hook::PrepareCommitMsg => prepare_commit_msg::answer(&repo, env, call),
        Hook::CommitMsg => commit_msg::answer(&repo, env, call),
        Hook::PostMerge => return post_merge::answer(&repo, call),
        Hook::ReferenceTransaction => return reference_transaction::answer(&repo, call),
        Hook::PrePush => pre_push::answer(&repo, call),
        Hook::PreReceive => pre_receive::answer(&repo, env, call),
    };
    Ok(judgement?.into())
}

fn argument<'c>(call: &'c Call, at: usize, name: &'static str) -> Result<&'c OsString, HookError> {
    call.args.get(at).ok_or(HookError::Argument {
        hook: call.hook.name(),
        name,
    })
}
