//! A repository with a task in a worktree of its own, and shell scripts as agents.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_conductor::run::attempt::{Attempt, Outcome, Report};
use baton_conductor::run::signal::Promise;
use baton_conductor::run::{Assignment, Place};
use baton_core::model::{BranchName, Oid};
use baton_core::policy::command::CommandTemplate;
use baton_core::policy::conductor::agents::{Agent, Input, Output};
use baton_core::policy::{PathGlob, Policy};
use baton_git::Repo;
use baton_git::worktrees::open_worktree;

use baton_testkit::Sandbox;

/// What an agent says when it is done.
pub const SAYS_DONE: &str = "echo '<promise>TASK_DONE: t1</promise>'";

/// Does the work and commits it.
pub const WORKS: &str = "echo work > src/a; git add -A; git commit -qm 'Write a'";

pub struct Scene {
    pub sandbox: Sandbox,
    pub assignment: Assignment,
    pub place: Place,
    pub policy: Policy,
    pub feedback: Option<String>,
}

impl Scene {
    /// A task that owns `src/`, on the branch `auto/t1`.
    pub fn new() -> Self {
        let sandbox = Sandbox::empty();
        sandbox.git(["config", "user.name", "Tester"]);
        sandbox.git(["config", "user.email", "tester@example.com"]);
        sandbox.write("src/old", "old\n");
        sandbox.write(".gitignore", "ignored\n");
        let base = sandbox.commit_file("other", "other\n");
        let worktree = sandbox.root.path().join("worktree");
        sandbox.git([
            "worktree",
            "add",
            "-q",
            "-b",
            "auto/t1",
            worktree.to_str().unwrap(),
        ]);
        Self {
            sandbox,
            assignment: Assignment {
                run: "r1".to_owned(),
                task: "t1".to_owned(),
                title: "Write a".to_owned(),
                prompt: "Write the file a.".to_owned(),
                owned: Some(vec![PathGlob::parse("src/**").unwrap()]),
                verify: Vec::new(),
                limit: Some(Duration::from_secs(60)),
            },
            place: Place {
                worktree,
                branch: BranchName::new("auto/t1"),
                base: base.parse().unwrap(),
                session: None,
            },
            policy: Policy::default(),
            feedback: None,
        }
    }

    pub fn repo(&self) -> Repo {
        open_worktree(self.sandbox.repo()).unwrap()
    }

    pub fn worktree(&self) -> &Path {
        &self.place.worktree
    }

    /// Where gates make their worktrees.
    pub fn worktrees(&self) -> PathBuf {
        self.sandbox.root.path().join("pool")
    }

    /// The commit of the task's branch.
    pub fn tip(&self) -> Oid {
        self.sandbox.git(["rev-parse", "auto/t1"]).parse().unwrap()
    }

    /// Has a shell script make the first attempt, until it is done or a line of it says `stop`.
    pub fn attempt(&self, script: &str) -> Report {
        self.attempt_with(&shell(script, Input::None))
    }

    pub fn attempt_with(&self, agent: &Agent) -> Report {
        let stop = std::cell::Cell::new(false);
        let attempt = Attempt {
            assignment: &self.assignment,
            place: &self.place,
            agent,
            policy: &self.policy,
            number: 1,
            feedback: self.feedback.as_deref(),
            promise: Promise::Done,
            grace: Duration::from_millis(200),
            look_every: Duration::from_millis(20),
        };
        let prepared = attempt.prepare(&self.repo()).unwrap();
        let mut on_line = |line: &[u8]| stop.set(stop.get() || line == b"stop");
        prepared.run(&|| stop.get(), &mut on_line).unwrap()
    }

    /// What comes of work that is committed and promised, and then of this script.
    pub fn outcome(&self, script: &str) -> Outcome {
        self.attempt(script).outcome
    }

    pub fn files(&self) -> PathBuf {
        self.sandbox.repo().join(".git/baton/runs/r1/t1")
    }
}

pub fn shell(script: &str, input: Input) -> Agent {
    let command = CommandTemplate::parse(script).unwrap();
    let output = Output::Text;
    Agent {
        command,
        input,
        output,
        probe: None,
        limits: Vec::new(),
        confine: None,
        confined_command: None,
    }
}
