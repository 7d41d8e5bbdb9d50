//! What is wrong with the pool, and what of it can be repaired without losing anything.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::acquire::{Fitness, fitness};
use super::loss::Loss;
use super::place::{self, Standing};
use super::release::{self, Release};
use super::state::{Lease, Phase, Process, Slot, State};
use super::{LOCK_REASON, PoolError, fill, in_use, ledger, recover};
use crate::git::locks::{self, Lock};
use crate::git::{GitError, Repo, slot};
use crate::orchestrator::store;
use crate::policy::PoolPolicy;
use crate::sys::{clock, file, process};

/// What was found, and what was repaired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// What needs a hand.
    pub findings: Vec<Finding>,
    /// What was repaired.
    pub fixed: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// The worktree; absent where it is about the whole pool.
    pub slot: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Whether `--fix` can repair it.
    pub fixable: bool,
}

/// The kinds of things that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The pool's record was lost.
    RecordLost,
    /// There are fewer slots than there shall be.
    SlotsMissing,
    /// The directory of a slot is gone.
    DirectoryGone,
    /// The links of a slot lead nowhere.
    Moved,
    /// Git knows nothing of a slot whose files are there.
    Forgotten,
    /// The directory belongs to another repository.
    Foreign,
    /// Somebody else has locked the slot.
    LockedByOther,
    /// Nothing locks the slot.
    Unlocked,
    /// A git command is at work, or has left its lock.
    InUse,
    /// Whoever was at it is gone.
    Interrupted,
    /// A ready slot is not as it was left.
    Unfit,
    /// The holder seems to be gone.
    StaleLease,
    /// Nobody knows who has it.
    UnknownHolder,
}

impl Code {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordLost => "record-lost",
            Self::SlotsMissing => "slots-missing",
            Self::DirectoryGone => "directory-gone",
            Self::Moved => "moved",
            Self::Forgotten => "forgotten",
            Self::Foreign => "foreign",
            Self::LockedByOther => "locked-by-other",
            Self::Unlocked => "unlocked",
            Self::InUse => "in-use",
            Self::Interrupted => "interrupted",
            Self::Unfit => "unfit",
            Self::StaleLease => "stale-lease",
            Self::UnknownHolder => "unknown-holder",
        }
    }
}

/// Looks at every slot and, when `fix` says so, repairs what can be.
pub fn examine(repo: &Repo, fix: bool) -> Result<Health, PoolError> {
    let policy = store::policy(repo)?.pool;
    let before = look(repo, &policy)?;
    if !fix || !before.iter().any(|finding| finding.fixable) {
        return Ok(Health {
            findings: before,
            fixed: Vec::new(),
        });
    }
    for finding in before.iter().filter(|finding| finding.fixable) {
        match repair(repo, finding, &policy) {
            // What could not be repaired is found again.
            Err(error) if !error.is_refusal() => return Err(error),
            _ => {}
        }
    }
    let findings = look(repo, &policy)?;
    let again = |finding: &Finding| {
        let same = |one: &&Finding| one.code == finding.code && one.slot == finding.slot;
        findings.iter().find(same).is_some()
    };
    let fixed = before
        .into_iter()
        .filter(|finding| !again(finding))
        .collect();
    Ok(Health { findings, fixed })
}

