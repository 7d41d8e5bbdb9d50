//! The present problems of the pool.

use super::evidence::Evidence;
use super::repair::aside;
use super::{Code, Finding};
use crate::pool::acquire::{Fitness, fitness};
use crate::pool::at_risk_text::AtRiskText;
use crate::pool::place::{self, Standing};
use crate::pool::state::{Lease, Phase, Slot, State};
use crate::pool::{LOCK_REASON, PoolError, locks, notes, state_file};
use baton_core::policy::PoolPolicy;
use baton_git::Repo;
use baton_git::locks::{self as git_locks, Lock, STALE_AGE};

/// Looks at the record, the locks and every slot.
pub(super) fn look(repo: &Repo, policy: &PoolPolicy) -> Result<Vec<Finding>, PoolError> {
    let state = state_file::update(repo, |state| Ok(state.clone()))?;
    let mut findings = Vec::new();
    if let Some(at) = &state.rebuilt_at {
        findings.push(Finding {
            code: Code::RecordLost,
            slot: None,
            message: format!(
                "the pool's record was lost and made again at {at}; every worktree counts as taken"
            ),
            help: "look at each one below, and give it back once nobody works there".to_owned(),
            fixable: false,
        });
    }
    if state.slots.len() < state.size {
        findings.push(Finding {
            code: Code::SlotsMissing,
            slot: None,
            message: format!(
                "{} of {} worktrees are there",
                state.slots.len(),
                state.size
            ),
            help: "`git baton orchestrator pool init` makes the others".to_owned(),
            fixable: true,
        });
    }
    let old = locks::shared_locks(repo)?
        .into_iter()
        .filter(|lock| lock.is_older_than(STALE_AGE));
    findings.extend(old.map(|lock| locked(None, &lock)));
    for slot in &state.slots {
        findings.extend(look_at(repo, &state, slot, policy)?);
    }
    Ok(findings)
}

/// Keeps a free slot from being given out, unless it was meanwhile.
fn mark(repo: &Repo, seen: &Slot, why: &str) -> Result<(), PoolError> {
    state_file::update(repo, |state| {
        let slot = state.slot_mut(&seen.name);
        if let Some(slot) = slot.filter(|slot| *slot == seen) {
            slot.trouble = Some(why.to_owned());
        }
        Ok(())
    })
}

/// A lock that keeps git from working on a slot, or on what all of them share.
fn locked(slot: Option<&str>, lock: &Lock) -> Finding {
    let fixable = lock.is_stale();
    Finding {
        code: Code::InUse,
        slot: slot.map(ToOwned::to_owned),
        message: format!(
            "git cannot work there: {} is there, {}",
            lock.path.display(),
            locks::whose(lock)
        ),
        help: match fixable {
            true => "`git baton orchestrator pool health --fix` removes it",
            false => {
                "wait until that git has ended; what is older than two minutes and nobody's is \
                 removed by `git baton orchestrator pool health --fix`"
            }
        }
        .to_owned(),
        fixable,
    }
}

/// The help on the command that repairs most problems.
const FIX: &str = "`git baton orchestrator pool health --fix` sets it right";

/// The first thing that is wrong with a slot.
fn look_at(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    policy: &PoolPolicy,
) -> Result<Option<Finding>, PoolError> {
    if slot.is_interrupted() {
        let why = slot.trouble.as_deref();
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        let message = format!("whoever was {} it is gone{why}", slot.phase.as_str());
        return Ok(Some(found(slot, Code::Interrupted, message, FIX, true)));
    }
    if !matches!(slot.phase, Phase::Ready | Phase::Leased) {
        return Ok(None);
    }
    if let Some(finding) = misplaced(repo, state, slot)? {
        return Ok(Some(finding));
    }
    let worktree = place::open(repo, state, slot)?;
    if let Some(lock) = git_locks::on_worktree(&worktree).first() {
        return Ok(Some(locked(Some(&slot.name), lock)));
    }
    let risk = AtRiskText::of(&worktree, place::default_base(repo, policy)?)?;
    match (&slot.lease, &slot.trouble) {
        (Some(lease), _) => lent(slot, lease, &worktree, &risk, policy),
        (None, Some(why)) => Ok(Some(unfit(slot, why, &risk))),
        (None, None) => free(repo, state, slot, &risk),
    }
}

fn found(slot: &Slot, code: Code, message: String, help: &str, fixable: bool) -> Finding {
    Finding {
        code,
        slot: Some(slot.name.clone()),
        message,
        help: help.to_owned(),
        fixable,
    }
}

