//! Text for people, and for the agents that read a hook's refusal.

use std::collections::BTreeSet;
use std::fmt::Write;

use anstyle::{AnsiColor, Style as Ansi};
use bstr::ByteSlice;

use super::{Report, Style, escape, place};
use crate::layout::{self, counted};
use crate::model::{Accepted, Oid, Override, RuleId, SessionId, Violation};

/// The longest quotation of a path, a reason or a session, in characters.
const QUOTATION: usize = 1000;
/// The number of sessions that are named before the rest are only counted.
const SESSIONS_NAMED: usize = 8;
/// The number of commits that one command names.
const COMMITS_NAMED: usize = 10;
/// The number of such commands that are printed.
const COMMANDS_TOLD: usize = 20;
/// The number of violations that a hook's refusal prints before the rest are only counted.
const VIOLATIONS_TOLD: usize = 10;

/// The report grouped by commit and branch, and a last line that counts.
pub fn render(report: &Report, style: Style) -> String {
    let page = Page::new(style);
    let mut text = String::new();
    for group in report.violations().chunk_by(|a, b| place(a) == place(b)) {
        page.heading(&mut text, report, &group[0]);
        for violation in group {
            page.violation(&mut text, violation);
        }
        text.push('\n');
    }
    for one in report.accepted() {
        page.accepted(&mut text, one);
    }
    for one in report.overrides() {
        page.overriding(&mut text, one);
    }
    if let Some(way_out) = report.way_out() {
        text.push_str(&way_out);
        text.push('\n');
    }
    let mark = if report.exit_code() == 0 {
        page.good
    } else {
        page.bad
    };
    writeln!(text, "{mark}{}{mark:#}", conclusion(report)).expect("a String takes all");
    text
}

/// The message of a hook on standard error when rules are broken: short, without colour. `outcome` is
/// what comes of it, such as `refused`, and `context` who says so, such as the hook's name.
pub fn notice(violations: &[Violation], outcome: &str, context: &str) -> String {
    let page = Page::new(Style::default());
    let mut text = format!("baton: {outcome} ({})\n", escape::inert(context.as_bytes()));
    let told = &violations[..violations.len().min(VIOLATIONS_TOLD)];
    for group in told.chunk_by(|a, b| place(a) == place(b)) {
        if place(&group[0]) != (None, None) {
            page.heading(&mut text, &Report::default(), &group[0]);
        }
        for violation in group {
            page.violation(&mut text, violation);
        }
    }
    if let untold @ 1.. = violations.len() - told.len() {
        writeln!(
            text,
            "  and {untold} more: `git baton verify` names them all"
        )
        .expect("a String takes all");
    }
    text
}

/// The message of a hook about broken rules that a maintainer has accepted.
pub fn accepted(accepted: &[Accepted]) -> String {
    let line = |one| {
        let (title, reason) = (accepted_title(one), accepted_reason(one));
        format!("baton: {title}: {reason}\n")
    };
    accepted.iter().map(line).collect()
}

/// The commands by which a maintainer accepts what is broken as it is, a paragraph; `None` where
/// there is no commit to name.
pub fn way_out(violations: &[Violation]) -> Option<String> {
    let commands = accept_commands(violations);
    if commands.is_empty() {
        return None;
    }
    let mut text =
        "What has to stay as it is, a maintainer accepts by a signed commit:\n".to_owned();
    for command in commands {
        writeln!(text, "  {command}").expect("a String takes all");
    }
    Some(text)
}

/// The commands by which a maintainer accepts what is broken as it is.
pub fn accept_commands(violations: &[Violation]) -> Vec<String> {
    let mut by_rule = BTreeSet::new();
    let mut commits: Vec<Oid> = Vec::new();
    for violation in violations {
        match (violation.accepted_as(), &violation.reference) {
            (Some(old), Some(_)) => {
                by_rule.insert((violation.rule, old));
            }
            // Where the commit lands decides whether it breaks one of these.
            (Some(commit), None)
                if [RuleId::PolicyChange, RuleId::HandoffRollback].contains(&violation.rule) =>
            {
                by_rule.insert((violation.rule, commit));
            }
            (Some(commit), None) if !commits.contains(&commit) => commits.push(commit),
            _ => {}
        }
    }
    let mut commands = Vec::new();
    for some in commits.chunks(COMMITS_NAMED).take(COMMANDS_TOLD) {
        let ids: Vec<_> = some.iter().map(ToString::to_string).collect();
        commands.push(format!("git baton accept {} --reason '…'", ids.join(" ")));
    }
    for (rule, old) in by_rule.into_iter().take(COMMANDS_TOLD) {
        commands.push(format!("git baton accept {old} --rule {rule} --reason '…'"));
    }
    commands
}

/// The title of an accepted violation.
pub(super) fn accepted_title(one: &Accepted) -> String {
    let rule = one.violation.rule;
    let old = one.violation.accepted_as().map(|oid| oid.short());
    let old = old.unwrap_or_default();
    match &one.violation.reference {
        Some(name) => format!("accepted {rule} of {} from {old}", quote(name)),
        None => format!("accepted {rule} in {old}"),
    }
}

/// Why it was accepted, by whom, and where that is said.
pub(super) fn accepted_reason(one: &Accepted) -> String {
    format!(
        "{}, signed by {} in {}",
        quote(&one.reason),
        quote(one.by.as_bytes()),
        one.acceptance.short()
    )
}

