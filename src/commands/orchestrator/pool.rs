//! `git baton orchestrator pool`.

use std::time::Duration;

use miette::IntoDiagnostic;

use super::{merge, shown, trash};
use crate::cli::orchestrator::{Pool, PoolAcquire, TextFormat};
use crate::commands::{ALLOWED, BROKEN, ExitCode};
use baton_conductor::landing::MergeError;
use baton_conductor::pool::{
    self, Acquire, Acquired, Fate, Left, PoolError, Release, Released, Settled, health::Health,
    output,
};
use baton_conductor::run_record::approvals::Approvals;
use baton_conductor::settings;
use baton_core::layout::padded;
use baton_core::model::SessionId;
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::GitEnv;

/// The steps that follow on a pool with new worktrees.
const NEXT: &str =
    "\nNext, one of them for a task:\n   git baton orchestrator pool acquire first-task\n";

/// Runs the verb; a refusal is told and ends with 1.
pub fn run(verb: Pool) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    merge::finish(answer(&repo, &env, verb))
}

/// The output of a verb, and its exit code.
pub fn answer(repo: &Repo, env: &GitEnv, verb: Pool) -> Result<(String, ExitCode), MergeError> {
    Ok(match verb {
        Pool::Init(args) => {
            let new = pool::init(repo, args.size.map(usize::from))?;
            let (mut said, code) = overview(repo, args.look.format, &[])?;
            if matches!(args.look.format, TextFormat::Human) && !new.is_empty() {
                said.push_str(NEXT);
            }
            (said, code)
        }
        Pool::Acquire(args) => (acquire(repo, args)?, ALLOWED),
        Pool::Heartbeat(args) => {
            let slot = pool::heartbeat(repo, &args.slot, &args.lease)?;
            let said = format!("{slot} is yours still\n");
            (
                shown(args.look.format, &output::alive(&slot), said),
                ALLOWED,
            )
        }
        Pool::Release(args) => {
            let released = pool::release(
                repo,
                &Release {
                    slot: args.slot,
                    lease: args.lease,
                    force: args.force,
                },
            )?;
            let said = human_release(&released);
            (
                shown(args.look.format, &output::released(&released), said),
                ALLOWED,
            )
        }
        Pool::Merge(args) => merge::pool(repo, args)?,
        Pool::Status(look) => overview(repo, look.format, &[])?,
        Pool::Refresh(look) => {
            pool::refresh(repo)?;
            overview(repo, look.format, &[])?
        }
        Pool::Cleanup(args) => {
            let left = pool::cleanup(repo, args.force)?;
            overview(repo, args.look.format, &left)?
        }
        Pool::Reset(args) => {
            let left = pool::reset(repo, args.size.map(usize::from), args.force)?;
            overview(repo, args.look.format, &left)?
        }
        Pool::Trash(verb) => (trash::answer(repo, env, verb)?, ALLOWED),
        Pool::Health(args) => {
            let health = pool::health::examine(repo, args.fix)?;
            let code = match health.findings.is_empty() {
                true => ALLOWED,
                false => BROKEN,
            };
            let said = human_health(&health);
            (
                shown(args.look.format, &output::checkup(&health), said),
                code,
            )
        }
    })
}

fn acquire(repo: &Repo, args: PoolAcquire) -> Result<String, PoolError> {
    let acquired = pool::acquire(
        repo,
        &Acquire {
            task: args.task,
            base: args.base,
            wait: Duration::from_secs(args.wait.unwrap_or(0).into()),
            owner: args.owner,
            process: args.pid,
            title: args.title,
            date: args.date,
            no_session: args.no_session,
        },
    )?;
    let Acquired {
        slot,
        path,
        branch,
        lease,
        session,
        ..
    } = &acquired;
    let path = path.display();
    Ok(match args.porcelain {
        true => format!("{slot}|{path}|{branch}\n"),
        false => {
            let session = session.as_ref().map(SessionId::to_string);
            let session = session.as_deref().unwrap_or("none");
            let said = format!(
                "{slot} at {path}\nbranch  {branch}\nsession {session}\nlease   {lease}\n\
                 give it back with `git baton orchestrator pool release {slot} --lease {lease}`\n"
            );
            shown(args.format, &output::acquired(&acquired), said)
        }
    })
}

