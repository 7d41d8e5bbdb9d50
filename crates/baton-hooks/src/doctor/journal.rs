//! The record of what was judged: whether it is there, and who may add to it.

use super::{DoctorError, Finding, Id};
use baton_git::Repo;
use baton_guard::journal::Journal;
use baton_sys::file;

/// The number of paths that a finding names; the rest are only counted.
const NAMED: usize = 5;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    let directory = repo.baton_dir();
    let [baseline, marks] = Journal::files(&directory);
    if !Journal::has_begun(&directory) {
        findings.push(Finding {
            id: Id::JournalMissing,
            what: "there is no record of what was judged; the branches are taken as they are"
                .to_owned(),
            place: baseline.display().to_string(),
            remedy: "run `git baton install`: it begins one with the history that is here"
                .to_owned(),
        });
    }
    shared_permissions(repo, findings)?;
    let closed = [directory.as_path(), &marks]
        .into_iter()
        .find(|path| file::is_directory(path) && !file::is_writable(path));
    if let Some(closed) = closed {
        findings.push(Finding {
            id: Id::JournalReadOnly,
            what: "what was judged cannot be recorded: each hook judges it again".to_owned(),
            place: closed.display().to_string(),
            remedy: "where a sandbox does that, nothing; else see that you may write there and that the disk has room".to_owned(),
        });
    }
    Ok(())
}

fn shared_permissions(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    let Some(sharing) = repo.sharing()? else {
        return Ok(());
    };
    let directory = repo.baton_dir();
    let amiss = sharing.amiss_below(&directory);
    let amiss = amiss.map_err(DoctorError::io(directory))?;
    if amiss.is_empty() {
        return Ok(());
    }
    let mut named: Vec<_> = amiss
        .iter()
        .take(NAMED)
        .map(|(path, _)| path.display().to_string())
        .collect();
    if let more @ 1.. = amiss.len().saturating_sub(NAMED) {
        named.push(format!("{more} more"));
    }
    findings.push(Finding {
        id: Id::NotShared,
        what: "these are not shared as core.sharedRepository says".to_owned(),
        place: named.join(", "),
        remedy: format!(
            "have their owner run `git baton install`, or as root: `chgrp -R --reference={0} {0}/baton && git baton install`",
            repo.common_dir().display()
        ),
    });
    Ok(())
}
