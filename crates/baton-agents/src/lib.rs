//! Judges what a coding agent is about to do, before it happens.
//!
//! An agent's event ([`Event`]) names the files that an edit changes or the command that a shell runs. [`judge`] asks the
//! policy about the files, and reads the command with a shell's parser for what it would write and which of git's protections
//! it would leave out. This is advice and no judge: what it overlooks, git's hooks still refuse, so in doubt it allows.
//! Nothing here touches the disk; [`Files`] answers what has to be known of it.

mod dialect;
mod event;
mod ground;
mod json;
mod patch;
mod path;
mod refusal;
pub mod setup;
mod shell;

pub use dialect::Dialect;
pub use event::{Call, Event, UnknownEvent};
pub use ground::{Files, Ground, OtherWorktree};
pub use refusal::Refusal;

/// Why this event may not happen; `None` where it may.
pub fn judge(event: &Event, ground: &Ground) -> Option<Refusal> {
    match &event.call {
        Call::Edit(paths) => paths
            .iter()
            .map(|path| path::join(&event.cwd, path))
            .find_map(|path| ground.refuses(&path, path::How::Write)),
        Call::Shell(command) => shell::judge(
            ground,
            command,
            &event.cwd,
            event.dialect.has_unseen_input(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