/// The whole pool; 1 when something without a holder could not be removed.
fn overview(
    repo: &Repo,
    format: TextFormat,
    left: &[Left],
) -> Result<(String, ExitCode), PoolError> {
    let state = pool::read(repo)?.ok_or(PoolError::None)?;
    let approvals = Approvals::read(repo, &settings::policy(repo)?.trailers.session)?;
    let document = output::pool(&state, left, &approvals);
    let code = match left.iter().any(|one| !one.in_use) {
        true => BROKEN,
        false => ALLOWED,
    };
    let said = human_pool(&document);
    Ok((shown(format, &document, said), code))
}

fn human_pool(pool: &output::Pool) -> String {
    let inert = |text: &str| escape::inert(text.as_bytes());
    let free = pool.slots.iter().filter(|slot| slot.state == "ready");
    let free = free.filter(|slot| slot.trouble.is_none()).count();
    let mut text = format!(
        "{free} of {} worktrees in {} are free\n",
        pool.slots.len(),
        inert(&pool.root)
    );
    if let Some(at) = &pool.rebuilt_at {
        text.push_str(&format!(
            "the pool's record was lost and made again at {at}: see `git baton orchestrator pool health`\n"
        ));
    }
    for slot in &pool.slots {
        text.push_str(&format!("{} {:<10}", padded(&slot.slot, 6), slot.state));
        if let Some(lease) = &slot.lease {
            let task = lease.task.as_deref().or(lease.branch.as_deref());
            let owner = lease.owner.as_deref().unwrap_or("nobody known");
            text.push_str(&format!(
                " {} by {} since {}",
                inert(task.unwrap_or("no task")),
                inert(owner),
                lease.acquired_at
            ));
        }
        if let Some(trouble) = &slot.trouble {
            text.push_str(&format!(" {}", inert(trouble)));
        }
        text.push('\n');
    }
    for one in &pool.finished {
        let branch = inert(&one.branch);
        text.push_str(&match &one.objection {
            None => format!(
                "waits to be merged: {branch} (released {})\n",
                one.released_at
            ),
            Some(why) => format!("does not land by itself: {branch}: {}\n", inert(why)),
        });
    }
    for one in &pool.left {
        text.push_str(&format!("left: {}: {}\n", one.slot, inert(&one.why)));
    }
    text
}

fn human_release(released: &Released) -> String {
    let mut text = format!("{} is free\n", released.slot);
    if let Some(branch) = &released.branch {
        let branch = escape::inert(branch.as_bytes());
        text.push_str(&match released.kept {
            true => format!("{branch} waits to be merged\n"),
            false => format!("{branch} had nothing that is not merged, and is gone\n"),
        });
    }
    if let Some(saved) = &released.saved {
        text.push_str(&format!("saved as {saved}\n"));
    }
    if let Some(Settled { session, fate }) = &released.session {
        text.push_str(&match fate {
            Fate::Ended => format!("session {session} has ended\n"),
            Fate::Abandoned => format!("session {session} is given up: nothing was committed\n"),
            Fate::Active { why, remedy } => format!(
                "session {session} is still active: {}\n  {}\n",
                escape::inert(why.as_bytes()),
                escape::inert(remedy.as_bytes())
            ),
        });
    }
    text
}

fn human_health(health: &Health) -> String {
    let mut text = String::new();
    for (mark, findings) in [("fixed", &health.fixed), ("found", &health.findings)] {
        for one in findings {
            let slot = one
                .slot
                .as_deref()
                .map_or(String::new(), |slot| format!(" {slot}:"));
            let message = escape::inert(one.message.as_bytes());
            text.push_str(&format!(
                "{mark}:{slot} {message} [{}]\n",
                one.code.as_str()
            ));
            if mark == "found" {
                text.push_str(&format!("  {}\n", escape::inert(one.help.as_bytes())));
            }
        }
    }
    if health.findings.is_empty() {
        text.push_str("the pool is well\n");
    }
    text
}
