//! The quality gate: a task's work, judged by others in a fresh worktree of its branch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::agent::{self, Values};
use super::agent_output::AgentOutput;
use super::signal::Decision;
use super::state::{CheckKind, WorkCheck};
use super::usage_limit::is_limit;
use super::verify::{Verified, behind_colon, how, is_not_started, verify};
use super::{Assignment, RunError, brief, files, picture};
use baton_core::model::{BranchName, Oid};
use baton_core::plan::{EndToEndReport, EndToEndStatus};
use baton_core::policy::conductor::agents::{Agent, EndToEnd, Judge, Output};
use baton_core::policy::conductor::staff::Staff;
use baton_git::Repo;
use baton_git::scratch_worktree::ScratchWorktree;
use baton_sys::supervise::{self, End, Job};
use baton_sys::{clock, file};
use bstr::ByteSlice;

/// The number of times a fresh worktree is tried for once more: a git that has outlived a killed conductor may
/// be making the same one.
const RETRIES: usize = 5;
/// The wait before that.
const PAUSE: Duration = Duration::from_millis(300);

/// Work to judge.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The task.
    pub assignment: &'a Assignment,
    /// Its branch.
    pub branch: &'a BranchName,
    /// The commit on which the task began.
    pub base: Oid,
    /// The commit that is judged: the branch's tip.
    pub tip: Oid,
    /// The number of the attempt that led to it.
    pub attempt: u32,
    /// True if the end-to-end check looks at it.
    pub is_seen: bool,
    /// The directory of the worktrees in which it is judged.
    pub worktrees: &'a Path,
    /// What [`super::constraints::told`] says of what no agent may do.
    pub constraints: &'a str,
    /// The time that processes get to end once they are asked to.
    pub grace: Duration,
}

/// The verdict on work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The commit that was judged; what the branch becomes afterwards was not.
    pub commit: Oid,
    /// The decision; `None` when the caller asked to stop before there was one.
    pub decision: Option<Decision>,
    /// The file that holds what the judges printed.
    pub log: PathBuf,
    /// The pictures that the end-to-end check left.
    pub pictures: Vec<PathBuf>,
    /// The report of the end-to-end check, where it looked.
    pub end_to_end: Option<EndToEndReport>,
    /// The checks that approved work has passed; none where no check was named.
    pub checks: Vec<WorkCheck>,
}

/// The question to a judge, and the terms of its answer.
pub(crate) struct Question<'q> {
    /// The time limit.
    pub limit: Duration,
    /// The time that it gets to end once it is asked to.
    pub grace: Duration,
    /// The file for what it prints.
    pub log: &'q Path,
    /// The meaning of its silence.
    pub silence: Silence,
}

/// The meaning of a command's silence when it ends with success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Approval.
    Approves,
    /// Nothing.
    DecidesNothing,
}

impl Silence {
    /// Whose silence has this meaning.
    fn who(self) -> &'static str {
        match self {
            Self::Approves => "the end-to-end check",
            Self::DecidesNothing => "the gate",
        }
    }
}

/// Has the work judged: by whom the policy names, and then, where people see it, by the end-to-end
/// check.
///
/// # Errors
/// When there is no such judge, or it does not start.
pub fn judge(
    repo: &Repo,
    staff: &Staff,
    work: &Work<'_>,
    stop: &dyn Fn() -> bool,
) -> Result<Verdict, RunError> {
    let (run, task) = (&work.assignment.run, &work.assignment.task);
    let log = files::gate_log(repo, run, task, work.attempt);
    let mut verdict = Verdict {
        commit: work.tip,
        decision: by_gate(repo, staff, work, &log, stop)?,
        log,
        pictures: Vec::new(),
        end_to_end: None,
        checks: Vec::new(),
    };
    let is_approved = |verdict: &Verdict| verdict.decision == Some(Decision::Approved);
    if is_approved(&verdict) {
        verdict.checks = passed(&staff.gate.judge, &work.assignment.verify);
    }
    if let Some(check) = staff.end_to_end.as_ref().filter(|_| work.is_seen)
        && is_approved(&verdict)
    {
        let pictures = files::screenshots(repo, run, task, work.attempt);
        let mut report = EndToEndReport::default();
        let log = &verdict.log;
        verdict.decision = end_to_end(repo, check, work, log, &pictures, &mut report, stop)?;
        let names = file::files_below(&pictures, &|_| true).map_err(RunError::io(&pictures))?;
        let names = names.iter().filter(|name| picture::kind(name).is_some());
        verdict.pictures = names.map(|name| pictures.join(name)).collect();
        let has_pictures = !verdict.pictures.is_empty();
        report.screenshots = has_pictures.then(|| pictures.display().to_string());
        (report.status, report.reason) = match verdict.decision.clone() {
            Some(Decision::Approved) => (EndToEndStatus::Pass, None),
            Some(Decision::Rejected { reason }) => (EndToEndStatus::Fail, Some(reason)),
            Some(Decision::Blocked { reason }) => (EndToEndStatus::Blocked, Some(reason)),
            None => return Ok(verdict),
        };
        verdict.end_to_end = Some(report);
        verdict.checks.push(WorkCheck {
            by: CheckKind::EndToEnd,
            what: check.command.as_str().to_owned(),
            outcome: "approved".to_owned(),
        });
    }
    Ok(verdict)
}

