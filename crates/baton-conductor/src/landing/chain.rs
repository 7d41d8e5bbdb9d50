//! Branches joined one after another, each to what the ones before it made.

use std::collections::BTreeMap;

use super::MergeError;
use super::broken_rules::broken_rules;
use super::candidates::Candidate;
use super::join::{Joined, Joiner, Obstacle};
use super::stuck::Stuck;
use baton_core::model::Oid;

/// Why a branch is not in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A conflict.
    Stuck(Box<Stuck>),
    /// It breaks a rule, or cannot be joined.
    Refused {
        /// Why, a sentence each.
        why: Vec<String>,
        /// The advice: what to do instead.
        instead: String,
    },
    /// With it the tests fail.
    TestFailed {
        /// The command.
        command: String,
        /// The file that holds what it said.
        log: String,
        /// The end of what it said.
        tail: String,
    },
    /// It needs this branch, which is not in the chain.
    Waiting(String),
}

/// A branch in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its position among the candidates.
    pub candidate: usize,
    /// The commit that it was joined to.
    pub parent: Oid,
    /// The last of its commits; `parent` where it brings nothing.
    pub end: Oid,
    /// The result of joining it.
    pub joined: Joined,
}

/// Branches joined one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Where it begins: the target's tip.
    pub start: Oid,
    /// The branches in it.
    pub links: Vec<Link>,
    /// The candidates that are not in it, by position.
    pub failures: BTreeMap<usize, Failure>,
}

impl Chain {
    /// Where it ends.
    pub fn end(&self) -> Oid {
        self.links.last().map_or(self.start, |link| link.end)
    }
}

/// Joins the candidates in their order, but for those that have failed before. Every commit of
/// the chain is judged by the rules that hold on the target.
pub fn build(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    failed: &mut BTreeMap<usize, Failure>,
) -> Result<Chain, MergeError> {
    loop {
        let chain = joined(joiner, candidates, failed)?;
        let blamed = blamed(&chain, |from, to| judged(joiner, from, to))?;
        let Some((at, why)) = blamed else {
            return Ok(chain);
        };
        failed.insert(at, refused(why));
    }
}

/// The candidate to leave out, and why; `None` where the chain breaks no rule. It is the first branch whose own
/// commits break one, or cannot be judged, and the last branch where no branch alone does.
fn blamed(
    chain: &Chain,
    judge: impl Fn(Oid, Oid) -> Result<Vec<String>, MergeError>,
) -> Result<Option<(usize, Vec<String>)>, MergeError> {
    let Some(last) = chain.links.last() else {
        return Ok(None);
    };
    let whole = judge(chain.start, last.end);
    if matches!(&whole, Ok(why) if why.is_empty()) {
        return Ok(None);
    }
    for link in &chain.links {
        match judge(link.parent, link.end) {
            Ok(why) if why.is_empty() => {}
            Ok(why) => return Ok(Some((link.candidate, why))),
            Err(error) => return Ok(Some((link.candidate, vec![error.to_string()]))),
        }
    }
    Ok(Some((last.candidate, whole?)))
}

fn refused(why: Vec<String>) -> Failure {
    Failure::Refused {
        why,
        instead: "put it right on the branch, in commits of its own, and merge it again; \
                  `git baton verify` says more"
            .to_owned(),
    }
}

fn joined(
    joiner: &Joiner<'_, '_>,
    candidates: &[Candidate],
    failed: &BTreeMap<usize, Failure>,
) -> Result<Chain, MergeError> {
    let mut chain = Chain {
        start: joiner.context.tip,
        links: Vec::new(),
        failures: failed.clone(),
    };
    let mut held: Vec<Oid> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if failed.contains_key(&at) {
            continue;
        }
        let missing = candidate
            .needs
            .iter()
            .find(|need| !names.contains(&need.as_str()));
        if let Some(missing) = missing {
            chain.failures.insert(at, Failure::Waiting(missing.clone()));
            continue;
        }
        let parent = chain.end();
        match joiner.join(candidate, parent, &held)? {
            Ok(joined) => {
                let end = joined.commits.last().copied().unwrap_or(parent);
                chain.links.push(Link {
                    candidate: at,
                    parent,
                    end,
                    joined,
                });
                held.push(candidate.tip);
                names.push(&candidate.name);
            }
            Err(Obstacle::Stuck(stuck)) => {
                chain.failures.insert(at, Failure::Stuck(stuck));
            }
            Err(Obstacle::Refused { why, instead }) => {
                chain.failures.insert(
                    at,
                    Failure::Refused {
                        why: vec![why],
                        instead,
                    },
                );
            }
        }
    }
    Ok(chain)
}

/// Returns the faults, a sentence each, with the commits that lead from one to the other.
fn judged(joiner: &Joiner<'_, '_>, from: Oid, to: Oid) -> Result<Vec<String>, MergeError> {
    let context = joiner.context;
    broken_rules(joiner.repo, &context.reference(), context.tip, [from, to])
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_git::GitError;

    fn oid(digit: usize) -> Oid {
        digit.to_string().repeat(40).parse().unwrap()
    }

    /// So many branches, each joined to the one before it.
    fn chain(branches: usize) -> Chain {
        let link = |at: usize| Link {
            candidate: at,
            parent: oid(at),
            end: oid(at + 1),
            joined: Joined::default(),
        };
        Chain {
            start: oid(0),
            links: (0..branches).map(link).collect(),
            failures: BTreeMap::new(),
        }
    }

    #[test]
    fn what_breaks_a_rule_is_left_out_and_the_last_where_none_alone_does() {
        let blamed = |branches, broken: &[(usize, usize)]| {
            let judge = |from, to| {
                let is_broken = broken
                    .iter()
                    .any(|pair| (oid(pair.0), oid(pair.1)) == (from, to));
                Ok(is_broken.then(|| "a rule".to_owned()).into_iter().collect())
            };
            let found = blamed(&chain(branches), judge).unwrap();
            found.map(|(at, _)| at)
        };
        assert_eq!(blamed(0, &[]), None);
        assert_eq!(blamed(3, &[]), None);
        assert_eq!(blamed(3, &[(0, 3), (1, 2), (2, 3)]), Some(1));
        assert_eq!(blamed(3, &[(0, 3)]), Some(2));
    }

    #[test]
    fn a_chain_that_cannot_be_judged_does_not_land() {
        let error = || MergeError::Git(GitError::Missing(oid(9)));
        let nothing = blamed(&chain(2), |from, to| match (from, to) {
            (from, to) if from == oid(0) && to == oid(2) => Err(error()),
            _ => Ok(Vec::new()),
        });
        assert!(nothing.is_err());
        let first = blamed(&chain(2), |_, _| Err(error())).unwrap();
        assert_eq!(first.map(|(at, _)| at), Some(0));
    }
}
