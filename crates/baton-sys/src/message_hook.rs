//! A hook that reads a commit message from a file, and may change it.

use std::io;
use std::path::Path;

use super::{command, executable, file, random};

/// The answer of a hook to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// True if it let the message pass.
    pub ok: bool,
    /// The message as it left it.
    pub message: Vec<u8>,
    /// Its output.
    pub said: Vec<u8>,
}

/// Runs the hook at the root of a worktree, as `git commit` does without an editor, on this message in a
/// file below `directory`; `more` are the arguments behind the file's name.
pub fn run(
    hook: &Path,
    message: &[u8],
    more: &[&str],
    root: &Path,
    git_dir: &Path,
    directory: &Path,
) -> io::Result<Answer> {
    let path = directory.join(format!("message-{}", random::name()));
    file::write_atomically(&path, message)?;
    let mut process = executable::hook_command(hook);
    process
        .arg(&path)
        .args(more)
        .current_dir(root)
        .env("GIT_DIR", git_dir)
        .env("GIT_INDEX_FILE", git_dir.join("index"))
        .env("GIT_EDITOR", ":");
    let ran = command::output(&mut process, None);
    let after = file::read(&path);
    file::remove_if_exists(&path)?;
    let ran = ran?;
    Ok(Answer {
        ok: ran.status.success(),
        message: after?,
        said: [ran.stdout, ran.stderr].concat(),
    })
}
