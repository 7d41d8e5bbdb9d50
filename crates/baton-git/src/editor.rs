//! The user's editor.

use std::path::Path;

use bstr::ByteSlice;

use super::{GitError, Repo};

/// Opens a file in the editor that git would open, and waits until it is closed.
pub fn open(repo: &Repo, file: &Path) -> Result<(), GitError> {
    let editor = repo.program().output(["var", "GIT_EDITOR"])?;
    let editor = editor.trim().to_str_lossy().into_owned();
    let failed = |reason: String| GitError::Program {
        args: format!("var GIT_EDITOR: {editor}"),
        reason,
    };
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(format!("{editor} \"$@\""));
    let status = baton_sys::command::status(shell.arg(&editor).arg(file))
        .map_err(|error| failed(error.to_string()))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(status.to_string())),
    }
}
