//! The hooks that were installed before Baton's, which go on running, each under its own name.

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command;
use super::executable::{are_one_file, is_executable};
use super::file;

/// The directory in the common git directory to which earlier hooks move, under their own names. It is as deep as
/// `hooks`, so that a hook finds what it looks for above itself.
pub const KEPT_DIRECTORY: &str = "hooks.before-baton";

/// The file, in Baton's directory beside the hooks, that names the directory of hooks to which
/// `core.hooksPath` pointed for every worktree. Empty: to none.
pub const EARLIER_PATH_FILE: &str = "earlier-hooks-path";

/// The file, in the directory `baton` of a worktree's git directory, that names the one to which
/// `core.hooksPath` pointed in that worktree alone. It goes before [`EARLIER_PATH_FILE`].
pub const WORKTREE_PATH_FILE: &str = "worktree-hooks-path";

/// Names to what an earlier hook starts the call in which it runs.
const RUNNING: &str = "BATON_EARLIER_HOOK";

/// The system's answer to a file that is no program and names no interpreter (`ENOEXEC`).
const NO_EXECUTABLE: i32 = rustix::io::Errno::NOEXEC.raw_os_error();

/// A call of a hook that was there before.
#[derive(Debug)]
pub struct EarlierHook<'c> {
    /// Its file.
    pub path: PathBuf,
    args: &'c [OsString],
    input: Option<&'c [u8]>,
}

impl<'c> EarlierHook<'c> {
    /// The hook to run before Baton's own answer, which is the one that git would run without Baton: the one of this name in
    /// the directory that `core.hooksPath` named, or, where it named none, the one that was kept. `git_dir` is git's
    /// `GIT_DIR`, which it leaves unset in the main worktree. None where this very call was made by that hook, or
    /// `program`, the file by which Baton is called, or the hook that git runs is itself that hook.
    pub fn find(
        common_dir: &Path,
        program: &Path,
        name: &str,
        git_dir: Option<&Path>,
        (args, input): (&'c [OsString], Option<&'c [u8]>),
    ) -> Option<Self> {
        let kept = common_dir.join(KEPT_DIRECTORY).join(name);
        let path = match earlier_path(common_dir, git_dir) {
            // Without a directory the name would be looked up on PATH.
            Some(path) if !path.is_empty() => match Path::new(".").join(path) {
                own if file::is_same_place(&own, &common_dir.join("hooks")) => kept,
                directory => directory.join(name),
            },
            Some(_) => return None,
            None => kept,
        };
        let earlier = Self { path, args, input };
        let runs = is_executable(&earlier.path)
            && !are_one_file(&earlier.path, program)
            && !are_one_file(&earlier.path, &common_dir.join("hooks").join(name))
            && std::env::var_os(RUNNING).is_none_or(|running| running != earlier.id());
        runs.then_some(earlier)
    }

    /// True if it is one that Baton keeps, and not one of a directory that `core.hooksPath` named.
    pub fn is_kept(&self, common_dir: &Path) -> bool {
        self.path.parent() == Some(&common_dir.join(KEPT_DIRECTORY))
    }

    /// The id of this call, which no other has: another call of the same hook, made by git for what
    /// the hook itself does, is no loop.
    fn id(&self) -> OsString {
        let mut hasher = DefaultHasher::new();
        (self.args, self.input.unwrap_or_default()).hash(&mut hasher);
        let mut id = OsString::from(format!("{:x} ", hasher.finish()));
        id.push(&self.path);
        id
    }

    fn stdin(&self) -> Stdio {
        match self.input {
            Some(_) => Stdio::piped(),
            None => Stdio::inherit(),
        }
    }

    /// Runs the hook as git would and returns its exit code; one that a signal ends counts as failed,
    /// with the shell's code for it.
    pub fn run(&self) -> io::Result<u8> {
        let start = |mut command: Command, stdin: Stdio| {
            command.args(self.args).stdin(stdin).env(RUNNING, self.id());
            command::start(&mut command)
        };
        let (mut child, started) = match start(Command::new(&self.path), self.stdin()) {
            // A file that does not name its interpreter is one for the shell, as for git.
            Err(error) if error.raw_os_error() == Some(NO_EXECUTABLE) => {
                let mut command = Command::new("/bin/sh");
                command.arg(&self.path);
                start(command, self.stdin())?
            }
            started => started?,
        };
        if let Some((mut pipe, bytes)) = child.stdin.take().zip(self.input) {
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
}

/// The file of the hook of this name that git would run without Baton in the worktree with this root and this git
/// directory; `None` where Baton has the place of none.
pub fn earlier_file(common_dir: &Path, name: &str, root: &Path, git_dir: &Path) -> Option<PathBuf> {
    let path = match earlier_path(common_dir, Some(git_dir)) {
        Some(path) if path.is_empty() => return None,
        Some(path) => root.join(path).join(name),
        None => common_dir.join(KEPT_DIRECTORY).join(name),
    };
    let is_baton = are_one_file(&path, &common_dir.join("hooks").join(name));
    (is_executable(&path) && !is_baton).then_some(path)
}

/// The value of `core.hooksPath` before Baton; `None` when it had none. Like git's, a relative
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
