//! The catalogue of rules: what reports and documentation say about each.

use crate::model::RuleId;

/// The address of a release's documentation.
const DOCUMENTATION: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// The description of a rule. Plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule.
    pub id: RuleId,
    /// The demand of the rule, in one line without a full stop.
    pub summary: &'static str,
    /// The check of the rule, in a paragraph.
    pub description: &'static str,
    /// The remedy.
    pub help: &'static str,
}

impl RuleInfo {
    /// The rule's page, from the repository's root, `/` between its parts.
    pub fn page(&self) -> String {
        format!("docs/rules/{}.md", self.id)
    }

    /// The address at which the rule's page can be read.
    pub fn url(&self) -> String {
        format!("{DOCUMENTATION}{}", self.page())
    }
}

/// The description of `rule`.
pub fn info(rule: RuleId) -> RuleInfo {
    let (summary, description, help) = match rule {
        RuleId::ProtectedPath => (
            "A protected path is written only by the writer that the policy names",
            "The entry (mode and object id) of a protected path must equal the entry in at least \
             one parent, unless the commit is one that the path's writer may make: a proven \
             aggregate commit, or a commit signed by a maintainer whom the base lists. Deleting, \
             renaming, retyping and aliasing the path count as writing it.",
            "Leave the path as the parent has it, and record the work in the session's own log \
             and summary; an aggregate commit carries it over.",
        ),
        RuleId::BundledSessions => (
            "A commit carries the work of no more sessions than the policy allows",
            "Compared with every one of its parents, a commit must not add or change the logs or \
             summaries of more sessions than `max_per_commit`, name more sessions than that in \
             its trailers, or carry one session's trailer and another session's log. A proven \
             aggregate commit is judged by aggregate-commit instead.",
            "Make one commit for each session, each with that session's log and trailer only.",
        ),
        RuleId::PolicyChange => (
            "The policy and the list of signers change only with a maintainer's signature",
            "A commit that changes `baton.toml` or the file of allowed signers must carry an SSH \
             signature by a maintainer whom the base lists. The first commit of a policy is the \
             exception; a policy whose base lists no signers is frozen.",
            "Take the change of the policy out of this commit and ask a maintainer to make and \
             sign it.",
        ),
        RuleId::AggregateCommit => (
            "An aggregate commit proves by its content what it is",
            "A commit that claims to be an aggregate must have one parent, change only the paths \
             that an aggregate may change, and leave the handoff file exactly as inserting its \
             recorded entries into the parent's file renders it; its sessions must each have a \
             log, one digest, and no earlier entry; and it must be signed where the policy asks.",
            "Let the aggregate command make the commit again on top of the current branch.",
        ),
        RuleId::HandoffRollback => (
            "A branch does not lose the newest entry of a protected path",
            "When a branch moves, the entry of each protected path at the new tip must be the old \
             tip's, or descend from it through commits of the move that wrote the path on top of \
             it. Resets, merges that keep the other side's file, forced pushes and deleted \
             branches break the rule.",
            "Bring the branch's current tip into the work (merge it or rebase onto it) and keep \
             the protected path as that tip has it.",
        ),
        RuleId::BranchMove => (
            "A branch is moved, rewritten and deleted by those whom the policy names",
            "Where a `[[branch]]` of the policy matches a branch, only whom it names may create \
             or fast-forward it (`move`), take commits away from it (`rewrite`) or delete it: \
             landings, maintainers or anyone. Where `[sessions]` asks for it, a worktree with a \
             session moves its own branch alone and leaves the shared stash as it is.",
            "Commit on a branch of your own, and let the orchestrator land it: `git baton \
             orchestrator merge`.",
        ),
        RuleId::ClaimedPath => (
            "A path that a session at work claims is left to it",
            "Where `[sessions]` asks for it with `claims = \"refuse\"`, a commit made in another worktree \
             of the clone must leave the paths alone that a session at work claims by `git baton \
             session claim`, but for the logs and summaries of sessions. Otherwise the commit is \
             warned of them.",
            "Leave the path to the session that claims it, or wait until that has ended.",
        ),
    };
    RuleInfo {
        id: rule,
        summary,
        description,
        help,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn each_rule_has_a_page_that_opens_with_its_id_and_an_index_line() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let index = std::fs::read_to_string(root.join("docs/rules/README.md")).unwrap();
        for rule in RuleId::ALL {
            let info = info(rule);
            let page = std::fs::read_to_string(root.join(info.page())).unwrap();
            let heading = page.lines().find(|line| line.starts_with('#')).unwrap();
            assert_eq!(heading, format!("# {rule}"));
            let line = format!("[`{rule}`]({rule}.md) | {} |", info.summary);
            assert!(index.contains(&line), "the index lacks: {line}");
        }
    }

    #[test]
    fn a_summary_is_one_line_without_a_full_stop() {
        for rule in RuleId::ALL {
            let info = info(rule);
            assert!(!info.summary.contains('\n') && !info.summary.ends_with('.'));
            assert!(info.description.ends_with('.') && info.help.ends_with('.'));
        }
    }
}
