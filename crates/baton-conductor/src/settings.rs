//! The settings that count: those of the main worktree, and git's configuration there.
//!
//! Rules come from commits, settings from the file `baton.settings.toml` in the main worktree (of a
//! bare repository, in the commit that `HEAD` names). What an agent writes in a worktree of its own
//! counts once it has landed and is checked out there. A run reads its settings once, when it begins or
//! is resumed.

use miette::Diagnostic;
use thiserror::Error;

use baton_core::model::{EntryKind, Oid};
use baton_core::policy::settings::{Layer, git_config};
use baton_core::policy::{POLICY_PATH, Policy, PolicyError, SETTINGS_PATH, Settings};
use baton_git::tree::Trees;
use baton_git::{GitError, Repo, worktrees};
use baton_guard::GuardError;
use baton_guard::base::{BasePolicy, Bases};
use baton_sys::worktree_file::WorktreeFileError;
use baton_sys::{warnings, worktree_file};

/// Why the settings cannot be told.
#[derive(Debug, Error, Diagnostic)]
pub enum SettingsError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The policy of the base cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] WorktreeFileError),

    /// They cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] PolicyError),
}

/// The rules of the commit that is checked out, with the settings; without a policy there, the default
/// rules.
pub fn policy(repo: &Repo) -> Result<Policy, SettingsError> {
    policy_beside(repo, &worktrees::main(repo)?)
}

/// The same, by the repository as its main worktree sees it as well.
pub fn policy_beside(repo: &Repo, main: &Repo) -> Result<Policy, SettingsError> {
    let base = match repo.head()? {
        Some(head) => Bases::new(repo.objects()).at(head)?,
        None => None,
    };
    of_base(main, base.as_deref())
}

/// The rules of this commit, with the settings.
pub fn policy_at(repo: &Repo, commit: Oid) -> Result<Policy, SettingsError> {
    let base = Bases::new(repo.objects()).at(commit)?;
    of_base(repo, base.as_deref())
}

/// These rules, with the settings.
pub fn of_base(repo: &Repo, base: Option<&BasePolicy>) -> Result<Policy, SettingsError> {
    let Some(base) = base else {
        let settings = Settings::load(&own_layers(repo)?)?;
        return Ok(Policy::default().with_settings(settings));
    };
    let mut layers = vec![Layer::policy(
        POLICY_PATH,
        &repo.objects().blob(base.blob())?,
    )?];
    layers.extend(own_layers(repo)?);
    let settings = Settings::load(&layers)?;
    warn_of_misplaced(&settings, &base.policy);
    Ok(base.policy.clone().with_settings(settings))
}

/// The layers of settings above what a `baton.toml` says, the strongest last.
pub fn own_layers(repo: &Repo) -> Result<Vec<Layer>, SettingsError> {
    let main = worktrees::main(repo)?;
    let file = match main.work_tree() {
        Some(root) => worktree_file::read(root, SETTINGS_PATH)?,
        None => committed(&main)?,
    };
    let mut layers = Vec::new();
    if let Some(toml) = file {
        layers.push(Layer::file(SETTINGS_PATH, &toml)?);
    }
    layers.extend(git_layers(&main)?);
    Ok(layers)
}

/// The layers in git's configuration.
pub fn git_layers(main: &Repo) -> Result<Vec<Layer>, SettingsError> {
    Ok(git_config::layers(&main.config().below("baton")?)?)
}

fn committed(repo: &Repo) -> Result<Option<Vec<u8>>, SettingsError> {
    let Some(head) = repo.head()? else {
        return Ok(None);
    };
    let tree = repo.objects().commit(head, &mut Vec::new())?.tree;
    let entry = Trees::new(repo.objects()).entry(tree, SETTINGS_PATH.into())?;
    match entry.filter(|entry| entry.kind() == EntryKind::File) {
        Some(entry) => Ok(Some(repo.objects().blob(entry.oid)?.into())),
        None => Ok(None),
    }
}

/// Tells of settings that stand among the rules, where nobody may change them without a signature.
fn warn_of_misplaced(settings: &Settings, rules: &Policy) {
    let misplaced = settings.misplaced_beside(rules);
    if let Some((first, others)) = misplaced.split_first() {
        let more = match others.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        warnings::warn(format!(
            "{POLICY_PATH} holds settings ({first}{more}), which belong in {SETTINGS_PATH}; `git baton policy migrate` moves them"
        ));
    }
}
