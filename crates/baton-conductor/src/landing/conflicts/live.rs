//! The branches on which work goes on, and what is not committed of that work.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{ConflictsError, Request};
use crate::landing::context::checked_out_in_main;
use crate::settings;
use baton_core::model::{BranchName, Oid, RefName};
use baton_core::report::escape;
use baton_git::merge::with_uncommitted;
use baton_git::{GitError, Repo, worktrees};

/// A branch as it is to be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its name, in short.
    pub name: String,
    /// The commit that it names.
    pub tip: Oid,
    /// That commit, or one on top of it with all that its worktree has not committed.
    pub work: Oid,
    /// The root of the worktree in which it is checked out.
    pub worktree: Option<PathBuf>,
}

/// The branches to compare.
#[derive(Debug)]
pub struct Live {
    /// The one into which the others are to go, as it is committed.
    pub base: Side,
    /// The others, by name.
    pub branches: Vec<Side>,
}

impl Live {
    /// Finds them; what worktrees have not committed is written to `objects`.
    pub fn find(repo: &Repo, request: &Request, objects: &Path) -> Result<Self, ConflictsError> {
        let terms = settings::policy(repo)?.merge;
        let into = match request.into.clone().or_else(|| terms.into.clone()) {
            Some(into) => into,
            None => checked_out_in_main(repo)?.ok_or(ConflictsError::NoDefaultBase)?,
        };
        let into = BranchName::given(into);
        let tip = repo.refs().resolve(into.full())?;
        let into = into.to_string();
        let tip = tip.ok_or_else(|| ConflictsError::NoBase(into.clone()))?;
        let base = Side {
            name: into,
            tip,
            work: tip,
            worktree: None,
        };
        let checked_out = checked_out(repo)?;
        let mut branches = match request.branches.is_empty() {
            true => {
                let linked = |name: &str| {
                    let place = checked_out.get(&BranchName::new(name).full());
                    place.is_some_and(|place| place.linked)
                };
                all(repo, |name| terms.takes(name.into()) || linked(name))?
            }
            false => named(repo, &request.branches)?,
        };
        branches.retain(|(name, _)| *name != base.name);
        branches.sort();
        branches.dedup();
        let side = |(name, tip): (String, Oid)| {
            let place = checked_out.get(&BranchName::new(name.as_str()).full());
            Side {
                worktree: place.map(|place| place.root.clone()),
                work: tip,
                name,
                tip,
            }
        };
        let mut branches: Vec<_> = branches.into_iter().map(side).collect();
        take_uncommitted(repo.common_dir(), &mut branches, objects)?;
        Ok(Self { base, branches })
    }
}

/// Where a branch is checked out.
struct Place {
    root: PathBuf,
    linked: bool,
}

/// The worktrees by the full names of their branches.
fn checked_out(repo: &Repo) -> Result<HashMap<RefName, Place>, GitError> {
    let places = worktrees::checkouts(repo)?.into_iter().filter_map(|one| {
        let place = Place {
            root: one.path,
            linked: !one.is_main,
        };
        Some((one.branch?, place))
    });
    Ok(places.collect())
}

fn all(repo: &Repo, is_live: impl Fn(&str) -> bool) -> Result<Vec<(String, Oid)>, GitError> {
    let all = repo.refs().branches()?.into_iter();
    let named = all.filter_map(|(name, tip)| {
        let short = name.branch()?.short().to_str().ok()?.to_owned();
        Some((short, tip))
    });
    Ok(named.filter(|(name, _)| is_live(name)).collect())
}

fn named(repo: &Repo, names: &[String]) -> Result<Vec<(String, Oid)>, ConflictsError> {
    let find = |name: &String| {
        let branch = BranchName::given(name);
        match repo.refs().resolve(branch.full())? {
            Some(tip) => Ok((branch.to_string(), tip)),
            None => Err(ConflictsError::NoBranch(escape::visible(name.as_bytes()))),
        }
    };
    names.iter().map(find).collect()
}

/// Looks into the worktrees, some at a time.
fn take_uncommitted(
    common_dir: &Path,
    branches: &mut [Side],
    objects: &Path,
) -> Result<(), GitError> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = branches.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = branches
            .chunks_mut(share)
            .map(|share| {
                scope.spawn(|| {
                    let mut sides = share.iter_mut();
                    sides.try_for_each(|side| take_work(common_dir, side, objects))
                })
            })
            .collect();
        let mut joined = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.try_for_each(|done| done)
    })
}

fn take_work(common_dir: &Path, side: &mut Side, objects: &Path) -> Result<(), GitError> {
    if let Some(root) = &side.worktree {
        let worktree = worktrees::open_in(common_dir, root)?.apart(objects)?;
        side.work = with_uncommitted(&worktree, side.tip)?;
    }
    Ok(())
}
