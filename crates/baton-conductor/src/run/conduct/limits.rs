//! Usage limits: an agent that has met one waits, and its attempt does not count.

use super::worker::{EventSender, RunContext};
use super::{ConductError, wait};
use baton_sys::clock;

/// Waits until this agent has no limit to wait for.
///
/// # Errors
/// [`ConductError::Interrupted`] when the run is asked to stop meanwhile.
pub(super) fn wait_for(context: &RunContext<'_>, agent: &str) -> Result<(), ConductError> {
    // Others may meet a limit anew meanwhile.
    loop {
        let left = context.limits.left(agent, clock::zoned().timestamp());
        if left.is_zero() {
            return Ok(());
        }
        wait(left, context.stop)?;
    }
}

/// Waits until one of those who may work in the place of this agent, or it itself, has no limit to wait for, and
/// names it: itself, or the first fallback.
///
/// # Errors
/// [`ConductError::Interrupted`] when the run is asked to stop meanwhile.
pub(super) fn wait_for_worker<'a>(
    context: &RunContext<'a>,
    own: &'a str,
) -> Result<&'a str, ConductError> {
    let fallback = &context.policy.conductor.staff.fallback;
    loop {
        let now = clock::zoned().timestamp();
        let (mut name, mut left) = (own, context.limits.left(own, now));
        for other in fallback {
            let waits = context.limits.left(other, now);
            if waits < left {
                (name, left) = (other, waits);
            }
        }
        if left.is_zero() {
            return Ok(name);
        }
        wait(left, context.stop)?;
    }
}

/// Notes that this agent has met a limit in work on a task, and says until when it waits.
pub(super) fn meet(
    context: &RunContext<'_>,
    agent: &str,
    task: &str,
    said: &str,
    events: &EventSender,
) {
    let now = clock::zoned();
    let until = context.limits.meet(agent, said, &now);
    let until = until.to_zoned_datetime(now.time_zone().clone());
    events.say(format!(
        "{task}: {agent} has met a usage limit and waits until {}; no attempt is spent: {said}",
        until.strftime("%H:%M on %F")
    ));
}
