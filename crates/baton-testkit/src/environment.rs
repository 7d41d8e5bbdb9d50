//! The environment in which the tests' commands run: `PATH` from the caller, and nothing else.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// The author of the commits.
pub const NAME: &str = "Tester";
/// Their address.
pub const EMAIL: &str = "tester@example.com";
/// When commits are made, unless a test says otherwise.
pub const DATE: &str = "2025-12-18T12:00:00Z";

/// Gives a command an environment in which git knows nothing of this machine and its user. Its home is `home`.
pub fn seal<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // Not a device: a `git config --global` of a superuser would put a file in its place.
        .env("GIT_CONFIG_GLOBAL", home.join("global.gitconfig"))
        .env("GIT_EDITOR", "true")
        .env("GIT_MERGE_AUTOEDIT", "no")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env("NO_COLOR", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), NAME)
            .env(format!("GIT_{role}_EMAIL"), EMAIL);
    }
    date(command, DATE)
}

/// Sets when the commits of a command are made.
pub fn date<'a>(command: &'a mut Command, date: &str) -> &'a mut Command {
    command
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_DATE", date)
}

/// Another program with the environment and the directory of this command.
pub fn like(command: &Command, program: impl AsRef<OsStr>) -> Command {
    let mut other = Command::new(program);
    let set = command.get_envs();
    other
        .env_clear()
        .envs(set.filter_map(|(key, value)| Some((key, value?))));
    if let Some(directory) = command.get_current_dir() {
        other.current_dir(directory);
    }
    other
}

/// The program under test.
pub const BATON: Program = Program;

/// The name of the program under test, wherever a path or a text is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Program;

impl Program {
    /// The program's file. Cargo builds it before the integration tests, two directories above them.
    pub fn path(self) -> &'static Path {
        static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
            let test = std::env::current_exe().expect("the test knows its own file");
            let built = test
                .parent()
                .and_then(Path::parent)
                .expect("cargo's layout");
            built.join("git-baton")
        });
        &PATH
    }

    /// The same as text.
    pub fn as_str(self) -> &'static str {
        self.path().to_str().expect("a path in UTF-8")
    }
}

impl AsRef<OsStr> for Program {
    fn as_ref(&self) -> &OsStr {
        self.path().as_os_str()
    }
}

impl AsRef<Path> for Program {
    fn as_ref(&self) -> &Path {
        self.path()
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Writes a program, and the directories above it.
///
/// Another process writes it: a process that some other thread starts at this moment inherits every file that this one has
/// open, and a file that is open for writing cannot be run ("text file busy").
#[track_caller]
pub fn write_program(path: &Path, text: &str) {
    let line = "mkdir -p \"$(dirname \"$1\")\" && rm -f \"$1\" && cat >\"$1\" && chmod 755 \"$1\"";
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line, "sh"])
        .arg(path)
        .stderr(Stdio::inherit());
    super::ran::output(&mut shell, text.as_bytes());
}

/// Writes several with one process of another's; see [`write_program`].
pub fn write_programs(programs: &[(PathBuf, Vec<u8>)]) {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "for to; do rm -f \"$to\"; cp \"$to.text\" \"$to\"; chmod 755 \"$to\"; rm \"$to.text\"; done",
        "sh",
    ]);
    for (path, text) in programs {
        let mut beside = path.clone().into_os_string();
        beside.push(".text");
        std::fs::write(beside, text).unwrap();
        shell.arg(path);
    }
    super::ran::output(&mut shell, b"");
}
