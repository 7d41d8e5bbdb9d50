//! The hooks that were installed before Baton's, which go on running, each under its own name.

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::executable::{self, are_one_file, is_executable};
use super::file;
use super::{command, process};

/// The directory in the common git directory to which earlier hooks move, under their own names. It is as deep as
/// `hooks`, so that a hook finds what it looks for above itself.
pub const KEPT_DIRECTORY: &str = "hooks.before-baton";

/// The file, in Baton's directory beside the hooks, that names the directory of hooks to which
/// `core.hooksPath` pointed for every worktree. Empty: to none.
pub const EARLIER_PATH_FILE: &str = "earlier-hooks-path";

/// The file, in the directory `baton` of a worktree's git directory, that names the one to which
/// `core.hooksPath` pointed in that worktree alone. It goes before [`EARLIER_PATH_FILE`].
pub const WORKTREE_PATH_FILE: &str = "worktree-hooks-path";

/// The directory, in Baton's, with an empty file for each hook that took Baton's place after a `core.hooksPath` had been
/// set aside: git ran it, so that it runs still. Those that the setting had switched off stay off.
pub const LATER_DIRECTORY: &str = "later-hooks";

/// The line by which a text is known as a hook of Baton's.
pub const MARK: &str =
    "# Installed by git-baton: judges, by the rules of baton.toml, what git tells it here.";

/// The number of bytes of a file that are read to recognise a hook of Baton's.
pub const BEGINNING: u64 = 16 * 1024;

/// True if the hook that is kept by this name runs in spite of a `core.hooksPath` that was set aside.
pub fn is_later(common_dir: &Path, name: &str) -> bool {
    file::is_taken(&common_dir.join("baton").join(LATER_DIRECTORY).join(name))
}

/// Names to what an earlier hook starts the calls in which it runs, one a line: the process that started the hook, the call,
/// and the hook's file.
const RUNNING: &str = "BATON_EARLIER_HOOK";

/// The most calls of one hook with the same arguments, each from a git that the one before started, in which it runs.
const DEEPEST: usize = 8;

/// A call of a hook that was there before.
#[derive(Debug)]
pub struct EarlierHook<'c> {
    /// Its file.
    pub path: PathBuf,
    args: &'c [OsString],
    input: Option<&'c [u8]>,
    /// The calls in which this one is made.
    within: Vec<Running>,
}

impl<'c> EarlierHook<'c> {
    /// The hooks to run before Baton's own answer, which are those that git would run without Baton: the one of this name in
    /// the directory that `core.hooksPath` named, or, where it named none, the one that was kept. One that took Baton's
    /// place after that setting had gone runs beside the former ([`LATER_DIRECTORY`]). Where a hook of that directory itself
    /// calls the one that git runs, what it means is the one that was kept. `git_dir` is git's `GIT_DIR`, which it
    /// leaves unset in the main worktree. Left out is one by which this very call was made, or which is `program`,
    /// the file by which Baton is called, or the hook that git runs.
    pub fn all(
        common_dir: &Path,
        program: &Path,
        name: &str,
        git_dir: Option<&Path>,
        (args, input): (&'c [OsString], Option<&'c [u8]>),
    ) -> Vec<Self> {
        let within = Running::all();
        let call = (!within.is_empty()).then(|| id(args, input));
        let mut callers: Vec<_> = within.iter().filter(|one| Some(one.call) == call).collect();
        // A git that a hook started, such as another commit, calls all hooks for its own sake.
        let is_anew = |one: &&Running| process::is_called_through_git(one.process);
        if callers.len() < DEEPEST && callers.last().is_some_and(is_anew) {
            callers.clear();
        }
        let callers: Vec<_> = callers.into_iter().map(|one| one.path.clone()).collect();
        let directory = common_dir.join(KEPT_DIRECTORY);
        let kept = directory.join(name);
        let paths = match callers.iter().any(|path| !path.starts_with(&directory)) {
            true if is_executable(&kept) => vec![kept],
            true => Vec::new(),
            false => earlier_files(common_dir, name, Path::new("."), git_dir),
        };
        let paths = paths.into_iter().filter(|path| {
            !are_one_file(path, program) && !callers.iter().any(|caller| is_same_hook(caller, path))
        });
        let calls = paths.map(|path| Self {
            path,
            args,
            input,
            within: within.clone(),
        });
        calls.collect()
    }

