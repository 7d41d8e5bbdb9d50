//! What agents are told.

use super::signal::{Promise, quoted};
use super::{Assignment, Place};

/// What an agent that works on a task is told, these constraints among it. Nothing in it is a
/// promise when it is repeated.
pub fn for_attempt(
    assignment: &Assignment,
    place: &Place,
    promise: Promise,
    attempt: u32,
    feedback: Option<&str>,
    constraints: &str,
) -> String {
    let mut text = format!(
        "Work in worktree at {}. It is on the branch {}; commit there, and to no other branch.\n\nTask: {}\n\n{}\n\n",
        place.worktree.display(),
        place.branch,
        quoted(&assignment.title),
        quoted(assignment.prompt.trim_end()),
    );
    if let Some(owned) = &assignment.owned {
        let owned: Vec<_> = owned
            .iter()
            .map(|glob| format!("- {}\n", glob.as_str()))
            .collect();
        text.push_str(&format!(
            "These files are yours. Others work on the rest at the same time: whoever changes a file that is not theirs is stopped.\n{}\n",
            owned.concat()
        ));
    }
    if let Some(session) = &place.session {
        text.push_str(&format!(
            "Your session is {session}; its log and its summary are yours as well.\n\n"
        ));
    }
    text.push_str(constraints);
    text.push_str(&verification(assignment));
    if let Some(feedback) = feedback {
        text.push_str(&format!(
            "This is attempt {attempt}. What was wrong with the one before:\n{}\n\n",
            quoted(feedback)
        ));
    }
    text.push_str(&format!(
        "When done, commit and output, on a line of its own: {}\n",
        promise.line(&assignment.task)
    ));
    text
}

/// What an agent that judges a task is told. Nothing in it is a decision when it is repeated.
pub fn for_gate(assignment: &Assignment, branch: &str, base: &str) -> String {
    format!(
        "Verify task {} in branch {branch}. You have not written it; you are in a fresh worktree of it, and `git diff {base} HEAD` shows the work. Change nothing.\n\nTask: {}\n\n{}\n\n{}Install what is needed from scratch, run all checks, and try the edge cases.\n\nDecide by one line of its own at the end: TASK_APPROVED when the task is done and nothing is broken; TASK_REJECTED: and the reason when the agent has to go on; QA_BLOCKED: and the reason when the surroundings keep you from judging.\n",
        assignment.task,
        quoted(&assignment.title),
        quoted(assignment.prompt.trim_end()),
        verification(assignment),
    )
}

fn verification(assignment: &Assignment) -> String {
    if assignment.verify.is_empty() {
        return String::new();
    }
    let commands: Vec<_> = assignment.verify.iter().map(|line| quoted(line)).collect();
    format!("Verification: {}\n\n", commands.join("; "))
}
