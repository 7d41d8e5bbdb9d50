//! A repository whose policy has shell scripts for scouts, planners and validators.

use std::fs;

use serde_json::Value;

use baton_testkit::{Ran, Sandbox};

/// A task file.
pub const TASKS: &str =
    "[[task]]\nid = \"a\"\ntitle = \"Write a\"\nprompt = \"Write it.\"\nfiles = [\"src/a\"]\n";

/// A planner that answers with [`TASKS`].
pub const PLANS: &str = "cat \"$BATON_GIT_DIR/plan\"";

/// A repository, and what its policy says.
pub struct Scene {
    pub sandbox: Sandbox,
    policy: String,
}

impl Scene {
    /// With a planner of this script.
    pub fn new(planner: &str) -> Self {
        let sandbox = Sandbox::empty();
        sandbox.git(["config", "user.name", "Tester"]);
        sandbox.git(["config", "user.email", "tester@example.com"]);
        fs::write(
            sandbox.repo().join(".git/plan"),
            format!("Here it is:\n```toml\n{TASKS}```\n"),
        )
        .unwrap();
        Self {
            sandbox,
            policy: format!("[conductor.feature.planner]\ncommand = '''{planner}'''\n"),
        }
    }

    /// With more of the planner's table, or of tables of their own.
    pub fn and(mut self, toml: &str) -> Self {
        self.policy.push_str(toml);
        self.policy.push('\n');
        self
    }

    /// With a scout of this script.
    pub fn scout(self, name: &str, script: &str) -> Self {
        self.scout_for(name, script, 60)
    }

    /// With a scout that may take so many seconds.
    pub fn scout_for(self, name: &str, script: &str, seconds: u64) -> Self {
        self.and(&format!(
            "[[conductor.feature.scout]]\nname = '{name}'\nprompt = 'What about {name}?'\nagent = '{name}'\ntimeout = {seconds}\n[conductor.agents.{name}]\ncommand = '''{script}'''"
        ))
    }

    /// Commits the policy; what was written before goes with it.
    pub fn ready(self) -> Self {
        self.sandbox.write("baton.toml", &self.policy);
        self.sandbox.write("src/old", "old\n");
        self.sandbox.commit("Set the rules");
        self.sandbox.git(["branch", "other"]);
        self
    }

    /// Runs `feature` up to the plan, with these arguments, and reads what it prints as JSON.
    pub fn feature(&self, args: &[&str]) -> (Ran, Value) {
        self.whole(&[&["--plan-only"], args].concat())
    }

    /// Runs `feature` with these arguments and reads what it prints as JSON.
    pub fn whole(&self, args: &[&str]) -> (Ran, Value) {
        let run = self.sandbox.run(
            ["orchestrator", "feature", "--format", "json"]
                .iter()
                .chain(args),
        );
        let document = serde_json::from_str(&run.out).unwrap_or(Value::Null);
        (run, document)
    }

    /// Has the wish fulfilled; the exit code must be this.
    pub fn wish(&self, code: i32) -> Value {
        let (run, document) = self.feature(&["Let people log in"]);
        assert_eq!(run.code, code, "{run:#?}");
        document
    }

    /// A file of the only run's record.
    pub fn recorded(&self, id: &str, file: &str) -> String {
        let name = format!("refs/baton/runs/{id}:{file}");
        self.sandbox.git(["cat-file", "blob", &name])
    }

    /// A file that a script has left in the git directory; empty when it has not.
    pub fn left(&self, file: &str) -> String {
        fs::read_to_string(self.sandbox.repo().join(".git").join(file)).unwrap_or_default()
    }
}

/// The id of the run.
pub fn id(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

/// Why what a scout found does not count; empty when it does.
pub fn void<'a>(document: &'a Value, scout: &str) -> &'a str {
    let scouted = &document["scouts"][scout];
    assert!(scouted.is_object(), "{document:#}");
    scouted["void"].as_str().unwrap_or_default()
}
