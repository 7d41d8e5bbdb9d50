use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::{DemoError, OLDEST_GIT};
use baton_sys::interrupt::Interrupt;

/// When the demonstration's first command runs, in seconds since 1970: 2026-01-05, 09:00 UTC.
const FIRST_SECOND: u64 = 1_767_603_600;

/// The variables that are passed on from the user's environment; without them no program may be found, or
/// temporary files land where there is no room.
const INHERITED: [&str; 4] = [
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

/// Runs programs in an environment of its own, in which neither the user's configuration nor a
/// surrounding repository counts.
pub struct Shell {
    home: PathBuf,
    baton: PathBuf,
    inherited: Vec<(&'static str, OsString)>,
    seconds: Cell<u64>,
    interrupt: Interrupt,
}

/// A program's output and end.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// True if it ended with 0.
    pub succeeded: bool,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// All that it printed.
    pub fn said(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl Shell {
    /// A shell whose home is this directory, and in which `git-baton` is the program at `baton`.
    pub fn new(home: &Path, baton: &Path, interrupt: Interrupt) -> Self {
        let inherited = INHERITED.into_iter();
        Self {
            home: home.to_owned(),
            baton: baton.to_owned(),
            inherited: inherited
                .filter_map(|name| Some((name, std::env::var_os(name)?)))
                .collect(),
            seconds: Cell::new(FIRST_SECOND),
            interrupt,
        }
    }

    /// Fails when git is missing or older than `OLDEST_GIT`.
    pub fn check_git(&self) -> Result<(), DemoError> {
        let mut command = self.command("git".as_ref(), &self.home);
        let out = command.arg("--version").output();
        let out = out.map_err(DemoError::NoGit)?;
        let found = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        match version(&found) >= version(OLDEST_GIT) {
            true => Ok(()),
            false => Err(DemoError::OldGit { found }),
        }
    }

    /// Runs a line of words, `git …` or `git-baton …`, perhaps behind `NAME=value` settings, and
    /// waits for it. `words` stand for what the line has in braces.
    pub fn run(
        &self,
        directory: &Path,
        line: &str,
        words: &BTreeMap<String, String>,
    ) -> Result<Ran, DemoError> {
        if self.interrupt.came() {
            return Err(DemoError::Interrupted);
        }
        let unfit = |said: String| DemoError::Preparation {
            command: line.to_owned(),
            said,
        };
        let parsed = shell_words::split(line).map_err(|error| unfit(error.to_string()))?;
        let mut parsed = parsed.iter().map(|word| fill(word, words)).peekable();
        let mut settings = Vec::new();
        while let Some((name, value)) = parsed.peek().and_then(|word| word.split_once('=')) {
            settings.push((name.to_owned(), value.to_owned()));
            parsed.next();
        }
        let program = match parsed.next() {
            Some(name) if name == "git-baton" => self.baton.clone(),
            name => PathBuf::from(name.unwrap_or_default()),
        };
        let mut command = self.command(&program, directory);
        let out = command.envs(settings).args(parsed).output();
        let out = out.map_err(|error| unfit(error.to_string()))?;
        match self.interrupt.came() {
            true => Err(DemoError::Interrupted),
            false => Ok(ran(&out)),
        }
    }

    fn command(&self, program: &Path, directory: &Path) -> Command {
        let second = self.seconds.get() + 1;
        self.seconds.set(second);
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.inherited.iter().map(|(name, value)| (name, value)))
            .env("HOME", &self.home)
            .env("XDG_CONFIG_HOME", &self.home)
            .env("GIT_CONFIG_GLOBAL", self.home.join(".gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", ":")
            .env("GIT_AUTHOR_DATE", format!("@{second} +0000"))
            .env("GIT_COMMITTER_DATE", format!("@{second} +0000"))
            .env("LC_ALL", "C")
            .current_dir(directory)
            .stdin(Stdio::null());
        command
    }
}

fn ran(out: &Output) -> Ran {
    Ran {
        succeeded: out.status.success(),
        out: String::from_utf8_lossy(&out.stdout).into_owned(),
        err: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

/// The word with what its braces name.
pub(super) fn fill(word: &str, words: &BTreeMap<String, String>) -> String {
    let mut filled = word.to_owned();
    for (name, value) in words {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// The first two numbers of a version; zeros where there are none.
fn version(text: &str) -> (u32, u32) {
    let start = text.find(|c: char| c.is_ascii_digit());
    let mut numbers = text[start.unwrap_or(text.len())..]
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("git version 2.47.3") > version(OLDEST_GIT));
        assert!(version("git version 2.9.5 (Apple Git-1)") < version(OLDEST_GIT));
        assert!(version("git version 2.39.0.rc1") >= version(OLDEST_GIT));
        assert_eq!(version("no git"), (0, 0));
    }

    #[test]
    fn a_line_runs_with_its_settings_words_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let shell = Shell::new(home.path(), "git".as_ref(), Interrupt::default());
        let words = BTreeMap::from([("at".to_owned(), "a b".to_owned())]);
        let line = "GIT_AUTHOR_NAME='X Y' GIT_AUTHOR_EMAIL=x@y git var GIT_AUTHOR_IDENT";
        let ran = shell.run(home.path(), line, &words).unwrap();
        assert!(ran.out.starts_with("X Y <x@y> 17676"), "{ran:?}");
        let ran = shell.run(home.path(), "git check-ref-format {at}", &words);
        assert!(!ran.unwrap().succeeded);
        assert!(shell.run(home.path(), "no-such-program", &words).is_err());
    }
}
