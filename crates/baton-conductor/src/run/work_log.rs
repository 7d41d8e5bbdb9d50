//! The log of a task's session, with what the conductor has seen of the work. Pure.

use bstr::{BStr, BString, ByteSlice};

use super::Assignment;
use super::report::duration;
use super::state::{CheckKind, TaskState, WorkCheck};
use baton_core::layout::counted;
use baton_core::model::{BranchName, Oid};
use baton_core::plan::Kind;
use baton_core::protocol::{self, Row, Settlement};
use baton_core::report::escape;

/// The part of a log that the conductor writes.
const SEEN: &str = "Seen by the conductor";

/// The maximum number of files or commits that are listed.
const LISTED: usize = 100;

/// The longest cell, in characters.
const CELL: usize = 200;

/// The facts that the conductor has seen of a task's approved work.
#[derive(Debug, Clone, Copy)]
pub struct WorkSeen<'a> {
    /// The run.
    pub run: &'a str,
    /// The task, as its agent was told.
    pub assignment: &'a Assignment,
    /// The kind of work.
    pub kind: Kind,
    /// The agent that worked.
    pub agent: &'a str,
    /// The state of the task.
    pub task: &'a TaskState,
    /// The branch.
    pub branch: &'a BranchName,
    /// The commit on which the task began.
    pub base: Oid,
    /// The commits, oldest first. The last one may get the log, and another id by that.
    pub commits: &'a [(Oid, BString)],
    /// The files that they change, each with a word for how.
    pub changed: &'a [(&'static str, BString)],
    /// The checks that the work has passed.
    pub checks: &'a [WorkCheck],
    /// The files whose constraints the agent was told.
    pub constraints: &'a [String],
    /// The path of the handoff document.
    pub handoff: &'a str,
}

