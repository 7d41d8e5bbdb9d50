use super::Attempt;
use crate::demo::outcome::State::{Clean, Restored};
use crate::demo::outcome::Stop;
use crate::demo::scene::Place;
use baton_hooks::Hook::ReferenceTransaction;

/// Attempts that come too early while sessions are active.
pub(super) fn out_of_turn() -> Vec<Attempt> {
    vec![
        Attempt::declined(
            "aggregate while a session is still active",
            "git-baton orchestrator aggregate",
            "aggregate",
            "session 5: it is still active",
        )
        .at(Place::Project),
        Attempt::declined(
            "a second session in the same worktree",
            "git-baton session start",
            "session start",
            "is bound to session 2026-01-05/5",
        ),
    ]
}

/// Attempts once the aggregate is there.
pub(super) fn afterwards() -> Vec<Attempt> {
    vec![
        Attempt::new(
            "aggregate twice: nothing to do",
            &[],
            "git-baton orchestrator aggregate",
            Stop::Nothing,
            Clean,
        )
        .at(Place::Project)
        .shows("git-baton orchestrator aggregate", "nothing to aggregate"),
        Attempt::refused(
            "a copy of the aggregate by cherry-pick",
            &[],
            "git cherry-pick main",
            ReferenceTransaction,
            Restored("git cherry-pick --abort".into()),
        ),
        Attempt::refused(
            "the aggregate amended",
            &[],
            "git commit --amend -m 'Aggregate everything'",
            ReferenceTransaction,
            Clean,
        )
        .at(Place::Project),
        Attempt::refused(
            "amend -n of nothing but its author",
            &[],
            "git commit -n --amend --no-edit --author 'Agent <agent@example.invalid>'",
            ReferenceTransaction,
            Clean,
        )
        .at(Place::Project),
    ]
}
