//! Giving back what an agent leaves behind: the slots in which there is no work of any kind.

use std::path::PathBuf;

use super::at_risk_text::AtRiskText;
use super::release::{Release, release};
use super::state::{Phase, Process, Slot, State};
use super::{PoolError, place, session, state_file};
use crate::settings;
use baton_core::model::Oid;
use baton_core::policy::PoolPolicy;
use baton_git::Repo;

/// A worktree that stays with its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// Its directory.
    pub path: PathBuf,
    /// Its content, in words.
    pub why: String,
}

/// Gives the slots of this process back whose tasks are meant, and tells those that hold work.
pub fn release_spent(
    repo: &Repo,
    owner: &str,
    process: &Process,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Vec<Stays>, PoolError> {
    let Some(state) = state_file::read(repo)? else {
        return Ok(Vec::new());
    };
    let policy = settings::policy(repo)?.pool;
    let mut stays = Vec::new();
    for slot in state
        .slots
        .iter()
        .filter(|slot| slot.phase == Phase::Leased)
    {
        let held = slot.lease.as_ref().filter(|lease| {
            lease.owner.as_deref() == Some(owner)
                && lease.process.as_ref() == Some(process)
                && lease.task.as_deref().is_some_and(is_meant)
        });
        let Some(lease) = held else {
            continue;
        };
        let wish = Release {
            slot: slot.name.clone(),
            lease: Some(lease.id.clone()),
            force: false,
        };
        let why = match work_of(repo, &state, slot, &policy) {
            Ok(None) => release(repo, &wish).err().map(|error| error.to_string()),
            Ok(why) => why,
            Err(error) => Some(error.to_string()),
        };
        stays.extend(why.map(|why| Stays {
            path: state.path_of(&slot.name),
            why,
        }));
    }
    Ok(stays)
}

/// The work in a slot, in words, that of its session included.
fn work_of(
    repo: &Repo,
    state: &State,
    slot: &Slot,
    policy: &PoolPolicy,
) -> Result<Option<String>, PoolError> {
    let worktree = place::open(repo, state, slot)?;
    let work = work(&worktree, place::default_base(repo, policy)?)?;
    let session = match work {
        None => session::at_work(repo, slot)?,
        Some(_) => None,
    };
    Ok(work.or(session.map(|session| format!("its session {session} is at work"))))
}

/// The work in a worktree that is not committed or that `target` lacks, in words; `None` where there is none.
pub fn work(worktree: &Repo, target: Oid) -> Result<Option<String>, PoolError> {
    let risk = AtRiskText::of(worktree, target)?;
    if !risk.is_none() {
        return Ok(Some(risk.describe()));
    }
    Ok(match risk.at_risk.unmerged.len() {
        0 => None,
        1 => Some("1 commit that is not merged".to_owned()),
        many => Some(format!("{many} commits that are not merged")),
    })
}
