//! The JSON schemas of what a run records and says, as `schema/` holds them.

use schemars::{Schema, schema_for};

use super::event_text::{EventRecord, StatusReport};
use super::state::{Checkpoint, RunState};

/// Each schema with the name of its file.
pub fn all() -> [(&'static str, Schema); 4] {
    [
        ("run-state.schema.json", schema_for!(RunState)),
        ("run-checkpoint.schema.json", schema_for!(Checkpoint)),
        ("run-event.schema.json", schema_for!(EventRecord<'_>)),
        ("run-status.schema.json", schema_for!(StatusReport<'_>)),
    ]
}
