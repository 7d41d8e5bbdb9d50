//! Hooks that run others beside themselves, and keep their places for it: they look for these by their own
//! names. On a server Gitea's and Forgejo's run the programs of `hooks/pre-receive.d/`, and GitLab those of
//! `custom_hooks/pre-receive.d/`; in a clone pre-commit and prek run the hook that they found, as
//! `<hook>.legacy`. Baton goes in there. They are known by their whole text (`known_text`): of any other hook
//! it is not known what it runs, and Baton takes its place and runs it first.

use std::io;
use std::path::{Path, PathBuf};

use super::layout::{Occupant, is_edited};
use super::manifest::Manifest;
use super::{InstallError, Kind, Layout, kept, known_text, managers};
use crate::{DIRECTORY_SUFFIX, Hook, NAME_IN_DIRECTORY};
use baton_sys::{executable, file};

/// GitLab's directory of a repository's own hooks.
const CUSTOM_HOOKS: &str = "custom_hooks";

/// The hook that sees every commit. No manager has it, and no hook's word is taken for it that it runs Baton.
const LAST: &str = Hook::ReferenceTransaction.name();

/// The way by which a call of a hook comes to Baton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Git runs Baton's file.
    Own,
    /// The hook there, which is not Baton's, runs the file at this path.
    Beside(PathBuf),
    /// The hook there is of a manager that is told to run `git baton hook`.
    Manager,
}

/// A hook that runs another one beside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// Its file.
    pub path: PathBuf,
    /// The file that it runs, and that is Baton's.
    pub runs: PathBuf,
}

impl Layout {
    /// Baton's file in the directory that the hook runs.
    pub fn in_directory(&self, hook: &str) -> PathBuf {
        self.directory(hook).join(NAME_IN_DIRECTORY)
    }

    /// Baton's file in the directory that GitLab runs, which runs `pre-receive` there and nothing
    /// else that Baton answers.
    pub fn in_custom_hooks(&self, hook: &str) -> Option<PathBuf> {
        let custom = self.custom_hooks();
        let runs = hook == Hook::PreReceive.name() && file::is_directory(&custom);
        runs.then(|| {
            custom
                .join(format!("{hook}{DIRECTORY_SUFFIX}"))
                .join(NAME_IN_DIRECTORY)
        })
    }

    /// The hook that is there, or was before Baton had its place, where that one runs others.
    pub fn delegate(&self, hook: &str) -> io::Result<Option<Delegate>> {
        let path = match self.occupant(hook)? {
            Occupant::Other => Some(self.hook(hook)),
            Occupant::Baton | Occupant::Nobody => self.earlier(hook),
        };
        let Some(path) = path else { return Ok(None) };
        let runs = self.runs(&path, hook)?;
        Ok(runs.map(|runs| Delegate { path, runs }))
    }

    /// The file beside it that the hook at this path runs.
    fn runs(&self, path: &Path, hook: &str) -> io::Result<Option<PathBuf>> {
        if !executable::is_executable(path) {
            return Ok(None);
        }
        let Some(script) = file::beginning(path, known_text::LONGEST)? else {
            return Ok(None);
        };
        let runs_directory = hook == Hook::PreReceive.name()
            && file::is_directory(&self.directory(hook))
            && known_text::runs_directory(&script);
        Ok(if runs_directory {
            Some(self.in_directory(hook))
        } else if hook != LAST && known_text::runs_legacy(&script, hook) {
            Some(self.hook(&format!("{hook}{}", known_text::LEGACY_SUFFIX)))
        } else {
            None
        })
    }

    /// The way by which a call of this hook comes to Baton, as far as other tools' files decide it.
    pub fn way(&self, hook: &str, manifest: &Manifest) -> io::Result<Way> {
        let own = self.hook(hook);
        // What core.hooksPath named runs instead of what is here.
        if !manifest.hooks_paths.is_empty() || self.occupant(hook)? != Occupant::Other {
            return Ok(Way::Own);
        }
        if hook != LAST
            && executable::is_executable(&own)
            && managers::run_baton(&own, hook, self.work_tree())?
        {
            return Ok(Way::Manager);
        }
        Ok(match self.delegate(hook)? {
            Some(delegate) => Way::Beside(delegate.runs),
            None => Way::Own,
        })
    }

