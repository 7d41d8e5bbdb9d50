//! One branch joined to a commit, by one of the strategies.

use bstr::{BStr, BString, ByteSlice};

use super::MergeError;
use super::apply::{Applied, Applier, What};
use super::candidates::Candidate;
use super::context::MergeContext;
use super::report::{Dropped, ResolvedPath};
use super::squash;
use super::stuck::Stuck;
use baton_core::model::Oid;
use baton_core::policy::merge::Strategy;
use baton_git::commit_object::{self, NewCommit};
use baton_git::{GitError, Repo, history, signing};
use baton_hooks::team::{RefusedMessage, TeamHooks};
use miette::Diagnostic;

/// The result of joining a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// The commits that were made, oldest first; none where the branch brings nothing.
    pub commits: Vec<Oid>,
    /// The commits that were not made again.
    pub dropped: Vec<Dropped>,
    /// The conflicts that were resolved.
    pub resolved: Vec<ResolvedPath>,
}

/// Why a branch cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A conflict.
    Stuck(Box<Stuck>),
    /// The branch cannot be joined in this way.
    Refused {
        /// Why.
        why: String,
        /// The advice: what to do instead.
        instead: String,
    },
}

/// Joins branches to commits.
pub struct Joiner<'a, 'm> {
    /// The repository.
    pub repo: &'a Repo,
    /// The target and the terms.
    pub context: &'a MergeContext,
    /// The hooks through which messages pass.
    pub hooks: &'a TeamHooks<'a>,
    /// The applier that makes the changes.
    pub applier: Applier<'a, 'm>,
}

type Outcome = Result<Result<Joined, Obstacle>, MergeError>;

/// The change, or its obstacle for the caller of the caller. A branch that git cannot merge at all
/// keeps no other from landing.
macro_rules! applied {
    ($result:expr) => {
        match $result {
            Ok(Ok(applied)) => applied,
            Ok(Err(stuck)) => return Ok(Err(Obstacle::Stuck(Box::new(stuck)))),
            Err(MergeError::Git(error)) => return Ok(Err(impossible(&error))),
            Err(error) => return Err(error),
        }
    };
}

impl Joiner<'_, '_> {
    /// Joins the branch to `onto`, which may hold these tips of other branches already.
    pub fn join(&self, candidate: &Candidate, onto: Oid, held: &[Oid]) -> Outcome {
        let mut hidden = vec![onto];
        hidden.extend(held);
        if history::reachable(self.repo, &[candidate.tip], &hidden)?.is_empty() {
            return Ok(Ok(Joined::default()));
        }
        match self.context.strategy {
            Strategy::Merge => self.merge(candidate, onto),
            Strategy::Rebase => self.rebase(candidate, onto, &hidden),
            Strategy::Squash => self.squash(candidate, onto, &hidden),
        }
    }

    fn merge(&self, candidate: &Candidate, onto: Oid) -> Outcome {
        let what = What::Branch(candidate.tip);
        let applied = applied!(self.applier.apply(&candidate.name, what, onto));
        let message = self.context.merge_message(self.repo, &candidate.name)?;
        let message = match self.hooks.merge(message.as_bytes().as_bstr(), "merge") {
            Ok(message) => message,
            Err(refused) => return Ok(Err(unworded(&refused))),
        };
        let new = NewCommit {
            tree: applied.tree,
            parents: &[onto, candidate.tip],
            author: self.context.committer.as_bstr(),
            committer: self.context.committer.as_bstr(),
            encoding: None,
            message: message.as_bstr(),
        };
        let commit = signing::write(self.repo, &new, &self.context.signing)?;
        Ok(Ok(Joined {
            commits: vec![commit],
            dropped: Vec::new(),
            resolved: applied.resolved,
        }))
    }

