//! Baton's files to which others gave another name. The hook in Baton's place may call them, by words that
//! cannot be foreseen: so they stay while that hook is there, and what was left is remembered.

use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::layout::{is_old_program, read_hook};
use super::manifest::Manifest;
use super::{InstallError, Layout, managers};
use crate::all_names;
use baton_sys::{executable, file};

/// The directories beside that of the hooks in which no hooks are.
const WITHOUT_HOOKS: [&str; 9] = [
    "baton",
    "hooks",
    "hooks.before-baton",
    "logs",
    "lfs",
    "modules",
    "objects",
    "refs",
    "worktrees",
];

/// The number of directories below that of the hooks.
const DEEPEST: usize = 3;

/// The most that is read of a hook to know what it names, in bytes.
const LONGEST: u64 = 1 << 20;

/// A file of Baton's that is not in its hook's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The hook's name.
    pub hook: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// True if it was there when Baton was installed last.
    pub is_known: bool,
}

/// Those in the directory of hooks, in a directory among the hooks, and in one beside that of the hooks; and those that were
/// there when Baton was installed last.
pub fn all(layout: &Layout, manifest: Option<&Manifest>) -> Result<Vec<Renamed>, InstallError> {
    let known = manifest.map_or_else(Vec::new, |manifest| manifest.renamed(layout));
    let hooks = layout.hooks_dir();
    let mut paths = file::entries(&hooks).map_err(InstallError::io(&hooks))?;
    for path in paths.clone() {
        files_below(&path, DEEPEST, &mut paths);
    }
    for path in beside(layout) {
        files_below(&path, 1, &mut paths);
    }
    let mut found = Vec::new();
    for path in paths {
        if let Some(hook) = hook_of(layout, &path).map_err(InstallError::io(&path))? {
            let is_known = known.iter().any(|(_, known)| *known == path);
            found.push(Renamed {
                hook,
                path,
                is_known,
            });
        }
    }
    found.extend(manifest.into_iter().flat_map(|one| gone(layout, one)));
    Ok(found)
}

/// The entries of this directory, and of those in it as deep as this. Where this user may not look is nothing that Baton was moved to.
fn files_below(directory: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    if depth == 0 || file::is_link(directory) {
        return;
    }
    for path in file::entries(directory).unwrap_or_default() {
        files_below(&path, depth - 1, paths);
        paths.push(path);
    }
}

/// The files of this installation in directories that are not its own, and of those whose program is gone: copies, which start
/// a program that other clones do not have, or that went with its repository.
pub fn copies(
    layout: &Layout,
    directories: &[PathBuf],
) -> Result<Vec<(&'static str, PathBuf)>, InstallError> {
    let mut found = Vec::new();
    for path in directories
        .iter()
        .flat_map(|one| file::entries(one).unwrap_or_default())
    {
        let text = read_hook(&path).map_err(InstallError::io(&path))?;
        let own =
            text.filter(|text| text.program == layout.program() || !file::is_taken(&text.program));
        let hook = own.and_then(|text| all_names().find(|hook| *hook == text.name()));
        found.extend(hook.map(|hook| (hook, path)));
    }
    Ok(found)
}

/// Those of these files by which the hook at `by` runs the hook that it found: those that it names, or else any; and whether
/// it names them.
pub fn called<'r>(by: &Path, all: Vec<&'r Renamed>) -> Result<(Vec<&'r Path>, bool), InstallError> {
    let text = file::beginning(by, LONGEST).map_err(InstallError::io(by))?;
    let text = text.unwrap_or_default();
    let mut called = Vec::new();
    for one in all {
        if !managers::never_runs(by, &one.path, one.hook).map_err(InstallError::io(by))? {
            called.push((one.is_named_in(&text), &*one.path));
        }
    }
    let is_named = called.iter().any(|(named, _)| *named);
    called.retain(|(named, _)| *named == is_named);
    let paths = called.into_iter().map(|(_, path)| path).collect();
    Ok((paths, is_named))
}

/// Those that were there when Baton was installed last, and are not.
pub fn gone(layout: &Layout, manifest: &Manifest) -> Vec<Renamed> {
    let mut known = manifest.renamed(layout);
    known.retain(|(_, path)| !file::is_taken(path));
    let gone = known.into_iter().map(|(hook, path)| Renamed {
        hook,
        path,
        is_known: true,
    });
    gone.collect()
}

fn beside(layout: &Layout) -> Vec<PathBuf> {
    let mut paths = file::entries(layout.common_dir()).unwrap_or_default();
    paths.retain(|path| {
        let is = |name: &&str| path.file_name().is_some_and(|own| own == *name);
        !WITHOUT_HOOKS.iter().any(is)
    });
    paths
}

/// The hook that Baton's file at this path is, where that is no place of Baton's own.
fn hook_of(layout: &Layout, path: &Path) -> io::Result<Option<&'static str>> {
    let name = path.file_name().and_then(|name| name.to_str());
    let is_in_place = |hook| path == layout.hook(hook) || path == layout.in_directory(hook);
    let Some(name) = name.filter(|name| !name.ends_with(".sample")) else {
        return Ok(None);
    };
    if all_names().any(is_in_place) {
        return Ok(None);
    }
    if let Some(text) = read_hook(path)? {
        return Ok(all_names().find(|hook| *hook == text.name()));
    }
    // As an earlier version installed it.
    let is_of = |hook: &&str| {
        let rest = name.strip_prefix(hook);
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let is_among_hooks = path.parent() == Some(&layout.hooks_dir());
    let hook = all_names().find(is_of).filter(|_| is_among_hooks);
    Ok(match is_old_program(path)? {
        true => hook,
        false => None,
    })
}

impl Renamed {
    /// True if this text of a hook names the file, whole or by what its name adds to the hook's, or its directory.
    fn is_named_in(&self, text: &[u8]) -> bool {
        let name = |path: Option<&Path>| path?.file_name()?.to_str().map(str::to_owned);
        let own = name(Some(&self.path)).unwrap_or_default();
        let word = match own.strip_prefix(self.hook) {
            Some("") => name(self.path.parent()).unwrap_or_default(),
            Some(ending) => ending.to_owned(),
            None => own,
        };
        !word.is_empty() && text.contains_str(word)
    }

    /// True if the hook at `by`, which has Baton's place, may call it.
    pub fn may_be_called(&self, by: &Path) -> Result<bool, InstallError> {
        let does_without = managers::does_without(by, &self.path, self.hook);
        Ok(!does_without.map_err(InstallError::io(by))?)
    }

    /// The hook that was there before and may call it, where Baton has the place of that.
    pub fn missed_by(&self, layout: &Layout) -> Result<Option<PathBuf>, InstallError> {
        match layout.earlier(self.hook) {
            Some(by) if self.may_be_called(&by)? => Ok(Some(by)),
            _ => Ok(None),
        }
    }

    /// Puts a file that does nothing in its place.
    pub fn leave_empty(&self) -> Result<(), InstallError> {
        let hook = self.hook;
        let text = format!(
            "#!/bin/sh\n# The {hook} hook of git-baton was here, which is uninstalled. The {hook} hook that is there now may call this file.\n"
        );
        executable::write(&self.path, text.as_bytes()).map_err(InstallError::io(&self.path))
    }
}