/// The checks that work has passed which this judge has approved.
fn passed(judge: &Judge, verify: &[String]) -> Vec<WorkCheck> {
    let by_gate = |what: &str| {
        vec![WorkCheck {
            by: CheckKind::Gate,
            what: what.to_owned(),
            outcome: "TASK_APPROVED".to_owned(),
        }]
    };
    let mut checks: Vec<_> = verify
        .iter()
        .map(|line| WorkCheck {
            by: CheckKind::Verify,
            what: line.clone(),
            outcome: "exit status 0".to_owned(),
        })
        .collect();
    checks.extend(match judge {
        Judge::Verification => Vec::new(),
        Judge::Command(command) => by_gate(command.as_str()),
        Judge::Agent(name) => by_gate(name),
    });
    checks
}

fn by_gate(
    repo: &Repo,
    staff: &Staff,
    work: &Work<'_>,
    log: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Decision>, RunError> {
    let limit = Duration::from_secs(staff.gate.timeout);
    in_fresh_worktree(repo, work, "gate", |values| {
        let named;
        let (job, agent) = match &staff.gate.judge {
            Judge::Verification => {
                return Ok(match verify(values, log, work.grace, stop)? {
                    Verified::Passed => Some(Decision::Approved),
                    Verified::Failed(reason) => Some(Decision::Rejected { reason }),
                    Verified::Stopped => None,
                });
            }
            Judge::Command(command) => (values.command(command)?, None),
            Judge::Agent(name) => {
                let agent = staff.agent(name);
                let agent = agent.ok_or_else(|| RunError::NoAgent(name.clone()))?;
                named = (name.as_str(), agent);
                (values.agent(&named.1)?, Some((named.0, &named.1)))
            }
        };
        let question = Question {
            limit,
            grace: work.grace,
            log,
            silence: Silence::DecidesNothing,
        };
        ask(job, agent, &question, &mut |_| (), stop)
    })
}

fn end_to_end(
    repo: &Repo,
    check: &EndToEnd,
    work: &Work<'_>,
    log: &Path,
    pictures: &Path,
    report: &mut EndToEndReport,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Decision>, RunError> {
    file::make_directory(pictures).map_err(RunError::io(pictures))?;
    let limit = Duration::from_secs(check.timeout);
    in_fresh_worktree(repo, work, "e2e", |values| {
        let mut job = values.command(&check.command)?;
        job.env.push(("BATON_SCREENSHOTS".into(), pictures.into()));
        let question = Question {
            limit,
            grace: work.grace,
            log,
            silence: Silence::Approves,
        };
        let mut hear = |line: &[u8]| report.take(&line.to_str_lossy());
        ask(job, None, &question, &mut hear, stop)
    })
}

/// Asks a judge, an agent with its name or a command, and gives `hear` each line that it says; `None`
/// when it was stopped.
pub(crate) fn ask(
    mut job: Job,
    agent: Option<(&str, &Agent)>,
    question: &Question<'_>,
    hear: &mut dyn FnMut(&[u8]),
    stop: &dyn Fn() -> bool,
) -> Result<Option<Decision>, RunError> {
    job.limit = Some(question.limit).filter(|limit| !limit.is_zero());
    job.log = Some(question.log.to_owned());
    job.grace = question.grace;
    job.keeps_errors_apart = true;
    let output = agent.map_or(Output::Text, |(_, agent)| agent.output);
    let (mut said, mut output_events) = (Vec::new(), AgentOutput::new(output));
    let mut on_line = |line: &[u8]| {
        said.extend(Decision::of_line(line));
        hear(line);
    };
    let finished = supervise::run(&job, stop, &mut |stream, line| {
        output_events.take(stream, line, &mut on_line)
    });
    output_events.end(&mut on_line);
    let finished = finished.map_err(|source| RunError::Start {
        command: format!("{:?}", job.command),
        source,
    })?;
    let failure = output_events.failure(&finished.tail);
    if let (Some((name, agent)), Some(words), []) = (agent, &failure, &said[..])
        && is_limit(words, &agent.limits)
    {
        return Err(RunError::Limited {
            agent: name.to_owned(),
            said: words.clone(),
        });
    }
    let last = behind_colon(failure);
    Ok(decide(finished.end, &said, question.silence, &last))
}

/// Returns the decision of a judge, by what it said and how it ended; `None` when it was stopped.
pub(crate) fn decide(
    end: End,
    said: &[Decision],
    silence: Silence,
    last: &str,
) -> Option<Decision> {
    let who = silence.who();
    let blocked = |reason: String| Some(Decision::Blocked { reason });
    let kind = std::mem::discriminant::<Decision>;
    if end == End::Stopped {
        return None;
    }
    let Some(decision) = said.last() else {
        return match (end, silence) {
            (End::Exited(0), Silence::Approves) => Some(Decision::Approved),
            (End::Exited(0), Silence::DecidesNothing) => {
                blocked(format!("{who} ended without a decision"))
            }
            (End::TimedOut, _) => blocked(format!("{who} took too long")),
            // Nobody has judged the work, so it is no fault of whoever did it.
            (end, _) if is_broken_off(end) => blocked(format!("{who} {}{last}", how(end))),
            (end, _) => Some(Decision::Rejected {
                reason: format!("{who} {}{last}", how(end)),
            }),
        };
    };
    if said.iter().any(|one| kind(one) != kind(decision)) {
        return blocked(format!("{who} contradicts itself"));
    }
    match (decision, end) {
        (Decision::Approved, End::Exited(0)) => Some(Decision::Approved),
        (Decision::Approved, end) => blocked(format!("{who} approved, but {}", how(end))),
        (other, _) => Some(other.clone()),
    }
}

/// Returns true if a command did not come to its end: it was killed, or the shell could not run it, or
/// tells of its death by a signal (128 and the signal's number).
fn is_broken_off(end: End) -> bool {
    match end {
        End::Signalled(_) | End::Exited(128..=192) => true,
        end => is_not_started(end),
    }
}

/// Lends a fresh worktree of the work's commit.
fn in_fresh_worktree<T>(
    repo: &Repo,
    work: &Work<'_>,
    purpose: &str,
    f: impl FnOnce(&Values<'_>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    agent::lend_config(repo)?;
    let (run, task) = (&work.assignment.run, &work.assignment.task);
    let directory = files::of_task(repo, run, task);
    let path = files::worktree(work.worktrees, purpose, run, task);
    let base = work.base.to_string();
    let prompt = brief::for_gate(work.assignment, work.branch, &base, work.constraints);
    let prompt_file = directory.join(format!("gate-{}.prompt", work.attempt));
    file::write_atomically(&prompt_file, prompt.as_bytes()).map_err(RunError::io(&prompt_file))?;
    let mut added = ScratchWorktree::fresh(repo, &path, work.tip);
    for _ in 0..RETRIES {
        if added.is_ok() {
            break;
        }
        clock::sleep(PAUSE);
        added = ScratchWorktree::fresh(repo, &path, work.tip);
    }
    added?;
    let answer = f(&Values {
        assignment: work.assignment,
        worktree: &path,
        branch: work.branch,
        session: None,
        attempt: work.attempt,
        git_dir: repo.common_dir(),
        prompt: &prompt,
        prompt_file: &prompt_file,
    });
    ScratchWorktree::remove(repo, &path)?;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected() -> Decision {
        Decision::Rejected {
            reason: "a".to_owned(),
        }
    }

    #[test]
    fn only_a_clear_yes_approves() {
        let gate = |end, said: &[Decision]| decide(end, said, Silence::DecidesNothing, "").unwrap();
        let (ok, bad) = (End::Exited(0), End::Exited(1));
        let blocked = |decision| matches!(decision, Decision::Blocked { .. });
        assert_eq!(
            gate(ok, &[Decision::Approved, Decision::Approved]),
            Decision::Approved
        );
        assert_eq!(gate(ok, &[rejected()]), rejected());
        assert_eq!(gate(bad, &[rejected()]), rejected());
        assert!(matches!(gate(bad, &[]), Decision::Rejected { .. }));
        assert!(blocked(gate(ok, &[])));
        assert!(blocked(gate(bad, &[Decision::Approved])));
        assert!(blocked(gate(End::TimedOut, &[])));
        assert!(blocked(gate(ok, &[Decision::Approved, rejected()])));
        assert_eq!(
            decide(End::Stopped, &[Decision::Approved], Silence::Approves, ""),
            None
        );
    }

    #[test]
    fn a_judge_that_could_not_judge_rejects_nothing() {
        for end in [End::Signalled(9), End::Exited(127), End::Exited(137)] {
            for silence in [Silence::DecidesNothing, Silence::Approves] {
                let decision = decide(end, &[], silence, ": claude: not found").unwrap();
                assert!(
                    matches!(&decision, Decision::Blocked { reason } if reason.ends_with("not found")),
                    "{decision:?}"
                );
            }
        }
    }

    #[test]
    fn a_silent_check_approves_by_its_exit_status() {
        let check = |end| decide(end, &[], Silence::Approves, ": no button").unwrap();
        assert_eq!(check(End::Exited(0)), Decision::Approved);
        let reason = "the end-to-end check ended with exit status 2: no button".to_owned();
        assert_eq!(check(End::Exited(2)), Decision::Rejected { reason });
    }
}
