//! `git baton install`.

use std::path::PathBuf;

use super::delegate;
use super::installed::{Installed, Lines};
use super::layout::Occupant;
use super::manifest::{Manifest, Program};
use super::placing::Placing;
use super::renamed::{self, Renamed};
use super::{InstallError, Kind, Layout, beside, has_worktree, hooks_path, kept, misled};
use crate::{ALWAYS_PASSED_ON, Hook, PASSED_ON, all_names};
use baton_core::model::Oid;
use baton_git::{GitVersion, Recorded, Repo};
use baton_guard::journal::Journal;
use baton_sys::{FileLock, executable, file};

/// Installs the hooks of this kind, beside those of the other kind where they are installed, or
/// brings them to the version of this program.
pub fn install(repo: &Repo, kind: Kind) -> Result<Installed, InstallError> {
    put(repo, kind, None)
}

/// Puts the hooks that are installed in their places again. What was recorded of the surroundings stays as it
/// was when they were installed: it is not looked at here.
pub fn repair(repo: &Repo) -> Result<Option<Installed>, InstallError> {
    let Some(manifest) = Manifest::read(&Layout::of(repo))? else {
        return Ok(None);
    };
    let kind = match has(&manifest, Hook::PreCommit) {
        true => Kind::Client,
        false => Kind::Server,
    };
    put(repo, kind, Some(manifest.recorded)).map(Some)
}

fn put(repo: &Repo, kind: Kind, recorded: Option<Recorded>) -> Result<Installed, InstallError> {
    let layout = Layout::of(repo);
    refuse_early(repo, &layout, kind)?;
    let _lock = FileLock::acquire(&layout.lock()).map_err(InstallError::io(layout.lock()))?;

    let current = executable::current().map_err(InstallError::io("the running program"))?;
    let program = Program {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: executable::digest(&current).map_err(InstallError::io(&current))?,
    };
    let known = Manifest::read(&layout)?;
    let is_there = known.as_ref().is_some_and(|one| one.program == program)
        && executable::is_executable(&layout.program())
        && executable::digest(&layout.program()).is_ok_and(|digest| digest == program.sha256);
    if !is_there {
        executable::copy(&current, &layout.program())
            .map_err(InstallError::io(layout.program()))?;
    }
    let journal_begun = begin_journal(repo, &layout)?;

    let mut manifest = known.unwrap_or_else(|| Manifest::new(program.clone()));
    manifest.program = program;
    manifest.recorded = match recorded {
        Some(recorded) => recorded,
        None => Recorded::look(repo)?,
    };
    let names = kind.hooks().iter().map(|hook| hook.name().to_owned());
    manifest.hooks.extend(names);
    let set_aside = hooks_path::to_set_aside(repo, &layout)?;
    let earlier = &mut manifest.hooks_paths;
    earlier.retain(|old| !set_aside.iter().any(|new| new.has_place_of(old)));
    earlier.extend(set_aside.iter().cloned());
    let elsewhere = hooks_elsewhere(repo, &manifest)?;
    manifest
        .hooks
        .extend(elsewhere.into_iter().map(str::to_owned));
    manifest.hooks.sort();
    manifest.hooks.dedup();
    manifest.write(&layout)?;

    for one in &manifest.hooks_paths {
        hooks_path::write_for_hooks(repo, &layout, one)?;
    }
    let mut placing = Placing {
        layout: &layout,
        manifest: &manifest,
        was_switched_off: !set_aside.is_empty(),
        hooks: Vec::new(),
        gave_way: Vec::new(),
        handed_on: Vec::new(),
        edited: Vec::new(),
        renamed: renamed::all(&layout, Some(&manifest))?,
    };
    for hook in manifest.hooks() {
        placing.place_everywhere(hook)?;
    }
    let Placing {
        hooks,
        gave_way,
        handed_on,
        edited,
        renamed,
        ..
    } = placing;
    if all_names().any(|hook| layout.earlier(hook).is_some()) {
        beside::mirror(repo.common_dir()).map_err(InstallError::io(layout.kept_dir()))?;
        for hook in all_names() {
            beside::make_room(&layout, hook)?;
        }
    } else {
        kept::clear(&layout)?;
    }
    let misled = misled::files(repo, &manifest)?;
    let silent = kept::silent(&layout);
    let lost = kept::lost(&layout, &manifest);
    let kept = all_names().filter(|hook| layout.earlier(hook).is_some());
    let kept: Vec<_> = kept.map(str::to_owned).collect();
    let before = manifest.clone();
    manifest.kept = kept;
    let files = renamed.iter().map(|one| (one.hook, &*one.path));
    manifest.set_renamed(&layout, files);
    if manifest != before {
        manifest.write(&layout)?;
    }
    for one in &set_aside {
        hooks_path::unset(repo, one)?;
    }
    let edited = edited.into_iter().map(|(hook, path)| {
        let place = place_for_lines(repo, &layout, &manifest, hook)?;
        Ok(Lines { hook, path, place })
    });
    let edited = edited.collect::<Result<_, InstallError>>()?;
    let is_clone = is_clone(repo, kind, &manifest)?;
    mark_server(&layout, is_clone)?;
    share(repo, &layout, &renamed)?;
    Ok(Installed {
        layout,
        hooks,
        gave_way,
        handed_on,
        edited,
        silent,
        misled,
        lost,
        set_aside,
        journal_begun,
        is_clone_and_server: is_clone && has(&manifest, Hook::PreReceive),
        git_too_old: Some(repo.program().version()?)
            .filter(|version| kind == Kind::Client && *version < GitVersion::OLDEST),
    })
}

