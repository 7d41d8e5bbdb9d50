//! Where the policy asks for it, a run is told in files of the main worktree as well.

use super::ConductError;
use super::error::told;
use crate::pool::place;
use crate::run::mirror;
use crate::run::state::{Checkpoint, RunState};
use crate::session::SessionError;
use baton_core::policy::Policy;
use baton_git::{Repo, exclude};
use baton_sys::worktree_file as files;

/// Writes how the run stands, and these checkpoints. Why that could not be done is for whoever
/// watches: the record of the run is what counts.
pub fn write(
    repo: &Repo,
    policy: &Policy,
    run: &str,
    state: &RunState,
    checkpoints: &[Checkpoint],
) -> Option<String> {
    if !policy.conductor.mirror {
        return None;
    }
    let mut texts = vec![(mirror::PROGRESS.to_owned(), mirror::progress(run, state))];
    let summaries = checkpoints.iter();
    texts.extend(summaries.map(|one| (mirror::summary(one), one.to_markdown())));
    let written = put(repo, &texts);
    written.err().map(|error| told(&error))
}

fn put(repo: &Repo, texts: &[(String, String)]) -> Result<(), ConductError> {
    let main = place::main(repo)?;
    let Some(root) = main.work_tree() else {
        return Ok(());
    };
    let paths: Vec<_> = texts.iter().map(|(path, _)| path.as_str()).collect();
    if let Some(path) = exclude::tracked(&main, &paths)?.pop() {
        return Err(ConductError::Tracked(path));
    }
    exclude::add(repo, &mirror::PATTERNS)?;
    for (path, text) in texts {
        let known = files::read(root, path).map_err(SessionError::from)?;
        if known.as_deref() != Some(text.as_bytes()) {
            files::write(root, path, text.as_bytes()).map_err(SessionError::from)?;
        }
    }
    Ok(())
}
