//! The files beside the hooks. An earlier hook looks for some of them in its own directory, and may itself be a link to one; so
//! they are shown beside those that are kept, as links. A file by the name of a hook with an ending, such as the hook that a tool
//! found and renamed, is kept there itself: the tool that is installed once more renames Baton's hook to that name, and would
//! take the only copy.

use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::kept::{OLD_SUFFIX, REPLACED, move_aside, replace};
use super::layout::{Layout, Occupant, read_hook};
use super::{InstallError, managers};
use crate::all_names;
use baton_sys::previous_hooks::KEPT_DIRECTORY;
use baton_sys::{executable, file};

/// Makes the kept hook of this name, where there is one, ready to be run. It may do without its neighbours, and another user may
/// not write there, so that a failure says nothing.
pub fn prepare(common_dir: &Path, hook: &str) {
    if file::is_taken(&common_dir.join(KEPT_DIRECTORY).join(hook)) {
        mirror(common_dir).ok();
    }
}

/// Shows the other entries of the directory of hooks beside those that are kept.
pub fn mirror(common_dir: &Path) -> io::Result<()> {
    let layout = Layout::at(common_dir);
    let mut linked = Vec::new();
    for path in file::entries(&layout.kept_dir())? {
        let Ok(target) = file::link_target(&path) else {
            continue;
        };
        if !layout.is_mirrored(&path) {
            linked.push(target);
            continue;
        }
        if !path.exists() || is_batons_place(&layout, &path)? {
            file::remove_if_exists(&path)?;
        }
    }
    for path in file::entries(&layout.hooks_dir())? {
        let Some(name) = path.file_name() else {
            continue;
        };
        let shown = layout.kept_dir().join(name);
        // An example is in use where a hook is a link to it.
        let is_needless = path.extension().is_some_and(|end| end == "sample")
            && !linked
                .iter()
                .any(|target| target.ends_with(name.as_encoded_bytes()));
        if is_needless || is_batons_place(&layout, &path)? {
            continue;
        }
        if hook_of(&path).is_some() && file::is_file(&path) && read_hook(&path)?.is_none() {
            keep_itself(&path, &shown)?;
        } else if !file::is_taken(&shown) {
            file::link_to(&Path::new("../hooks").join(name), &shown)?;
        }
    }
    Ok(())
}

/// Keeps the file by a further name of itself, or by a link where the system makes none.
fn keep_itself(path: &Path, shown: &Path) -> io::Result<()> {
    if !file::is_link(shown) && executable::are_one_file(path, shown) {
        return Ok(());
    }
    let is_kept = replace(shown, |new| file::hard_link(path, new)).is_ok();
    if is_kept || file::is_taken(shown) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default();
    file::link_to(&Path::new("../hooks").join(name), shown)
}

/// The hook to whose name this file's adds an ending.
fn hook_of(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.as_encoded_bytes();
    let ending = |hook: &&str| name.strip_prefix(hook.as_bytes());
    let is_free = |end: &[u8]| {
        end.starts_with(b".") && !end.starts_with_str(REPLACED) && end != OLD_SUFFIX.as_bytes()
    };
    all_names().find(|hook| ending(hook).is_some_and(is_free))
}

/// The files that are kept for this hook beside it: where each is, and where it was.
fn kept_for(layout: &Layout, hook: &str) -> Result<Vec<(PathBuf, PathBuf)>, InstallError> {
    let directory = layout.kept_dir();
    let mut files = file::entries(&directory).map_err(InstallError::io(&directory))?;
    files.retain(|path| hook_of(path) == Some(hook) && file::is_file(path));
    let files = files.into_iter().filter_map(|kept| {
        let place = layout.hooks_dir().join(kept.file_name()?);
        Some((kept, place))
    });
    Ok(files.collect())
}

/// Has nothing run the files that a tool removed which took Baton's place. Says where they are.
pub fn give_up_removed(layout: &Layout, hook: &str) -> Result<Vec<PathBuf>, InstallError> {
    let mut moved = Vec::new();
    for (kept, place) in kept_for(layout, hook)? {
        if !file::is_taken(&place) {
            moved.push(move_aside(layout, hook, &kept)?);
        }
    }
    Ok(moved)
}

/// Leaves the names free that lefthook, whose hook is kept, gives to the hook that it finds when it is installed again.
pub fn make_room(layout: &Layout, hook: &str) -> Result<(), InstallError> {
    let Some(earlier) = layout.earlier(hook) else {
        return Ok(());
    };
    for (kept, place) in kept_for(layout, hook)? {
        let is_unused =
            managers::never_runs(&earlier, &place, hook).map_err(InstallError::io(&earlier))?;
        if is_unused && executable::are_one_file(&kept, &place) {
            file::remove_if_exists(&place).map_err(InstallError::io(&place))?;
        }
    }
    Ok(())
}

/// Puts the files beside this hook back that are gone, or have become Baton's. Says where they are.
pub fn put_back(layout: &Layout, hook: &str) -> Result<Vec<PathBuf>, InstallError> {
    let mut back = Vec::new();
    for (kept, place) in kept_for(layout, hook)? {
        let io = |error| InstallError::io(&place)(error);
        if executable::are_one_file(&kept, &place)
            || file::is_taken(&place) && file::is_same_content(&kept, &place).map_err(io)?
        {
            file::remove_if_exists(&kept).map_err(InstallError::io(&kept))?;
        } else if layout.occupant_of(&place).map_err(io)? != Occupant::Other {
            file::make_directory(&layout.hooks_dir()).map_err(io)?;
            file::rename(&kept, &place).map_err(InstallError::io(&kept))?;
            back.push(place);
        }
    }
    Ok(back)
}

/// True if the hook of this name is Baton's. One that another tool renamed is to be found.
fn is_batons_place(layout: &Layout, path: &Path) -> io::Result<bool> {
    let hook = all_names().find(|hook| path.file_name().is_some_and(|name| name == *hook));
    Ok(match hook {
        Some(hook) => read_hook(&layout.hook(hook))?.is_some(),
        None => false,
    })
}
