//! A repository in which the program conducts a small run.

use baton_testkit::{Ran, Sandbox};

const TASKS: &str = r#"
version = 1

[[task]]
id = "a"
title = "Write a"
prompt = "echo a > a; git add -A; git commit -q -m 'Write a'"
files = ["a"]

[[task]]
id = "b"
prompt = "test $BATON_ATTEMPT -gt 1; echo b > b; git add -A; git commit -q -m 'Write b'"
files = ["b"]
verify = ["test -e b"]

[[task]]
id = "c"
prompt = "cat a > c; git add -A; git commit -q -m 'Write c'"
files = ["c"]
after = ["a", "b"]
"#;

/// A guarded repository with a task file beside it; `conductor` is added to the policy's table.
pub fn repository(conductor: &str) -> Sandbox {
    let policy =
        format!("[conductor]\nagent = \"shell\"\nmin_tasks = 2\nretry_delay = 0\n{conductor}");
    let sandbox = Sandbox::with_policy(&policy);
    sandbox.git(["config", "core.fsync", "none"]);
    let installed = sandbox.run(["install"]);
    assert_eq!(installed.code, 0, "{}", installed.err);
    std::fs::write(sandbox.root.path().join("tasks.toml"), TASKS).unwrap();
    sandbox
}

/// Runs a verb of the conductor, which must succeed.
pub fn conduct(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let run = sandbox.run(["orchestrator"].iter().chain(args));
    assert_eq!(run.code, 0, "{args:?}: {}{}", run.out, run.err);
    run
}
