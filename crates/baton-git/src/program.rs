use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use bstr::{BString, ByteSlice};

use super::{GitError, Recorded};
use baton_core::model::Oid;
use baton_sys::command;

/// The git program, run on one repository with nothing of the caller's configuration overrides.
#[derive(Debug, Clone)]
pub struct Program {
    executable: Executable,
    git_dir: PathBuf,
    work_tree: Option<PathBuf>,
    overrides: bool,
    /// The directory into which new objects go, if not where the others are.
    objects: Option<PathBuf>,
    /// The directory in which the command runs, if not the root of the worktree.
    directory: Option<PathBuf>,
    /// The version, and how the program says it, once it was asked for.
    version: Arc<OnceLock<(GitVersion, BString)>>,
}

/// Which file the git program is.
#[derive(Debug, Clone)]
pub(super) enum Executable {
    /// The program on the search path.
    OnPath,
    /// The one that was recorded below Baton's directory, for a hook: git starts hooks in the environment
    /// of its caller. Where that file is gone, what the search path has. Looked up when a git is started.
    Recorded(PathBuf, Arc<OnceLock<OsString>>),
}

impl Executable {
    /// The one that is recorded below this directory.
    pub(super) fn recorded(baton_dir: PathBuf) -> Self {
        Self::Recorded(baton_dir, Arc::default())
    }

    fn command(&self) -> Command {
        match self {
            Self::OnPath => Command::new("git"),
            Self::Recorded(baton_dir, known) => {
                let file = known.get_or_init(|| {
                    let recorded = Recorded::read(baton_dir);
                    recorded.git().map_or("git".into(), Into::into)
                });
                let mut command = Command::new(file);
                command.env_remove("GIT_EXEC_PATH");
                command
            }
        }
    }
}

/// A version of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitVersion(pub u32, pub u32);

impl GitVersion {
    /// The first that calls `reference-transaction` (git's release notes for 2.28.0).
    pub const OLDEST: Self = Self(2, 28);

    /// Reads `git version 2.47.3` and the like.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = text.to_str().ok()?.trim().strip_prefix("git version ")?;
        let mut numbers = text.split(['.', ' ', '-']).map(str::parse);
        Some(Self(numbers.next()?.ok()?, numbers.next()?.ok()?))
    }
}

impl std::fmt::Display for GitVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The variables by which a caller can hand configuration or other objects to git. None may
/// reach a verdict.
const OVERRIDES: [&str; 2] = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];

/// Those that make git look at something else altogether.
const DIVERSIONS: [&str; 4] = [
    "GIT_CONFIG",
    "GIT_REPLACE_REF_BASE",
    "GIT_NAMESPACE",
    "GIT_COMMON_DIR",
];

/// Those by which a caller can have another remote answer, or its own programs: files of settings, and
/// what git starts on the way (`git(1)`, "Environment Variables").
const RELAYS: [&str; 7] = [
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_PROXY_COMMAND",
    "GIT_SSL_NO_VERIFY",
];

/// A git directory that there cannot be.
const NOWHERE: &str = "/dev/null/none";

impl Program {
    pub(super) fn new(git_dir: PathBuf, work_tree: Option<PathBuf>) -> Self {
        Self {
            executable: Executable::OnPath,
            git_dir,
            work_tree,
            overrides: false,
            objects: None,
            directory: None,
            version: Arc::default(),
        }
    }

    /// The same, where git is this file.
    pub(super) fn started_as(self, executable: Executable) -> Self {
        Self {
            executable,
            version: Arc::default(),
            ..self
        }
    }

    /// The same git, on another git directory, without a worktree.
    pub(super) fn elsewhere(&self, git_dir: PathBuf) -> Self {
        Self::new(git_dir, None).started_as(self.executable.clone())
    }

    /// The same, but new objects go into this directory, which names the others as alternates.
    pub(super) fn apart(self, objects: &Path) -> Self {
        Self {
            objects: Some(objects.to_owned()),
            ..self
        }
    }

    /// The same, run in this directory.
    pub(super) fn run_in(self, directory: PathBuf) -> Self {
        Self {
            directory: Some(directory),
            ..self
        }
    }

    /// The same, with the settings that the caller gives by the environment or `git -c`: to ask
    /// about them, never to judge.
    pub(super) fn heeding_caller(self) -> Self {
        Self {
            overrides: true,
            ..self
        }
    }

    /// A command on this repository, ready for arguments.
    pub fn command(&self) -> Command {
        let mut command = self.executable.command();
        for variable in DIVERSIONS {
            command.env_remove(variable);
        }
        for variable in OVERRIDES.into_iter().filter(|_| !self.overrides) {
            command.env_remove(variable);
        }
        command
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            // A file that there cannot be: about one that there is git gives advice.
            .env("GIT_GRAFT_FILE", "/dev/null/none")
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C");
        if let Some(objects) = &self.objects {
            command.env("GIT_OBJECT_DIRECTORY", objects);
        }
        match &self.work_tree {
            Some(path) => command.env("GIT_WORK_TREE", path),
            None => command.env_remove("GIT_WORK_TREE"),
        };
        command.current_dir(self.directory());
        command
    }

