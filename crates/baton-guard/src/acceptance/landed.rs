//! The place at which a commit landed on a line of first parents, and the signers who counted there.

use std::cell::OnceCell;
use std::rc::Rc;

use super::super::base::Bases;
use super::super::{GuardError, keyring};
use baton_core::model::Oid;
use baton_core::policy::Policy;
use baton_git::{GitError, Repo, history};

/// A commit and its first parents, back to where the policy began.
pub(super) struct Trunk<'a> {
    repo: &'a Repo,
    tip: Oid,
    line: OnceCell<Vec<Landing>>,
}

/// A commit of the line.
struct Landing {
    oid: Oid,
    /// The policy in force on top of it.
    policy: Rc<Policy>,
}

impl<'a> Trunk<'a> {
    pub(super) fn new(repo: &'a Repo, tip: Oid) -> Self {
        Self {
            repo,
            tip,
            line: OnceCell::new(),
        }
    }

    /// True if there is a signer who counts now.
    pub(super) fn has_signers(&self) -> bool {
        let policy = Bases::new(self.repo.objects()).at(self.tip).ok().flatten();
        policy.is_some_and(|base| !base.policy.signing.signers.is_empty())
    }

    /// The policy with the signers that counted for this commit when it came to the line; for one
    /// that has not come there, those that count now. `None` where there was no policy.
    pub(super) fn in_force(&self, commit: Oid) -> Result<Option<Policy>, GuardError> {
        let line = self.line()?;
        self.on_top_of(line, self.landing(line, commit)?, commit)
    }

    /// The same, but `None` of a commit that has not come there.
    pub(super) fn at_landing(&self, commit: Oid) -> Result<Option<Policy>, GuardError> {
        if !history::reachable(self.repo, &[commit], &[self.tip])?.is_empty() {
            return Ok(None);
        }
        self.in_force(commit)
    }

    fn on_top_of(
        &self,
        line: &[Landing],
        landing: usize,
        commit: Oid,
    ) -> Result<Option<Policy>, GuardError> {
        let Some(below) = landing.checked_sub(1).map(|at| &line[at]) else {
            return Ok(None);
        };
        let policy = keyring::in_force(self.repo, &below.policy, &[below.oid], commit)?;
        Ok(Some(policy))
    }

    /// The number of commits of the line, oldest first, that do not have this one in their history.
    fn landing(&self, line: &[Landing], commit: Oid) -> Result<usize, GuardError> {
        if let Some(at) = line.iter().position(|landing| landing.oid == commit) {
            return Ok(at);
        }
        let (mut without, mut with) = (0, line.len());
        while without < with {
            let middle = (without + with) / 2;
            match history::reachable(self.repo, &[commit], &[line[middle].oid])?.is_empty() {
                true => with = middle,
                false => without = middle + 1,
            }
        }
        Ok(without)
    }

    /// The line from the commit that brought the policy, oldest first. A later commit changes who
    /// may sign only with the signature of a permitted signer.
    fn line(&self) -> Result<&[Landing], GuardError> {
        if let Some(line) = self.line.get() {
            return Ok(line);
        }
        let bases = Bases::new(self.repo.objects());
        let mut line: Vec<Landing> = Vec::new();
        let mut before = None;
        for oid in self.first_parents()?.into_iter().rev() {
            let own = bases.at(oid).ok().flatten();
            let key = own.as_ref().map(|own| own.key.clone());
            let policy = match (line.last(), own) {
                (None, None) => continue,
                (None, Some(own)) => Rc::new(own.policy.clone()),
                (Some(last), _) if key == before => Rc::clone(&last.policy),
                (Some(last), _) => {
                    let newer = keyring::in_force(self.repo, &last.policy, &[last.oid], oid)?;
                    Rc::new(newer)
                }
            };
            before = key;
            line.push(Landing { oid, policy });
        }
        Ok(self.line.get_or_init(|| line))
    }

    /// From the tip backwards, as far as they are here.
    fn first_parents(&self) -> Result<Vec<Oid>, GuardError> {
        let shallow = self.repo.shallow_commits()?;
        let mut buffer = Vec::new();
        let mut line = Vec::new();
        let mut next = Some(self.tip);
        while let Some(oid) = next {
            let commit = match self.repo.objects().commit(oid, &mut buffer) {
                Err(GitError::Missing(_)) if !line.is_empty() => break,
                commit => commit?,
            };
            line.push(oid);
            next = commit.parents.first().copied();
            next = next.filter(|_| !shallow.contains(&oid));
        }
        Ok(line)
    }
}
