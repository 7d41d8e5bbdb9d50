//! Puts each hook of an installation in its place, and what was there before where it goes on.

use std::path::{Path, PathBuf};

use super::delegate::{self, TakenOut, Way};
use super::installed::{Change, HandedOn};
use super::layout::{Occupant, is_edited};
use super::manifest::Manifest;
use super::renamed::{self, Renamed};
use super::{InstallError, Layout, beside, kept};
use crate::PASSED_ON;
use baton_sys::file;

/// The hooks of an installation, as they are put in their places.
pub(super) struct Placing<'i> {
    pub layout: &'i Layout,
    pub manifest: &'i Manifest,
    /// True if git ran none of the hooks here until now, because of `core.hooksPath`.
    pub was_switched_off: bool,
    pub hooks: Vec<(String, Change)>,
    pub gave_way: Vec<(&'static str, PathBuf)>,
    /// The hooks that were kept and that the ones which came later call, and where they are.
    pub handed_on: Vec<HandedOn>,
    pub edited: Vec<(&'static str, PathBuf)>,
    /// The files of Baton's that others moved elsewhere; in the end those that stay.
    pub renamed: Vec<Renamed>,
}

impl Placing<'_> {
    /// Puts the hook where it is run from: in git's place, or where the hook there runs it; and in GitLab's.
    pub fn place_everywhere(&mut self, hook: &'static str) -> Result<(), InstallError> {
        let layout = self.layout;
        let io = || InstallError::io(layout.hook(hook));
        kept::adopt_older(layout, hook)?;
        let way = layout.way(hook, self.manifest).map_err(io())?;
        let delegate = layout.delegate(hook).map_err(io())?;
        let place = match (way, delegate) {
            (Way::Manager, _) => {
                self.hooks.push((hook.to_owned(), Change::LeftToManager));
                None
            }
            // What core.hooksPath named runs instead of a delegate that is here.
            (_, Some(delegate)) if self.manifest.hooks_paths.is_empty() => {
                let moved = delegate::keep_legacy(layout, hook, &delegate.runs)?;
                self.note(hook, moved);
                self.put_in(hook, &delegate.runs)?;
                let moved = delegate::put_delegate_back(layout, hook, &delegate)?;
                self.note(hook, moved);
                Some(delegate.runs)
            }
            _ => {
                self.place(hook)?;
                Some(layout.hook(hook))
            }
        };
        kept::forget_older(layout, hook)?;
        self.look_after_renamed(hook, place.as_deref())?;
        let in_directory = layout.in_directory(hook);
        if place.as_ref() != Some(&in_directory) {
            self.take_out(hook, &in_directory)?;
        }
        match layout.in_custom_hooks(hook) {
            Some(path) => self.put_in(hook, &path),
            None => Ok(()),
        }
    }

    /// Keeps Baton's files that others moved elsewhere, where the hook that came in their place goes on finding them.
    fn look_after_renamed(
        &mut self,
        hook: &'static str,
        place: Option<&Path>,
    ) -> Result<(), InstallError> {
        let earlier = self.layout.earlier(hook);
        let all = std::mem::take(&mut self.renamed).into_iter();
        let (own, others): (Vec<_>, _) = all.partition(|one| one.hook == hook);
        self.renamed = others;
        for one in own {
            let is_gone = !file::is_taken(&one.path);
            if Some(&*one.path) == place || is_gone && earlier.is_none() {
                continue;
            }
            let stays = match &earlier {
                Some(by) => one.may_be_called(by)?,
                None => true,
            };
            if stays {
                self.keep_edits(hook, &one.path)?;
                delegate::place(self.layout, &one.path, hook)?;
                self.renamed.push(one);
            } else {
                self.take_out(hook, &one.path)?;
            }
        }
        Ok(())
    }

    fn take_out(&mut self, hook: &'static str, path: &Path) -> Result<(), InstallError> {
        if let TakenOut::Kept(aside) = delegate::take_out(self.layout, hook, path)? {
            self.edited.push((hook, aside));
        }
        Ok(())
    }

    /// Moves a file of Baton's aside that has lines of others. Says whether it did.
    fn keep_edits(&mut self, hook: &'static str, path: &Path) -> Result<bool, InstallError> {
        if !is_edited(path)? {
            return Ok(false);
        }
        let aside = kept::move_aside(self.layout, hook, path)?;
        self.edited.push((hook, aside));
        Ok(true)
    }

    /// True if the hook that was here goes on: one that `core.hooksPath` had switched off does not.
    fn earlier_runs(&self, hook: &str) -> bool {
        let set_aside = self.manifest.hooks_paths.is_empty() || self.layout.is_later(hook);
        self.layout.earlier(hook).is_some() && set_aside
    }

    fn note(&mut self, hook: &'static str, moved: Option<PathBuf>) {
        self.gave_way.extend(moved.map(|path| (hook, path)));
    }

    /// Has the hook at `by`, which took Baton's place and calls Baton's by another name, call the one that is kept instead, as
    /// it would without Baton.
    fn hand_on(&mut self, hook: &'static str, by: &Path) -> Result<(), InstallError> {
        let Some(earlier) = self.layout.earlier(hook) else {
            return Ok(());
        };
        if file::is_same_content(&earlier, by).map_err(InstallError::io(by))? {
            return Ok(());
        }
        let new = self
            .renamed
            .iter()
            .filter(|one| one.hook == hook && !one.is_known);
        let (called, is_named) = renamed::called(by, new.collect())?;
        let called: Vec<_> = called.into_iter().map(Path::to_owned).collect();
        let Some(first) = called.first() else {
            return Ok(());
        };
        for path in &called {
            self.keep_edits(hook, path)?;
        }
        let places: Vec<_> = called.iter().map(|path| &**path).collect();
        kept::put_back(self.layout, hook, &places)?;
        self.handed_on.push(HandedOn {
            hook,
            path: first.clone(),
            is_named,
        });
        self.renamed.retain(|one| !called.contains(&one.path));
        Ok(())
    }

    fn put_in(&mut self, hook: &'static str, path: &Path) -> Result<(), InstallError> {
        self.keep_edits(hook, path)?;
        let change = match delegate::place(self.layout, path, hook)? {
            true => Change::PlacedBeside,
            false => Change::Unchanged,
        };
        self.hooks.push((self.layout.name_of(path), change));
        Ok(())
    }

    fn place(&mut self, hook: &'static str) -> Result<(), InstallError> {
        let layout = self.layout;
        let path = layout.hook(hook);
        if !self.keep_edits(hook, &path)? && occupant(layout, hook)? == Occupant::Other {
            let given_up = beside::give_up_removed(layout, hook)?;
            self.gave_way
                .extend(given_up.into_iter().map(|path| (hook, path)));
            self.hand_on(hook, &path)?;
            let moved = kept::keep(layout, hook, &path)?;
            self.note(hook, moved);
            let ran = !self.was_switched_off && !self.manifest.hooks_paths.is_empty();
            kept::mark_later(layout, hook, ran)?;
        }
        let change = match delegate::place(layout, &path, hook)? {
            false => Change::Unchanged,
            true if self.earlier_runs(hook) => Change::PlacedBefore,
            true if PASSED_ON.contains(&hook) => Change::PlacedToPassOn,
            true => Change::Placed,
        };
        self.hooks.push((hook.to_owned(), change));
        Ok(())
    }
}

fn occupant(layout: &Layout, hook: &str) -> Result<Occupant, InstallError> {
    layout
        .occupant(hook)
        .map_err(InstallError::io(layout.hook(hook)))
}
