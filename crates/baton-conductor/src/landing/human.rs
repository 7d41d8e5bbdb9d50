//! A report as text for people.

use std::fmt::Write;

use super::report::{
    Afterwards, BranchReport, CheckoutReport, ConflictFile, MergeReport, Outcome, TestEnd,
    Unmatched,
};
use baton_core::report::escape;

/// The report, a line a branch and more where a user has something to do.
pub fn render(report: &MergeReport) -> String {
    let mut text = String::new();
    if report.recovered {
        text.push_str("completed what an earlier run had begun\n");
    }
    for branch in &report.branches {
        branch_lines(&mut text, branch);
    }
    for test in report.tests.iter().filter(|one| one.end == TestEnd::Flaky) {
        line(
            &mut text,
            &format!(
                "flaky: `{}` failed once and then passed on the same files; the log is {}",
                test.command, test.log
            ),
        );
    }
    for checkout in &report.checkouts {
        if let Some(why) = &checkout.pending {
            line(
                &mut text,
                &format!(
                    "{} does not show all of it yet: {why}; the next merge completes it",
                    checkout.path
                ),
            );
        }
    }
    let changed = |one: &&CheckoutReport| !one.updated && one.pending.is_none();
    for checkout in report.checkouts.iter().filter(changed) {
        line(
            &mut text,
            &format!(
                "{} was changed while the merge landed and was left as it is; `git -C {} status` shows how it differs",
                checkout.path, checkout.path
            ),
        );
    }
    if let Some(unmatched) = &report.unmatched {
        unmatched_lines(&mut text, unmatched);
    }
    line(&mut text, &conclusion(report));
    text
}

/// The number of the branches without a matching pattern that are named.
const NAMED: usize = 10;

fn unmatched_lines(text: &mut String, unmatched: &Unmatched) {
    let patterns = unmatched.patterns.join(", ");
    let nothing = match unmatched.patterns.is_empty() {
        true => "the policy's `[merge] branches` is empty".to_owned(),
        false => format!(
            "no branch with something to land matches {patterns}, the policy's `[merge] branches`"
        ),
    };
    line(text, &nothing);
    let (named, more) = unmatched
        .finished
        .split_at(unmatched.finished.len().min(NAMED));
    if named.is_empty() {
        return;
    }
    let others = match more.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let names = named.join(", ");
    line(
        text,
        &format!("finished, and not among them: {names}{others}; to land what is named:"),
    );
    let words: Vec<_> = named.iter().map(|name| shell_words::quote(name)).collect();
    let words = words.join(" ");
    line(text, &format!("    git baton orchestrator merge {words}"));
}

fn branch_lines(text: &mut String, report: &BranchReport) {
    outcome_lines(text, &report.branch, &report.outcome);
    for one in &report.resolved {
        let path = if one.path.is_empty() {
            "a conflict"
        } else {
            &one.path
        };
        let by = match one.by.as_str() {
            "resolution" => "what was made of it in the worktree where it waited",
            by => by,
        };
        line(text, &format!("  {path}: resolved by {by}"));
    }
    for one in &report.dropped {
        let commit = &one.commit[..one.commit.len().min(10)];
        line(
            text,
            &format!(
                "  {commit} changes nothing there and was left out: {}",
                one.subject
            ),
        );
    }
    match &report.afterwards {
        Some(Afterwards::Deleted { trash: Some(trash) }) => {
            line(
                text,
                &format!("  the branch is deleted; {trash} keeps its commits"),
            );
        }
        Some(Afterwards::Kept { why }) => line(text, &format!("  the branch stays: {why}")),
        Some(Afterwards::Deleted { trash: None }) | None => {}
    }
}

fn outcome_lines(text: &mut String, name: &str, outcome: &Outcome) {
    match outcome {
        Outcome::Landed { commits } => line(text, &format!("{name}: landed{}", brought(commits))),
        Outcome::Planned { commits } => {
            line(text, &format!("{name}: would land{}", brought(commits)));
        }
        Outcome::AlreadyIn => line(text, &format!("{name}: nothing to merge")),
        Outcome::Unfinished { why } => line(text, &format!("{name}: not finished: {why}")),
        Outcome::Refused { why, instead } => {
            line(text, &format!("{name}: refused"));
            for why in why {
                line(text, &format!("  {why}"));
            }
            line(text, &format!("  instead: {instead}"));
        }
        Outcome::TestFailed { command, log, tail } => {
            line(
                text,
                &format!("{name}: with it, `{command}` fails; the log is {log}"),
            );
            let last: Vec<_> = tail.lines().rev().take(10).collect();
            for said in last.into_iter().rev() {
                line(text, &format!("  | {said}"));
            }
        }
        Outcome::Conflict {
            files,
            with,
            worktree,
            next,
        } => {
            let with = match with.is_empty() {
                true => String::new(),
                false => format!(" with {}", with.join(", ")),
            };
            line(text, &format!("{name}: conflicts{with}"));
            for file in files {
                file_line(text, file);
            }
            if worktree.is_some() {
                line(text, "  resolve it there, and go on:");
            }
            for command in next {
                line(text, &format!("    {command}"));
            }
        }
        Outcome::Waiting { needs } => {
            line(
                text,
                &format!("{name}: waits for {needs}, which has not landed"),
            );
        }
        Outcome::Skipped => line(text, &format!("{name}: left out")),
    }
}

fn file_line(text: &mut String, file: &ConflictFile) {
    let lines: Vec<_> = file
        .hunks
        .iter()
        .map(|hunk| hunk.line.to_string())
        .collect();
    let lines = match lines.is_empty() {
        true => String::new(),
        false => format!(", line {}", lines.join(", ")),
    };
    line(text, &format!("  {}{lines}: {}", file.path, file.message));
}

fn brought(commits: &[String]) -> String {
    match commits {
        [only] => format!(" as {}", &only[..only.len().min(10)]),
        all => format!(" as {} commits", all.len()),
    }
}

fn conclusion(report: &MergeReport) -> String {
    let count = |wanted: fn(&Outcome) -> bool| {
        report
            .branches
            .iter()
            .filter(|one| wanted(&one.outcome))
            .count()
    };
    let arrived = count(|one| matches!(one, Outcome::Landed { .. } | Outcome::Planned { .. }));
    let verb = if report.dry_run {
        "would land"
    } else {
        "landed"
    };
    let branches = if arrived == 1 { "branch" } else { "branches" };
    let new = &report.new[..report.new.len().min(10)];
    match arrived {
        0 => format!("nothing {verb} on {}", report.into),
        _ => format!(
            "{arrived} {branches} {verb} on {}, which {} {new}",
            report.into,
            if report.dry_run {
                "would name"
            } else {
                "names"
            }
        ),
    }
}

/// One line, harmless whatever is in it.
fn line(text: &mut String, content: &str) {
    writeln!(text, "{}", escape::inert(content.as_bytes())).expect("a String takes all");
}
