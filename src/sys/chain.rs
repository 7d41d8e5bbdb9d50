//! The hooks that were there before Baton's, which go on running.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::executable::{are_one_file, is_executable};
use super::file;

/// What the name of a hook that was moved aside ends in.
pub const KEPT_SUFFIX: &str = ".before-baton";

/// The file, in Baton's directory beside the hooks, that names the directory of hooks to which
/// `core.hooksPath` pointed for every worktree. Empty: to none.
pub const EARLIER_PATH_FILE: &str = "earlier-hooks-path";

/// The file, in the directory `baton` of a worktree's git directory, that names the one to which
/// `core.hooksPath` pointed in that worktree alone. It goes before [`EARLIER_PATH_FILE`].
pub const WORKTREE_PATH_FILE: &str = "worktree-hooks-path";

/// The hooks to run before Baton's own answer, in order: the one that stood in its place, then
/// the one in the directory that `core.hooksPath` named. `program` is the installed hook, and
/// `git_dir` is git's `GIT_DIR`, which it leaves unset in the main worktree.
pub fn earlier_hooks(program: &Path, name: &str, git_dir: Option<&Path>) -> Vec<PathBuf> {
    let mut kept = program.as_os_str().to_owned();
    kept.push(KEPT_SUFFIX);
    let common_dir = program.parent().unwrap_or(Path::new(".")).join("..");
    let elsewhere = earlier_directory(&common_dir, git_dir).map(|directory| directory.join(name));
    std::iter::once(PathBuf::from(kept))
        .chain(elsewhere)
        .filter(|hook| is_executable(hook) && !are_one_file(hook, program))
        .collect()
}

/// The directory of hooks that git would use here without Baton. Like git's, a relative one is
/// relative to the directory in which git runs its hooks.
fn earlier_directory(common_dir: &Path, git_dir: Option<&Path>) -> Option<PathBuf> {
    let own = git_dir.unwrap_or(common_dir).join("baton");
    let files = [
        own.join(WORKTREE_PATH_FILE),
        common_dir.join("baton").join(EARLIER_PATH_FILE),
    ];
    let read = |path: &PathBuf| file::read_if_exists(path).ok().flatten();
    let bytes = files.iter().find_map(read)?;
    let path = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    // Without a directory the name would be looked up on PATH.
    (!path.is_empty()).then(|| Path::new(".").join(OsStr::from_bytes(path)))
}

/// Runs a hook as git would and returns its exit code; one that a signal ends counts as failed,
/// with the shell's code for it.
pub fn run(hook: &Path, args: &[OsString], input: Option<&[u8]>) -> io::Result<u8> {
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::inherit()
    };
    let mut child = Command::new(hook).args(args).stdin(stdin).spawn()?;
    if let Some((mut pipe, bytes)) = child.stdin.take().zip(input) {
        match pipe.write_all(bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    let status = child.wait()?;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
