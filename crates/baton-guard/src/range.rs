//! From the words of a user or a CI service to a range of revisions.

use bstr::ByteSlice;
use miette::Diagnostic;
use thiserror::Error;

use super::GuardError;
use super::base::Bases;
use super::ref_update::RefUpdate;
use super::rev_range::{Line, RevRange};
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::{GitError, Repo, history, revision};
use baton_sys::ci::{CiPush, CiRange};

/// The words name no range of revisions.
#[derive(Debug, Error, Diagnostic)]
pub enum RangeError {
    /// Nothing says what to judge.
    #[error("nothing says which commits to judge: the branch has no upstream")]
    #[diagnostic(help(
        "name a range (`git baton verify origin/main..HEAD`), or judge everything (`--all`)"
    ))]
    NoUpstream,

    /// The CI run was not started by a change.
    #[error("nothing says which commits to judge: this CI run ({0}) is about no change")]
    #[diagnostic(help(
        "name a range (`git baton verify <from>..<to>`), or judge everything (`--all`)"
    ))]
    NoChange(String),

    /// The CI service's description of its event cannot be read.
    #[error("nothing says which commits to judge: this CI run's event cannot be read: {0}")]
    #[diagnostic(help(
        "run `git baton verify` in the job's own environment, where the runner has written the event; or name a range (`git baton verify <from>..<to>`)"
    ))]
    UnreadableEvent(String),

    /// A commit that the CI service names was not fetched.
    #[error("{0}, which this CI run is about, is not in this clone")]
    #[diagnostic(help(
        "have CI fetch the full history (`fetch-depth: 0`, `GIT_DEPTH: 0`); what a forced push left behind comes with `git fetch origin {0}`"
    ))]
    NotFetched(String),

    /// The branch that a request would go into was not fetched.
    #[error(
        "the branch {branch}, which this CI run would change, is not in this clone as the remote has it now"
    )]
    #[diagnostic(help("have CI run `{fetch}` before it judges"))]
    TargetNotFetched {
        /// The full name of the branch.
        branch: String,
        /// The command that brings it.
        fetch: String,
    },

    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),
}

impl From<GitError> for RangeError {
    fn from(error: GitError) -> Self {
        Self::Guard(error.into())
    }
}

/// The range that these revisions name, as `git log` reads them.
pub fn named(repo: &Repo, revisions: &[String]) -> Result<RevRange, RangeError> {
    let mut found = RevRange::default();
    for revision in revisions {
        if revision.starts_with('-') {
            return Err(no_commit(revision, "it begins with a dash"));
        }
        revision::check_unambiguous(repo, revision)?;
        if let Some(plain) = revision::plain(repo, revision)? {
            found.tips.push(plain.tip);
            found.hidden.extend(plain.hidden);
            continue;
        }
        let out = repo
            .program()
            .output(["rev-parse", "--revs-only", revision])
            .unwrap_or_default();
        if out.trim().is_empty() {
            return Err(no_commit(revision, "git finds nothing of that name"));
        }
        for line in out.lines() {
            let (hex, into) = match line.strip_prefix(b"^") {
                Some(hex) => (hex, &mut found.hidden),
                None => (line, &mut found.tips),
            };
            let oid =
                Oid::from_hex(hex).map_err(|error| no_commit(revision, &error.to_string()))?;
            let commit = repo.objects().peel_to_commit(oid)?;
            into.push(commit.ok_or_else(|| no_commit(revision, "it names no commit"))?);
        }
    }
    found.old = match (found.hidden.first(), found.tips.first()) {
        (Some(hidden), Some(tip)) => Some(repo.merge_base(*hidden, *tip)?.unwrap_or(*hidden)),
        _ => None,
    };
    Ok(found)
}

/// The ranges that a CI service asks about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The ranges of revisions that would land or have landed.
    pub ranges: Vec<RevRange>,
    /// The branch that was pushed to, which is judged whole.
    pub line: Option<Line>,
}

