//! A job: the command to run, and its terms.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::confine::Room;
use crate::random;

/// The variable by which everything that a job starts is known to be the job's. Its value names
/// the jobs that surround it too, outermost first, with `/` between them.
pub const JOB_VARIABLE: &str = "BATON_JOB";

/// The variables that `git rev-parse --local-env-vars` lists: they tie a process to one repository, which is
/// not the one that the job works in.
pub const REPOSITORY_VARIABLES: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// The variable that git sets for the programs that it runs as commands of its own, such as `git baton`.
const EXEC_PATH_VARIABLE: &str = "GIT_EXEC_PATH";

/// The search path without git's directory of commands, which git puts before it for such programs.
fn search_path() -> Option<OsString> {
    let path = std::env::var_os("PATH")?;
    let is_gits =
        |directory: &PathBuf| directory.file_name().is_some_and(|name| name == "git-core");
    let directories = std::env::split_paths(&path).filter(|directory| !is_gits(directory));
    std::env::join_paths(directories).ok()
}

/// The command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// A line for `sh -c`.
    Shell(OsString),
    /// A program and its arguments.
    Program(Vec<OsString>),
}

/// One command and the terms on which it runs.
#[derive(Debug, Clone)]
pub struct Job {
    /// The command.
    pub command: Words,
    /// The directory in which it runs.
    pub directory: PathBuf,
    /// The variables that it finds set, over this process's own. What git sets for `git baton` itself
    /// is not among those.
    pub env: Vec<(OsString, OsString)>,
    /// The variables of this process that it does not find.
    pub unset: Vec<OsString>,
    /// Its standard input; without, there is nothing to read.
    pub input: Option<Vec<u8>>,
    /// The file to which its output and its error output are appended as they come, in the
    /// order in which they come.
    pub log: Option<PathBuf>,
    /// True if its standard error output is told from its standard output. Their lines then come
    /// in the order of each stream alone.
    pub keeps_errors_apart: bool,
    /// The time that it may run.
    pub limit: Option<Duration>,
    /// The time that it may take to end once it is asked to, before it is killed.
    pub grace: Duration,
    /// Its confinement.
    pub room: Option<Arc<Room>>,
    /// Its name in [`JOB_VARIABLE`]. A caller that notes it can end what outlives this process with
    /// [`end_leftovers`](super::end_leftovers).
    pub id: String,
}

impl Job {
    /// A job without input, log and limit, with ten seconds of grace and an id of its own, in
    /// this process's environment without what names a repository.
    pub fn new(command: Words, directory: PathBuf) -> Self {
        Self {
            command,
            directory,
            env: Vec::new(),
            unset: REPOSITORY_VARIABLES.map(OsString::from).to_vec(),
            input: None,
            log: None,
            keeps_errors_apart: false,
            limit: None,
            grace: Duration::from_secs(10),
            room: None,
            id: random::name(),
        }
    }

    /// The command, to be started in this process's session.
    pub(super) fn foreground_command(&self) -> Command {
        let mut command = match &self.command {
            Words::Shell(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(line);
                command
            }
            Words::Program(words) => {
                let mut words = words.iter();
                let mut command =
                    Command::new(words.next().map_or("".as_ref(), |word| word.as_os_str()));
                command.args(words);
                command
            }
        };
        command.current_dir(&self.directory);
        for name in &self.unset {
            command.env_remove(name);
        }
        command.env_remove(EXEC_PATH_VARIABLE);
        if let Some(path) = search_path() {
            command.env("PATH", path);
        }
        let surrounding = std::env::var_os(JOB_VARIABLE);
        let mut ids = surrounding.map_or_else(OsString::new, |mut ids| {
            ids.push("/");
            ids
        });
        ids.push(&self.id);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.env(JOB_VARIABLE, ids);
        command
    }

    /// The command, to be started in a session of its own.
    pub(super) fn command(&self) -> Command {
        let mut command = self.foreground_command();
        // A session of its own: without a terminal, so that nothing in it can wait for an answer
        // from there; and whatever of it has not left it is known by its number.
        let new_session = || Ok(rustix::process::setsid().map(drop)?);
        // SAFETY: between fork and exec only what is safe in a signal handler may be called. `setsid`
        // is one bare system call and allocates nothing.
        #[expect(
            unsafe_code,
            reason = "the standard library starts groups, no sessions"
        )]
        unsafe {
            command.pre_exec(new_session);
        }
        command
    }
}
