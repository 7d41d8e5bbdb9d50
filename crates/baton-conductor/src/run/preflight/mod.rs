//! Checks that agents may start, and how many.

mod probe;
pub mod requirements;

use std::path::Path;

use bstr::{BString, ByteSlice};

use crate::run::RunError;
use baton_core::policy::conductor::agents::{Calls, OnShort};
use baton_git::{Repo, checkout};
use baton_hooks::doctor::{self, Severity};
use baton_sys::disk;
use baton_sys::supervise::{self, End, Job, Words};

/// The time limit of the command that counts calls.
const COUNTING: std::time::Duration = std::time::Duration::from_secs(60);

/// The facts to know before agents start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The paths that the base's worktree has not committed.
    pub uncommitted: Vec<BString>,
    /// The reasons why the guard does not guard.
    pub unguarded: Vec<String>,
    /// The number of bytes that are free where worktrees are made.
    pub free: u64,
    /// The number of bytes that one worktree takes.
    pub tree: u64,
    /// The number of calls that agents may still make; `None` where they are not counted.
    pub calls: Option<CallsLeft>,
}

/// The number of calls that agents may still make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsLeft {
    /// The number, or why it is not known.
    pub left: Result<u64, String>,
    /// The number of calls that one agent makes.
    pub per_agent: u64,
    /// The action to take when there are too few.
    pub on_short: OnShort,
}

/// The answer to the question of whether agents may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// All of them.
    Go,
    /// Some of them.
    Reduce {
        /// The number of agents, at least 1.
        to: usize,
        /// Why not more.
        why: Vec<Obstacle>,
    },
    /// Not yet.
    Wait {
        /// The obstacles that have to change.
        why: Vec<Obstacle>,
    },
    /// None.
    Fail {
        /// The obstacles that have to be put right.
        why: Vec<Obstacle>,
    },
}

/// A reason why agents cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Work that no agent would see.
    #[error("the worktree has changes that are not committed, {} among them: commit them first", .0.first().map_or("", |path| path.to_str().unwrap_or("one with an odd name")))]
    Uncommitted(Vec<BString>),
    /// Something keeps the guard from guarding.
    #[error("{0}")]
    Unguarded(String),
    /// No task could have a session.
    #[error("no session can begin, and every task needs one: {0}")]
    Sessionless(String),
    /// No agent could commit.
    #[error("no commit can be made: {0}")]
    Uncommittable(String),
    /// A hook would refuse the commits that Baton makes.
    #[error("{0}")]
    Unworded(String),
    /// A program that is to be started is not there.
    #[error(
        "there is no program `{program}` here that {who} could start: install it, see to it that PATH names its directory, or let another agent do the work"
    )]
    NoProgram {
        /// The program.
        program: String,
        /// The agent or gate that starts it, as the policy calls it.
        who: String,
    },
    /// A program of the repository that the worktrees of agents would not have.
    #[error(
        "`{program}`, which {who} starts, is not in the worktrees in which agents work: commit it there, or write its whole path"
    )]
    NotInWorktrees {
        /// The program.
        program: String,
        /// The agent or gate that starts it, as the policy calls it.
        who: String,
    },
    /// An agent whose sandbox keeps it from committing.
    #[error(
        "the sandbox of agent `{agent}` keeps it from committing{said}: open it as docs/conductor.md#agents says, or let another agent do the work"
    )]
    NoCommit {
        /// The agent, as the policy calls it.
        agent: String,
        /// The text from its probe, behind a colon.
        said: String,
    },
    /// An agent that cannot be confined as the settings require.
    #[error(
        "agent `{agent}` is to be confined to its worktree, which this system cannot: {reason}; let `confine` in the settings be \"worktree\" to let it work unconfined"
    )]
    Unconfined {
        /// The agent, as the policy calls it.
        agent: String,
        /// The thing that is missing.
        reason: String,
    },
    /// Too little room for worktrees.
    #[error(
        "{agents} worktrees take {needed} bytes and {free} are free: make room, or run fewer agents"
    )]
    Disk {
        /// The number of agents there are to be.
        agents: usize,
        /// The bytes that their worktrees take.
        needed: u64,
        /// The bytes that are free.
        free: u64,
    },
    /// Too few calls.
    #[error("{agents} agents make {required} calls and {left} are left")]
    Calls {
        /// The number of agents there are to be.
        agents: usize,
        /// The calls that they make.
        required: u64,
        /// The calls that are left.
        left: u64,
    },
    /// The number of calls that are left is unknown.
    #[error("it is not known how many calls are left: {0}")]
    Uncounted(String),
}