    /// A command that belongs to no repository, with the settings of the user and of this machine alone, where
    /// `PATH` is this, ready for arguments.
    pub(super) fn outside(&self, path: Option<&str>) -> Command {
        let mut command = self.command();
        for variable in RELAYS {
            command.env_remove(variable);
        }
        command
            .env("GIT_DIR", NOWHERE)
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_OBJECT_DIRECTORY");
        if let Some(path) = path {
            command.env("PATH", path);
        }
        command
    }

    /// The output of a command that succeeds.
    pub fn output<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> Result<BString, GitError> {
        self.run(self.command(), args, None)
    }

    /// Like [`Program::output`], with this on its standard input.
    pub fn output_with_input<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Result<BString, GitError> {
        self.run(self.command(), args, Some(input))
    }

    /// The output of a command made by [`Program::command`] with these arguments and this input,
    /// once it has succeeded.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        command: Command,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Result<BString, GitError> {
        self.run_to(&[0], command, args, input)
    }

    /// The same, where these exit codes are success.
    pub(super) fn run_to<A: AsRef<OsStr>>(
        &self,
        codes: &[i32],
        command: Command,
        args: impl IntoIterator<Item = A>,
        input: Option<&[u8]>,
    ) -> Result<BString, GitError> {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
        complete(codes, command, args.collect(), input)
    }

    /// The version of the program.
    pub fn version(&self) -> Result<GitVersion, GitError> {
        Ok(self.version_said()?.0)
    }

    /// The same, with the line that says it.
    pub(super) fn version_said(&self) -> Result<&(GitVersion, BString), GitError> {
        if let Some(known) = self.version.get() {
            return Ok(known);
        }
        let said = self.output(["version"])?;
        let version = GitVersion::parse(&said).ok_or_else(|| GitError::Program {
            args: "version".to_owned(),
            reason: format!("`{}` names no version", said.trim().as_bstr()),
        })?;
        Ok(self.version.get_or_init(|| (version, said)))
    }

    /// The object that a revision names; `None` when it names none.
    pub fn rev_parse(&self, revision: &str) -> Result<Option<Oid>, GitError> {
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            revision,
        ];
        Ok(Oid::from_hex(self.answer(&args)?.trim()).ok())
    }

    /// The reference to which this one points; `None` when it points to none.
    pub(super) fn symbolic_ref(&self, name: &str) -> Result<Option<BString>, GitError> {
        let answer = self.answer(&["symbolic-ref", "--quiet", "--no-recurse", name])?;
        Ok(Some(BString::from(answer.trim())).filter(|name| !name.is_empty()))
    }

    /// The best common ancestor of two commits; `None` when they share none.
    pub fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>, GitError> {
        let answer = self.answer(&["merge-base", &one.to_string(), &other.to_string()])?;
        Ok(Oid::from_hex(answer.trim()).ok())
    }

    /// All best common ancestors of two commits.
    pub(super) fn merge_bases(&self, one: Oid, other: Oid) -> Result<Vec<Oid>, GitError> {
        let args = ["merge-base", "--all", &one.to_string(), &other.to_string()];
        let answer = self.answer(&args)?;
        Ok(answer
            .lines()
            .filter_map(|line| Oid::from_hex(line).ok())
            .collect())
    }

    /// The output of a question, where failure is an answer too: nothing.
    fn answer(&self, args: &[&str]) -> Result<BString, GitError> {
        let out = command::output(self.command().args(args), None);
        let out = out.map_err(|error| GitError::Program {
            args: args.join(" "),
            reason: format!("the program does not start: {error}"),
        })?;
        Ok(if out.status.success() {
            out.stdout
        } else {
            Vec::new()
        }
        .into())
    }

    /// The output of a command; `None` when it ends with exit code 1, by which git says "there is
    /// none".
    pub(super) fn answer_or_none<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> Result<Option<BString>, GitError> {
        let mut command = self.command();
        let out = command::output(command.args(args), None);
        let failed = |reason: String| {
            let args: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
            GitError::Program {
                args: args.join(" "),
                reason,
            }
        };
        let out = out.map_err(|error| failed(error.to_string()))?;
        match out.status.code() {
            Some(0) => Ok(Some(out.stdout.into())),
            Some(1) => Ok(None),
            _ => Err(failed(out.stderr.trim().to_str_lossy().into_owned())),
        }
    }

    /// The git directory on which it is set.
    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory in which the command runs.
    pub fn directory(&self) -> &Path {
        let own = self.directory.as_ref().or(self.work_tree.as_ref());
        own.unwrap_or(&self.git_dir)
    }
}

/// Runs a command to its end; these exit codes are success.
fn complete(
    codes: &[i32],
    mut command: Command,
    args: Vec<OsString>,
    input: Option<&[u8]>,
) -> Result<BString, GitError> {
    let failed = |reason: String| GitError::Program {
        args: args.join(OsStr::new(" ")).to_string_lossy().into_owned(),
        reason,
    };
    let out = command::output(command.args(&args), input)
        .map_err(|error| failed(format!("the program does not start: {error}")))?;
    if out.status.code().is_some_and(|code| codes.contains(&code)) {
        return Ok(out.stdout.into());
    }
    let said = out.stderr.trim().to_str_lossy().into_owned();
    Err(failed(if said.is_empty() {
        out.status.to_string()
    } else {
        said
    }))
}