/// The ranges that a CI service names; `Err` in the inner result: why there is nothing to judge.
///
/// A request is judged against its target as it is now, and against the one that the service names
/// where the target does not hold that. A push is judged from the tip before it, and everything on
/// the branch since its policy was adopted. A new branch, and one whose tip before a forced push
/// is no longer to be had, is judged from where it left the default branch.
pub fn of_ci(repo: &Repo, range: &CiRange) -> Result<Result<Asked, &'static str>, RangeError> {
    Ok(Ok(match range {
        CiRange::Request {
            target,
            tip,
            branch,
        } => Asked {
            ranges: requested(repo, target, tip, branch.as_ref())?,
            line: None,
        },
        CiRange::Push(push) => pushed(repo, push)?,
        CiRange::Nothing(reason) => return Ok(Err(reason)),
        CiRange::NoChange(event) => return Err(RangeError::NoChange(event.clone())),
        CiRange::Unreadable(reason) => return Err(RangeError::UnreadableEvent(reason.clone())),
    }))
}

fn requested(
    repo: &Repo,
    target: &str,
    tip: &str,
    branch: Option<&RefName>,
) -> Result<Vec<RevRange>, RangeError> {
    let (named, tip) = (fetched(repo, target)?, fetched(repo, tip)?);
    let mut targets = Vec::new();
    if let Some(branch) = branch {
        targets.push(as_it_is_now(repo, branch)?);
    }
    let mut is_held = false;
    for target in &targets {
        is_held |= *target == named || repo.merge_base(named, *target)? == Some(named);
    }
    if !is_held {
        targets.push(named);
    }
    let ranges = targets.into_iter().map(|target| {
        Ok(RevRange {
            reference: branch.cloned(),
            ..between(repo, target, tip)?
        })
    });
    ranges.collect()
}

/// The tip of a branch as the remote had it when this CI run fetched it.
fn as_it_is_now(repo: &Repo, branch: &RefName) -> Result<Oid, RangeError> {
    let short = BranchName::given(branch);
    let tracking = short.tracked_at("origin".into());
    if let Some(oid) = repo.refs().resolve(&tracking)?
        && let Some(commit) = repo.objects().peel_to_commit(oid)?
    {
        return Ok(commit);
    }
    let refspec = format!("+{}:{tracking}", short.full());
    Err(RangeError::TargetNotFetched {
        branch: branch.to_string().escape_debug().to_string(),
        fetch: format!("git fetch origin {}", shell_words::quote(&refspec)),
    })
}

fn pushed(repo: &Repo, push: &CiPush) -> Result<Asked, RangeError> {
    let after = fetched(repo, &push.after)?;
    let before = push.before.as_deref().map(|before| fetched(repo, before));
    let default = push.left();
    let default = default.map(|name| fetched(repo, &name.tracked_at("origin".into()).to_string()));
    let found = match (before, &default) {
        (Some(Ok(before)), _) => Some(RevRange {
            tips: vec![after],
            hidden: vec![before],
            old: Some(before),
            ..RevRange::default()
        }),
        (None | Some(Err(RangeError::NotFetched(_))), Some(Ok(default))) => {
            Some(between(repo, *default, after)?)
        }
        (None | Some(Err(RangeError::NotFetched(_))), Some(Err(_))) => None,
        (Some(Err(error)), _) => return Err(error),
        (None, None) => None,
    };
    let reference = push.branch.clone();
    let line = Line {
        reference: reference.clone(),
        tip: after,
        default: match default {
            Some(Ok(default)) => Some(default),
            Some(Err(error)) if found.is_none() => return Err(error),
            Some(Err(_)) | None => None,
        },
    };
    let ranges = found.map(|found| RevRange { reference, ..found });
    Ok(Asked {
        ranges: ranges.into_iter().collect(),
        line: Some(line),
    })
}

/// The move of the branch that a push is about; `None` where the branch is not known.
pub fn update_of(repo: &Repo, push: &CiPush) -> Result<Option<RefUpdate>, RangeError> {
    let Some(branch) = &push.branch else {
        return Ok(None);
    };
    let old = match &push.before {
        Some(before) => match fetched(repo, before) {
            // What a forced push left behind may be gone: that says what became of it.
            Err(RangeError::NotFetched(gone)) => Oid::from_hex(gone.as_bytes()).ok(),
            found => Some(found?),
        },
        None => None,
    };
    Ok(Some(RefUpdate {
        reference: branch.clone(),
        old,
        new: Some(fetched(repo, &push.after)?),
    }))
}

