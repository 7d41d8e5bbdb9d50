//! The result of `git baton install`, and its words.

use std::fmt;
use std::path::PathBuf;

use super::Layout;
use super::kept::Silence;
use super::manifest::SetAside;
use baton_core::policy::POLICY_PATH;
use baton_git::GitVersion;
use baton_sys::file;

/// The result of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub(super) layout: Layout,
    pub(super) hooks: Vec<(String, Change)>,
    /// The earlier hooks that gave way to another, and where they are now.
    pub(super) gave_way: Vec<(&'static str, PathBuf)>,
    /// The earlier hooks that the ones which came later call, and where they are now.
    pub(super) handed_on: Vec<HandedOn>,
    /// The lines that were added to hooks of Baton's.
    pub(super) edited: Vec<Lines>,
    /// The earlier hooks that were kept and are gone: where they were.
    pub(super) lost: Vec<PathBuf>,
    /// The earlier hooks that git would pass over, each with the reason.
    pub(super) silent: Vec<(PathBuf, Silence)>,
    /// The hooks that ask git where the hooks are, and are in a directory that was set aside.
    pub(super) misled: Vec<PathBuf>,
    pub(super) set_aside: Vec<SetAside>,
    pub(super) journal_begun: bool,
    /// True if it guards both what is committed here and what is pushed to it.
    pub(super) is_clone_and_server: bool,
    /// The version of git, where it does not call every hook.
    pub(super) git_too_old: Option<GitVersion>,
}

/// An earlier hook that was put where the one that came later calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandedOn {
    pub hook: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// True if the later one names it.
    pub is_named: bool,
}

/// Lines that were added to a hook of Baton's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    pub hook: &'static str,
    /// The file in which they are now.
    pub path: PathBuf,
    /// The hook that runs before Baton's.
    pub place: PathBuf,
}

/// The change to one hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It was there already.
    Unchanged,
    /// It is new, or newer.
    Placed,
    /// It is new, or newer, and Baton has nothing to say in it.
    PlacedToPassOn,
    /// It is new, and one that was there before runs first.
    PlacedBefore,
    /// It is new, or newer, beside the hook there, which runs it.
    PlacedBeside,
    /// A manager of hooks runs it.
    LeftToManager,
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks = self.layout.hooks_dir();
        let placed = |change| {
            let hooks = self.hooks.iter().filter(move |(_, one)| *one == change);
            hooks.map(|(hook, _)| &hook[..]).collect::<Vec<_>>()
        };
        let lines = [
            ("installed", placed(Change::Placed)),
            (
                "installed to pass the call on",
                placed(Change::PlacedToPassOn),
            ),
            (
                "installed, and the hook that was there runs first",
                placed(Change::PlacedBefore),
            ),
            (
                "installed beside the hook that is there, which runs it",
                placed(Change::PlacedBeside),
            ),
            (
                "left to the manager of hooks, which is told to run `git baton hook`",
                placed(Change::LeftToManager),
            ),
            ("there already", placed(Change::Unchanged)),
        ];
        writeln!(f, "hooks in {}", hooks.display())?;
        for (what, names) in lines.iter().filter(|(_, names)| !names.is_empty()) {
            writeln!(f, "  {what}: {}", names.join(", "))?;
        }
        for (hook, path) in &self.gave_way {
            writeln!(
                f,
                "another {hook} had taken Baton's place, and runs first from now on; the one that it replaced is {}",
                path.display()
            )?;
        }
        for HandedOn {
            hook,
            path,
            is_named,
        } in &self.handed_on
        {
            let calls = match is_named {
                true => "it calls the one that it replaced, which is",
                false => "whether it calls the one that it replaced, only it knows; that is",
            };
            writeln!(
                f,
                "another {hook} had taken Baton's place, and runs first from now on; {calls} {} now",
                path.display()
            )?;
        }
        for Lines { hook, path, place } in &self.edited {
            let way = match file::is_taken(place) {
                true => "add them to the hook that runs first,",
                false => "make them a script that may be run (`chmod +x`) and runs first,",
            };
            writeln!(
                f,
                "lines were added to Baton's {hook}: they are in {}; {way} {}",
                path.display(),
                place.display()
            )?;
        }
        for path in &self.lost {
            writeln!(
                f,
                "warning: the hook that was there before is gone from {}, where it was kept, and runs no more",
                path.display()
            )?;
        }
        for (path, reason) in &self.silent {
            writeln!(
                f,
                "warning: the hook {} that was there before does not run: {reason}",
                path.display()
            )?;
        }
        for one in &self.set_aside {
            writeln!(f, "set aside: {one}")?;
            writeln!(
                f,
                "  the hooks in that directory go on running, before Baton's; `git baton uninstall` puts the setting back"
            )?;
        }
        for path in &self.misled {
            writeln!(
                f,
                "warning: {} asks git where the hooks are, and git names {} now; have it look beside itself, in \"$(dirname \"$0\")\"",
                path.display(),
                hooks.display()
            )?;
        }
        if self.journal_begun {
            writeln!(
                f,
                "journal begun: the history that is here now is taken as it is"
            )?;
        }
        if self.is_clone_and_server {
            writeln!(
                f,
                "worktrees use this repository: it is guarded as a clone, and what is pushed to it is judged too"
            )?;
        }
        if let Some(version) = self.git_too_old {
            return writeln!(
                f,
                "warning: git {version} calls no reference-transaction hook, which sees what the others do not; install git {} or newer",
                GitVersion::OLDEST
            );
        }
        writeln!(
            f,
            "guarded: every commit that lands under a {POLICY_PATH} is judged first"
        )
    }
}
