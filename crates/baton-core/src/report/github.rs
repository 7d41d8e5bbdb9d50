//! GitHub Actions' workflow commands: an annotation for each violation.
//!
//! The form and its escapes are those of GitHub's own toolkit:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>,
//! `packages/core/src/command.ts` in `actions/toolkit`.

use super::{Report, escape, human};
use crate::model::{Accepted, Override, Violation};

/// An `::error` line for each violation, then the count as plain text.
pub fn render(report: &Report) -> String {
    let commands = report.violations().iter().map(|it| command(report, it));
    let notices = report.overrides().iter().map(notice);
    let accepted = report.accepted().iter().map(accepted);
    let mut text: String = commands.chain(accepted).chain(notices).collect();
    if let Some(way_out) = report.way_out() {
        text.push_str(&way_out);
    }
    text.push_str(&human::conclusion(report));
    text.push('\n');
    text
}

fn command(report: &Report, violation: &Violation) -> String {
    let file = match &violation.path {
        Some(path) => format!("file={},line=1,", property(&escape::inert(path))),
        None => String::new(),
    };
    let title = match (&violation.reference, violation.commit) {
        (Some(name), _) => format!("{} on {}", violation.rule, human::quote(name)),
        (None, Some(commit)) => format!("{} in {}", violation.rule, commit.short()),
        (None, None) => violation.rule.to_string(),
    };
    let subject = violation.commit.and_then(|commit| report.subject(commit));
    let sessions = (!violation.sessions.is_empty()).then(|| human::sessions(&violation.sessions));
    let lines = [
        subject.map(|subject| format!("“{subject}”")),
        sessions,
        Some(human::quote(violation.message.as_bytes())),
        Some(format!("→ {}", human::quote(violation.help.as_bytes()))),
    ];
    let message: Vec<_> = lines.into_iter().flatten().collect();
    format!(
        "::error {file}title={}::{}\n",
        property(&title),
        data(&message.join("\n"))
    )
}

fn accepted(one: &Accepted) -> String {
    let title = property(&human::accepted_title(one));
    let message = data(&human::accepted_reason(one));
    match &one.violation.path {
        Some(path) => {
            let file = property(&escape::inert(path));
            format!("::notice file={file},line=1,title={title}::{message}\n")
        }
        None => format!("::notice title={title}::{message}\n"),
    }
}

fn notice(one: &Override) -> String {
    let file = property(&escape::inert(&one.path));
    let title = property(&format!(
        "override of {} in {}",
        one.rule,
        one.commit.short()
    ));
    let by = human::quote(one.by.as_bytes());
    let message = data(&format!("{}, signed by {by}", human::quote(&one.reason)));
    format!("::notice file={file},line=1,title={title}::{message}\n")
}

/// The part after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A value between `=` and `,`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
