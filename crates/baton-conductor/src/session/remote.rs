//! The remote through which clones keep their sessions' numbers apart.

use bstr::{BStr, ByteSlice};

use super::SessionError;
use super::store::{PREFIX, numbers, reference};
use baton_core::model::Oid;
use baton_core::policy::Policy;
use baton_git::{GitError, Program, Repo};

/// The remote that is asked when the policy names none.
const DEFAULT: &str = "origin";

/// How often a remote may refuse a claim without saying that the number is taken; another push
/// may hold its locks.
const REFUSALS: usize = 5;

/// A remote that holds claims.
pub(super) struct Remote {
    program: Program,
    name: String,
}

impl Remote {
    /// The remote that the policy names, or `origin` where it is configured; `None` when
    /// sessions are not shared.
    pub fn of(repo: &Repo, policy: &Policy) -> Result<Option<Self>, GitError> {
        let name = match &policy.sessions.remote {
            Some(name) => name.clone(),
            None => {
                let listed = repo.program().output(["remote"])?;
                let known = listed.lines().any(|line| line == DEFAULT.as_bytes());
                if known { DEFAULT } else { "" }.to_owned()
            }
        };
        if name.is_empty() {
            return Ok(None);
        }
        let program = repo.program_for_remote(&name)?;
        Ok(Some(Self { program, name }))
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The numbers that are claimed there.
    pub fn numbers(&self) -> Result<Vec<String>, SessionError> {
        let listed = self.ask(&format!("{PREFIX}*"))?;
        Ok(numbers(listed.iter().map(|(name, _)| name.as_bstr())))
    }

    /// Creates the session's reference there; `false` when another process has.
    pub fn claim(&self, number: &str, commit: Oid) -> Result<bool, SessionError> {
        let name = reference(number);
        let mut refused = None;
        for _ in 0..REFUSALS {
            let pushed = self.push(&name, "", &commit.to_string());
            let Err(error) = pushed else {
                return Ok(true);
            };
            // A pattern also matches longer names that end like it.
            let listed = self.ask(&name)?;
            match listed.iter().find(|(listed, _)| *listed == name.as_str()) {
                Some((_, there)) => return Ok(*there == commit),
                None => refused = Some(error),
            }
        }
        Err(self.unreachable(refused.as_ref()))
    }

    /// Takes a claim back, as far as the remote lets it be done: a number claimed in vain stays
    /// unused.
    pub fn withdraw(&self, number: &str, commit: Oid) {
        let name = reference(number);
        self.push(&name, &commit.to_string(), "").ok();
    }

    /// Pushes `new` to a reference that names `old` there; empty: none.
    fn push(&self, name: &str, old: &str, new: &str) -> Result<(), GitError> {
        let lease = format!("--force-with-lease={name}:{old}");
        let refspec = format!("{new}:{name}");
        let args = [
            "push",
            "--porcelain",
            "--no-follow-tags",
            "--recurse-submodules=no",
            &lease,
            "--end-of-options",
            &self.name,
            &refspec,
        ];
        self.program.output(args).map(drop)
    }

    /// The references there that match a pattern.
    fn ask(&self, pattern: &str) -> Result<Vec<(bstr::BString, Oid)>, SessionError> {
        let args = [
            "ls-remote",
            "--refs",
            "--end-of-options",
            &self.name,
            pattern,
        ];
        let out = self.program.output(args);
        let out = out.map_err(|error| self.unreachable(Some(&error)))?;
        Ok(out.lines().filter_map(parse).collect())
    }

    fn unreachable(&self, error: Option<&GitError>) -> SessionError {
        let reason = match error {
            Some(GitError::Program { reason, .. }) => reason.clone(),
            Some(error) => error.to_string(),
            None => "it gives no reason".to_owned(),
        };
        SessionError::Remote {
            remote: self.name.clone(),
            reason,
        }
    }
}

fn parse(line: &[u8]) -> Option<(bstr::BString, Oid)> {
    let (hex, name) = line.split_once_str("\t")?;
    Some((BStr::new(name).to_owned(), Oid::from_hex(hex).ok()?))
}
