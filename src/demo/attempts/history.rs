use super::Step::{Let, Run, Write};
use super::{ADD, Attempt, CLEAN, EDIT, FETCH_BAD, LOG, MAKE_BAD, TREE, WORK};
use crate::demo::outcome::State::{Clean, Restored, Staged};
use crate::demo::scene::Place;
use baton_hooks::Hook::{PostMerge, PreMergeCommit, PrePush, ReferenceTransaction};

/// Commits that break the rules and were made where no guard is.
pub(super) fn foreign() -> Vec<Attempt> {
    let refused = Attempt::refused;
    vec![
        refused(
            "merge, fast-forward",
            &[FETCH_BAD],
            "git merge FETCH_HEAD",
            ReferenceTransaction,
            Restored("printed git read-tree".into()),
        )
        .at(Place::Project),
        refused(
            "merge --no-ff",
            &[FETCH_BAD],
            "git merge --no-ff --no-edit FETCH_HEAD",
            ReferenceTransaction,
            Restored("git merge --abort".into()),
        ),
        refused(
            "merge of two versions of the file",
            &[Run("git fetch -q {outside} older")],
            "git merge --no-edit FETCH_HEAD",
            PreMergeCommit,
            Restored("git merge --abort".into()),
        ),
        refused(
            "merge --squash, then commit -n",
            &[FETCH_BAD, Run("git merge -q --squash FETCH_HEAD")],
            "git commit -n -m 'Squashed'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "cherry-pick",
            &[FETCH_BAD],
            "git cherry-pick FETCH_HEAD",
            ReferenceTransaction,
            Restored("git cherry-pick --abort".into()),
        ),
        refused(
            "am of it as a patch",
            &[Run(
                "git -C {outside} format-patch -q -1 -o {agent-a}/.git-patches bad",
            )],
            "git am .git-patches/0001-Edit-the-handoff-by-hand.patch",
            ReferenceTransaction,
            Restored("git am --abort".into()),
        ),
        refused(
            "revert of the aggregate",
            &[],
            "git revert --no-edit main",
            ReferenceTransaction,
            Restored("git reset --merge".into()),
        ),
        refused(
            "rebase onto it",
            &[FETCH_BAD, LOG, ADD, WORK],
            "git rebase FETCH_HEAD",
            ReferenceTransaction,
            Restored("git rebase --abort".into()),
        ),
        refused(
            "rebase --exec of a cherry-pick of it",
            &[FETCH_BAD, LOG, ADD, WORK],
            "git rebase --exec 'git cherry-pick FETCH_HEAD' HEAD~1",
            ReferenceTransaction,
            Restored("git rebase --abort".into()),
        ),
        refused(
            "pull of one that some remote advertises",
            &[
                Run("git remote add elsewhere {outside}"),
                Run("git-baton install"),
                Run("git fetch -q elsewhere"),
            ],
            "git pull -q --no-rebase elsewhere published",
            PostMerge,
            Restored("printed git reset".into()),
        ),
    ]
}

/// Branches that move where they may not, and detours to there.
pub(super) fn branches() -> Vec<Attempt> {
    let refused = Attempt::refused;
    vec![
        refused(
            "reset --hard behind the aggregate",
            &[],
            "git reset --hard main~1",
            ReferenceTransaction,
            Restored("printed git read-tree".into()),
        ),
        refused(
            "branch -f behind the aggregate",
            &[Run("git branch release main")],
            "git branch -f release main~1",
            ReferenceTransaction,
            Clean,
        ),
        refused(
            "merge -s ours that drops the aggregate",
            &[Run("git switch -q -c stale main~1")],
            "git merge -s ours -m 'Merge main' main",
            ReferenceTransaction,
            Restored("git merge --abort".into()),
        ),
        refused(
            "push of such a merge",
            &[Let(
                "stale",
                "git commit-tree -p main~1 -p main -m Merge main~1^{tree}",
            )],
            "git push origin {stale}:main",
            PrePush,
            Clean,
        ),
        refused(
            "a branch made of a foreign commit",
            &[FETCH_BAD],
            "git switch -c mine FETCH_HEAD",
            ReferenceTransaction,
            Restored("git reset --merge".into()),
        ),
        refused(
            "laundering through a tag",
            &[EDIT, ADD, TREE, MAKE_BAD, CLEAN, Run("git tag clean {bad}")],
            "git branch mine clean",
            ReferenceTransaction,
            Clean,
        ),
        refused(
            "laundering through refs/stash",
            &[
                EDIT,
                ADD,
                TREE,
                MAKE_BAD,
                CLEAN,
                Run("git update-ref refs/stash {bad}"),
            ],
            "git branch mine refs/stash",
            ReferenceTransaction,
            Clean,
        ),
        refused(
            "laundering through a ref file: merge",
            &[
                EDIT,
                ADD,
                TREE,
                MAKE_BAD,
                CLEAN,
                Write("{project}/.git/refs/heads/raw", "{bad}\n"),
            ],
            "git merge --ff-only raw",
            ReferenceTransaction,
            Restored("printed git read-tree".into()),
        ),
        refused(
            "laundering through a ref file: a child",
            &[
                EDIT,
                ADD,
                TREE,
                MAKE_BAD,
                CLEAN,
                Write("{project}/.git/refs/heads/raw", "{bad}\n"),
                Let("more", "git commit-tree {tree} -p {bad} -m 'Innocent'"),
            ],
            "git branch mine {more}",
            ReferenceTransaction,
            Clean,
        ),
    ]
}
