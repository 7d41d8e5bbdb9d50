use super::Step::{Append, Let, Link, Run, Write};
use super::{ADD, Attempt, EDIT, HANDOFF, LOG, MAKE_BAD, OTHER_LOG, TREE, WORK};
use crate::demo::outcome::State::{Clean, Staged, Unstaged};
use baton_hooks::Hook::{CommitMsg, PreCommit, ReferenceTransaction};

/// Commits made here that write the handoff file.
pub(super) fn handoff() -> Vec<Attempt> {
    let refused = Attempt::refused;
    vec![
        refused(
            "commit",
            &[EDIT, ADD],
            "git commit -m 'Note'",
            PreCommit,
            Staged,
        ),
        refused(
            "commit -a",
            &[EDIT],
            "git commit -a -m 'Note'",
            PreCommit,
            Unstaged,
        ),
        refused(
            "commit of the path alone",
            &[EDIT],
            "git commit -m 'Note' -- .agents/HANDOFF.md",
            PreCommit,
            Unstaged,
        ),
        refused(
            "commit -n, which skips pre-commit",
            &[EDIT, ADD],
            "git commit -n -m 'Note'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "commit -a -n",
            &[EDIT],
            "git commit -a -n -m 'Note'",
            ReferenceTransaction,
            Unstaged,
        ),
        refused(
            "commit -n with an aggregate's trailers",
            &[EDIT, ADD],
            "git commit -n -m 'Aggregate session 5' --trailer 'Baton-Aggregate: 1' \
             --trailer 'Baton-Session: 5'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "commit claiming to be the orchestrator",
            &[EDIT, ADD],
            "BATON_ORCHESTRATOR=1 GIT_AUTHOR_NAME=orchestrator git commit -m 'Aggregate session 5'",
            PreCommit,
            Staged,
        ),
        refused(
            "commit-tree and update-ref",
            &[EDIT, ADD, TREE, MAKE_BAD, super::CLEAN],
            "git update-ref refs/heads/agent-a {bad}",
            ReferenceTransaction,
            Clean,
        ),
        refused(
            "commit --amend",
            &[LOG, ADD, WORK, EDIT],
            "git commit -a --amend --no-edit",
            PreCommit,
            Unstaged,
        ),
        refused(
            "commit --amend -n",
            &[LOG, ADD, WORK, EDIT],
            "git commit -a -n --amend --no-edit",
            ReferenceTransaction,
            Unstaged,
        ),
        refused(
            "git mv of the file",
            &[Run("git mv .agents/HANDOFF.md handoff-old.md")],
            "git commit -m 'Tidy'",
            PreCommit,
            Staged,
        ),
        refused(
            "git rm of the file, with -n",
            &[Run("git rm -q .agents/HANDOFF.md")],
            "git commit -n -m 'Tidy'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "a symbolic link in its place",
            &[Link(HANDOFF, "temp/handoff-session-5-summary.md"), ADD],
            "git commit -m 'Link'",
            PreCommit,
            Staged,
        ),
        refused(
            "a submodule in its place",
            &[
                Let("head", "git rev-parse HEAD"),
                Run("git update-index --cacheinfo 160000,{head},.agents/HANDOFF.md"),
            ],
            "git commit -m 'Link'",
            PreCommit,
            Staged,
        ),
        refused(
            "chmod +x",
            &[Run("git update-index --chmod=+x .agents/HANDOFF.md")],
            "git commit -m 'Run'",
            PreCommit,
            Staged,
        ),
        refused(
            "an alias by case: .agents/handoff.md",
            &[
                Let("blob", "git rev-parse HEAD:src/parse.txt"),
                Run("git update-index --add --cacheinfo 100644,{blob},.agents/handoff.md"),
            ],
            "git commit -m 'Note'",
            PreCommit,
            Staged,
        ),
    ]
}

/// Commits that bundle sessions, or loosen the rules.
pub(super) fn sessions() -> Vec<Attempt> {
    let refused = Attempt::refused;
    vec![
        refused(
            "two sessions' logs in one commit",
            &[LOG, OTHER_LOG, ADD],
            "git commit -m 'Sessions 5 and 6'",
            CommitMsg,
            Staged,
        ),
        refused(
            "the same with -n",
            &[LOG, OTHER_LOG, ADD],
            "git commit -n -m 'Sessions 5 and 6'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "two sessions' trailers in one commit",
            &[Append("src/parse.txt", "more\n"), ADD],
            "git commit -m 'Work' --trailer 'Baton-Session: 5' --trailer 'Baton-Session: 6'",
            CommitMsg,
            Staged,
        ),
        refused(
            "another session's summary, own trailer",
            &[
                Write(
                    ".agents/temp/handoff-session-6-summary.md",
                    "Nothing to see.\n",
                ),
                ADD,
            ],
            "git commit -m 'Work' --trailer 'Baton-Session: 5'",
            CommitMsg,
            Staged,
        ),
        refused(
            "baton.toml loosened",
            &[Write("baton.toml", "[branches]\ninclude = []\n"), ADD],
            "git commit -m 'Relax'",
            ReferenceTransaction,
            Staged,
        ),
        refused(
            "baton.toml deleted",
            &[Run("git rm -q baton.toml")],
            "git commit -m 'Tidy'",
            ReferenceTransaction,
            Staged,
        ),
    ]
}
