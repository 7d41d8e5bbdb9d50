//! The checkpoints of a run, in its record.

use super::control::ControlRequest;
use super::{ConductError, load, mirrored, open, setup};
use crate::run::state::{Checkpoint, CheckpointKind};
use crate::run_record::{Record, RecordError};
use crate::settings;
use baton_git::Repo;

/// From which part of its context on a caller had better not begin another group.
pub const FULL: f64 = 0.8;

/// The number of times that the writer of a checkpoint gives way to the conductor.
const ATTEMPTS: usize = 50;

/// The last checkpoint of a run.
pub fn last(repo: &Repo, record: &Record) -> Result<Option<Checkpoint>, ConductError> {
    let Some(name) = setup::checkpoints(record).last() else {
        return Ok(None);
    };
    let json = record.file(repo, name)?.unwrap_or_default();
    let read = serde_json::from_slice(&json);
    read.map(Some).map_err(|error| ConductError::Unreadable {
        run: record.id.clone(),
        reason: format!("{name}: {error}"),
    })
}

/// Records a checkpoint of a run as it is now. When the caller is to stop soon, the run pauses
/// after the group at work.
pub fn write(
    repo: &Repo,
    run: Option<&str>,
    kind: CheckpointKind,
    context_used: Option<f64>,
    note: Option<String>,
) -> Result<Checkpoint, ConductError> {
    let mut attempts = 0;
    loop {
        let mut record = open(repo, run)?;
        let state = load(repo, &record)?;
        let checkpoint = Checkpoint {
            context_used,
            note: note.clone(),
            ..state.checkpoint(&record.id, kind)
        };
        let name = setup::checkpoint_name(&record, 1);
        let json = setup::checkpoint_json(&checkpoint);
        match record.save(repo, &[(&name, json.as_bytes())], "checkpoint") {
            // The conductor was first.
            Err(RecordError::Raced(_)) if attempts < ATTEMPTS => attempts += 1,
            Err(error) => return Err(error.into()),
            Ok(()) => {
                let is_full = context_used.is_some_and(|used| used >= FULL);
                if is_full || kind == CheckpointKind::Handoff {
                    ControlRequest::OneGroup.leave(repo, &record.id)?;
                }
                let policy = settings::policy(repo)?;
                let written = std::slice::from_ref(&checkpoint);
                // The checkpoint itself is in the record.
                // What is mirrored is only for others to read.
                mirrored::write(repo, &policy, &record.id, &state, written);
                return Ok(checkpoint);
            }
        }
    }
}