/// A line for each.
pub fn listed(obstacles: &[Obstacle]) -> String {
    let lines: Vec<_> = obstacles.iter().map(|one| format!("  {one}")).collect();
    lines.join("\n")
}

/// Looks at the base, the hooks, the disk below `worktrees` and the calls that are left.
///
/// # Errors
/// When the repository cannot be read or the system does not tell of the disk.
pub fn gather(
    repo: &Repo,
    worktrees: &Path,
    calls: Option<&Calls>,
    stop: &dyn Fn() -> bool,
) -> Result<Facts, RunError> {
    let diagnosis = doctor::examine(repo)?;
    let errors = diagnosis.findings.iter();
    let errors = errors.filter(|finding| finding.id.severity() == Severity::Error);
    let head = repo.head()?;
    Ok(Facts {
        uncommitted: match repo.work_tree() {
            Some(_) => checkout::uncommitted(repo)?,
            None => Vec::new(),
        },
        unguarded: errors
            .map(|finding| format!("{} ({}): {}", finding.what, finding.place, finding.remedy))
            .collect(),
        free: disk::free_bytes(worktrees).map_err(RunError::io(worktrees))?,
        tree: head.map_or(Ok(0), |head| checkout::size(repo, head))?,
        calls: calls.map(|calls| CallsLeft {
            left: count(calls.line(), repo.program().directory(), stop),
            per_agent: calls.per_agent,
            on_short: calls.on_short,
        }),
    })
}

/// Says whether this many agents may start.
pub fn decide(facts: &Facts, agents: usize) -> Answer {
    let mut failures = Vec::new();
    if !facts.uncommitted.is_empty() {
        failures.push(Obstacle::Uncommitted(facts.uncommitted.clone()));
    }
    failures.extend(facts.unguarded.iter().cloned().map(Obstacle::Unguarded));
    let (mut to, mut limits, mut waits) = (agents, Vec::new(), Vec::new());

    let fitting = affordable(facts.free, facts.tree, agents);
    if fitting < agents {
        to = to.min(fitting);
        limits.push(Obstacle::Disk {
            agents,
            needed: facts.tree.saturating_mul(agents as u64),
            free: facts.free,
        });
    }
    if let Some(calls) = &facts.calls {
        match &calls.left {
            Err(why) => failures.push(Obstacle::Uncounted(why.clone())),
            Ok(left) => {
                let paid = affordable(*left, calls.per_agent, agents);
                let short = Obstacle::Calls {
                    agents,
                    required: calls.per_agent.saturating_mul(agents as u64),
                    left: *left,
                };
                match calls.on_short {
                    _ if paid >= agents => {}
                    OnShort::Wait => waits.push(short),
                    OnShort::Fail => failures.push(short),
                    OnShort::Reduce => {
                        to = to.min(paid);
                        limits.push(short);
                    }
                }
            }
        }
    }
    if !failures.is_empty() || (to == 0 && agents > 0) {
        failures.extend(limits.into_iter().filter(|_| to == 0));
        Answer::Fail { why: failures }
    } else if !waits.is_empty() {
        Answer::Wait { why: waits }
    } else if to < agents {
        Answer::Reduce { to, why: limits }
    } else {
        Answer::Go
    }
}

