//! Changes in a worktree that are likely another agent's than the one that works there.

use bstr::BString;

use super::ConductError;
use super::worker::RunContext;
use crate::run::Place;
use baton_core::policy::PathGlob;
use baton_git::checkout;
use baton_git::worktrees::open_in;

/// True if all of these paths, which the task does not own, are files of other tasks, and none of them is committed: an agent
/// that mistakes another's worktree for its own leaves that.
pub(super) fn is_likely(
    context: &RunContext<'_>,
    task: &str,
    place: &Place,
    paths: &[BString],
) -> Result<bool, ConductError> {
    let others = context.tasks.tasks.iter();
    let others = others.filter(|one| one.id.as_str() != task);
    let globs: Vec<_> = others
        .flat_map(|one| &one.files)
        .filter_map(|text| PathGlob::parse(text).ok())
        .collect();
    let is_anothers = |path: &BString| globs.iter().any(|glob| glob.matches(path.as_ref()));
    let committed = checkout::committed_since(
        &open_in(context.repo.common_dir(), &place.worktree)?,
        place.base,
    )?;
    let mut paths = paths.iter();
    Ok(paths.all(|path| is_anothers(path) && !committed.contains(path)))
}