/// Returns the problem with the place of a slot.
fn misplaced(repo: &Repo, state: &State, slot: &Slot) -> Result<Option<Finding>, PoolError> {
    let standing = place::standing(repo, state, slot)?;
    let why = standing.obstacle().unwrap_or_default();
    let path = state.path_of(&slot.name);
    let finding = match standing {
        Standing::Sound => return Ok(None),
        Standing::Unlocked => {
            let message = "a `git worktree prune` could take it: it is not locked".to_owned();
            found(slot, Code::Unlocked, message, FIX, true)
        }
        Standing::Missing => {
            let help = "`git baton orchestrator pool health --fix` makes it anew; a branch with \
                        commits of its own stays";
            found(slot, Code::DirectoryGone, why, help, true)
        }
        Standing::Moved => found(slot, Code::Moved, why, FIX, true),
        Standing::Forgotten => {
            let help = format!(
                "`git baton orchestrator pool health --fix` makes it anew and keeps what is there \
                 as {}",
                aside(&path).display()
            );
            found(slot, Code::Forgotten, why, &help, true)
        }
        Standing::Foreign => {
            let help = "move that directory away, and run this again";
            found(slot, Code::Foreign, why, help, false)
        }
        Standing::Elsewhere(settings) => {
            let help = format!(
                "`git config --file {} --unset core.worktree`, and run this again",
                settings.display()
            );
            found(slot, Code::Foreign, why, &help, false)
        }
        Standing::Locked(_) => {
            let help = format!(
                "when the lock has no use any more: `git worktree unlock {0}`, then `git worktree \
                 lock --reason '{LOCK_REASON}' {0}`",
                path.display()
            );
            found(slot, Code::LockedByOther, why, &help, false)
        }
    };
    Ok(Some(finding))
}

/// Returns the problem with a slot that has no holder; it is not given out then.
fn free(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    risk: &AtRiskText,
) -> Result<Option<Finding>, PoolError> {
    let at_risk = &risk.at_risk;
    // What the commit is that it was left at does not matter: the base's history may have changed.
    let is_clean = at_risk.uncommitted.is_empty()
        && at_risk.untracked.is_empty()
        && at_risk.operation.is_none();
    let why = match fitness(repo, state, &slot.name)? {
        Fitness::Unfit(why) => why,
        _ if is_clean => return Ok(None),
        _ => "somebody has written in it without having acquired it".to_owned(),
    };
    mark(repo, slot, &why)?;
    Ok(Some(unfit(slot, &why, risk)))
}

/// A slot that has no holder and cannot be given out.
fn unfit(slot: &Slot, why: &str, risk: &AtRiskText) -> Finding {
    if risk.is_none() {
        return found(slot, Code::Unfit, why.to_owned(), FIX, true);
    }
    let message = format!("{why}; it holds {}", risk.describe());
    let help = format!(
        "see to it, then `git baton orchestrator pool release {}`",
        slot.name
    );
    found(slot, Code::Unfit, message, &help, false)
}

/// The run for one of whose tasks a slot is lent.
fn run_of(lease: &Lease) -> Option<&str> {
    let owner = lease.owner.as_deref()?.strip_prefix("run ")?;
    owner.split_once(", task ").map(|(run, _)| run)
}

/// Returns the problem with a slot that has a holder.
fn lent(
    slot: &Slot,
    lease: &Lease,
    worktree: &Repo,
    risk: &AtRiskText,
    policy: &PoolPolicy,
) -> Result<Option<Finding>, PoolError> {
    let evidence = Evidence::of(worktree, lease, policy);
    let release = match run_of(lease) {
        Some(run) => format!(
            "it is for run {run}, which `git baton orchestrator resume {run}` goes on with; once \
             `git baton orchestrator status {run}` says that it is over: `git baton orchestrator pool \
             release {}`",
            slot.name
        ),
        None => format!(
            "once nobody works there: `git baton orchestrator pool release {}`",
            slot.name
        ),
    };
    let help = |fixable: bool, otherwise: String| match fixable {
        true => FIX.to_owned(),
        false => otherwise,
    };
    if lease.is_unknown() {
        // On a branch, somebody may be about to begin. Without one, nobody has acquired it.
        let fixable = risk.is_none()
            && risk.is_merged()
            && evidence.inside.is_empty()
            && lease.branch.is_none()
            && worktree.refs().symbolic("HEAD")?.is_none();
        let message = format!("nobody knows who has it; {}", evidence.describe(risk));
        let help = help(fixable, release);
        return Ok(Some(found(
            slot,
            Code::UnknownHolder,
            message,
            &help,
            fixable,
        )));
    }
    if !evidence.is_gone {
        return Ok(None);
    }
    let fixable = evidence.proves_the_end(risk);
    let message = format!(
        "{} seems to be gone; {}",
        notes::holder(slot),
        evidence.describe(risk)
    );
    let help = help(fixable, format!("it stays taken; {release}"));
    Ok(Some(found(slot, Code::StaleLease, message, &help, fixable)))
}
