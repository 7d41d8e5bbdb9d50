use super::Step::{Aggregate, At, Bind, Let, Run, Write};
use super::{ADD, Attempt, LOG, TREE};
use crate::demo::aggregate::Session;
use crate::demo::scene::Place;

/// What must go through.
pub(super) fn all() -> Vec<Attempt> {
    vec![
        Attempt::allowed(
            "a session commits its own log",
            &[LOG, ADD],
            "git commit -m 'Begin session 6' --trailer 'Baton-Session: 6'",
            "agent-a",
        ),
        Attempt::allowed(
            "a bound worktree's commit gets a trailer",
            &[Bind("2026-01-06/6"), LOG, ADD],
            "git commit -m 'Begin session 6'",
            "agent-a",
        )
        .shows(
            "git log -1 '--format=%(trailers:only)'",
            "Baton-Session: 2026-01-06/6",
        ),
        Attempt::allowed(
            "pull of what others pushed",
            &[At(Place::Outside, "git push -q origin news:main")],
            "git pull -q --ff-only origin main",
            "agent-a, origin/main",
        ),
        Attempt::allowed(
            "rebase onto what others pushed",
            &[
                At(Place::Outside, "git push -q origin news:main"),
                LOG,
                ADD,
                Run("git commit -q -m 'Begin session 6'"),
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
            "git worktree add -q -b agent-c ../agent-c main",
            "agent-c",
        ),
        Attempt::allowed(
            "an aggregate that its content proves",
            &[Aggregate(&[Session {
                number: "5",
                title: "Say where it hurts",
                summary: ".agents/temp/handoff-session-5-summary.md",
            }])],
            "git update-ref refs/heads/main {aggregate}",
            "main",
        )
        .at(Place::Project),
        Attempt::allowed(
            "plumbing that breaks no rule",
            &[
                LOG,
                ADD,
                TREE,
                Let("own", "git commit-tree {tree} -p HEAD -m 'Begin session 6'"),
            ],
            "git update-ref refs/heads/agent-a {own}",
            "agent-a",
        ),
    ]
}
