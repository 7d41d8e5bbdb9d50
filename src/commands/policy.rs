//! `git baton policy show|check|migrate`.

use std::path::Path;

use bstr::ByteSlice;
use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, ExitCode};
use crate::cli::{Policy as Verb, PolicyFile};
use baton_conductor::settings;
use baton_core::policy::settings::migrate::migrate;
use baton_core::policy::settings::{Layer, annotate, is_setting, written_keys};
use baton_core::policy::{POLICY_PATH, Policy, SETTINGS_PATH, Settings};
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_sys::{GitEnv, clock, warnings, worktree_file};

/// Runs the verb.
pub fn run(verb: Verb) -> miette::Result<ExitCode> {
    match verb {
        Verb::Show(which) => super::print(&load(&which)?.annotated())?,
        Verb::Check(which) => {
            let loaded = load(&which)?;
            check_maintainers(&which, &loaded.policy)?;
            super::print(&format!("{} is valid\n", loaded.names()))?;
        }
        Verb::Migrate => super::print(&migrated()?)?,
    }
    Ok(ALLOWED)
}

/// Moves the settings out of the rules; gives what is left to do.
fn migrated() -> miette::Result<String> {
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    let root = repo.work_tree().ok_or_else(|| {
        miette!(
            help = "run it in a clone, commit what it writes there, and push",
            "this repository is bare: there is no worktree with a {POLICY_PATH}"
        )
    })?;
    let text = bytes(&root.join(POLICY_PATH))?;
    Policy::parse(POLICY_PATH, &text)?;
    let own = worktree_file::read(root, SETTINGS_PATH)?;
    let mut layers = vec![Layer::policy(POLICY_PATH, &text)?];
    if let Some(own) = &own {
        layers.push(Layer::file(SETTINGS_PATH, own)?);
    }
    Settings::load(&layers)?;
    let own = own.as_deref().map(String::from_utf8_lossy);
    let text = String::from_utf8_lossy(&text);
    let Some((rules, settings)) = migrate(&text, own.as_deref()) else {
        return Ok(format!(
            "{POLICY_PATH} holds no settings: nothing to move\n"
        ));
    };
    // The settings first: a kill between the two leaves them in both, which says the same.
    worktree_file::write(root, SETTINGS_PATH, settings.as_bytes())?;
    worktree_file::write(root, POLICY_PATH, rules.as_bytes())?;
    Ok(format!(
        "moved the settings of {POLICY_PATH} to {SETTINGS_PATH}\n\nNext, in one commit, which needs no \
         signature since no rule changes:\n   git add {POLICY_PATH} {SETTINGS_PATH} && git commit -m \
         \"Move the settings out of the rules\"\n"
    ))
}

/// Fails where the list of signers beside the policy cannot be read, or leaves no maintainer who could change
/// the rules.
fn check_maintainers(which: &PolicyFile, policy: &Policy) -> miette::Result<()> {
    if which.file.is_some() {
        return Ok(());
    }
    let repo = Repo::open(&GitEnv::from_process().into_diagnostic()?)?;
    if let Some(commit) = &which.at {
        Bases::new(repo.objects()).usable(repo.commit_of(commit)?)?;
        return Ok(());
    }
    let Some(root) = repo.work_tree() else {
        return Ok(());
    };
    let path = policy.signing.allowed_signers.to_str_lossy();
    let list = worktree_file::read(root, &path)?;
    let listed = match &list {
        Some(bytes) => policy.clone().with_signers(&path, bytes)?,
        None => policy.clone(),
    };
    let fault = listed
        .signing
        .without_maintainer(list.is_some(), clock::now());
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}

/// A policy and the settings that go with it.
struct Loaded {
    name: String,
    text: Vec<u8>,
    policy: Policy,
    layers: Vec<String>,
    settings: Settings,
}

impl Loaded {
    fn new(name: &str, text: Vec<u8>, policy: Policy, own: Vec<Layer>) -> miette::Result<Self> {
        let mut layers = vec![Layer::policy(name, &text)?];
        layers.extend(own);
        Ok(Self {
            name: name.to_owned(),
            text,
            policy,
            settings: Settings::load(&layers)?,
            layers: layers.into_iter().map(|layer| layer.name).collect(),
        })
    }

    /// Every value, with where it comes from.
    fn annotated(self) -> String {
        let mut origins = self.settings.origins.clone();
        for key in written_keys(&String::from_utf8_lossy(&self.text)) {
            if !is_setting(&key) {
                origins.insert(key, self.name.clone());
            }
        }
        let toml = self.policy.with_settings(self.settings).effective_toml();
        annotate(&toml, &|key| origins.get(key).cloned())
    }

    fn names(&self) -> String {
        let mut others = self.layers.iter().filter(|layer| **layer != self.name);
        match others.find(|layer| layer.ends_with(SETTINGS_PATH)) {
            Some(file) if self.text.is_empty() => file.clone(),
            Some(file) => format!("{}, with {file},", self.name),
            None => self.name.clone(),
        }
    }
}

fn load(which: &PolicyFile) -> miette::Result<Loaded> {
    let env = GitEnv::from_process().into_diagnostic()?;
    if let Some(file) = &which.file {
        let name = file.display().to_string();
        let text = bytes(file)?;
        if file.file_name().is_some_and(|name| name == SETTINGS_PATH) {
            let layer = Layer::file(&name, &text)?;
            return Loaded::new(POLICY_PATH, Vec::new(), Policy::default(), vec![layer]);
        }
        let policy = Policy::parse(&name, &text)?;
        return Loaded::new(&name, text, policy, Vec::new());
    }
    let repo = Repo::open(&env)?;
    let own = || settings::own_layers(&repo);
    let Some(commit) = &which.at else {
        let root = repo.work_tree().ok_or_else(|| {
            miette!(
                help = "name a commit: `--at HEAD` reads the policy that HEAD carries",
                "a bare repository has no {POLICY_PATH} of a worktree"
            )
        })?;
        let text = bytes(&root.join(POLICY_PATH))?;
        let policy = Policy::parse(&root.join(POLICY_PATH).display().to_string(), &text)?;
        return Loaded::new(POLICY_PATH, text, policy, own()?);
    };
    let none = || {
        miette!(
            help = "`git baton init` writes one",
            "{commit} carries no {POLICY_PATH}"
        )
    };
    let bases = Bases::new(repo.objects());
    let oid = repo.commit_of(commit)?;
    let policy = bases.strict(oid)?.ok_or_else(none)?;
    let base = bases.own(oid)?.ok_or_else(none)?;
    let text = repo.objects().blob(base.blob())?.into();
    Loaded::new(&format!("{POLICY_PATH} of {commit}"), text, policy, own()?)
}

/// The policy in this file of the worktree.
pub fn read(file: &Path) -> miette::Result<Policy> {
    Ok(Policy::parse(&file.display().to_string(), &bytes(file)?)?)
}

/// The policy in this file, by which is judged: what only a newer version knows, and what guards
/// nothing, is warned of.
pub fn read_known(file: &Path) -> miette::Result<Policy> {
    let (policy, unknown) = Policy::parse_known(&file.display().to_string(), &bytes(file)?)?;
    for error in unknown {
        warnings::warn(error.passed_over());
    }
    Ok(policy)
}

fn bytes(file: &Path) -> miette::Result<Vec<u8>> {
    baton_sys::file::read(file)
        .into_diagnostic()
        .wrap_err_with(|| {
            format!(
                "the policy {} cannot be read; `git baton init` writes one",
                file.display()
            )
        })
}
