use super::Step::{self, Remove, Run};
use super::{ADD, Attempt, EDIT, LOG, OTHER_LOG};
use crate::demo::outcome::State::{Clean, Moved};
use crate::demo::outcome::Stop;
use baton_hooks::Hook::{PrePush, PreReceive};

/// Commits all changes so that no hook sees it.
const UNSEEN_BY_TWO: Step = Run(
    "git -c core.hooksPath=/dev/null commit -q -m 'Note' --trailer 'Baton-Session: 5' --trailer 'Baton-Session: 6'",
);
const UNSEEN: Step = Run("git -c core.hooksPath=/dev/null commit -q -a -m 'Note'");

/// Attempts that the hooks of a clone cannot stop, and the layer that stops each.
pub(super) fn all() -> Vec<Attempt> {
    let refused = Attempt::refused;
    vec![
        Attempt::new(
            "core.hooksPath set in the repository",
            &[],
            "git config core.hooksPath /dev/null",
            Stop::Doctor,
            Clean,
        ),
        Attempt::new(
            "a hook deleted, then a harmless commit",
            &[
                Remove("{project}/.git/hooks/reference-transaction"),
                LOG,
                ADD,
            ],
            "git commit -m 'Go on with the errors'",
            Stop::Doctor,
            Moved("agent-a".into()),
        ),
        Attempt::new(
            "commit with another hooksPath lands here,",
            &[EDIT],
            "git -c core.hooksPath=/dev/null commit -q -a -m 'Note'",
            Stop::Later,
            Moved("agent-a".into()),
        ),
        Attempt::new(
            "or with GIT_CONFIG_COUNT,",
            &[EDIT],
            "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null \
             git commit -q -a -m 'Note'",
            Stop::Later,
            Moved("agent-a".into()),
        ),
        refused(
            "… and is pushed",
            &[EDIT, UNSEEN],
            "git push -q origin agent-a:main",
            PrePush,
            Clean,
        ),
        refused(
            "… as a new branch",
            &[EDIT, UNSEEN],
            "git push -q origin agent-a",
            PrePush,
            Clean,
        ),
        refused(
            "… with push --no-verify",
            &[EDIT, UNSEEN],
            "git push -q --no-verify origin agent-a:main",
            PreReceive,
            Clean,
        ),
        refused(
            "… as a new branch, --no-verify",
            &[EDIT, UNSEEN],
            "git push -q --no-verify origin agent-a",
            PreReceive,
            Clean,
        ),
        refused(
            "… bundled sessions, hooks off",
            &[LOG, OTHER_LOG, ADD, UNSEEN_BY_TWO],
            "git -c core.hooksPath=/dev/null push -q origin agent-a:main",
            PreReceive,
            Clean,
        ),
        refused(
            "push --force behind the aggregate",
            &[],
            "git push -q --force origin main~1:main",
            PrePush,
            Clean,
        ),
        refused(
            "the same with --no-verify",
            &[],
            "git push -q --force --no-verify origin main~1:main",
            PreReceive,
            Clean,
        ),
        refused(
            "deleting main on the server",
            &[],
            "git push -q origin :main",
            PreReceive,
            Clean,
        ),
    ]
}
