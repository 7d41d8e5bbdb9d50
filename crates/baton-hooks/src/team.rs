//! The hooks of the team for the messages of commits that Baton makes without `git commit`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice};
use miette::Diagnostic;
use thiserror::Error;

use crate::Hook;
use crate::install::beside;
use crate::install::layout::{Layout, Occupant};
use baton_git::{GitError, Repo};
use baton_sys::{executable, message_hook, previous_hooks};

/// A message that a hook refuses.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("the {hook} hook of this repository refuses the message `{subject}`: {said}")]
#[diagnostic(help(
    "word it so that the hook lets it pass, such as `{key} = \"{}\"` under [subjects] in baton.settings.toml",
    example(.key)
))]
pub struct RefusedMessage {
    /// The hook.
    pub hook: &'static str,
    /// The message's first line.
    pub subject: String,
    /// The hook's output.
    pub said: String,
    /// The key that words the subject.
    pub key: &'static str,
}

/// The hooks that a message passes through.
pub struct TeamHooks<'r> {
    repo: &'r Repo,
    prepare: Vec<PathBuf>,
    check: Vec<PathBuf>,
    known: RefCell<HashMap<BString, Result<BString, RefusedMessage>>>,
}

impl<'r> TeamHooks<'r> {
    /// Those that git would run in this worktree if Baton were not there.
    pub fn of(repo: &'r Repo) -> Result<Self, GitError> {
        Ok(Self {
            repo,
            prepare: earlier(repo, Hook::PrepareCommitMsg)?,
            check: earlier(repo, Hook::CommitMsg)?,
            known: RefCell::default(),
        })
    }

    /// The message of a merge commit as `prepare-commit-msg` and `commit-msg` leave it, which git runs for
    /// a merge; `key` words its subject.
    pub fn merge(&self, message: &BStr, key: &'static str) -> Result<BString, RefusedMessage> {
        self.passed(message, key, &self.prepare, &["merge"])
    }

    /// The message of any other commit as `commit-msg` leaves it; `key` words its subject.
    pub fn commit(&self, message: &BStr, key: &'static str) -> Result<BString, RefusedMessage> {
        self.passed(message, key, &[], &[])
    }

    /// Each message is asked about once.
    fn passed(
        &self,
        message: &BStr,
        key: &'static str,
        prepare: &[PathBuf],
        source: &[&str],
    ) -> Result<BString, RefusedMessage> {
        if let Some(known) = self.known.borrow().get(message) {
            return known.clone();
        }
        let hooks = [
            (Hook::PrepareCommitMsg, prepare, source),
            (Hook::CommitMsg, &self.check, &[]),
        ];
        let mut passed = Ok(message.to_owned());
        for (hook, paths, more) in hooks {
            for path in paths {
                passed = passed.and_then(|before| self.run(hook, path, before.as_ref(), more, key));
            }
        }
        let mut known = self.known.borrow_mut();
        known.insert(message.to_owned(), passed.clone());
        passed
    }

    fn run(
        &self,
        hook: Hook,
        path: &Path,
        message: &BStr,
        more: &[&str],
        key: &'static str,
    ) -> Result<BString, RefusedMessage> {
        let repo = self.repo;
        let root = repo.work_tree().unwrap_or(repo.git_dir());
        let directory = repo.baton_dir();
        let answer = message_hook::run(path, message, more, root, repo.git_dir(), &directory);
        let refused = |said: String| RefusedMessage {
            hook: hook.name(),
            subject: message
                .lines()
                .next()
                .unwrap_or_default()
                .to_str_lossy()
                .into(),
            said: match first_lines(&said) {
                said if said.is_empty() => "it gives no reason".to_owned(),
                said => said,
            },
            key,
        };
        match answer {
            Err(error) => Err(refused(error.to_string())),
            Ok(answer) if !answer.ok => {
                Err(refused(answer.said.trim().to_str_lossy().into_owned()))
            }
            Ok(answer) if answer.message.trim().is_empty() => {
                Err(refused("it leaves nothing of the message".to_owned()))
            }
            Ok(answer) => Ok(answer.message.into()),
        }
    }
}

/// The most lines of a hook's output that an error tells.
const TOLD: usize = 6;

fn first_lines(said: &str) -> String {
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.take(TOLD).collect::<Vec<_>>().join("; ")
}

/// A subject of this key that is a conventional commit's.
fn example(key: &str) -> &'static str {
    match key {
        "close" => "chore(baton): close session {session}",
        "merge" => "chore(baton): merge {branch}",
        "aggregate" => "chore(baton): aggregate {sessions}",
        _ => "chore(baton): edit the handoff file",
    }
}

/// The hooks of this name that git would run here if Baton were not there.
fn earlier(repo: &Repo, hook: Hook) -> Result<Vec<PathBuf>, GitError> {
    let layout = Layout::of(repo);
    let root = repo.work_tree().unwrap_or(repo.git_dir());
    let git_dir = Some(repo.git_dir());
    beside::prepare(repo.common_dir(), hook.name());
    let earlier = previous_hooks::earlier_files(repo.common_dir(), hook.name(), root, git_dir);
    if !earlier.is_empty() {
        return Ok(earlier);
    }
    let name = format!("hooks/{}", hook.name());
    let path = repo.program().output(["rev-parse", "--git-path", &name])?;
    let path = root.join(path.trim().to_path_lossy());
    let occupant = layout.occupant_of(&path).map_err(GitError::io(&path))?;
    let is_other = occupant == Occupant::Other && executable::is_executable(&path);
    Ok(is_other.then_some(path).into_iter().collect())
}
