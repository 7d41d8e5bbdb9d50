//! Settings of git, with the places they come from.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::{GitError, Program, config_files};
use baton_core::policy::settings::git_config::Entry;

/// One value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As it was written.
    pub raw: BString,
    /// As a path: with `~` replaced.
    pub path: PathBuf,
    /// Its scope.
    pub scope: Scope,
    /// The file that holds it; `None` for one from the environment or the command line.
    pub file: Option<PathBuf>,
}

/// The scope of a setting, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// To every user of this machine.
    System,
    /// To all repositories of this user.
    Global,
    /// To this repository.
    Local,
    /// To one worktree.
    Worktree,
    /// To one command.
    Command,
}

impl Scope {
    const NAMES: [(&'static str, Self); 5] = [
        ("system", Self::System),
        ("global", Self::Global),
        ("local", Self::Local),
        ("worktree", Self::Worktree),
        ("command", Self::Command),
    ];

    /// Git's name for it.
    pub fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, scope)| *scope == self);
        named.map_or("unknown", |(name, _)| name)
    }

    fn option(self) -> String {
        format!("--{}", self.name())
    }
}

/// The settings that hold for one git directory.
#[derive(Debug, Clone)]
pub struct Config {
    program: Program,
    /// The git directory that all worktrees share, if it is known.
    common_dir: Option<PathBuf>,
}

impl Config {
    /// The settings as this program's git finds them.
    pub(super) fn new(program: Program) -> Self {
        Self {
            program,
            common_dir: None,
        }
    }

    /// The same of a repository with this common git directory.
    pub(super) fn of(program: Program, common_dir: &Path) -> Self {
        Self {
            program,
            common_dir: Some(common_dir.to_owned()),
        }
    }

    /// Every value of a setting that names a path, the one that counts last. Values that the
    /// caller gives by the environment or `git -c` are among them.
    pub fn paths(&self, key: &str) -> Result<Vec<Setting>, GitError> {
        let raw = self.all(key, &[])?;
        if raw.is_empty() {
            return Ok(Vec::new());
        }
        let expanded = self.all(key, &["--type=path"])?;
        Ok(raw
            .into_iter()
            .zip(expanded)
            .map(|(raw, expanded)| Setting {
                path: expanded.value.to_path_lossy().into_owned(),
                file: raw
                    .origin
                    .strip_prefix(b"file:")
                    .map(|path| self.program.directory().join(path.to_path_lossy())),
                scope: raw.scope,
                raw: raw.value,
            })
            .collect())
    }

    /// The value of a setting that counts.
    pub fn value(&self, key: &str) -> Result<Option<String>, GitError> {
        let last = self.all(key, &[])?.pop();
        Ok(last.map(|listed| listed.value.to_str_lossy().into_owned()))
    }

    /// Every value of the settings below a section, in the order in which git reads them: the one
    /// that counts last.
    pub fn below(&self, section: &str) -> Result<Vec<Entry>, GitError> {
        if let Some(common_dir) = &self.common_dir
            && !config_files::may_hold(section, self.program.git_dir(), common_dir)
        {
            return Ok(Vec::new());
        }
        let pattern = format!(r"^{section}\.");
        let args = [
            "config",
            "--show-scope",
            "--show-origin",
            "-z",
            "--get-regexp",
        ];
        let args = args.into_iter().chain([pattern.as_str()]);
        let out = self.program.clone().heeding_caller().answer_or_none(args)?;
        let out = out.unwrap_or_default();
        let words: Vec<&[u8]> = out.split_str("\0").collect();
        Ok(words.chunks_exact(3).map(entry).collect())
    }

    /// Takes every value of a setting out of the file of this scope.
    pub fn unset(&self, scope: Scope, key: &str) -> Result<(), GitError> {
        self.program
            .output(["config", &scope.option(), "--unset-all", key])?;
        Ok(())
    }

    /// Adds a value of a setting to the file of this scope.
    pub fn add(&self, scope: Scope, key: &str, value: &BString) -> Result<(), GitError> {
        let value = value.to_os_str_lossy();
        let option = scope.option();
        let args = ["config".as_ref(), option.as_ref(), "--add".as_ref()];
        let args: [&OsStr; 3] = args;
        self.program
            .output(args.into_iter().chain([key.as_ref(), value.as_ref()]))?;
        Ok(())
    }

    fn all(&self, key: &str, options: &[&str]) -> Result<Vec<Listed>, GitError> {
        let fixed = ["config", "--show-scope", "--show-origin", "-z"];
        let args = fixed
            .iter()
            .chain(options)
            .copied()
            .chain(["--get-all", key]);
        let out = self.program.clone().heeding_caller().answer_or_none(args)?;
        let out = out.unwrap_or_default();
        let words: Vec<&[u8]> = out.split_str("\0").collect();
        Ok(words.chunks_exact(3).filter_map(Listed::parse).collect())
    }
}

fn entry(words: &[&[u8]]) -> Entry {
    let text = |bytes: &[u8]| bytes.to_str_lossy().into_owned();
    let (key, value) = match words[2].split_once_str("\n") {
        Some((key, value)) => (text(key), Some(text(value))),
        None => (text(words[2]), None),
    };
    Entry {
        key,
        value,
        scope: text(words[0]),
        origin: text(words[1]),
    }
}

struct Listed {
    scope: Scope,
    origin: BString,
    value: BString,
}

impl Listed {
    fn parse(words: &[&[u8]]) -> Option<Self> {
        let [scope, origin, value] = words else {
            return None;
        };
        let named = |(name, _): &&(&str, Scope)| name.as_bytes() == *scope;
        Some(Self {
            scope: Scope::NAMES.iter().find(named)?.1,
            origin: BString::from(*origin),
            value: BString::from(*value),
        })
    }
}
