//! The hooks that were there before Baton: kept in a directory of their own, under their own names, and put back when Baton
//! goes. Nothing of theirs is ever removed, unless the same file is in the hook's place again.

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use bstr::ByteSlice;

use super::layout::{Layout, Occupant};
use super::manifest::Manifest;
use super::{InstallError, in_shell};
use crate::all_names;
use baton_sys::{executable, file};

/// The suffix of a hook that an earlier version moved aside.
pub(super) const OLD_SUFFIX: &str = ".before-baton";

/// The ending, before a number, of a file that is kept and that nothing runs.
pub(super) const REPLACED: &str = ".replaced-";

/// The way from the directory of hooks to that of the kept ones.
const DETOUR: &str = "../hooks.before-baton";

impl Layout {
    /// Where the hook is kept that was there before, while Baton has its place.
    pub fn kept(&self, hook: &str) -> PathBuf {
        self.kept_dir().join(hook)
    }

    /// Where an earlier version kept it.
    fn kept_by_older(&self, hook: &str) -> PathBuf {
        self.hooks_dir().join(format!("{hook}{OLD_SUFFIX}"))
    }

    /// The hook that was there before; `None` where there was none.
    pub fn earlier(&self, hook: &str) -> Option<PathBuf> {
        let kept = self.kept(hook);
        let is_kept = file::is_taken(&kept) && !self.is_mirrored(&kept);
        let older = || Some(self.kept_by_older(hook)).filter(|one| file::is_taken(one));
        Some(kept).filter(|_| is_kept).or_else(older)
    }

    /// True if this name in the directory of kept hooks stands for a file that is still among the hooks.
    pub(super) fn is_mirrored(&self, path: &Path) -> bool {
        let target = file::link_target(path).ok();
        let name = path
            .file_name()
            .map(|name| Path::new("../hooks").join(name));
        target
            .zip(name)
            .is_some_and(|(target, name)| target == name.as_os_str().as_encoded_bytes())
    }
}

/// Keeps the hook that is at this path. One that is kept already gives way, unless it is the same; says where it is then.
pub fn keep(layout: &Layout, hook: &str, path: &Path) -> Result<Option<PathBuf>, InstallError> {
    let kept = layout.kept(hook);
    let gave_way = match layout.earlier(hook) {
        Some(earlier) => set_aside(layout, hook, &earlier, path)?,
        None => None,
    };
    file::make_directory(&layout.kept_dir()).map_err(InstallError::io(layout.kept_dir()))?;
    file::rename(path, &kept).map_err(InstallError::io(path))?;
    lead_to_kept(layout, &kept).map_err(InstallError::io(kept))?;
    Ok(gave_way)
}

/// Has a link that is kept lead to the kept hook where it named one in the directory of hooks: what is there now is Baton's.
/// A link to a name beside itself leads there already.
fn lead_to_kept(layout: &Layout, link: &Path) -> io::Result<()> {
    if !file::is_link(link) {
        return Ok(());
    }
    let target = file::link_target(link)?;
    let target = target.to_path_lossy();
    let (Some(directory), Some(name)) = (target.parent(), target.file_name()) else {
        return Ok(());
    };
    let is_hook = all_names().any(|hook| hook == name);
    let from_hooks = layout.hooks_dir().join(directory);
    let is_beside = directory.components().all(|part| part == Component::CurDir);
    if !is_hook || is_beside || !file::is_same_place(&from_hooks, &layout.hooks_dir()) {
        return Ok(());
    }
    relink(&directory.join(DETOUR).join(name), link)
}

/// Puts a link in place of another in one step.
fn relink(target: &Path, link: &Path) -> io::Result<()> {
    replace(link, |new| file::link_to(target, new))
}

/// Puts what `make` makes in place of this file in one step.
pub(super) fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    file::remove_if_exists(&new)?;
    make(&new)?;
    file::rename(&new, path)
}

/// Gives a link that is kept the target that it had.
fn lead_back(link: &Path) -> io::Result<()> {
    if !file::is_link(link) {
        return Ok(());
    }
    let target = file::link_target(link)?;
    let target = target.to_path_lossy();
    let directory = target.parent().filter(|path| path.ends_with(DETOUR));
    let Some((before, name)) = directory.zip(target.file_name()) else {
        return Ok(());
    };
    let depth = Path::new(DETOUR).components().count();
    let before = before.ancestors().nth(depth).unwrap_or(before);
    relink(&before.join(name), link)
}

/// Notes whether the hook that is kept ran until now although a `core.hooksPath` was set aside: then it runs still.
pub fn mark_later(layout: &Layout, hook: &str, ran: bool) -> Result<(), InstallError> {
    let mark = layout.later_marks().join(hook);
    let marked = match ran {
        true => file::write_atomically(&mark, b""),
        false => file::remove_if_exists(&mark),
    };
    marked.map_err(InstallError::io(mark))
}

/// Gives the hook that is kept a further name, by which nothing runs it, unless `path` is the same.
pub fn set_aside(
    layout: &Layout,
    hook: &str,
    earlier: &Path,
    path: &Path,
) -> Result<Option<PathBuf>, InstallError> {
    forget_older(layout, hook)?;
    if file::is_same_content(earlier, path).map_err(InstallError::io(path))? {
        file::remove_if_exists(earlier).map_err(InstallError::io(earlier))?;
        return Ok(None);
    }
    move_aside(layout, hook, earlier).map(Some)
}