/// The tip of the default branch, where another one was pushed to.
pub fn default_of(repo: &Repo, push: &CiPush) -> Result<Option<Oid>, RangeError> {
    match push.left() {
        Some(name) => match fetched(repo, &name.tracked_at("origin".into()).to_string()) {
            Err(RangeError::NotFetched(_)) => Ok(None),
            found => found.map(Some),
        },
        None => Ok(None),
    }
}

/// The commits of this branch that its upstream does not have.
pub fn beyond_upstream(repo: &Repo) -> Result<RevRange, RangeError> {
    let upstream = repo.program().rev_parse("@{upstream}")?;
    let upstream = upstream.ok_or(RangeError::NoUpstream)?;
    between(repo, upstream, repo.commit_of("HEAD")?)
}

/// The references whose tips carry a policy that cannot be read, or lead to one of these commits:
/// what is wrong, and whether it is at the tip.
pub fn unreadable(
    repo: &Repo,
    known: &[(Oid, String)],
) -> Result<Vec<(RefName, String, bool)>, GuardError> {
    let bases = Bases::new(repo.objects());
    let mut found = Vec::new();
    let mut told = Vec::new();
    for (name, oid) in repo.refs().below("refs/")? {
        if name.starts_with(OWN) {
            continue;
        }
        let Some(tip) = repo.objects().peel_to_commit(oid)? else {
            continue;
        };
        match bases.own(tip) {
            Err(GuardError::Unreadable(policy)) => {
                told.push(policy.commit);
                found.push((name, policy.reason(), true));
                continue;
            }
            other => other?,
        };
        for (commit, reason) in known.iter().filter(|(commit, _)| !told.contains(commit)) {
            if history::reachable(repo, &[*commit], &[tip])?.is_empty() {
                found.push((name.clone(), reason.clone(), false));
            }
        }
    }
    found.dedup();
    Ok(found)
}

/// Below it Baton keeps records of its own: runs, sessions, and what was saved before a worktree was
/// cleaned, conflicts and all. None of it lands from there.
const OWN: &[u8] = b"refs/baton/";

/// Every commit that any reference, or a detached `HEAD`, reaches; but for Baton's own references.
pub fn all(repo: &Repo) -> Result<RevRange, GuardError> {
    reached(repo, |name| !name.starts_with(OWN))
}

/// Every commit that any reference, or a detached `HEAD`, reaches.
pub fn everything(repo: &Repo) -> Result<RevRange, GuardError> {
    reached(repo, |_| true)
}

fn reached(repo: &Repo, counts: impl Fn(&RefName) -> bool) -> Result<RevRange, GuardError> {
    let mut tips = Vec::new();
    let named = repo.refs().below("refs/")?.into_iter();
    let named = named.filter(|(name, _)| counts(name)).map(|(_, oid)| oid);
    for oid in named.chain(repo.head()?) {
        tips.extend(repo.objects().peel_to_commit(oid)?);
    }
    tips.sort();
    tips.dedup();
    Ok(RevRange {
        tips,
        ..RevRange::default()
    })
}

fn between(repo: &Repo, target: Oid, tip: Oid) -> Result<RevRange, RangeError> {
    let base = repo.merge_base(target, tip)?;
    Ok(RevRange {
        tips: vec![tip],
        hidden: vec![target],
        old: Some(base.unwrap_or(target)),
        ..RevRange::default()
    })
}

/// A commit that CI should have fetched. In a shallow clone one that is not here is most likely
/// one that was cut off.
fn fetched(repo: &Repo, revision: &str) -> Result<Oid, RangeError> {
    let missing = match repo.commit_of(revision) {
        Err(GitError::Missing(_) | GitError::NoCommit { .. }) => revision.to_owned(),
        found => return Ok(found?),
    };
    match repo.shallow_commits()?.first() {
        Some(cut) => Err(GitError::Shallow(*cut).into()),
        None => Err(RangeError::NotFetched(missing)),
    }
}

fn no_commit(revision: &str, reason: &str) -> RangeError {
    GitError::NoCommit {
        name: revision.escape_debug().to_string(),
        reason: reason.to_owned(),
    }
    .into()
}