fn repair(repo: &Repo, finding: &Finding, policy: &PoolPolicy) -> Result<(), PoolError> {
    let state = ledger::update(repo, |state| Ok(state.clone()))?;
    let name = finding.slot.as_deref().unwrap_or_default();
    match finding.code {
        Code::Interrupted => recover::interrupted(repo, policy),
        Code::SlotsMissing => fill::init(repo, Some(state.size)).map(drop),
        Code::Moved | Code::Unlocked => match state.slot(name) {
            Some(slot) => {
                place::open(repo, &state, slot)?;
                clear_trouble(repo, name)
            }
            None => Ok(()),
        },
        Code::DirectoryGone => refill(repo, name, policy),
        Code::Forgotten => {
            set_aside(repo, name)?;
            refill(repo, name, policy)
        }
        Code::Unfit | Code::StaleLease | Code::UnknownHolder => {
            let slot = state.slot(name);
            let lease = slot.and_then(|slot| slot.lease.as_ref());
            let wish = Release {
                slot: name.to_owned(),
                lease: lease.map(|lease| lease.id.clone()),
                force: false,
            };
            release::release(repo, &wish).map(drop)
        }
        Code::InUse => {
            let worktree = state
                .slot(name)
                .map(|slot| place::open(repo, &state, slot))
                .transpose()?;
            let found = match &worktree {
                Some(worktree) => locks::on_worktree(worktree),
                None => shared_locks(repo)?,
            };
            let left = found.iter().filter(|lock| in_use::is_left_behind(lock));
            left.into_iter().try_for_each(in_use::remove)?;
            recover::interrupted(repo, policy)
        }
        Code::RecordLost | Code::Foreign | Code::LockedByOther => Ok(()),
    }
}

fn clear_trouble(repo: &Repo, name: &str) -> Result<(), PoolError> {
    ledger::update(repo, |state| {
        if let Some(slot) = state.slot_mut(name) {
            slot.trouble = None;
        }
        Ok(())
    })
}

/// Makes a slot anew whose directory is gone; the branch stays unless something else has all of
/// its commits.
/// Makes a slot anew that is lent under this lease and whose directory is gone; the lease is over
/// then, and the branch stays. Says whether it was so.
pub fn make_anew(repo: &Repo, name: &str, lease: &str) -> Result<bool, PoolError> {
    let policy = store::policy(repo)?.pool;
    let state = ledger::update(repo, |state| Ok(state.clone()))?;
    let Some(slot) = state.slot(name).filter(|slot| slot.is_held_by(lease)) else {
        return Ok(false);
    };
    match place::standing(repo, &state, slot)? {
        Standing::Missing => refill(repo, name, &policy).map(|()| true),
        _ => Ok(false),
    }
}

/// Moves the files of a slot of which git knows nothing out of the way.
fn set_aside(repo: &Repo, name: &str) -> Result<(), PoolError> {
    ledger::update(repo, |state| {
        let slot = state
            .slot(name)
            .ok_or_else(|| PoolError::NoSlot(name.to_owned()))?;
        let is_settled = matches!(slot.phase, Phase::Ready | Phase::Leased);
        if is_settled && place::standing(repo, state, slot)? == Standing::Forgotten {
            let path = state.path_of(name);
            file::rename(&path, &aside(&path)).map_err(GitError::io(path))?;
        }
        Ok(())
    })
}

/// A name beside a slot's directory that nothing has.
fn aside(path: &Path) -> PathBuf {
    let name = |number: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".lost-{number}"));
        PathBuf::from(name)
    };
    let mut names = (1..).map(name);
    names.find(|name| !file::is_taken(name)).unwrap_or_default()
}

fn refill(repo: &Repo, name: &str, policy: &PoolPolicy) -> Result<(), PoolError> {
    let (state, held) = ledger::update(repo, |state| {
        let all = state.clone();
        let slot = state.slot_mut(name);
        let slot = slot.filter(|slot| matches!(slot.phase, Phase::Ready | Phase::Leased));
        let slot = slot.ok_or_else(|| PoolError::NoSlot(name.to_owned()))?;
        let held = slot.clone();
        slot.begin(Phase::Filling);
        Ok((all, held))
    })?;
    {
        let _turn = ledger::worktree_list(repo)?;
        slot::remove(repo, &state.path_of(name))?;
    }
    let finished =
        release::part_with_branch(repo, &held, place::default_base(repo, policy)?, None)?;
    ledger::update(repo, |state| {
        state.note_finished(finished);
        Ok(())
    })?;
    fill::fill(repo, &state, name, policy)
}

