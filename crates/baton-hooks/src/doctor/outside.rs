//! The records of what lies outside the repository: git, and the remotes.

use super::{DoctorError, Finding, Id};
use crate::install::{Layout, Manifest};
use baton_git::Repo;
use baton_sys::file;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    if !matches!(Manifest::read(&Layout::of(repo)), Ok(Some(_))) {
        // Said already.
        return Ok(());
    }
    git(repo, findings);
    match file::is_file(&Layout::of(repo).server_mark()) {
        // A server takes nobody's word for what comes in.
        true => Ok(()),
        false => remotes(repo, findings),
    }
}

fn git(repo: &Repo, findings: &mut Vec<Finding>) {
    let recorded = repo.recorded();
    let what = match (&recorded.git, recorded.git()) {
        (_, Some(_)) => match repo.recorded_program().output(["rev-parse", "--git-dir"]) {
            Ok(_) => return,
            Err(error) => format!("the git that the hooks start does not work here: {error}"),
        },
        (Some(_), None) => {
            "the git that the hooks start is gone: they take the one that PATH names".to_owned()
        }
        (None, None) => {
            "which git the hooks start was not recorded: they take the one that PATH names"
                .to_owned()
        }
    };
    findings.push(Finding {
        id: Id::GitUnrecorded,
        what,
        place: recorded.git.unwrap_or_else(|| "git".to_owned()),
        remedy: "run `git baton install`: it records the git of your PATH".to_owned(),
    });
}

fn remotes(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    let now = repo.remotes()?;
    let Some(recorded) = repo.recorded().remotes else {
        findings.push(Finding {
            id: Id::RemoteUnrecorded,
            what: "the Baton that was installed recorded no remotes: what any remote has published comes in, wherever it leads now".to_owned(),
            place: Layout::of(repo).manifest().display().to_string(),
            remedy: "run `git baton install`: it records where the remotes lead".to_owned(),
        });
        return Ok(());
    };
    for remote in now.iter().filter(|remote| !recorded.contains(remote)) {
        let before = recorded.iter().find(|one| one.name == remote.name);
        let since = match before {
            Some(before) => format!("was {} when Baton was installed", before.address()),
            None => "was not there when Baton was installed".to_owned(),
        };
        findings.push(Finding {
            id: Id::RemoteUnrecorded,
            what: format!(
                "the remote {} {since}: what it has published now is judged like anything else",
                remote.name
            ),
            place: remote.address(),
            remedy: "look whether that is the project's; if it is, run `git baton install`"
                .to_owned(),
        });
    }
    for remote in &recorded {
        if now.iter().all(|one| one.name != remote.name) {
            findings.push(Finding {
                id: Id::RemoteUnrecorded,
                what: format!(
                    "the remote {} was there when Baton was installed, and is not any more",
                    remote.name
                ),
                place: remote.address(),
                remedy: "run `git baton install`, so that it counts no more".to_owned(),
            });
        }
    }
    Ok(())
}
