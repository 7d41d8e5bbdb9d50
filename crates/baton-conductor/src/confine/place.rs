//! The worktree to which a command is confined, as the repository knows it: never as a file says that the command can write.

use std::io;
use std::path::{Path, PathBuf};

use super::{ConfinedError, VARIABLE};
use crate::pool;
use baton_git::{Repo, slot};
use baton_sys::{GitEnv, file, variable};

/// The name of the directory in Baton's that holds what belongs to confined commands.
const DIRECTORY: &str = "confined";

/// The name of the private git directory in it.
const GIT: &str = "git";

/// A linked worktree.
#[derive(Clone)]
pub struct Place {
    /// The repository as the worktree sees it, by the git directory that the repository has for it.
    pub repo: Repo,
    /// The name of that git directory.
    pub id: String,
    /// The root of the worktree.
    pub root: PathBuf,
}

impl Place {
    /// The worktree around the current directory. The file `.git` there may lead to a private git directory, where a command
    /// was killed.
    pub fn of(env: &GitEnv) -> Result<Self, ConfinedError> {
        let here = Repo::open(env)?;
        let not_linked = || ConfinedError::NotLinked(env.current_dir.clone());
        match linked(here.git_dir()) {
            Some((common_dir, id)) if here.git_dir() == git_dir_of(&common_dir, &id) => {
                Self::seen(here, id).ok_or_else(not_linked)
            }
            Some((common_dir, id)) => Self::named(&common_dir, &id)?.ok_or_else(not_linked),
            None => Err(not_linked()),
        }
    }

    /// The worktree of this slot of the pool.
    pub fn of_slot(repo: &Repo, slot: &str) -> Result<Self, ConfinedError> {
        let path = pool::slot_path(repo, slot)?;
        let path = path.ok_or_else(|| ConfinedError::NoSlot(slot.to_owned()))?;
        Self::at(repo, &path)
    }

    /// The worktree of the repository with this root.
    pub fn at(repo: &Repo, root: &Path) -> Result<Self, ConfinedError> {
        let not_linked = || ConfinedError::NotLinked(root.to_owned());
        let id = slot::id_of(repo, root)?.ok_or_else(not_linked)?;
        Self::named(repo.common_dir(), &id)?.ok_or_else(not_linked)
    }

    fn named(common_dir: &Path, id: &str) -> Result<Option<Self>, ConfinedError> {
        let git_dir = git_dir_of(common_dir, id);
        if !file::is_directory(&git_dir) {
            return Ok(None);
        }
        let repo = Repo::open(&GitEnv {
            git_dir: Some(git_dir),
            ..GitEnv::default()
        })?;
        Ok(Self::seen(repo, id.to_owned()))
    }

    fn seen(repo: Repo, id: String) -> Option<Self> {
        let root = repo.work_tree()?.to_owned();
        Some(Self { repo, id, root })
    }

    /// The directory of the worktree's confined commands.
    pub fn directory(&self) -> PathBuf {
        self.repo.baton_dir().join(DIRECTORY).join(&self.id)
    }

    /// The private git directory.
    pub fn private_git_dir(&self) -> PathBuf {
        self.directory().join(GIT)
    }

    /// The private git directory of an earlier command that has left it as it was made.
    pub fn spare(&self) -> PathBuf {
        self.directory().join("spare")
    }

    /// The text of a file `.git` that leads to this git directory.
    pub fn link_text(git_dir: &Path) -> Vec<u8> {
        [b"gitdir: ", git_dir.as_os_str().as_encoded_bytes(), b"\n"].concat()
    }

    /// Puts this text into the file `.git` of the worktree. Something else of that name, which git does not write, is moved
    /// beside it; returns where to.
    pub fn link_to(&self, text: &[u8]) -> Result<Option<PathBuf>, ConfinedError> {
        let link = self.root.join(".git");
        let mut moved = None;
        if file::is_link(&link) || file::is_taken(&link) && !file::is_file(&link) {
            let mut free = (1..).map(|n| self.root.join(format!(".git-replaced-{n}")));
            if let Some(free) = free.find(|path| !file::is_taken(path)) {
                file::rename(&link, &free).map_err(ConfinedError::io(&link))?;
                moved = Some(free);
            }
        }
        if self.exchange(&link, text).is_err() {
            file::write_at_once(&link, text).map_err(ConfinedError::io(&link))?;
        }
        Ok(moved)
    }

    /// Has the file `.git` change places with one of this text, which is kept: to free a file's blocks can take milliseconds.
    fn exchange(&self, link: &Path, text: &[u8]) -> io::Result<()> {
        let other = self.directory().join("link");
        let held = file::read_if_exists(&other).ok().flatten();
        if held.is_none_or(|held| held != text) {
            file::remove_if_exists(&other)?;
            file::write_at_once(&other, text)?;
        }
        file::exchange(link, &other)
    }
}

fn git_dir_of(common_dir: &Path, id: &str) -> PathBuf {
    common_dir.join("worktrees").join(id)
}

/// The common git directory and the name of the worktree with this git directory, the private one or the repository's.
fn linked(git_dir: &Path) -> Option<(PathBuf, String)> {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let above = git_dir.parent()?;
    if name(above)? == "worktrees" {
        return Some((above.parent()?.to_owned(), name(git_dir)?));
    }
    let is_private = git_dir.ends_with(GIT)
        && above
            .parent()?
            .ends_with(Path::new("baton").join(DIRECTORY));
    is_private.then(|| Some((above.ancestors().nth(3)?.to_owned(), name(above)?)))?
}

/// The name of the worktree to which this process is confined.
pub fn is_inside() -> Option<String> {
    variable(VARIABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worktree_is_known_by_either_git_directory() {
        let expected = Some((PathBuf::from("/r/.git"), "wt-1".to_owned()));
        assert_eq!(linked(Path::new("/r/.git/worktrees/wt-1")), expected);
        let private = Path::new("/r/.git/baton/confined/wt-1/git");
        assert_eq!(linked(private), expected);
        assert_eq!(linked(Path::new("/r/.git")), None);
        assert_eq!(linked(Path::new("/r/confined/wt-1/git")), None);
    }
}