impl WorkSeen<'_> {
    /// The log with all that is seen: in its empty sections, in the rows that its agent has left open, and in a
    /// part of its own.
    pub fn put_into(&self, log: &BStr) -> BString {
        let log = protocol::set_field(log, "Type", self.kind.as_str());
        let log = protocol::put_part(log.as_bstr(), "Work Log", SEEN, &self.work());
        let mut log = log;
        for (title, text) in [
            ("Acceptance Criteria", self.criteria()),
            ("Context Gathered", self.context()),
            ("Decisions", "Its agent has named none.".to_owned()),
            ("Files Modified", self.files()),
            ("Acceptance Criteria Verification", self.verification()),
        ] {
            log = protocol::fill(log.as_bstr(), title, &text);
        }
        let parsed = protocol::parse(log.as_bstr());
        let is_filled = parsed.sections.iter().all(|section| section.filled);
        protocol::settle(log.as_bstr(), &|row| self.settlement(row, is_filled))
    }

    fn work(&self) -> String {
        let mut text = format!("Run {}, task {}.\n\n", cell(self.run), cell(&self.task.id));
        text.push_str("| Who | What | Shown by |\n|-----|------|----------|\n");
        for span in &self.task.spans {
            let who = match span.gate {
                true => "gate".to_owned(),
                false => format!("agent {}", code(self.agent)),
            };
            let time = duration(span.to.saturating_sub(span.from));
            let outcome = cell(&span.outcome);
            text.push_str(&format!(
                "| {who} | attempt {}, {time} | {outcome} |\n",
                span.attempt
            ));
        }
        let last = self.commits.len().saturating_sub(1);
        for (at, (id, subject)) in self.commits.iter().enumerate().take(LISTED) {
            let shown = match at == last {
                true => "the last commit of the work, in which this log may lie".to_owned(),
                false => format!("commit {}", id.short()),
            };
            let (agent, subject) = (code(self.agent), cell(&subject.to_str_lossy()));
            text.push_str(&format!("| agent {agent} | {subject} | {shown} |\n"));
        }
        for check in self.checks {
            let (by, what) = (check.by.as_str(), code(&check.what));
            text.push_str(&format!("| {by} | {what} | {} |\n", cell(&check.outcome)));
        }
        if self.checks.is_empty() {
            text.push_str("| nobody | no check was named | its agent says that it is done |\n");
        }
        text
    }

    fn criteria(&self) -> String {
        let mut text = format!("- {}\n", cell(&self.assignment.title));
        for line in &self.assignment.verify {
            text.push_str(&format!("- {} ends with exit status 0\n", code(line)));
        }
        if let Some(owned) = &self.assignment.owned {
            let owned: Vec<_> = owned.iter().map(|glob| code(glob.as_str())).collect();
            text.push_str(&format!("- changes no files but {}\n", owned.join(", ")));
        }
        text
    }

    fn verification(&self) -> String {
        let mut text =
            "| Criterion | Status | Evidence |\n|-----------|--------|----------|\n".to_owned();
        let mut row = |what: &str, status: &str, evidence: &str| {
            text.push_str(&format!("| {what} | {status} | {evidence} |\n"));
        };
        let judges = self.judges();
        match judges.is_empty() {
            true => row(
                &cell(&self.assignment.title),
                "not checked",
                "its agent says so",
            ),
            false => row(&cell(&self.assignment.title), "[PASS]", &judges),
        }
        for check in self.checks {
            if check.by == CheckKind::Verify {
                let what = format!("{} ends with exit status 0", code(&check.what));
                row(&what, "[PASS]", &cell(&check.outcome));
            }
        }
        if self.assignment.owned.is_some() {
            let evidence = format!("`git diff --name-only {}`", self.base.short());
            row("changes no other files", "[PASS]", &evidence);
        }
        text
    }

    /// Returns the judges of the work, in a few words.
    fn judges(&self) -> String {
        let kinds = [CheckKind::Verify, CheckKind::Gate, CheckKind::EndToEnd];
        let words = kinds.into_iter().filter_map(|kind| {
            let count = self.checks.iter().filter(|check| check.by == kind).count();
            match (kind, count) {
                (_, 0) => None,
                (CheckKind::Verify, 1) => Some("verify: exit status 0".to_owned()),
                (CheckKind::Verify, _) => {
                    Some(format!("verify: exit status 0 of {count} commands"))
                }
                (kind, _) => Some(format!("{}: approved", kind.as_str())),
            }
        });
        words.collect::<Vec<_>>().join("; ")
    }

    fn context(&self) -> String {
        let mut text = format!("- began on commit {}\n", self.base.short());
        for path in self.constraints {
            text.push_str(&format!("- was told {}\n", code(path)));
        }
        if let Some(feedback) = &self.task.feedback {
            text.push_str(&format!(
                "- was told of an earlier attempt: {}\n",
                cell(feedback)
            ));
        }
        text
    }

    fn files(&self) -> String {
        let mut text = "| File | Change |\n|------|--------|\n".to_owned();
        for (how, path) in self.changed.iter().take(LISTED) {
            text.push_str(&format!("| {} | {how} |\n", code(&path.to_str_lossy())));
        }
        match self.changed.len() {
            0 => "No file.".to_owned(),
            all if all > LISTED => text + &format!("| {} more | |\n", all - LISTED),
            _ => text,
        }
    }

    /// Returns what a check has shown of a step of the protocol.
    fn settlement(&self, row: &Row, is_filled: bool) -> Settlement {
        let step = row.step.to_str_lossy();
        let is = |start: &str| step.starts_with(start);
        let unknown = |why: &str| Settlement::Unknown(why.to_owned());
        if is("Fill every section") && is_filled {
            let shown = "no empty section; what its agent left empty the run has filled";
            return Settlement::Shown(shown.to_owned());
        }
        if is("Run the checks") {
            return match self.judges() {
                judges if judges.is_empty() => unknown("the task names no checks"),
                judges => Settlement::Shown(judges),
            };
        }
        if is("Commit all of this session") {
            let count = counted(self.commits.len(), "commit");
            let shown = format!(
                "`git status` shows nothing of it; {count} on branch `{}`",
                self.branch
            );
            return Settlement::Shown(shown);
        }
        if is("Hand in the summary") {
            return Settlement::Shown("its digest stands at the head of this log".to_owned());
        }
        let has_handoff = self.changed.iter().any(|(_, path)| *path == self.handoff);
        if is("Change `") && step.contains(self.handoff) && !has_handoff {
            let count = counted(self.changed.len(), "file");
            let base = self.base.short();
            let shown = format!("`git diff --name-only {base}`: {count}, and not this one");
            return Settlement::Shown(shown);
        }
        if is("Commit the work of another") {
            let shown = "`git baton session end` has judged each commit (`bundled-sessions`)";
            return Settlement::Shown(shown.to_owned());
        }
        unknown("its agent has left it open, and nobody checked it")
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(CELL).collect();
    escape::visible(line.as_bytes()).replace('|', "\\|")
}

