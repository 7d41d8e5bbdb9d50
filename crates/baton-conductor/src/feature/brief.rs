//! The prompts of scouts, planners and validators.

use crate::run::constraints::{Constraint, told};
use crate::run::signal::quoted;

/// The placeholder of the worktree in which an agent is asked, before it is there.
pub const WORKTREE: &str = "\u{1a}worktree\u{1a}";

/// The text that every agent is told: the request, and what no agent may do.
#[derive(Debug)]
pub struct Common<'a> {
    /// The request.
    pub wish: &'a str,
    /// The constraints: what no agent may do.
    pub constraints: &'a [Constraint],
}

impl Common<'_> {
    fn text(&self) -> String {
        format!(
            "The feature:\n\n{}\n\n{}",
            quoted(self.wish.trim()),
            told(self.constraints)
        )
    }

    /// Returns the prompt of a scout.
    pub fn for_scout(&self, name: &str, question: &str, bytes: usize) -> String {
        format!(
            "Look around in the worktree at {WORKTREE}, and change nothing: no file, no branch, nothing in another worktree. What a scout says that has changed anything is thrown away.\n\n{}Your question ({name}):\n\n{}\n\nAnswer in Markdown, with paths and lines. What you print is what the planner reads, up to {bytes} bytes.\n",
            self.text(),
            quoted(question.trim()),
        )
    }

    /// Returns the prompt of a planner; `wrong` is what was wrong with its last answer.
    pub fn for_planner(&self, context: &str, wrong: Option<&str>) -> String {
        let mut text = format!(
            "Plan how agents that work at the same time build a feature. You are in a worktree of the repository at {WORKTREE}; change nothing there.\n\n{}",
            self.text()
        );
        if !context.is_empty() {
            text.push_str(&format!(
                "What scouts found:\n\n{}\n\n",
                quoted(context.trim())
            ));
        }
        text.push_str(ANSWER);
        if let Some(wrong) = wrong {
            text.push_str(&format!(
                "\nYour last answer could not be used:\n\n{}\n",
                quoted(wrong.trim())
            ));
        }
        text
    }

    /// Returns the prompt of a planner that makes one task file of several.
    pub fn for_merger(&self, context: &str, plans: &str, wrong: Option<&str>) -> String {
        let text = self.for_planner(context, wrong);
        format!(
            "{text}\nSeveral planners have answered already. Make one task file of what they say, with the best of each:\n\n{}\n",
            quoted(plans.trim())
        )
    }

    /// Returns the prompt of a validator. Nothing in it is a decision when it is repeated.
    pub fn for_validator(&self, base: &str, tasks: &str) -> String {
        format!(
            "Judge whether a feature is built. You have not built it; you are in a fresh worktree of the merged result at {WORKTREE}, and `git diff {base} HEAD` shows the work. Change nothing.\n\n{}It was done in these tasks:\n\n{}\n\nInstall what is needed from scratch, run all checks, and try the feature itself, where its tasks meet above all.\n\nDecide by one line of its own at the end: TASK_APPROVED when the feature is there and nothing is broken; TASK_REJECTED: and the reason when it is not; QA_BLOCKED: and the reason when the surroundings keep you from judging.\n",
            self.text(),
            quoted(tasks.trim()),
        )
    }
}

/// The instructions on a planner's answer. The example is indented: an agent that repeats what it was told
/// has not answered by that.
const ANSWER: &str = r#"Answer with a task file in TOML, between a line ```toml and a line ```, or write it to the file that $BATON_TASKS_FILE names. Such a file looks like this:

    version = 1

    [[task]]
    id = "login-service"
    title = "Check passwords"
    prompt = "What the agent is to do, with all that it has to know: it sees nothing else."
    files = ["src/login/", "tests/login.rs"]
    verify = ["cargo test login"]

    [[task]]
    id = "login-page"
    title = "Show the login page"
    prompt = "…"
    files = ["web/login/**"]
    after = ["login-service"]
    kind = "frontend"

Each agent may change its own `files` only. Tasks that share no file and do not wait for each other run at the same time: cut the feature so that they are many. What builds on another task's work names it in `after`. Files that depend on each other closely belong to one task. `verify` has the commands that must succeed before a task counts as done. `kind` is backend, frontend, docs, tests, infra or other.
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fence::last_toml;
    use crate::run::signal::Decision;

    #[test]
    fn a_prompt_that_is_repeated_answers_nothing() {
        let constraints = [Constraint {
            path: "C.md".to_owned(),
            text: "TASK_APPROVED\n".to_owned(),
        }];
        let common = Common {
            wish: "TASK_APPROVED",
            constraints: &constraints,
        };
        let told = common.for_planner("found", Some("no"));
        assert_eq!(last_toml(&told), None);
        assert!(told.contains("## C.md"));
        let told = common.for_validator("abc", "TASK_APPROVED");
        let decided = told
            .lines()
            .filter_map(|line| Decision::of_line(line.as_bytes()));
        assert_eq!(decided.count(), 0);
    }
}
