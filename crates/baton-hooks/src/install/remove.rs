//! `git baton uninstall`.

use std::fmt;
use std::path::{Path, PathBuf};

use super::delegate::{self, TakenOut};
use super::kept::{self, Restored};
use super::layout::{Occupant, is_edited};
use super::manifest::{Manifest, SetAside};
use super::renamed::{self, Renamed};
use super::{InstallError, Layout, beside, hooks_path};
use crate::all_names;
use baton_git::Repo;
use baton_guard::journal::Journal;
use baton_sys::{FileLock, executable, file};

/// The result of taking the hooks out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uninstalled {
    removed: Vec<String>,
    restored: Vec<String>,
    /// The hooks that are back in another place than their own, because Baton's was called there.
    handed_on: Vec<String>,
    /// The scripts that lead to a hook that is back in its place, where git looks elsewhere and found Baton's.
    led_on: Vec<PathBuf>,
    /// The hooks that others put in Baton's place, and the one that is kept beside each.
    foreign: Vec<(PathBuf, PathBuf)>,
    /// The files of Baton's to which something was added, and where that is now.
    edited: Vec<(String, PathBuf)>,
    /// The earlier hooks that were kept and are gone: where they were.
    lost: Vec<PathBuf>,
    /// The files that do nothing now, because the hooks that are there may call them.
    emptied: Vec<PathBuf>,
    settings_restored: Vec<SetAside>,
    settings_left: Vec<SetAside>,
    left: Vec<PathBuf>,
}

