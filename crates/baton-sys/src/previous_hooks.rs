//! The hooks that were installed before Baton's, which go on running.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command;
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

/// The hook to run before Baton's own answer, which is the one that git would run without Baton:
/// the one of this name in the directory that `core.hooksPath` named, or, where it named none, the
/// one that stood in the place of `program`, the installed hook. `git_dir` is git's `GIT_DIR`,
/// which it leaves unset in the main worktree.
pub fn earlier_hook(program: &Path, name: &str, git_dir: Option<&Path>) -> Option<PathBuf> {
    let common_dir = program.parent().unwrap_or(Path::new(".")).join("..");
    let earlier = match earlier_path(&common_dir, git_dir) {
        // Without a directory the name would be looked up on PATH.
        Some(path) if !path.is_empty() => Path::new(".").join(path).join(name),
        Some(_) => return None,
        None => {
            let mut kept = program.as_os_str().to_owned();
            kept.push(KEPT_SUFFIX);
            PathBuf::from(kept)
        }
    };
    Some(earlier).filter(|hook| is_executable(hook) && !are_one_file(hook, program))
}

/// What `core.hooksPath` said here before Baton; `None` when it said nothing. Like git's, a relative
/// path is relative to the directory in which git runs its hooks.
fn earlier_path(common_dir: &Path, git_dir: Option<&Path>) -> Option<OsString> {
    let own = git_dir.unwrap_or(common_dir).join("baton");
    let files = [
        own.join(WORKTREE_PATH_FILE),
        common_dir.join("baton").join(EARLIER_PATH_FILE),
    ];
    let read = |path: &PathBuf| file::read_if_exists(path).ok().flatten();
    let bytes = files.iter().find_map(read)?;
    let path = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Some(OsStr::from_bytes(path).to_owned())
}

/// Runs a hook as git would and returns its exit code; one that a signal ends counts as failed,
/// with the shell's code for it.
pub fn run(hook: &Path, args: &[OsString], input: Option<&[u8]>) -> io::Result<u8> {
    let stdin = if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::inherit()
    };
    let (mut child, started) = command::start(Command::new(hook).args(args).stdin(stdin))?;
    if let Some((mut pipe, bytes)) = child.stdin.take().zip(input) {
        match pipe.write_all(bytes) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    let status = child.wait()?;
    started.ended(status);
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