/// Gives a file a name among those that are kept by which nothing runs it.
pub fn move_aside(layout: &Layout, hook: &str, path: &Path) -> Result<PathBuf, InstallError> {
    let names = (1_u32..).map(|number| layout.kept_dir().join(format!("{hook}{REPLACED}{number}")));
    let aside = { names }
        .find(|name| !file::is_taken(name))
        .expect("numbers do not end");
    file::make_directory(&layout.kept_dir()).map_err(InstallError::io(layout.kept_dir()))?;
    file::rename(path, &aside).map_err(InstallError::io(path))?;
    Ok(aside)
}

/// Moves what an earlier version kept to where it is kept now, so that it has its own name. Its old name stays until
/// [`forget_older`]: the hook that an earlier version installed looks there.
pub fn adopt_older(layout: &Layout, hook: &str) -> Result<(), InstallError> {
    let (older, kept) = (layout.kept_by_older(hook), layout.kept(hook));
    if layout.earlier(hook).as_ref() != Some(&older) {
        return Ok(());
    }
    file::make_directory(&layout.kept_dir()).map_err(InstallError::io(layout.kept_dir()))?;
    // A link to another place of the same name.
    file::remove_if_exists(&kept).map_err(InstallError::io(&kept))?;
    let moved = file::hard_link(&older, &kept).or_else(|_| file::rename(&older, &kept));
    moved.map_err(InstallError::io(older))
}

/// Removes the old name of what was moved.
pub fn forget_older(layout: &Layout, hook: &str) -> Result<(), InstallError> {
    let (older, kept) = (layout.kept_by_older(hook), layout.kept(hook));
    match executable::are_one_file(&older, &kept) {
        true => file::remove_if_exists(&older).map_err(InstallError::io(older)),
        false => Ok(()),
    }
}

/// Where the hooks were that were kept, as the record says, and are neither there nor in their own places.
pub fn lost(layout: &Layout, manifest: &Manifest) -> Vec<PathBuf> {
    let kept = all_names().filter(|name| manifest.kept.iter().any(|one| one == name));
    let is_gone = |hook: &&str| {
        let is_back = matches!(layout.occupant(hook), Ok(Occupant::Other));
        layout.earlier(hook).is_none() && !is_back
    };
    kept.filter(is_gone).map(|hook| layout.kept(hook)).collect()
}

/// Why git would pass over a hook that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It is a link to nothing: it was one, or what it led to has gone since.
    LeadsNowhere,
    /// It lacks the permission.
    NotExecutable,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeadsNowhere => "it is a link that leads nowhere",
            Self::NotExecutable => "it is not executable",
        })
    }
}

impl Silence {
    /// The next step about the hook at this path.
    pub fn remedy(self, path: &Path) -> String {
        match self {
            Self::LeadsNowhere => "run `git baton install` again; where it still leads nowhere, put back what it named, or remove the link".to_owned(),
            Self::NotExecutable => format!(
                "where it is to run, `chmod +x {}`; where it is not, remove it",
                in_shell(path)
            ),
        }
    }
}

/// The hooks that are kept and that git would pass over.
pub fn silent(layout: &Layout) -> Vec<(PathBuf, Silence)> {
    let kept = all_names().filter_map(|hook| layout.earlier(hook));
    let silent = kept.filter_map(|path| {
        let is_runnable = !path.is_file() || executable::is_executable(&path);
        let why = match path.exists() {
            false => Silence::LeadsNowhere,
            true if is_runnable => return None,
            true => Silence::NotExecutable,
        };
        Some((path, why))
    });
    silent.collect()
}

/// Gives the hook that was there before its place again, or these, as which Baton's is called instead. Says where it is left:
/// in its place is another hook.
pub fn put_back(layout: &Layout, hook: &str, instead: &[&Path]) -> Result<Restored, InstallError> {
    let own = layout.hook(hook);
    let Some(earlier) = layout.earlier(hook) else {
        return Ok(Restored::Nothing);
    };
    let io = |path: &Path| InstallError::io(path.to_owned());
    let occupant = layout.occupant(hook).map_err(io(&own))?;
    let place = match (instead.first(), occupant) {
        (Some(place), _) => (*place).to_owned(),
        (None, Occupant::Baton | Occupant::Nobody) => own,
        (None, Occupant::Other) if file::is_same_content(&earlier, &own).map_err(io(&own))? => own,
        (None, Occupant::Other) => {
            return Ok(Restored::Left {
                hook: own,
                kept: earlier,
            });
        }
    };
    file::make_directory(&layout.hooks_dir()).map_err(io(&layout.hooks_dir()))?;
    if file::is_directory(&earlier) {
        // It takes the place of no file.
        file::remove_if_exists(&place).map_err(io(&place))?;
    }
    lead_back(&earlier).map_err(io(&earlier))?;
    file::rename(&earlier, &place).map_err(io(&earlier))?;
    let is_link_possible = !file::is_directory(&place);
    for further in instead.iter().skip(1).filter(|_| is_link_possible) {
        file::remove_if_exists(further).map_err(io(further))?;
        file::hard_link(&place, further).map_err(io(further))?;
    }
    Ok(Restored::To(place))
}

/// The fate of a hook that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// There was none.
    Nothing,
    /// It is here again.
    To(PathBuf),
    /// Another hook has its place.
    Left {
        /// That one.
        hook: PathBuf,
        /// Where it is kept.
        kept: PathBuf,
    },
}

/// Removes the directory, unless it keeps a hook. Says whether it is gone.
pub fn clear(layout: &Layout) -> Result<bool, InstallError> {
    let directory = layout.kept_dir();
    for path in file::entries(&directory).map_err(InstallError::io(&directory))? {
        if layout.is_mirrored(&path) {
            file::remove_if_exists(&path).map_err(InstallError::io(path))?;
        }
    }
    Ok(file::remove_if_empty(&directory))
}
