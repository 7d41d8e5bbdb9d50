//! Notices a guard that was installed and does not guard any more: another tool set `core.hooksPath`, or put its hooks in the
//! place of Baton's.

use baton_git::Repo;
use baton_sys::warnings;

use crate::doctor;
use crate::install;

/// Warns of what keeps git from running the hooks here or, where the policy `repairs`, has them installed again and tells
/// that. Where Baton is not installed there is nothing to say.
pub fn look(repo: &Repo, repairs: bool) {
    let findings = match doctor::examine_here(repo) {
        Ok(findings) => findings,
        Err(error) => {
            return warnings::warn(format!(
                "whether the guard is active cannot be told: {error}"
            ));
        }
    };
    let repaired = match repairs && !findings.is_empty() {
        true => install::repair(repo).map(|installed| installed.is_some()),
        false => Ok(false),
    };
    for finding in findings {
        let next = match &repaired {
            Ok(true) => "installed again, as `[guard] repair` asks".to_owned(),
            Ok(false) => finding.remedy,
            Err(error) => format!("it cannot be installed again: {error}; {}", finding.remedy),
        };
        let (what, place) = (finding.what, finding.place);
        warnings::warn(format!(
            "the guard is off, or was: {what} ({place}): {next}"
        ));
    }
}
