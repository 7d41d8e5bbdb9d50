//! `git baton doctor`.

use miette::IntoDiagnostic;

use super::{ALLOWED, BROKEN, ExitCode};
use crate::cli::{Doctor, DoctorFormat};
use baton_git::Repo;
use baton_hooks::doctor;
use baton_sys::GitEnv;

/// Looks, and writes what it finds.
pub fn run(args: &Doctor) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let diagnosis = doctor::examine(&repo)?;
    super::print(&match args.format {
        DoctorFormat::Human => diagnosis.to_string(),
        DoctorFormat::Json => diagnosis.to_json(),
    })?;
    Ok(match diagnosis.is_healthy() {
        true => ALLOWED,
        false => BROKEN,
    })
}
