//! The paths that a command may change outside of its worktree, and those that it may not read.

use std::path::{Path, PathBuf};

use baton_core::confine::Confinement;
use baton_core::policy::Conductor;
use baton_core::policy::conductor::profiles;
use baton_sys::{file, home};

/// The paths beside the worktree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// The settings' own: each must be there.
    pub writable: Vec<PathBuf>,
    /// Where the agent keeps its state, and package managers their caches: as far as they are there.
    pub state: Vec<PathBuf>,
    /// Not to be read.
    pub hidden: Vec<PathBuf>,
}

impl Terms {
    /// Those of this program by the settings, whose relative paths begin at the root of the main worktree.
    pub fn of(settings: &Conductor, program: &str, main_root: &Path) -> Self {
        let at = |path: &String| resolved(path, main_root);
        let name = Path::new(program).file_name().unwrap_or_default();
        let state = profiles::state_of(&name.to_string_lossy());
        Self {
            writable: settings.writable.iter().filter_map(at).collect(),
            state: state.iter().filter_map(at).collect(),
            hidden: settings.hide.iter().filter_map(at).collect(),
        }
    }

    /// The confinement to these and to the command's own directories.
    pub fn confinement(&self, own: &[&Path]) -> Confinement {
        let own = own.iter().map(|path| (*path).to_owned());
        let state = self.state.iter().filter(|path| is_there(path));
        let writable = own.chain(self.writable.iter().cloned());
        Confinement {
            writable: writable.chain(state.cloned()).collect(),
            hidden: self.hidden.clone(),
        }
    }
}

/// True if a path of an agent's state is there, or is a directory that can be made: an agent that runs for the first time
/// would make it.
fn is_there(path: &Path) -> bool {
    let is_directory = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    file::is_taken(path) || is_directory && file::make_directory(path).is_ok()
}

/// The path, where `~/` begins at the home directory.
fn resolved(path: &String, root: &Path) -> Option<PathBuf> {
    match path.strip_prefix("~/") {
        Some(below) => Some(home()?.join(below)),
        None => Some(root.join(path)),
    }
}
