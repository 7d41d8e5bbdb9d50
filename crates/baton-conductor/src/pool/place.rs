//! Where the pool lies, and whether a slot is where it should be.

use std::path::{Component, Path, PathBuf};

use super::state::{Slot, State};
use super::{LOCK_REASON, PoolError, directory};
use baton_core::model::Oid;
use baton_core::policy::PoolPolicy;
use baton_git::{Repo, exclude, slot, worktrees};
use baton_sys::file;

/// The root of the main worktree; the git directory of a bare repository.
pub fn main_root(repo: &Repo) -> Result<PathBuf, PoolError> {
    let main = repo.worktrees()?.into_iter().find(|one| one.id.is_none());
    let root = main.and_then(|main| repo.root_of(&main));
    Ok(root.unwrap_or_else(|| repo.common_dir().to_owned()))
}

/// The directory that the policy gives the pool, from the main worktree's root.
pub fn relative_root(repo: &Repo, policy: &PoolPolicy) -> Result<String, PoolError> {
    let main = main_root(repo)?;
    let name = main.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".git").filter(|name| !name.is_empty());
    let name = match name {
        Some(name) => name.to_owned(),
        None => main
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    Ok(policy.root_of(&name))
}

/// That directory itself.
///
/// # Errors
/// When no pool can lie there.
pub fn absolute_root(repo: &Repo, relative: &str) -> Result<PathBuf, PoolError> {
    let main = main_root(repo)?;
    let root = normal(&main.canonicalize_or_same().join(relative));
    let refuse = |why: &str| PoolError::Path {
        path: root.clone(),
        why: why.to_owned(),
    };
    match root.to_str() {
        None => return Err(refuse("its name is not UTF-8")),
        Some(text) if text.contains(|c: char| c == '|' || c.is_control()) => {
            return Err(refuse(
                "its name has a character that a line of output cannot hold",
            ));
        }
        Some(_) => {}
    }
    let common = repo.common_dir().canonicalize_or_same();
    if root.starts_with(&common) || main.canonicalize_or_same().starts_with(&root) {
        return Err(refuse("it is the repository's own"));
    }
    Ok(root)
}

/// Fails where no directory can be made of this name.
pub fn refuse_blocked(root: &Path) -> Result<(), PoolError> {
    let there = root.ancestors().find(|path| file::is_taken(path));
    match there.filter(|path| !file::is_directory(path)) {
        Some(other) => Err(PoolError::Path {
            path: root.to_owned(),
            why: format!("{} is no directory", other.display()),
        }),
        None => Ok(()),
    }
}

/// Keeps a pool that lies in the main worktree out of its `git status`, and of that of every
/// other worktree.
pub fn hide(repo: &Repo, root: &Path) -> Result<(), PoolError> {
    let main = main_root(repo)?.canonicalize_or_same();
    let Ok(inside) = root.strip_prefix(&main) else {
        return Ok(());
    };
    let directory = format!("{}/", inside.to_string_lossy());
    Ok(exclude::add(repo, &[&exclude::literal(&directory)])?)
}

/// The commit on which tasks begin: what the policy names, or what the main worktree has checked
/// out.
pub fn default_base(repo: &Repo, policy: &PoolPolicy) -> Result<Oid, PoolError> {
    if !policy.base.is_empty() {
        return Ok(repo.commit_of(&policy.base)?);
    }
    main(repo)?.head()?.ok_or(PoolError::NoBase)
}

/// The repository as its main worktree sees it.
pub fn main(repo: &Repo) -> Result<Repo, PoolError> {
    main_at(repo.common_dir())
}

/// The same by the git directory that all worktrees share.
pub fn main_at(common_dir: &Path) -> Result<Repo, PoolError> {
    Ok(worktrees::main_at(common_dir)?)
}

/// The state of a slot's directory: there and this repository's, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Sound,
    /// Its directory is gone, or empty.
    Missing,
    /// The link in it is gone or leads nowhere, as after a move; git knows the worktree.
    Moved,
    /// The same, and git knows nothing of it: what is there may be work of a user.
    Forgotten,
    /// It belongs to another repository.
    Foreign,
    /// Its own settings, in this file, name another directory as its root: git would look at the
    /// files there, and clean them.
    Elsewhere(PathBuf),
    /// It has a lock that is not the pool's, with this reason.
    Locked(String),
    /// Nothing locks it.
    Unlocked,
}

