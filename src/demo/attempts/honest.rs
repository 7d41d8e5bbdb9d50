use super::Step::{At, Let, Run, Write};
use super::{ADD, Attempt, LOG, TREE, WORK};
use crate::demo::scene::Place;

/// Attempts that must go through.
pub(super) fn all() -> Vec<Attempt> {
    vec![
        Attempt::allowed(
            "a session's commit, which gets its trailer",
            &[LOG, ADD],
            "git commit -m 'Go on with the errors'",
            "agent-a",
        )
        .shows(
            "git log -1 '--format=%(trailers:only)'",
            "Baton-Session: 2026-01-05/5",
        ),
        Attempt::allowed(
            "pull of what others pushed",
            &[At(Place::Outside, "git push -q origin news:main")],
            "git pull -q --no-rebase --no-edit origin main",
            "agent-a, origin/main",
        ),
        Attempt::allowed(
            "rebase onto what others pushed",
            &[
                At(Place::Outside, "git push -q origin news:main"),
                LOG,
                ADD,
                WORK,
                Run("git fetch -q origin"),
            ],
            "git rebase -q origin/main",
            "agent-a",
        ),
        Attempt::allowed(
            "merge of two agents' branches, and push",
            &[
                At(
                    Place::AgentB,
                    "git commit -q --allow-empty -m 'Try the printer'",
                ),
                Write("src/lex.txt", "tokens\n"),
                ADD,
                Run("git commit -q -m 'Split the lexer'"),
                Run("git merge -q --no-edit agent-b"),
            ],
            "git push -q origin agent-a:main",
            "forge main, origin/main",
        ),
        Attempt::allowed(
            "worktree add for one more agent",
            &[],
            "git worktree add -q -b agent-d ../agent-d main",
            "agent-d",
        ),
        Attempt::allowed(
            "plumbing that breaks no rule",
            &[
                LOG,
                ADD,
                TREE,
                Let(
                    "own",
                    "git commit-tree {tree} -p HEAD -m 'Go on with the errors'",
                ),
            ],
            "git update-ref refs/heads/agent-a {own}",
            "agent-a",
        ),
    ]
}