    fn rebase(&self, candidate: &Candidate, onto: Oid, hidden: &[Oid]) -> Outcome {
        let line = match self.line(candidate, hidden, "rebase")? {
            Ok(line) => line,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let mut joined = Joined::default();
        let mut at = onto;
        for commit in line {
            let applied = applied!(self.applier.apply(&candidate.name, self.step(commit)?, at));
            joined.resolved.extend(applied.resolved.iter().cloned());
            let told = commit_object::told(self.repo, commit)?;
            match self.made(&applied, at, &told)? {
                Some(made) => {
                    joined.commits.push(made);
                    at = made;
                }
                None => joined.dropped.push(dropped(commit, told.message.as_bstr())),
            }
        }
        Ok(Ok(joined))
    }

    fn squash(&self, candidate: &Candidate, onto: Oid, hidden: &[Oid]) -> Outcome {
        let all = history::reachable(self.repo, &[candidate.tip], hidden)?;
        let sessions = squash::sessions_of(self.repo, self.context.policy(), &all)?;
        if sessions.len() < 2 {
            let mut commits: Vec<_> = all.iter().map(|one| one.oid).collect();
            commits.reverse();
            return self.squash_all(candidate, onto, &commits);
        }
        let line = match self.line(candidate, hidden, "squash")? {
            Ok(line) => line,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let groups = match squash::groups(self.repo, self.context.policy(), &line)? {
            Ok(groups) => groups,
            Err(why) => {
                let instead =
                    "merge it with `--strategy merge` or `--strategy rebase`, which keep \
                               the commits apart"
                        .to_owned();
                return Ok(Err(Obstacle::Refused { why, instead }));
            }
        };
        let mut joined = Joined::default();
        let mut at = onto;
        for group in groups {
            let (first, last) = (group[0], group[group.len() - 1]);
            let What::Step { from, .. } = self.step(first)? else {
                continue;
            };
            let what = What::Step { from, to: last };
            let applied = applied!(self.applier.apply(&candidate.name, what, at));
            joined.resolved.extend(applied.resolved.iter().cloned());
            let told = match self.squashed(&group)? {
                Ok(told) => told,
                Err(obstacle) => return Ok(Err(obstacle)),
            };
            match self.made(&applied, at, &told)? {
                Some(made) => {
                    joined.commits.push(made);
                    at = made;
                }
                None => joined.dropped.extend(self.dropped(&group)?),
            }
        }
        Ok(Ok(joined))
    }

    /// Returns what one commit says in the place of these, as the team's hooks leave it.
    fn squashed(&self, commits: &[Oid]) -> Result<Result<commit_object::Told, Obstacle>, GitError> {
        let mut told = squash::told(self.repo, self.context.policy(), commits)?;
        if commits.len() > 1 {
            match self.hooks.commit(told.message.as_bstr(), "merge") {
                Ok(message) => told.message = message,
                Err(refused) => return Ok(Err(unworded(&refused))),
            }
        }
        Ok(Ok(told))
    }

    fn squash_all(&self, candidate: &Candidate, onto: Oid, commits: &[Oid]) -> Outcome {
        let what = What::Branch(candidate.tip);
        let applied = applied!(self.applier.apply(&candidate.name, what, onto));
        let told = match self.squashed(commits)? {
            Ok(told) => told,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let made = self.made(&applied, onto, &told)?;
        let dropped = match made {
            Some(_) => Vec::new(),
            None => self.dropped(commits)?,
        };
        Ok(Ok(Joined {
            commits: made.into_iter().collect(),
            dropped,
            resolved: applied.resolved,
        }))
    }

    /// The branch's own commits, oldest first, where they are one line.
    fn line(
        &self,
        candidate: &Candidate,
        hidden: &[Oid],
        strategy: &str,
    ) -> Result<Result<Vec<Oid>, Obstacle>, GitError> {
        let own = history::reachable(self.repo, &[candidate.tip], hidden)?;
        if let Some(merge) = own.iter().find(|one| one.commit.parents.len() > 1) {
            return Ok(Err(Obstacle::Refused {
                why: format!(
                    "{} holds the merge commit {}, which `--strategy {strategy}` cannot make again",
                    candidate.name,
                    merge.oid.short()
                ),
                instead: "merge it with `--strategy merge`, or rebase the branch so that its \
                          commits are one line"
                    .to_owned(),
            }));
        }
        let mut line: Vec<Oid> = Vec::with_capacity(own.len());
        let mut at = Some(candidate.tip);
        while let Some(commit) = at.and_then(|at| own.iter().find(|one| one.oid == at)) {
            line.push(commit.oid);
            at = commit.commit.parents.first().copied();
        }
        line.reverse();
        Ok(Ok(line))
    }

    /// Returns the change that the commit makes.
    fn step(&self, commit: Oid) -> Result<What, GitError> {
        let parents = self.repo.objects().commit(commit, &mut Vec::new())?.parents;
        let from = match parents.first() {
            Some(parent) => *parent,
            None => self.repo.store().tree(&[])?,
        };
        Ok(What::Step { from, to: commit })
    }

    /// The commit with these files, unless that changes nothing.
    fn made(
        &self,
        applied: &Applied,
        onto: Oid,
        told: &commit_object::Told,
    ) -> Result<Option<Oid>, GitError> {
        if self.repo.objects().commit(onto, &mut Vec::new())?.tree == applied.tree {
            return Ok(None);
        }
        let new = NewCommit {
            tree: applied.tree,
            parents: &[onto],
            author: told.author.as_bstr(),
            committer: self.context.committer.as_bstr(),
            encoding: told.encoding.as_ref().map(|one| one.as_bstr()),
            message: told.message.as_bstr(),
        };
        signing::write(self.repo, &new, &self.context.signing).map(Some)
    }

    fn dropped(&self, commits: &[Oid]) -> Result<Vec<Dropped>, GitError> {
        let mut all = Vec::with_capacity(commits.len());
        for commit in commits {
            let message: BString = commit_object::told(self.repo, *commit)?.message;
            all.push(dropped(*commit, message.as_bstr()));
        }
        Ok(all)
    }
}

fn dropped(commit: Oid, message: &BStr) -> Dropped {
    let subject = message.lines().next().unwrap_or_default();
    Dropped {
        commit: commit.to_string(),
        subject: subject.to_str_lossy().into_owned(),
    }
}

fn impossible(error: &GitError) -> Obstacle {
    obstacle(error, "merge it by hand, and see what git says")
}

fn unworded(refused: &RefusedMessage) -> Obstacle {
    obstacle(refused, "word its message so that the hook lets it pass")
}

fn obstacle(error: &dyn Diagnostic, otherwise: &str) -> Obstacle {
    let help = error.help().map(|help| help.to_string());
    Obstacle::Refused {
        why: error.to_string(),
        instead: help.unwrap_or_else(|| otherwise.to_owned()),
    }
}
