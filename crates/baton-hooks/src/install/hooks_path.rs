//! `core.hooksPath`: where else git would look for hooks.

use std::path::{Path, PathBuf};

use super::manifest::SetAside;
use super::{InstallError, Layout, in_shell};
use baton_git::config::{Scope, Setting};
use baton_git::{Repo, Worktree};
use baton_sys::file;

/// The setting.
pub const KEY: &str = "core.hooksPath";

/// A value that takes git to other hooks than those of the repository's own directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// The worktree in which it does.
    pub worktree: Worktree,
    /// The value that counts there.
    pub setting: Setting,
    /// True if it is in a file of this repository, and not in one that is included there.
    pub own: bool,
}

/// The values that take git elsewhere, at most one a worktree.
pub fn diversions(repo: &Repo, layout: &Layout) -> Result<Vec<Diversion>, InstallError> {
    in_worktrees(repo, layout, repo.worktrees()?)
}

/// The value that takes git elsewhere in the worktree at hand.
pub fn diversion_here(repo: &Repo, layout: &Layout) -> Result<Option<Diversion>, InstallError> {
    let mut here = repo.worktrees()?;
    here.retain(|worktree| file::is_same_place(&worktree.git_dir, repo.git_dir()));
    Ok(in_worktrees(repo, layout, here)?.pop())
}

fn in_worktrees(
    repo: &Repo,
    layout: &Layout,
    worktrees: Vec<Worktree>,
) -> Result<Vec<Diversion>, InstallError> {
    let mut found = Vec::new();
    for worktree in worktrees {
        let settings = repo.config_of(&worktree).paths(KEY)?;
        let diverting = settings.into_iter().next_back();
        if let Some(setting) = diverting.filter(|one| !leads_home(one, layout)) {
            found.push(Diversion {
                own: is_own(&setting, repo, &worktree),
                worktree,
                setting,
            });
        }
    }
    Ok(found)
}

