//! `git baton doctor`.

use miette::{IntoDiagnostic, Report};

use super::{ALLOWED, BROKEN, ExitCode};
use crate::cli::{Doctor, DoctorFormat};
use baton_conductor::settings;
use baton_core::policy::{SETTINGS_PATH, Settings};
use baton_git::Repo;
use baton_hooks::doctor::{self, Finding, Id};
use baton_sys::GitEnv;

/// Looks, and writes what it finds.
pub fn run(args: &Doctor) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let mut diagnosis = doctor::examine(&repo)?;
    diagnosis.findings.extend(settings_invalid(&repo));
    super::print(&match args.format {
        DoctorFormat::Human => diagnosis.to_string(),
        DoctorFormat::Json => diagnosis.to_json(),
    })?;
    Ok(match diagnosis.is_healthy() {
        true => ALLOWED,
        false => BROKEN,
    })
}

/// The fault of the settings that count here: no command for agents runs while it is there.
fn settings_invalid(repo: &Repo) -> Option<Finding> {
    let fault = match settings::own_layers(repo) {
        Err(error) => Report::from(error),
        Ok(layers) => Report::from(Settings::load(&layers).err()?),
    };
    let causes: Vec<_> = fault.chain().map(ToString::to_string).collect();
    Some(Finding {
        id: Id::SettingsInvalid,
        what: format!("the settings cannot be read: {}", causes.join(": ")),
        place: format!("{SETTINGS_PATH}, or `git config --get-regexp '^baton[.]'`"),
        remedy: "put them right; `git baton policy check` shows where".to_owned(),
    })
}