/// The hook of a user's own that runs before Baton's, or would if it were there.
fn place_for_lines(
    repo: &Repo,
    layout: &Layout,
    manifest: &Manifest,
    hook: &str,
) -> Result<PathBuf, InstallError> {
    let kept = layout.earlier(hook).unwrap_or_else(|| layout.kept(hook));
    if manifest.hooks_paths.is_empty() || layout.is_later(hook) {
        return Ok(kept);
    }
    let mut directories = Vec::new();
    for one in &manifest.hooks_paths {
        directories.extend(hooks_path::directories(repo, one)?);
    }
    let here = directories.iter().find(|path| {
        let root = layout.work_tree();
        root.is_none_or(|root| path.starts_with(root))
    });
    let directory = here.or(directories.first());
    Ok(directory.map_or(kept, |directory| directory.join(hook)))
}

/// True if commits are made here. The hooks of a clone may be left from a plain `install` by an
/// earlier Baton, in a bare repository that no worktree uses.
fn is_clone(repo: &Repo, kind: Kind, manifest: &Manifest) -> Result<bool, InstallError> {
    Ok(has(manifest, Hook::PreCommit) && (kind == Kind::Client || has_worktree(repo)?))
}

fn has(manifest: &Manifest, hook: Hook) -> bool {
    manifest.hooks().any(|name| name == hook.name())
}

/// Says by a file whether only pushes come in here.
fn mark_server(layout: &Layout, is_clone: bool) -> Result<(), InstallError> {
    let mark = layout.server_mark();
    let marked = match is_clone {
        true => file::remove_if_exists(&mark),
        false => file::write_atomically(&mark, b""),
    };
    marked.map_err(InstallError::io(mark))
}

/// Gives what is Baton's the permissions that git gives to what is its own.
fn share(repo: &Repo, layout: &Layout, renamed: &[Renamed]) -> Result<(), InstallError> {
    let Some(sharing) = repo.sharing()? else {
        return Ok(());
    };
    let directory = layout.baton_dir();
    let shared = sharing.apply_below(&directory);
    shared.map_err(InstallError::io(directory))?;
    let directory = layout.kept_dir();
    sharing
        .apply_to(&directory)
        .map_err(InstallError::io(directory))?;
    for hook in all_names() {
        let own = [layout.hook(hook), layout.in_directory(hook)];
        let custom = layout.in_custom_hooks(hook);
        let renamed = renamed.iter().filter(|one| one.hook == hook);
        let renamed = renamed.map(|one| one.path.clone());
        for path in own.into_iter().chain(custom).chain(renamed) {
            if layout.occupant_of(&path).map_err(InstallError::io(&path))? == Occupant::Baton {
                sharing.apply_below(&path).map_err(InstallError::io(path))?;
            }
        }
    }
    Ok(())
}

/// The hooks that Baton passes on to the directories of hooks that git leaves unread for its
/// sake. Such a directory may be of each checkout, with other hooks tomorrow.
fn hooks_elsewhere(repo: &Repo, manifest: &Manifest) -> Result<Vec<&'static str>, InstallError> {
    let mut names = Vec::new();
    for one in &manifest.hooks_paths {
        let directories = hooks_path::directories(repo, one)?;
        let is_there = |name: &&str| {
            let mut hooks = directories.iter().map(|directory| directory.join(name));
            ALWAYS_PASSED_ON.contains(name) || hooks.any(|hook| executable::is_executable(&hook))
        };
        names.extend(PASSED_ON.into_iter().filter(is_there));
    }
    Ok(names)
}

/// Refuses what can be refused before anything is written.
fn refuse_early(repo: &Repo, layout: &Layout, kind: Kind) -> Result<(), InstallError> {
    if kind == Kind::Server && !repo.is_bare()? {
        return Err(InstallError::NotBare(repo.common_dir().to_owned()));
    }
    if kind == Kind::Client && !has_worktree(repo)? {
        return Err(InstallError::NoWorktree(repo.common_dir().to_owned()));
    }
    layout.refuse_link()?;
    let directory = repo.common_dir();
    if !executable::runs_from(directory).map_err(InstallError::io(directory))? {
        return Err(InstallError::RunsNothing(directory.to_owned()));
    }
    hooks_path::to_set_aside(repo, layout)?;
    delegate::refuse_early(layout, kind)
}

/// Begins the journal with all that any reference, and any worktree's `HEAD`, reaches now.
fn begin_journal(repo: &Repo, layout: &Layout) -> Result<bool, InstallError> {
    let directory = layout.baton_dir();
    if Journal::has_begun(&directory) {
        return Ok(false);
    }
    let mut named: Vec<Oid> = Vec::new();
    named.extend(repo.refs().below("refs/")?.into_iter().map(|(_, oid)| oid));
    for worktree in repo.worktrees()? {
        named.extend(repo.head_of(&worktree)?);
    }
    let mut tips = Vec::with_capacity(named.len());
    for oid in named {
        if repo.objects().contains(oid) {
            tips.extend(repo.objects().peel_to_commit(oid)?);
        }
    }
    Ok(Journal::begin(&directory, tips)?)
}