/// The line that counts what was judged and what is broken.
pub fn conclusion(report: &Report) -> String {
    let summary = report.summary();
    let published = match summary.published {
        0 => String::new(),
        some => format!(" ({some} already published)"),
    };
    let commits = format!("{}{published}", counted(summary.commits, "commit"));
    let tips = counted(summary.tips, "branch move");
    let rules = report.rules().len();
    if rules == 0 {
        let judged = match (summary.commits, summary.tips) {
            (_, 0) => commits,
            (0, _) => tips,
            _ => format!("{commits} and {tips}"),
        };
        return match judged.as_str() {
            "0 commits" => "nothing judged".to_owned(),
            judged => format!("{judged} judged: none breaks a rule"),
        };
    }
    let places: Vec<_> = [
        (report.broken_commits(), commits),
        (report.broken_tips(), tips),
    ]
    .into_iter()
    .filter(|(broken, _)| *broken > 0)
    .map(|(broken, judged)| format!("{broken} of {judged}"))
    .collect();
    format!(
        "{} broken in {}",
        counted(rules, "rule"),
        places.join(" and ")
    )
}

/// The style of a text's parts, and its width.
struct Page {
    /// `None` for lines of any width.
    width: Option<usize>,
    heading: Ansi,
    bad: Ansi,
    good: Ansi,
}

impl Page {
    fn new(style: Style) -> Self {
        let mark = |ansi: Ansi| if style.colour { ansi } else { Ansi::new() };
        Self {
            width: style.width,
            heading: mark(AnsiColor::Yellow.on_default()),
            bad: mark(AnsiColor::Red.on_default().bold()),
            good: mark(AnsiColor::Green.on_default()),
        }
    }

    /// The line above what one commit or one branch breaks.
    fn heading(&self, text: &mut String, report: &Report, violation: &Violation) {
        let mark = self.heading;
        let commit = violation.commit.map(|commit| commit.short());
        let name = match (&violation.reference, commit) {
            (Some(reference), Some(commit)) => format!("{} at {commit}", quote(reference)),
            (Some(reference), None) => quote(reference),
            (None, Some(commit)) => commit,
            (None, None) => "the commit being made".to_owned(),
        };
        let subject = violation.commit.and_then(|commit| report.subject(commit));
        let line = format!("{mark}{name}{mark:#} {}", subject.unwrap_or_default());
        writeln!(text, "{}", line.trim_end()).expect("a String takes all");
    }

    /// Writes a violation that a maintainer has accepted.
    fn accepted(&self, text: &mut String, one: &Accepted) {
        let mark = self.heading;
        write!(text, "{mark}{}{mark:#}", accepted_title(one)).expect("a String takes all");
        if let Some(path) = &one.violation.path {
            write!(text, ": {}", quote(path)).expect("a String takes all");
        }
        text.push('\n');
        self.paragraph(text, "    ", &accepted_reason(one));
        text.push('\n');
    }

    /// Writes a violation that a maintainer's signature set aside.
    fn overriding(&self, text: &mut String, one: &Override) {
        let mark = self.heading;
        let commit = one.commit.short();
        writeln!(
            text,
            "{mark}{commit}{mark:#} override of {}: {}",
            one.rule,
            quote(&one.path)
        )
        .expect("a String takes all");
        let reason = format!(
            "{}, signed by {}",
            quote(&one.reason),
            quote(one.by.as_bytes())
        );
        self.paragraph(text, "    ", &reason);
        text.push('\n');
    }

    fn violation(&self, text: &mut String, violation: &Violation) {
        let (bad, good) = (self.bad, self.good);
        write!(text, "  {bad}{}{bad:#}", violation.rule).expect("a String takes all");
        if let Some(path) = &violation.path {
            text.push_str(": ");
            text.push_str(&quote(path));
        }
        if !violation.sessions.is_empty() {
            text.push_str(" (");
            text.push_str(&sessions(&violation.sessions));
            text.push(')');
        }
        text.push('\n');
        self.paragraph(text, "    ", &quote(violation.message.as_bytes()));
        let arrow = format!("    {good}→{good:#} ");
        self.paragraph(text, &arrow, &quote(violation.help.as_bytes()));
    }

    /// Breaks `words` into lines below one another, the first after `lead`.
    fn paragraph(&self, text: &mut String, lead: &str, words: &str) {
        let indent = if lead.trim().is_empty() { 4 } else { 6 };
        text.push_str(lead);
        match self.width {
            None => text.push_str(words),
            Some(width) => {
                let lines = layout::wrapped(words, width.saturating_sub(indent));
                text.push_str(&lines.join(&format!("\n{}", " ".repeat(indent))));
            }
        }
        text.push('\n');
    }
}

/// The sessions by name, as `session 19` or `sessions 19, 20 and 3 more`.
pub(super) fn sessions(sessions: &[SessionId]) -> String {
    let named = sessions.iter().take(SESSIONS_NAMED);
    let named: Vec<_> = named.map(|it| quote(it.to_string().as_bytes())).collect();
    let noun = if sessions.len() == 1 {
        "session"
    } else {
        "sessions"
    };
    let rest = match sessions.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{noun} {}{rest}", named.join(", "))
}

/// Text from outside, harmless and not too long.
pub(super) fn quote(raw: &[u8]) -> String {
    escape::clip(&escape::inert(raw.as_bstr()), QUOTATION)
}