    /// The calls in which the hook runs, as it passes them on.
    fn running(&self) -> OsString {
        let own = Running {
            process: process::own_id(),
            call: id(self.args, self.input),
            path: self.path.clone(),
        };
        let mut text = OsString::new();
        for one in self.within.iter().chain([&own]) {
            text.push(format!("{} {:x} ", one.process, one.call));
            text.push(&one.path);
            text.push("\n");
        }
        text
    }

    /// Runs the hook as git would and returns its exit code; one that a signal ends counts as failed,
    /// with the shell's code for it.
    pub fn run(&self) -> io::Result<u8> {
        let stdin = match self.input {
            Some(_) => Stdio::piped(),
            None => Stdio::inherit(),
        };
        let mut command = executable::hook_command(&self.path);
        command
            .args(self.args)
            .stdin(stdin)
            .env(RUNNING, self.running());
        let (mut child, started) = command::start(&mut command)?;
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

/// True for the same hook under the same name, by whatever way it is called.
fn is_same_hook(one: &Path, other: &Path) -> bool {
    one == other || one.file_name() == other.file_name() && are_one_file(one, other)
}

/// A call in which an earlier hook runs.
#[derive(Debug, Clone)]
struct Running {
    /// The process of Baton's that waits for it.
    process: u32,
    /// The call ([`id`]).
    call: u64,
    /// The hook's file.
    path: PathBuf,
}

impl Running {
    /// Those in which this process runs, as its caller says. What an ended one has left running is in no call any more.
    fn all() -> Vec<Self> {
        let text = std::env::var_os(RUNNING).unwrap_or_default();
        let lines = text.as_bytes().split(|byte| *byte == b'\n');
        let all = lines.filter_map(Self::read);
        all.filter(|one| process::is_running(one.process)).collect()
    }

    fn read(line: &[u8]) -> Option<Self> {
        let mut words = line.splitn(3, |byte| *byte == b' ');
        let mut next = || words.next();
        let process = std::str::from_utf8(next()?).ok()?.parse().ok()?;
        let call = u64::from_str_radix(std::str::from_utf8(next()?).ok()?, 16).ok()?;
        let path = OsStr::from_bytes(next()?).into();
        Some(Self {
            process,
            call,
            path,
        })
    }
}

/// The id of a call, which no other in this worktree has: another call of the same hook, made by git for what the hook
/// itself does, is no loop.
fn id(args: &[OsString], input: Option<&[u8]>) -> u64 {
    let here = std::env::current_dir().unwrap_or_default();
    let root = here
        .ancestors()
        .find(|path| file::is_taken(&path.join(".git")));
    let mut hasher = DefaultHasher::new();
    (root.unwrap_or(&here), args, input.unwrap_or_default()).hash(&mut hasher);
    hasher.finish()
}

/// The files of the hooks of this name that git would run without Baton in the worktree with this root and this git
/// directory, in the order in which they run.
pub fn earlier_files(
    common_dir: &Path,
    name: &str,
    root: &Path,
    git_dir: Option<&Path>,
) -> Vec<PathBuf> {
    let hooks = common_dir.join("hooks");
    let kept = common_dir.join(KEPT_DIRECTORY).join(name);
    let mut files = Vec::new();
    match earlier_path(common_dir, git_dir) {
        None => files.push(kept),
        Some(path) => {
            // Empty, it names no directory.
            let directory = Some(root.join(&path)).filter(|_| !path.is_empty());
            let hook = directory.map(|it| it.join(name));
            // By a link of the directory, or of the hook, or by a copy of that.
            let is_home = hook.as_ref().is_some_and(|hook| {
                hook.parent()
                    .is_some_and(|it| file::is_same_place(it, &hooks))
                    || are_one_file(hook, &hooks.join(name))
                    || is_batons(hook)
            });
            files.extend(hook.filter(|_| !is_home));
            files.extend(Some(kept).filter(|_| is_home || is_later(common_dir, name)));
        }
    }
    files.retain(|path| is_executable(path) && !are_one_file(path, &hooks.join(name)));
    files
}

/// True if this is a hook of Baton's and nothing more, of whatever installation: a copy that lies where others look for hooks. What
/// it would say this program says itself, and its own program may be gone.
fn is_batons(path: &Path) -> bool {
    let Ok(Some(text)) = file::beginning(path, BEGINNING) else {
        return false;
    };
    let text = String::from_utf8_lossy(&text);
    let mut commands = text.lines().filter(|line| !line.starts_with('#'));
    let is_marked = text.lines().any(|line| line == MARK);
    is_marked && commands.next().is_some() && commands.next().is_none()
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