/// A text as code in its cell.
fn code(text: &str) -> String {
    format!("`{}`", cell(text).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_core::protocol::{Blank, Severity};

    fn log() -> String {
        protocol::render(&Blank {
            number: "19",
            title: "Parse",
            handoff: "HANDOFF.md",
            ..Blank::default()
        })
    }

    fn seen(checks: &[WorkCheck]) -> String {
        let assignment = Assignment {
            run: "r".to_owned(),
            task: "t".to_owned(),
            title: "Parse | it".to_owned(),
            prompt: "p".to_owned(),
            owned: None,
            verify: Vec::new(),
            limit: None,
        };
        let base: Oid = "1".repeat(40).parse().unwrap();
        let one: Oid = "2".repeat(40).parse().unwrap();
        let seen = WorkSeen {
            run: "r",
            assignment: &assignment,
            kind: Kind::Docs,
            agent: "codex",
            task: &TaskState::new("t", "Parse", Vec::new(), 1),
            branch: &BranchName::new("auto/t"),
            base,
            commits: &[(one, "Write a".into()), (base, "Write b".into())],
            changed: &[("added", "a".into())],
            checks,
            constraints: &["RULES.md".to_owned()],
            handoff: "HANDOFF.md",
        };
        let text = seen.put_into(log().as_str().into());
        assert_eq!(seen.put_into(text.as_bstr()), text, "once is enough");
        text.to_string()
    }

    fn checks() -> Vec<WorkCheck> {
        let check = |by, what: &str, outcome: &str| WorkCheck {
            by,
            what: what.to_owned(),
            outcome: outcome.to_owned(),
        };
        vec![
            check(CheckKind::Verify, "make check", "exit status 0"),
            check(CheckKind::Gate, "codex", "TASK_APPROVED"),
        ]
    }

    #[test]
    fn a_log_says_who_did_what_and_which_check_shows_it() {
        let log = seen(&checks());
        for part in [
            "**Type**: docs\n",
            "## Acceptance Criteria\n\n- Parse \\| it\n",
            "- began on commit 1111111",
            "- was told `RULES.md`\n",
            "| agent `codex` | Write a | commit 2222222",
            "| agent `codex` | Write b | the last commit of the work",
            "| verify | `make check` | exit status 0 |\n",
            "| gate | `codex` | TASK_APPROVED |\n",
            "| `a` | added |\n",
            "| Parse \\| it | [PASS] | verify: exit status 0; gate: approved |\n",
            "| MUST | Run the checks that this repository asks for | [x] | verify: exit status 0; gate: approved |\n",
            "| MUST | Read `HANDOFF.md` | [N/A] | its agent has left it open, and nobody checked it |\n",
        ] {
            assert!(log.contains(part), "{part}\n{log}");
        }
        let findings = protocol::check("log", &protocol::parse(log.as_str().into()));
        let mut errors = findings
            .iter()
            .filter(|one| one.severity == Severity::Error);
        assert_eq!(errors.next(), None, "{log}");
    }

    #[test]
    fn every_row_that_is_ticked_says_by_which_check() {
        let log = seen(&checks());
        let began = protocol::parse(self::log().as_str().into()).rows.len();
        let rows = protocol::parse(log.as_str().into()).rows;
        assert_eq!(rows.len(), began);
        let ticked = rows
            .iter()
            .filter(|row| row.status == protocol::Status::Ticked);
        let evidence: Vec<_> = ticked
            .map(|row| row.evidence.clone().unwrap_or_default())
            .collect();
        let names_a_check = |text: &BString| {
            ["`git ", "verify", "This log", "digest", "no empty section"]
                .iter()
                .any(|check| text.contains_str(check))
        };
        assert!(evidence.iter().all(names_a_check), "{evidence:?}");
    }

    #[test]
    fn where_nobody_has_checked_nothing_says_verified() {
        let log = seen(&[]);
        assert!(!log.to_lowercase().contains("verified"), "{log}");
        assert!(!log.contains("[PASS]"), "{log}");
        assert!(
            log.contains("| Parse \\| it | not checked | its agent says so |"),
            "{log}"
        );
        assert!(
            log.contains("asks for | [N/A] | the task names no checks |"),
            "{log}"
        );
    }
}