/// Returns the state of a slot's directory.
pub fn standing(repo: &Repo, state: &State, slot: &Slot) -> Result<Standing, PoolError> {
    let path = state.path_of(&slot.name);
    if !file::is_directory(&path) {
        return Ok(match file::is_taken(&path) && !file::is_link(&path) {
            true => Standing::Foreign,
            false => Standing::Missing,
        });
    }
    let own = repo.common_dir().join("worktrees");
    let Some(linked) = slot::linked_git_dir(&path)? else {
        if file::is_taken(&path.join(".git")) {
            return Ok(Standing::Foreign);
        }
        return Ok(match slot::id_of(repo, &path)? {
            _ if file::is_empty_directory(&path) => Standing::Missing,
            Some(_) => Standing::Moved,
            None => Standing::Forgotten,
        });
    };
    if !file::is_directory(&linked) {
        let id = linked.file_name().unwrap_or_default();
        let is_known = file::is_directory(&own.join(id)) || slot::id_of(repo, &path)?.is_some();
        return Ok(match is_known {
            true => Standing::Moved,
            false => Standing::Forgotten,
        });
    }
    let is_own = linked
        .parent()
        .is_some_and(|parent| file::is_same_place(parent, &own));
    if !is_own {
        return Ok(Standing::Foreign);
    }
    let settings = linked.join("config.worktree");
    if file::is_taken(&settings)
        && !worktrees::open_in(repo.common_dir(), &path)?.has_its_root_at(&path)
    {
        return Ok(Standing::Elsewhere(settings));
    }
    let id = linked.file_name().unwrap_or_default().to_string_lossy();
    Ok(match slot::lock_reason(repo, &id)? {
        Some(reason) if reason == LOCK_REASON => Standing::Sound,
        Some(reason) => Standing::Locked(reason.to_string()),
        None => Standing::Unlocked,
    })
}

impl Standing {
    /// Why nothing can be done with the slot; `None` where it can.
    pub fn obstacle(&self) -> Option<String> {
        Some(match self {
            Self::Sound | Self::Unlocked => return None,
            Self::Missing => "its directory is gone".to_owned(),
            Self::Moved => "the link to the repository leads nowhere".to_owned(),
            Self::Forgotten => "git knows nothing of it any more".to_owned(),
            Self::Foreign => "its directory belongs to another repository".to_owned(),
            Self::Elsewhere(settings) => format!(
                "core.worktree in {} says that its files are elsewhere",
                settings.display()
            ),
            Self::Locked(reason) => format!("somebody else has locked it: {reason}"),
        })
    }
}

/// The repository as this slot sees it, once the slot is found to be sound; links that a move has
/// broken are put right.
pub fn open(repo: &Repo, state: &State, slot: &Slot) -> Result<Repo, PoolError> {
    let path = state.path_of(&slot.name);
    let mut found = standing(repo, state, slot)?;
    let turn = match found {
        Standing::Sound => None,
        _ => Some(directory::worktree_list(repo)?),
    };
    if found == Standing::Moved {
        // Git ends with a failure when it could not put all of them right: asking again tells.
        drop(slot::repair(repo, std::slice::from_ref(&path)));
        found = standing(repo, state, slot)?;
    }
    if found == Standing::Unlocked {
        slot::lock(repo, &path, LOCK_REASON)?;
    }
    drop(turn);
    match found.obstacle() {
        None => Ok(worktrees::open_in(repo.common_dir(), &path)?),
        Some(why) => Err(PoolError::Unusable {
            slot: slot.name.clone(),
            why,
        }),
    }
}

/// The path without `.` and `..`, by its words alone.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// Paths that need not exist, without links where they do.
trait Canonical {
    fn canonicalize_or_same(&self) -> PathBuf;
}

impl Canonical for Path {
    fn canonicalize_or_same(&self) -> PathBuf {
        self.canonicalize().unwrap_or_else(|_| self.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_brought_to_its_plain_form() {
        let plain = |path: &str| normal(Path::new(path));
        assert_eq!(plain("/a/b/../c.worktrees"), Path::new("/a/c.worktrees"));
        assert_eq!(plain("/a/./b/"), Path::new("/a/b"));
    }
}
