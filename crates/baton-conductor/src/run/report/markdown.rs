//! A run as Markdown.

use baton_core::layout;
use std::fmt::Write;

use super::{RunReport, Span, TaskReport, duration};
use baton_core::report::escape;

/// The number of columns that the longest timeline takes.
const COLUMNS: u64 = 48;

/// The run as a Markdown document.
pub fn markdown(report: &RunReport) -> String {
    let mut text = format!("# Run {}\n\n", cell(&report.run));
    let facts = [
        ("Phase", report.phase.clone()),
        ("Mode", report.mode.clone()),
        ("Target", report.target.clone()),
        ("Tasks", report.tally()),
        ("Gain over sequential work", report.gain()),
    ];
    for (name, value) in facts {
        writeln!(text, "- **{name}**: {}", cell(&value)).expect("a String takes all");
    }
    text.push_str(
        "\n## Tasks\n\n\
         | Task | Group | Status | Attempts | Time | Outcome | Branch | Session |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    report
        .tasks
        .iter()
        .for_each(|task| text.push_str(&row(task)));
    text.push_str("\n## Timeline\n\n```\n");
    let longest = report.tasks.iter().map(|task| layout::width(&name(task)));
    let width = longest.max().unwrap_or(0);
    for task in &report.tasks {
        let line = bar(report, &task.spans);
        writeln!(text, "{} |{line}|", layout::padded(&name(task), width))
            .expect("a String takes all");
    }
    text.push_str("```\n\n`█` an agent at work, `▒` an attempt that failed or was interrupted, `▓` a quality gate\n");
    text.push_str(&taken_over(report));
    text.push_str(&pictures(report));
    text.push_str(&refused_writes(report));
    if !report.landed.is_empty() {
        text.push_str("\n## Landed\n\n");
        for (what, commit) in &report.landed {
            writeln!(text, "- `{}` {}", cell(commit), cell(what)).expect("a String takes all");
        }
    }
    text
}

/// The attempts that other agents than the tasks' own had taken over.
fn taken_over(report: &RunReport) -> String {
    let mut text = String::new();
    for task in &report.tasks {
        for span in &task.spans {
            if let Some(agent) = &span.taken_over_by {
                let (task, agent) = (cell(&task.id), cell(agent));
                writeln!(text, "- {task}: attempt {} by {agent}", span.attempt)
                    .expect("a String takes all");
            }
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n## Taken over at a usage limit\n\n{text}"),
    }
}

/// The pictures, by their paths on the machine that made them.
fn pictures(report: &RunReport) -> String {
    let mut text = String::new();
    for task in &report.tasks {
        for picture in &task.pictures {
            let (task, path) = (cell(&task.id), cell(&picture.path));
            writeln!(text, "- {task}: {path}").expect("a String takes all");
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n## Pictures\n\n{text}"),
    }
}

/// Returns the list of writes that confined agents were refused.
fn refused_writes(report: &RunReport) -> String {
    let mut text = String::new();
    for task in &report.tasks {
        for sentence in &task.refused_writes {
            writeln!(text, "- {}: {}", cell(&task.id), cell(sentence)).expect("a String takes all");
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\n## Refused outside of the worktree\n\n{text}"),
    }
}

fn name(task: &TaskReport) -> String {
    escape::visible(task.id.as_bytes())
}

fn row(task: &TaskReport) -> String {
    let attempts = task.spans.iter().map(|span| span.attempt).max();
    let optional = |text: &Option<String>| text.as_deref().map(cell).unwrap_or_default();
    format!(
        "| {}: {} | {} | {} | {} | {} | {} | {} | {} |\n",
        cell(&task.id),
        cell(&task.title),
        task.group,
        task.status.as_str(),
        attempts.unwrap_or(0),
        duration(task.worked()),
        cell(&task.outcome),
        optional(&task.branch),
        optional(&task.session),
    )
}

/// A task's part of the time, drawn in characters; the later of two spans that share one wins.
fn bar(report: &RunReport, spans: &[Span]) -> String {
    let wall = report.wall().max(1);
    let column = |at: u64| at.saturating_sub(report.began).min(wall) * COLUMNS / wall;
    let mut cells = vec![' '; COLUMNS as usize];
    for span in spans {
        let mark = match (span.work, span.ok) {
            (super::Work::Gate, _) => '▓',
            (super::Work::Agent, true) => '█',
            (super::Work::Agent, false) => '▒',
        };
        let from = column(span.from).min(COLUMNS - 1);
        let to = column(span.to).clamp(from + 1, COLUMNS);
        cells[from as usize..to as usize].fill(mark);
    }
    cells.into_iter().collect()
}

/// Text that stays in its cell, and is no markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in escape::inert(text.as_bytes()).chars() {
        if "\\`*_{}[]<>|#~".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_run_reads_as_tables_and_a_timeline() {
        let text = markdown(&example());
        for part in [
            "# Run 20251218-1\n",
            "- **Tasks**: 1 done, 1 failed\n",
            "| auth: Log in \\<b\\>safely\\</b\\> \\| now | 1 | done | 2 | 59.0 s | Added the login | auto/auth | 19 |\n",
            "| api: The API | 1 | failed | 1 | 31.0 s | the agent crashed |  |  |\n",
            "auth |▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒███████████████████████",
            "## Pictures\n\n- auth: /runs/auth \"1\".png\n- auth: /runs/gone.jpeg\n",
            "\n## Refused outside of the worktree\n\n- api: attempt 1 was refused /m/\\<x\\>, as the agent printed it: no \\| way\n\n## Landed\n",
            "- `0123abcd` merge of auto/auth\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn a_span_outside_the_run_stays_inside_the_drawing() {
        let mut report = example();
        report.tasks[1].spans[0].to = u64::MAX;
        report.tasks[0].spans[0].from = 0;
        assert!(markdown(&report).contains("api  |▒▒▒▒"));
        report.tasks[1].spans[0].from = u64::MAX;
        assert!(markdown(&report).contains("               ▒|"));
    }
}