/// The settings to set aside so that git uses the repository's own hooks in every worktree. Fails
/// when that is not enough.
pub fn to_set_aside(repo: &Repo, layout: &Layout) -> Result<Vec<SetAside>, InstallError> {
    let mut found: Vec<SetAside> = Vec::new();
    for worktree in repo.worktrees()? {
        let mut settings = repo.config_of(&worktree).paths(KEY)?;
        while let Some(last) = settings.pop_if(|last| !leads_home(last, layout)) {
            if !is_own(&last, repo, &worktree) {
                return Err(foreign(&last, layout));
            }
            let mut values = vec![text(&last.raw)?];
            while let Some(more) = settings.pop_if(|more| more.file == last.file) {
                if !is_own(&more, repo, &worktree) {
                    return Err(foreign(&more, layout));
                }
                values.insert(0, text(&more.raw)?);
            }
            let only_there = last.scope == Scope::Worktree;
            let one = SetAside {
                worktree: worktree.id.clone().filter(|_| only_there),
                only_there,
                values,
                path: text(last.path.as_os_str().as_encoded_bytes())?,
            };
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// Takes a setting out of its file.
pub fn unset(repo: &Repo, one: &SetAside) -> Result<(), InstallError> {
    if let Some(worktree) = worktree_of(repo, one)? {
        repo.config_of(&worktree).unset(one.scope(), KEY)?;
    }
    Ok(())
}

/// Puts a setting back, unless there is one again. Says whether it did.
pub fn restore(repo: &Repo, layout: &Layout, one: &SetAside) -> Result<bool, InstallError> {
    let Some(worktree) = worktree_of(repo, one)? else {
        return Ok(false);
    };
    let config = repo.config_of(&worktree);
    // A worktree that came later under the same name never had the setting.
    let is_another =
        one.worktree.is_some() && !file::is_taken(&layout.earlier_path(Some(&worktree.git_dir)));
    if is_another {
        return Ok(false);
    }
    let there = config.paths(KEY)?;
    if there.iter().any(|setting| setting.scope == one.scope()) {
        return Ok(false);
    }
    for value in &one.values {
        config.add(one.scope(), KEY, &value.as_str().into())?;
    }
    Ok(true)
}

/// Writes what hooks read to find the directory that this setting named.
pub fn write_for_hooks(repo: &Repo, layout: &Layout, one: &SetAside) -> Result<(), InstallError> {
    let Some(worktree) = worktree_of(repo, one)? else {
        return Ok(());
    };
    let file = layout.earlier_path(one.only_there.then_some(&worktree.git_dir));
    file::write_atomically(&file, format!("{}\n", one.path).as_bytes())
        .map_err(InstallError::io(file))
}

/// The directories that a setting named, a relative one in every worktree in which it counted.
/// None where it was empty, by which git runs no hooks.
pub fn directories(repo: &Repo, one: &SetAside) -> Result<Vec<PathBuf>, InstallError> {
    let path = Path::new(&one.path);
    if one.path.is_empty() || path.is_absolute() {
        return Ok(path
            .is_absolute()
            .then(|| path.to_owned())
            .into_iter()
            .collect());
    }
    let worktrees = repo.worktrees()?.into_iter();
    let counted = worktrees.filter(|worktree| !one.only_there || worktree.id == one.worktree);
    Ok(counted
        .filter_map(|worktree| Some(repo.root_of(&worktree)?.join(path)))
        .collect())
}

/// The number of directories below one that a setting names in which hooks are looked for.
const DEEPEST: usize = 3;

/// Every directory to which git looks, or would without Baton, and those around it in which a manager keeps its hooks: those below
/// one of them, and the one above, unless that is the root of a worktree or outside of all.
pub fn all_directories(
    repo: &Repo,
    layout: &Layout,
    set_aside: &[SetAside],
) -> Result<Vec<PathBuf>, InstallError> {
    let mut found = Vec::new();
    for one in set_aside {
        found.extend(directories(repo, one)?);
    }
    let mut roots = Vec::new();
    for worktree in repo.worktrees()? {
        roots.extend(repo.root_of(&worktree));
    }
    for one in diversions(repo, layout)? {
        let root = repo.root_of(&one.worktree).unwrap_or_default();
        found.push(root.join(one.setting.path));
    }
    for directory in found.clone() {
        add_below(&directory, DEEPEST, &mut found);
        let above = directory.parent().unwrap_or(&directory);
        let is_within = |root: &PathBuf| above != root && above.starts_with(root);
        found.extend(roots.iter().any(is_within).then(|| above.to_owned()));
    }
    found.sort();
    found.dedup();
    found.retain(|path| !file::is_same_place(path, &layout.hooks_dir()));
    Ok(found)
}

fn add_below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if depth == 0 {
        return;
    }
    for path in file::entries(directory).unwrap_or_default() {
        if file::is_directory(&path) && !file::is_link(&path) {
            add_below(&path, depth - 1, found);
            found.push(path);
        }
    }
}

/// The worktree through which git reaches the file of the setting; `None` when it is gone.
pub fn worktree_of(repo: &Repo, one: &SetAside) -> Result<Option<Worktree>, InstallError> {
    let mut worktrees = repo.worktrees()?.into_iter();
    Ok(worktrees.find(|worktree| worktree.id == one.worktree))
}

/// True if the value is the very directory that git uses without one. A relative value means
/// another directory in every worktree.
fn leads_home(setting: &Setting, layout: &Layout) -> bool {
    setting.path.is_absolute() && file::is_same_place(&setting.path, &layout.hooks_dir())
}

fn is_own(setting: &Setting, repo: &Repo, worktree: &Worktree) -> bool {
    let holds = |path: &Path| {
        let file = setting.file.as_deref();
        file.is_some_and(|file| file::is_same_place(file, path))
    };
    match setting.scope {
        Scope::Local => holds(&repo.common_dir().join("config")),
        Scope::Worktree => holds(&worktree.git_dir.join("config.worktree")),
        Scope::System | Scope::Global | Scope::Command => false,
    }
}

fn text(bytes: &[u8]) -> Result<String, InstallError> {
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned)
        .map_err(|_| InstallError::NotUtf8(String::from_utf8_lossy(bytes).into_owned()))
}

fn foreign(setting: &Setting, layout: &Layout) -> InstallError {
    InstallError::ForeignHooksPath {
        value: setting.raw.to_string(),
        scope: setting.scope.name(),
        origin: origin(setting),
        remedy: remedy(setting, layout),
    }
}

/// Where a value comes from, for people.
pub fn origin(setting: &Setting) -> String {
    match (&setting.file, setting.scope) {
        (Some(file), Scope::Local | Scope::Worktree) => format!("from {}", file.display()),
        (Some(file), _) => file.display().to_string(),
        (None, _) => "from the environment or the command line".to_owned(),
    }
}

/// The way out of a value that Baton cannot set aside.
pub fn remedy(setting: &Setting, layout: &Layout) -> String {
    let own = layout.hooks_dir();
    let here = format!(
        "for this repository alone, run `git config {KEY} {}`, and then `git baton install` again (the hooks of that other directory do not run here then)",
        in_shell(&own)
    );
    match (&setting.file, setting.scope) {
        (Some(file), Scope::System | Scope::Global) => format!(
            "{here}. Or take the setting out for all: `git config --file {} --unset-all {KEY}`",
            in_shell(file)
        ),
        (Some(file), _) => format!(
            "take it out of that file: `git config --file {} --unset-all {KEY}`. It cannot be set aside here, because other repositories may include the file too",
            in_shell(file)
        ),
        (None, _) => format!(
            "run git without `-c {KEY}=…`, and without GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS in the environment"
        ),
    }
}
