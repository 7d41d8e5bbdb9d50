//! The record by `git baton install` of what lies outside the repository: the git program, and where the
//! remotes are. A later change of the configuration or the environment changes none of it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::program::Executable;
use super::{GitError, Program, Repo};
use baton_sys::{executable, file};

/// The file below Baton's directory that holds it, with what else was installed.
pub const FILE: &str = "install.json";

/// The record of what was outside when Baton was installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recorded {
    /// The git program that the hooks start.
    pub git: Option<String>,
    /// The directories in which that git looks for `ssh` and credential helpers when it asks a remote.
    pub path: Option<String>,
    /// The remotes; `None` where a Baton that recorded none installed: they count as they are.
    pub remotes: Option<Vec<Remote>>,
    /// The settings by which they are reached: those of the repository that are not the user's for all repositories.
    pub connection: Vec<(String, String)>,
}

/// A remote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remote {
    /// Its name.
    pub name: String,
    /// Its address, with `url.<base>.insteadOf` applied.
    pub url: String,
}

impl Recorded {
    /// Looks at what is outside now.
    pub fn look(repo: &Repo) -> Result<Self, GitError> {
        Ok(Self {
            git: executable::on_path("git", exec_path(repo).as_deref()),
            path: executable::search_path(),
            remotes: Some(repo.remotes()?),
            connection: super::remote::own_connection(repo)?,
        })
    }

    /// Reads the record below this directory. One that cannot be read knows no remote.
    pub fn read(baton_dir: &Path) -> Self {
        let bytes = file::read_if_exists(&baton_dir.join(FILE)).ok().flatten();
        let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_else(|| Self {
            remotes: Some(Vec::new()),
            ..Self::default()
        })
    }

    /// The recorded git program, where it is still there.
    pub fn git(&self) -> Option<&Path> {
        let git = self.git.as_deref().map(Path::new);
        git.filter(|git| git.is_absolute() && executable::is_executable(git))
    }

    /// True if what this remote has published counts: it was there, at the same address.
    pub fn knows(&self, remote: &Remote) -> bool {
        let remotes = self.remotes.as_ref();
        remotes.is_none_or(|remotes| remotes.contains(remote))
    }
}

impl Remote {
    /// Its address to show: without a user and what may be a password.
    pub fn address(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else {
            return self.url.clone();
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        format!("{scheme}://{host}{path}")
    }
}

impl Repo {
    /// The record from when Baton was installed here.
    pub fn recorded(&self) -> Recorded {
        Recorded::read(&self.baton_dir())
    }

    /// The git program that was recorded, set on this repository as hooks use it.
    pub fn recorded_program(&self) -> Program {
        let executable = Executable::recorded(self.baton_dir());
        self.program().clone().started_as(executable)
    }
}

/// The directory of git's further programs. It is first on the search path of whatever git starts, and a newer
/// git may have another.
fn exec_path(repo: &Repo) -> Option<String> {
    let said = repo.program().output(["--exec-path"]).ok()?;
    String::from_utf8(said.into())
        .ok()
        .map(|path| path.trim_end().to_owned())
}