/// Returns the number of these agents that the available amount allows, at this price for each.
fn affordable(available: u64, price: u64, agents: usize) -> usize {
    match available.checked_div(price) {
        None => agents,
        Some(count) => usize::try_from(count).unwrap_or(agents).min(agents),
    }
}

/// The number that a command prints.
fn count(line: &str, directory: &Path, stop: &dyn Fn() -> bool) -> Result<u64, String> {
    let mut job = Job::new(Words::Shell(line.into()), directory.to_owned());
    job.limit = Some(COUNTING);
    let mut number = None;
    let finished = supervise::run(&job, stop, &mut |_, line| {
        let text = line.trim().to_str();
        number = text.ok().and_then(|text| text.parse().ok()).or(number);
    });
    match finished {
        Err(error) => Err(format!("`{line}` does not start: {error}")),
        Ok(finished) if finished.end == End::Exited(0) => {
            number.ok_or_else(|| format!("`{line}` printed no number"))
        }
        Ok(finished) => {
            let said = super::verify::last_line(&finished.tail);
            Err(format!(
                "`{line}` {}{said}",
                super::verify::how(finished.end)
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            uncommitted: Vec::new(),
            unguarded: Vec::new(),
            free: 1000,
            tree: 100,
            calls: None,
        }
    }

    fn with_calls(left: u64, on_short: OnShort) -> Facts {
        Facts {
            calls: Some(CallsLeft {
                left: Ok(left),
                per_agent: 10,
                on_short,
            }),
            ..facts()
        }
    }

    #[test]
    fn nothing_in_the_way_is_go() {
        assert_eq!(decide(&facts(), 10), Answer::Go);
        assert_eq!(decide(&with_calls(30, OnShort::Fail), 3), Answer::Go);
    }

    #[test]
    fn as_many_start_as_fit() {
        let disk = decide(&facts(), 11);
        assert!(matches!(disk, Answer::Reduce { to: 10, .. }), "{disk:?}");
        let calls = decide(&with_calls(29, OnShort::Reduce), 3);
        assert!(matches!(calls, Answer::Reduce { to: 2, .. }), "{calls:?}");
        let none = decide(&with_calls(9, OnShort::Reduce), 3);
        assert!(matches!(none, Answer::Fail { .. }), "{none:?}");
        let full = Facts {
            free: 99,
            ..facts()
        };
        assert!(matches!(decide(&full, 1), Answer::Fail { .. }));
    }

    #[test]
    fn too_few_calls_wait_or_fail_as_told() {
        let required = Obstacle::Calls {
            agents: 3,
            required: 30,
            left: 29,
        };
        let why = vec![required];
        let answer = |on_short| decide(&with_calls(29, on_short), 3);
        assert_eq!(answer(OnShort::Wait), Answer::Wait { why: why.clone() });
        assert_eq!(answer(OnShort::Fail), Answer::Fail { why });
    }

    #[test]
    fn what_must_be_put_right_fails_whatever_else_is_so() {
        let dirty = Facts {
            uncommitted: vec!["a".into()],
            unguarded: vec!["no hooks".to_owned()],
            ..with_calls(0, OnShort::Wait)
        };
        let Answer::Fail { why } = decide(&dirty, 3) else {
            panic!("agents would start");
        };
        assert_eq!(why.len(), 2);
        assert!(why[0].to_string().contains("a among them"));
        let mut uncounted = with_calls(0, OnShort::Wait);
        uncounted.calls.as_mut().unwrap().left = Err("no `gh`".to_owned());
        assert!(matches!(decide(&uncounted, 1), Answer::Fail { .. }));
    }

    #[test]
    fn calls_are_counted_by_a_command() {
        let directory = tempfile::tempdir().unwrap();
        let count = |line| count(line, directory.path(), &|| false);
        assert_eq!(count("echo asking; echo ' 42 '"), Ok(42));
        assert!(
            count("echo many")
                .unwrap_err()
                .contains("printed no number")
        );
        assert!(
            count("echo 7; exit 4")
                .unwrap_err()
                .contains("exit status 4")
        );
    }
}