    /// The files as which this hook is to be there.
    pub fn places(&self, hook: &str, manifest: &Manifest) -> io::Result<Vec<PathBuf>> {
        let first = match self.way(hook, manifest)? {
            Way::Own => Some(self.hook(hook)),
            Way::Beside(path) => Some(path),
            Way::Manager => None,
        };
        Ok([first, self.in_custom_hooks(hook)]
            .into_iter()
            .flatten()
            .collect())
    }

    fn directory(&self, hook: &str) -> PathBuf {
        self.hooks_dir().join(format!("{hook}{DIRECTORY_SUFFIX}"))
    }

    fn custom_hooks(&self) -> PathBuf {
        self.hooks_dir().with_file_name(CUSTOM_HOOKS)
    }
}

/// Fails where Baton cannot go into a directory that is run: other repositories run it too, or a file that is
/// not Baton's has Baton's name there.
pub fn refuse_early(layout: &Layout, kind: Kind) -> Result<(), InstallError> {
    for hook in kind.hooks().iter().map(|hook| hook.name()) {
        let delegate = layout
            .delegate(hook)
            .map_err(InstallError::io(layout.hook(hook)))?;
        let in_directory = layout.in_directory(hook);
        let runs = delegate.filter(|one| one.runs == in_directory);
        for path in runs
            .map(|one| one.runs)
            .into_iter()
            .chain(layout.in_custom_hooks(hook))
        {
            let above = path.ancestors().skip(1).take(2);
            if let Some(link) = above.into_iter().find(|one| file::is_link(one)) {
                let target = link.read_link().map_err(InstallError::io(link))?;
                return Err(InstallError::LinkedDirectory {
                    target: link.parent().unwrap_or(Path::new("")).join(target),
                    link: link.to_owned(),
                });
            }
            if occupant(layout, &path)? == Occupant::Other {
                return Err(InstallError::NameTaken(path));
            }
        }
    }
    Ok(())
}

/// Writes Baton's file at this path. Says whether it was not there.
pub fn place(layout: &Layout, path: &Path, hook: &str) -> Result<bool, InstallError> {
    if layout
        .is_current(path, hook)
        .map_err(InstallError::io(path))?
    {
        return Ok(false);
    }
    executable::write(path, &layout.text(path, hook)).map_err(InstallError::io(path))?;
    Ok(true)
}

/// Gives the delegate its place again, in which an earlier Baton put itself.
/// Says where another that was kept as well is now.
pub fn put_delegate_back(
    layout: &Layout,
    hook: &str,
    delegate: &Delegate,
) -> Result<Option<PathBuf>, InstallError> {
    let own = layout.hook(hook);
    kept::forget_older(layout, hook)?;
    if delegate.path != own {
        file::rename(&delegate.path, &own).map_err(InstallError::io(own))?;
        return Ok(None);
    }
    // One that was written anew in the place of Baton, which kept it.
    let Some(earlier) = layout.earlier(hook) else {
        return Ok(None);
    };
    let is_the_same_kind = || Ok(layout.runs(&earlier, hook)?.is_some());
    let superseded = delegate.runs == layout.in_directory(hook)
        || is_the_same_kind().map_err(InstallError::io(&earlier))?;
    match superseded {
        true => kept::set_aside(layout, hook, &earlier, &own),
        false => Ok(None),
    }
}

/// Makes room for Baton where a delegate runs another one: that one is kept.
pub fn keep_legacy(
    layout: &Layout,
    hook: &str,
    path: &Path,
) -> Result<Option<PathBuf>, InstallError> {
    match occupant(layout, path)? {
        Occupant::Other => kept::keep(layout, hook, path),
        Occupant::Baton | Occupant::Nobody => Ok(None),
    }
}

/// The fate of a file of Baton's that is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenOut {
    /// It was not there.
    Nothing,
    /// It is gone.
    Removed,
    /// It has lines that are not Baton's, and is kept under this name.
    Kept(PathBuf),
}

/// Takes Baton's file for this hook away. Lines that others added to it are kept.
pub fn take_out(layout: &Layout, hook: &str, path: &Path) -> Result<TakenOut, InstallError> {
    if occupant(layout, path)? != Occupant::Baton {
        return Ok(TakenOut::Nothing);
    }
    if is_edited(path)? {
        return kept::move_aside(layout, hook, path).map(TakenOut::Kept);
    }
    file::remove_if_exists(path).map_err(InstallError::io(path))?;
    Ok(TakenOut::Removed)
}

fn occupant(layout: &Layout, path: &Path) -> Result<Occupant, InstallError> {
    layout.occupant_of(path).map_err(InstallError::io(path))
}