fn look(repo: &Repo, policy: &PoolPolicy) -> Result<Vec<Finding>, PoolError> {
    let state = ledger::update(repo, |state| Ok(state.clone()))?;
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
    let old = shared_locks(repo)?.into_iter().filter(in_use::is_old);
    findings.extend(old.map(|lock| locked(None, &lock)));
    for slot in &state.slots {
        findings.extend(look_at(repo, &state, slot, policy)?);
    }
    Ok(findings)
}

/// Keeps a free slot from being given out, unless it was meanwhile.
fn mark(repo: &Repo, seen: &Slot, why: &str) -> Result<(), PoolError> {
    ledger::update(repo, |state| {
        let slot = state.slot_mut(&seen.name);
        if let Some(slot) = slot.filter(|slot| *slot == seen) {
            slot.trouble = Some(why.to_owned());
        }
        Ok(())
    })
}

/// The locks that keep all worktrees from something: on references, and on the main worktree, in which
/// what lands is shown.
fn shared_locks(repo: &Repo) -> Result<Vec<Lock>, PoolError> {
    let mut all = locks::on_references(repo)?;
    let mut own = locks::on_worktree(&place::main(repo)?);
    own.retain(|lock| all.iter().all(|one| one.path != lock.path));
    all.append(&mut own);
    Ok(all)
}