impl Uninstalled {
    /// True if nothing was installed.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Takes every hook of Baton's out, and puts back what had its place. Where nothing is installed
/// it does nothing.
pub fn uninstall(repo: &Repo) -> Result<Uninstalled, InstallError> {
    let layout = Layout::of(repo);
    let mut done = Uninstalled::default();
    let lock = FileLock::acquire(&layout.lock()).map_err(InstallError::io(layout.lock()))?;
    let manifest = Manifest::read(&layout)?;
    if manifest.is_some() {
        layout.refuse_link()?;
    }
    // The settings come first: while one is back and the hooks are still there, git runs the
    // hooks that it names; the other way round it would run none for a moment.
    for one in manifest.iter().flat_map(|manifest| &manifest.hooks_paths) {
        let list = match hooks_path::restore(repo, &layout, one)? {
            true => &mut done.settings_restored,
            false => &mut done.settings_left,
        };
        list.push(one.clone());
    }
    let renamed = renamed::all(&layout, manifest.as_ref())?;
    let set_aside = manifest
        .as_ref()
        .map_or(&[][..], |manifest| &manifest.hooks_paths);
    let directories = hooks_path::all_directories(repo, &layout, set_aside)?;
    let copies = renamed::copies(&layout, &directories)?;
    done.lost = manifest.map_or_else(Vec::new, |manifest| kept::lost(&layout, &manifest));
    for hook in all_names() {
        let renamed: Vec<_> = renamed.iter().filter(|one| one.hook == hook).collect();
        let copies = copies.iter().filter(|(own, _)| *own == hook);
        let copies: Vec<_> = copies.map(|(_, path)| &**path).collect();
        done.take_out(&layout, hook, &renamed, &copies)?;
    }
    remove_records(repo, &layout)?;
    drop(lock);
    if !kept::clear(&layout)? {
        done.left.push(layout.kept_dir());
    }
    let directory = layout.baton_dir();
    if !file::remove_if_empty(&directory) {
        done.left.push(directory);
    }
    Ok(done)
}

impl Uninstalled {
    /// Takes the files of one hook out, and puts back what was there before. Copies of Baton's where git looks now lead there.
    fn take_out(
        &mut self,
        layout: &Layout,
        hook: &str,
        renamed: &[&Renamed],
        copies: &[&Path],
    ) -> Result<(), InstallError> {
        let there = layout.hook(hook);
        let custom = layout.in_custom_hooks(hook);
        let others = renamed.iter().map(|one| one.path.clone());
        let others = others.chain(copies.iter().map(|path| (*path).to_owned()));
        let own = [there.clone(), layout.in_directory(hook)].into_iter();
        let all: Vec<_> = own.chain(others).chain(custom.clone()).collect();
        kept::forget_older(layout, hook)?;
        for path in &all {
            if is_edited(path)? {
                let aside = kept::move_aside(layout, hook, path)?;
                self.edited.push((layout.name_of(path), aside));
            }
        }
        let occupant = || layout.occupant(hook).map_err(InstallError::io(&there));
        let mut instead = Vec::new();
        let is_back = layout
            .earlier(hook)
            .is_some_and(|earlier| file::is_same_content(&earlier, &there).unwrap_or_default());
        if occupant()? == Occupant::Other && !is_back {
            let new = renamed.iter().copied().filter(|one| !one.is_known);
            (instead, _) = renamed::called(&there, new.collect())?;
        }
        let mut lead_from = Vec::new();
        match kept::put_back(layout, hook, &instead)? {
            Restored::Nothing => {}
            Restored::To(path) if path != there => {
                self.handed_on.push(layout.name_of(&path));
            }
            Restored::To(path) => {
                self.restored.push(layout.name_of(&path));
                lead_from = copies.iter().filter(|path| path.ends_with(hook)).collect();
            }
            Restored::Left { hook, kept } => self.foreign.push((hook, kept)),
        }
        for path in all {
            if delegate::take_out(layout, hook, &path)? == TakenOut::Removed {
                self.removed.push(layout.name_of(&path));
            }
        }
        for path in lead_from {
            executable::write(path, &layout.leading(hook)).map_err(InstallError::io(path))?;
            self.led_on.push((*path).to_owned());
        }
        let beside = beside::put_back(layout, hook)?;
        let beside = beside.iter().map(|path| layout.name_of(path));
        self.restored.extend(beside);
        let has_another = occupant()? == Occupant::Other;
        for one in renamed.iter().filter(|_| has_another) {
            if !file::is_taken(&one.path) && one.may_be_called(&there)? {
                one.leave_empty()?;
                self.emptied.push(one.path.clone());
            }
        }
        if let Some(directory) = custom.as_deref().and_then(Path::parent) {
            file::remove_if_empty(directory);
        }
        Ok(())
    }
}

/// Removes what installing and guarding recorded. The manifest goes last of what tells about the
/// user's settings, so that a removal that is cut off can be done again.
fn remove_records(repo: &Repo, layout: &Layout) -> Result<(), InstallError> {
    let mut records = Vec::new();
    for worktree in repo.worktrees()? {
        records.push(layout.earlier_path(Some(&worktree.git_dir)));
    }
    records.push(layout.earlier_path(None));
    records.push(layout.later_marks());
    records.extend(Journal::files(&layout.baton_dir()));
    records.push(layout.server_mark());
    records.push(layout.manifest_copy());
    records.push(layout.manifest());
    // With what a copy that was cut off has left there.
    records.extend(layout.program().parent().map(ToOwned::to_owned));
    // What a kill has left there.
    let entries =
        file::entries(&layout.baton_dir()).map_err(InstallError::io(layout.baton_dir()))?;
    records.extend(entries.into_iter().filter(|path| {
        let name = path.file_name().map(|name| name.as_encoded_bytes());
        name.is_some_and(|name| name.starts_with(b".tmp"))
    }));
    records.push(layout.lock());
    for path in records {
        file::remove_all_if_exists(&path).map_err(InstallError::io(&path))?;
        if let Some(directory) = path.parent().filter(|one| **one != layout.baton_dir()) {
            file::remove_if_empty(directory);
        }
    }
    Ok(())
}

impl fmt::Display for Uninstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.removed.is_empty() {
            writeln!(f, "removed: {}", self.removed.join(", "))?;
        }
        if !self.restored.is_empty() {
            writeln!(f, "put back as it was: {}", self.restored.join(", "))?;
        }
        if !self.handed_on.is_empty() {
            writeln!(
                f,
                "put back where Baton's hook was called last: {}",
                self.handed_on.join(", ")
            )?;
        }
        for path in &self.led_on {
            writeln!(
                f,
                "left as a script that runs the hook that is put back: {}",
                path.display()
            )?;
        }
        for (hook, kept) in &self.foreign {
            writeln!(
                f,
                "left alone, because it is not Baton's: {}; the hook that was there before Baton is {}",
                hook.display(),
                kept.display()
            )?;
        }
        for (name, aside) in &self.edited {
            writeln!(
                f,
                "lines were added to Baton's {name}: they are in {}",
                aside.display()
            )?;
        }
        for path in &self.lost {
            writeln!(
                f,
                "not put back, because it is gone from where it was kept: {}",
                path.display()
            )?;
        }
        for path in &self.emptied {
            writeln!(
                f,
                "left as a script that does nothing, because the hook there may call it: {}",
                path.display()
            )?;
        }
        for one in &self.settings_restored {
            writeln!(f, "set again: {one}")?;
        }
        for one in &self.settings_left {
            writeln!(
                f,
                "not set again, because it is set anew or its worktree is gone: {one}"
            )?;
        }
        for left in &self.left {
            writeln!(f, "left, because there is more in it: {}", left.display())?;
        }
        if self.is_nothing() {
            writeln!(f, "nothing to remove: Baton is not installed here")?;
        }
        Ok(())
    }
}
