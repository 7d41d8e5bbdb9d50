//! The hooks that were there before Baton's, which go on running.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::file;

/// What the name of a hook that was moved aside ends in.
pub const KEPT_SUFFIX: &str = ".before-baton";

/// The file, in Baton's directory beside the hooks, that names the directory of hooks which
/// `core.hooksPath` pointed to before.
pub const EARLIER_PATH_FILE: &str = "earlier-hooks-path";

/// The hooks to run before Baton's own answer, in order: the one that stood in its place, then
/// the one in the directory that `core.hooksPath` named. `program` is the installed hook.
pub fn earlier_hooks(program: &Path, name: &str) -> Vec<PathBuf> {
    let mut kept = program.as_os_str().to_owned();
    kept.push(KEPT_SUFFIX);
    let hooks = program.parent().unwrap_or(Path::new("."));
    let record = hooks.join("..").join("baton").join(EARLIER_PATH_FILE);
    let elsewhere = file::read_if_exists(&record).ok().flatten().map(|bytes| {
        let directory = std::ffi::OsStr::from_bytes(bytes.trim_ascii());
        Path::new(directory).join(name)
    });
    std::iter::once(PathBuf::from(kept))
        .chain(elsewhere)
        .filter(|hook| is_executable(hook))
        .collect()
}

/// Whether git would run the file as a hook.
pub fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
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
