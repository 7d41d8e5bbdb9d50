//! A task's own verify commands.

use std::path::Path;
use std::time::Duration;

use bstr::ByteSlice;

use super::agent::Values;
use super::{RunError, agent_output};
use baton_sys::file;
use baton_sys::supervise::{self, End};

/// The result of verify commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verified {
    /// All succeeded.
    Passed,
    /// One did not, for this reason.
    Failed(String),
    /// The caller asked to stop.
    Stopped,
}

/// Runs the commands of the task one after the other, up to the first that fails.
pub(crate) fn verify(
    values: &Values<'_>,
    log: &Path,
    grace: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<Verified, RunError> {
    for line in &values.assignment.verify {
        // The log is a help, no condition.
        // A log that cannot be written is no reason to stop.
        file::append(log, format!("$ {line}\n").as_bytes()).ok();
        let mut job = values.line(line);
        job.log = Some(log.to_owned());
        job.limit = values.assignment.limit;
        job.grace = grace;
        let finished = supervise::run(&job, stop, &mut |_, _| ());
        let finished = finished.map_err(|source| RunError::Start {
            command: line.clone(),
            source,
        })?;
        let said = last_line(&finished.tail);
        match finished.end {
            End::Exited(0) => {}
            End::Stopped => return Ok(Verified::Stopped),
            end => return Ok(Verified::Failed(format!("`{line}` {}{said}", how(end)))),
        }
    }
    Ok(Verified::Passed)
}

/// Returns the way a command ended, as the end of a sentence.
pub(crate) fn how(end: End) -> String {
    match end {
        End::Exited(status) => format!("ended with exit status {status}"),
        End::Signalled(signal) => format!("was ended by signal {signal}"),
        End::TimedOut => "took too long".to_owned(),
        End::Stopped => "was stopped".to_owned(),
    }
}

/// Returns true if this is how a shell ends that finds no program of a name (127), or cannot run the one it
/// finds (126), as POSIX has it
/// [do](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02).
pub(crate) fn is_not_started(end: End) -> bool {
    matches!(end, End::Exited(126 | 127))
}

/// The last line that says anything, behind a colon.
pub(crate) fn last_line(output: &[u8]) -> String {
    behind_colon(output.lines().rev().find_map(agent_output::summarize))
}

/// The beginning of a line, behind a colon.
pub(crate) fn behind_colon(said: Option<String>) -> String {
    said.map_or_else(String::new, |line| {
        let line: String = line.chars().take(200).collect();
        format!(": {line}")
    })
}
