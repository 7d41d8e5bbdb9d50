//! Directories of hooks: `hooks/<hook>.d/`, where the hook only runs what is in there, as Gitea's
//! and Forgejo's do, and `custom_hooks/<hook>.d/` of GitLab. Baton goes in there, beside the others:
//! a hook that finds its directory by its own name finds nothing once it is renamed.

use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::layout::Occupant;
use super::manifest::Manifest;
use super::{InstallError, Kind, Layout};
use crate::{Hook, NAME_IN_DIRECTORY};
use baton_sys::{executable, file, mmap::MappedFile};

/// GitLab's directory of a repository's own hooks.
const CUSTOM_HOOKS: &str = "custom_hooks";

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
        runs.then(|| custom.join(format!("{hook}.d")).join(NAME_IN_DIRECTORY))
    }

    /// The hook that is there, or was before Baton had its place, where that one runs a directory
    /// of hooks.
    pub fn delegate(&self, hook: &str) -> io::Result<Option<PathBuf>> {
        let earlier = match self.occupant(hook)? {
            Occupant::Other => self.hook(hook),
            Occupant::Baton | Occupant::Nobody => self.kept(hook),
        };
        let runs = file::is_directory(&self.directory(hook)) && is_delegate(&earlier, hook)?;
        Ok(runs.then_some(earlier))
    }

    /// The files as which this hook is to be there.
    pub fn places(&self, hook: &str, manifest: &Manifest) -> io::Result<Vec<PathBuf>> {
        let own = self.hook(hook);
        let is_delegated =
            manifest.hooks_paths.is_empty() && self.delegate(hook)?.is_some_and(|one| one == own);
        let first = match is_delegated {
            true => self.in_directory(hook),
            false => own,
        };
        Ok([Some(first), self.in_custom_hooks(hook)]
            .into_iter()
            .flatten()
            .collect())
    }

    /// Whether the hook that was kept is the one that is there again, a delegate that was written
    /// anew.
    pub fn is_kept_twice(&self, hook: &str) -> io::Result<bool> {
        let (own, kept) = (self.hook(hook), self.kept(hook));
        Ok(self.delegate(hook)?.is_some_and(|one| one == own)
            && kept.is_file()
            && executable::digest(&own)? == executable::digest(&kept)?)
    }

    fn directory(&self, hook: &str) -> PathBuf {
        self.hooks_dir().join(format!("{hook}.d"))
    }

    fn custom_hooks(&self) -> PathBuf {
        self.hooks_dir().with_file_name(CUSTOM_HOOKS)
    }
}

/// Fails where Baton cannot go into a directory that is run: other repositories run it too, or
/// somebody else's file has Baton's name there.
pub fn refuse_early(layout: &Layout, kind: Kind) -> Result<(), InstallError> {
    for hook in kind.hooks().iter().map(|hook| hook.name()) {
        let delegate = layout
            .delegate(hook)
            .map_err(InstallError::io(layout.hook(hook)))?;
        let in_directory = delegate.map(|_| layout.in_directory(hook));
        for path in in_directory.into_iter().chain(layout.in_custom_hooks(hook)) {
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

/// Puts the program into a directory of hooks. Says whether it was not there.
pub fn place(layout: &Layout, path: &Path) -> Result<bool, InstallError> {
    if !file::is_link(path) && layout.is_program(path) {
        return Ok(false);
    }
    executable::link(&layout.program(), path).map_err(InstallError::io(path))?;
    Ok(true)
}

/// Gives the delegate its place again, in which an earlier Baton put itself.
pub fn put_delegate_back(layout: &Layout, hook: &str) -> Result<(), InstallError> {
    let (own, kept) = (layout.hook(hook), layout.kept(hook));
    let put_back = match occupant(layout, &own)? {
        Occupant::Other => file::remove_if_exists(&kept),
        Occupant::Baton | Occupant::Nobody => file::rename(&kept, &own),
    };
    put_back.map_err(InstallError::io(kept))
}

/// Takes Baton's file out of a directory of hooks. Says whether it was there.
pub fn take_out(layout: &Layout, path: &Path) -> Result<bool, InstallError> {
    if occupant(layout, path)? != Occupant::Baton {
        return Ok(false);
    }
    file::remove_if_exists(path).map_err(InstallError::io(path))?;
    Ok(true)
}

fn occupant(layout: &Layout, path: &Path) -> Result<Occupant, InstallError> {
    layout.occupant_of(path).map_err(InstallError::io(path))
}

/// Whether this is a script that runs the programs of `<hook>.d/`, with its arguments where the
/// hook has some.
fn is_delegate(path: &Path, hook: &str) -> io::Result<bool> {
    if !executable::is_executable(path) {
        return Ok(false);
    }
    let script = MappedFile::open(path)?;
    let takes_arguments = Hook::from_name(hook).is_none_or(Hook::takes_arguments);
    Ok(script.starts_with(b"#!")
        && names_directory(&script, hook)
        && (!takes_arguments
            || ["$@", "$*", "$1"]
                .iter()
                .any(|all| script.contains_str(all))))
}

/// Whether a line that is no comment names the directory `<hook>.d`: by the hook's name, or by
/// what some variable or command stands for.
fn names_directory(script: &[u8], hook: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let names = |line: &[u8], at: usize| {
        let (before, after) = (&line[..at], &line[at + 2..]);
        let start = before.iter().rposition(|byte| !is_word(byte));
        let word = &before[start.map_or(0, |at| at + 1)..];
        let is_variable = start.is_some_and(|at| before[at] == b'$');
        let stands_for_name =
            word.is_empty() && start.is_some_and(|at| b"})\"'`".contains(&before[at]));
        let ends = after
            .first()
            .is_none_or(|byte| !is_word(byte) && *byte != b'.');
        ends && (word == hook.as_bytes() || is_variable || stands_for_name)
    };
    let mut lines = script
        .lines()
        .filter(|line| !line.trim_start().starts_with(b"#"));
    lines.any(|line| line.find_iter(".d").any(|at| names(line, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_names_its_directory_is_known() {
        for (line, expected) in [
            ("for hook in ${GIT_DIR}/hooks/${hookname}.d/*; do", true),
            ("for hook in hooks/pre-receive.d/*; do", true),
            ("run-parts --exit-on-error \"$0.d\"", true),
            ("for hook in $0.d/*; do", true),
            ("for hook in \"$(basename \"$0\")\".d/*; do", true),
            ("dir=`basename $0`.d", true),
            ("dir=$hooks/$name.d", true),
            ("# runs pre-receive.d/*", false),
            ("for hook in hooks/post-receive.d/*; do", false),
            (". /etc/profile.d/git.sh", false),
            ("test -e \"$name.done\" && rm $1.d.txt", false),
            ("cut -d: -f1", false),
        ] {
            let script = format!("#!/bin/sh\n{line}\n");
            let names = names_directory(script.as_bytes(), "pre-receive");
            assert_eq!(names, expected, "{line}");
        }
    }
}