/// A lock that keeps git from working on a slot, or on what all of them share.
fn locked(slot: Option<&str>, lock: &Lock) -> Finding {
    let fixable = in_use::is_left_behind(lock);
    Finding {
        code: Code::InUse,
        slot: slot.map(ToOwned::to_owned),
        message: format!(
            "git cannot work there: {} is there, {}",
            lock.path.display(),
            in_use::whose(lock)
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

/// The first thing that is wrong with a slot.
fn look_at(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    policy: &PoolPolicy,
) -> Result<Option<Finding>, PoolError> {
    let found = |code, message: String, help: &str, fixable| {
        Ok(Some(Finding {
            code,
            slot: Some(slot.name.clone()),
            message,
            help: help.to_owned(),
            fixable,
        }))
    };
    const FIX: &str = "`git baton orchestrator pool health --fix` sets it right";
    if slot.is_interrupted() {
        let why = slot
            .trouble
            .as_deref()
            .map_or(String::new(), |why| format!(": {why}"));
        let message = format!("whoever was {} it is gone{why}", slot.phase.as_str());
        return found(Code::Interrupted, message, FIX, true);
    }
    if !matches!(slot.phase, Phase::Ready | Phase::Leased) {
        return Ok(None);
    }
    let standing = place::standing(repo, state, slot)?;
    let why = standing.obstacle().unwrap_or_default();
    match standing {
        Standing::Sound => {}
        Standing::Unlocked => {
            let message = "a `git worktree prune` could take it: it is not locked".to_owned();
            return found(Code::Unlocked, message, FIX, true);
        }
        Standing::Missing => {
            let help = "`git baton orchestrator pool health --fix` makes it anew; a branch with \
                        commits of its own stays";
            return found(Code::DirectoryGone, why, help, true);
        }
        Standing::Moved => return found(Code::Moved, why, FIX, true),
        Standing::Forgotten => {
            let help = format!(
                "`git baton orchestrator pool health --fix` makes it anew and keeps what is there as {}",
                aside(&state.path_of(&slot.name)).display()
            );
            return found(Code::Forgotten, why, &help, true);
        }
        Standing::Foreign => {
            let help = "move that directory away, and run this again";
            return found(Code::Foreign, why, help, false);
        }
        Standing::Elsewhere(settings) => {
            let help = format!(
                "`git config --file {} --unset core.worktree`, and run this again",
                settings.display()
            );
            return found(Code::Foreign, why, &help, false);
        }
        Standing::Locked(_) => {
            let help = format!(
                "when the lock has no use any more: `git worktree unlock {0}`, then `git worktree \
                 lock --reason '{LOCK_REASON}' {0}`",
                state.path_of(&slot.name).display()
            );
            return found(Code::LockedByOther, why, &help, false);
        }
    }
    let worktree = place::open(repo, state, slot)?;
    if let Some(lock) = locks::on_worktree(&worktree).first() {
        return Ok(Some(locked(Some(&slot.name), lock)));
    }
    let loss = Loss::of(&worktree, place::default_base(repo, policy)?)?;
    if slot.phase == Phase::Ready && slot.trouble.is_none() {
        let at_risk = &loss.at_risk;
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
        let marked = Slot {
            trouble: Some(why),
            ..slot.clone()
        };
        return look_at(repo, state, &marked, policy);
    }
    let Some(lease) = &slot.lease else {
        let why = slot.trouble.clone().unwrap_or_default();
        return match loss.is_none() {
            true => found(Code::Unfit, why, FIX, true),
            false => {
                let message = format!("{why}; it holds {}", loss.describe());
                let help = format!(
                    "see to it, then `git baton orchestrator pool release {}`",
                    slot.name
                );
                found(Code::Unfit, message, &help, false)
            }
        };
    };
    let evidence = Evidence::of(&worktree, lease, policy);
    if lease.is_unknown() {
        // On a branch, somebody may be about to begin. Without one, nobody has acquired it.
        let fixable = loss.is_none()
            && loss.is_merged()
            && evidence.inside.is_empty()
            && lease.branch.is_none()
            && worktree.refs().symbolic("HEAD")?.is_none();
        let message = format!("nobody knows who has it; {}", evidence.describe(&loss));
        let help = match fixable {
            true => FIX.to_owned(),
            false => format!(
                "once nobody works there: `git baton orchestrator pool release {}`",
                slot.name
            ),
        };
        return found(Code::UnknownHolder, message, &help, fixable);
    }
    if !evidence.is_gone {
        return Ok(None);
    }
    let fixable = evidence.proves_the_end(&loss);
    let message = format!(
        "{} seems to be gone; {}",
        recover::holder(slot),
        evidence.describe(&loss)
    );
    let help = match fixable {
        true => FIX.to_owned(),
        false => format!(
            "it stays taken; once nobody works there: `git baton orchestrator pool release {}`",
            slot.name
        ),
    };
    found(Code::StaleLease, message, &help, fixable)
}

/// What speaks for a holder being gone.
struct Evidence {
    is_gone: bool,
    is_old: bool,
    inside: Vec<u32>,
}

impl Evidence {
    fn of(worktree: &Repo, lease: &Lease, policy: &PoolPolicy) -> Self {
        let age = clock::seconds(&lease.heartbeat).map(|at| clock::now().saturating_sub(at));
        let limit = i64::try_from(policy.stale_after).unwrap_or(i64::MAX);
        let inside = worktree
            .work_tree()
            .map(process::inside)
            .unwrap_or_default();
        Self {
            is_gone: lease.process.as_ref().is_some_and(Process::is_gone),
            is_old: age.is_some_and(|age| age >= limit),
            inside: inside.iter().map(|process| process.id).collect(),
        }
    }

    /// Whether everything says so: then the slot may be given to another.
    fn proves_the_end(&self, loss: &Loss) -> bool {
        self.is_gone && self.is_old && self.inside.is_empty() && loss.is_none() && loss.is_merged()
    }

    fn describe(&self, loss: &Loss) -> String {
        let mut parts = Vec::new();
        if self.is_gone {
            parts.push("its process has ended".to_owned());
        }
        parts.push(match self.is_old {
            true => "its last sign of life is old".to_owned(),
            false => "its last sign of life is recent".to_owned(),
        });
        if let Some(id) = self.inside.first() {
            parts.push(format!("process {id} works in its directory"));
        }
        parts.push(match loss.is_none() {
            true => "it is clean".to_owned(),
            false => format!("it holds {}", loss.describe()),
        });
        parts.push(match loss.is_merged() {
            true => "all its commits are merged".to_owned(),
            false => format!(
                "{} of its commits are not merged",
                loss.at_risk.unmerged.len()
            ),
        });
        parts.join(", ")
    }
}
