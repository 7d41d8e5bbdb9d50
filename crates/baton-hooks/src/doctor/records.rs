//! The records of sessions, runs and claims: finds those that cannot be read.

use super::{DoctorError, Finding, Id};
use baton_core::model::{EntryKind, Oid};
use baton_git::{GitError, Repo};
use baton_guard::{GuardError, claims};
use miette::Diagnostic;

/// Below what sessions and runs are recorded.
const RECORDS: [&str; 2] = ["refs/baton/sessions/", "refs/baton/runs/"];

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    for prefix in RECORDS {
        for (name, commit) in repo.refs().below(prefix)? {
            let Err(error) = read(repo, commit) else {
                continue;
            };
            findings.push(Finding {
                id: Id::RecordUnreadable,
                what: format!("the record cannot be read: {error}"),
                place: name.to_string(),
                remedy: format!(
                    "`git fetch <remote> '+{name}:{name}'` where another clone has it; `git update-ref -d {name}` gives it up"
                ),
            });
        }
    }
    if let Err(error @ GuardError::Claims(_)) = claims::recorded(repo) {
        findings.push(Finding {
            id: Id::RecordUnreadable,
            what: error.to_string(),
            place: claims::REFERENCE.to_owned(),
            remedy: error
                .help()
                .map_or_else(String::new, |help| help.to_string()),
        });
    }
    Ok(())
}

/// Reads all that a record is made of.
fn read(repo: &Repo, commit: Oid) -> Result<(), GitError> {
    let objects = repo.objects();
    let mut trees = vec![objects.commit(commit, &mut Vec::new())?.tree];
    let mut files = Vec::new();
    while let Some(tree) = trees.pop() {
        objects.tree(tree, &mut Vec::new(), |_, entry| match entry.kind() {
            EntryKind::Tree => trees.push(entry.oid),
            _ => files.push(entry.oid),
        })?;
    }
    files
        .into_iter()
        .try_for_each(|file| objects.blob(file).map(drop))
}
