//! The record of what was installed: `baton/install.json`.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{InstallError, Layout};
use crate::all_names;
use baton_git::Recorded;
use baton_git::config::Scope;
use baton_sys::file;

/// The version of the record's form.
const VERSION: u32 = 1;

/// The record of an installation: its files, and what had to give way to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// The program that the hooks are.
    pub program: Program,
    /// The names of the hooks.
    pub hooks: Vec<String>,
    /// The values of `core.hooksPath` that were set aside.
    pub hooks_paths: Vec<SetAside>,
    /// The names of the hooks that were there before, and are kept.
    #[serde(default)]
    pub kept: Vec<String>,
    /// Baton's files to which others gave another name, below the common git directory.
    #[serde(default)]
    renamed: Vec<RenamedFile>,
    /// The records of what lies outside the repository.
    #[serde(flatten)]
    pub recorded: Recorded,
}

/// A file of Baton's by the name that others gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RenamedFile {
    hook: String,
    path: String,
}

/// A version of this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its number.
    pub version: String,
    /// The SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// A setting that was taken out of one file of configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// The linked worktree whose setting it was, by the name of its git directory; `None` for the
    /// main worktree, and for a setting of the whole repository.
    pub worktree: Option<String>,
    /// True if it was the worktree's own or the whole repository's.
    pub only_there: bool,
    /// The values, as they were written; the last one counted.
    pub values: Vec<String>,
    /// The last of them as a path, with `~` replaced.
    pub path: String,
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.values.last().map_or("", String::as_str);
        let whose = match (&self.worktree, self.only_there) {
            (Some(id), _) => format!("of the worktree {id}"),
            (None, true) => "of the main worktree".to_owned(),
            (None, false) => "of the repository".to_owned(),
        };
        write!(f, "core.hooksPath = {value} {whose}")
    }
}

impl SetAside {
    /// Where the setting applied.
    pub fn scope(&self) -> Scope {
        match self.only_there {
            true => Scope::Worktree,
            false => Scope::Local,
        }
    }

    /// True if the other was taken out of the same file.
    pub fn has_place_of(&self, other: &Self) -> bool {
        (self.only_there, &self.worktree) == (other.only_there, &other.worktree)
    }
}

impl Manifest {
    /// The record of an installation of nothing yet.
    pub fn new(program: Program) -> Self {
        Self {
            version: VERSION,
            program,
            hooks: Vec::new(),
            hooks_paths: Vec::new(),
            kept: Vec::new(),
            renamed: Vec::new(),
            recorded: Recorded::default(),
        }
    }

    /// Reads the record; `None` where nothing is installed. Where it is gone, its copy tells what the settings were.
    pub fn read(layout: &Layout) -> Result<Option<Self>, InstallError> {
        let mut path = layout.manifest();
        let mut bytes = file::read_if_exists(&path).map_err(InstallError::io(&path))?;
        if bytes.is_none() {
            path = layout.manifest_copy();
            bytes = file::read_if_exists(&path).map_err(InstallError::io(&path))?;
        }
        let Some(bytes) = bytes else {
            return Ok(None);
        };
        let wrong = |reason| InstallError::Manifest {
            path: path.clone(),
            reason,
        };
        let read: Self =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        match read.version {
            VERSION => Ok(Some(read)),
            other => Err(wrong(format!("a newer Baton wrote it, in form {other}"))),
        }
    }

    /// Writes the record in one step. A copy lies elsewhere while it holds a setting: nothing else knows of that.
    pub fn write(&self, layout: &Layout) -> Result<(), InstallError> {
        let path = layout.manifest();
        let text = serde_json::to_string_pretty(self).expect("strings serialise") + "\n";
        let copy = layout.manifest_copy();
        let copied = match self.hooks_paths.is_empty() {
            true => file::remove_if_exists(&copy),
            false => file::write_atomically(&copy, text.as_bytes()),
        };
        copied.map_err(InstallError::io(copy))?;
        file::write_atomically(&path, text.as_bytes()).map_err(InstallError::io(path))
    }

    /// Baton's files to which others gave another name: the hook, and the file.
    pub fn renamed(&self, layout: &Layout) -> Vec<(&'static str, PathBuf)> {
        let files = self.renamed.iter().filter_map(|one| {
            let hook = all_names().find(|name| *name == one.hook)?;
            Some((hook, layout.common_dir().join(&one.path)))
        });
        files.collect()
    }

    /// Records them. One whose name is no text is not remembered.
    pub fn set_renamed<'f>(
        &mut self,
        layout: &Layout,
        files: impl Iterator<Item = (&'static str, &'f Path)>,
    ) {
        let files = files.filter_map(|(hook, path)| {
            let path = path.strip_prefix(layout.common_dir()).ok()?;
            Some(RenamedFile {
                hook: hook.to_owned(),
                path: path.to_str()?.to_owned(),
            })
        });
        self.renamed = files.collect();
    }

    /// The hooks that were installed.
    pub fn hooks(&self) -> impl Iterator<Item = &'static str> {
        all_names().filter(|name| self.hooks.iter().any(|one| one == name))
    }
}
