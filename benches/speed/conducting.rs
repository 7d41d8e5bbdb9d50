//! A whole run, beside the agents' bare commands in parallel.

use std::fs;
use std::io::Result;
use std::path::Path;
use std::process::Command;

use crate::Row;
use crate::benches::{compared, made};
use crate::run::{self, Contestant, git, medians, seal};

/// How many agents work at once.
const AGENTS: usize = 4;

/// What each does: ten seconds of work, which is little for an agent, and a commit.
const WORK: &str = "sleep 10; mkdir -p $BATON_TASK; echo $BATON_RUN >$BATON_TASK/file; \
                    git add $BATON_TASK; git commit -q --allow-empty -m $BATON_TASK";

/// Agents that are conducted, from the plan to the aggregate commit, and the same commands side by
/// side in worktrees that are there. The pool is there from the round before the first.
pub fn rows(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let ours = made(directory.join("conduct-baton"), |path| make(path, true))?;
    let peers = made(directory.join("conduct-bare"), |path| make(path, false))?;
    let mut install = Command::new(baton);
    seal(
        install
            .current_dir(&ours)
            .arg("install")
            .stdout(std::process::Stdio::null()),
    );
    run::succeed(&mut install)?;
    let tasks: String = (0..AGENTS)
        .map(|n| format!("[[task]]\nid = \"t{n}\"\nfiles = [\"t{n}/**\"]\nprompt = \"Work.\"\n"))
        .collect();
    let list = directory.join("tasks.toml");
    fs::write(&list, tasks)?;
    let times = medians(
        3,
        &[
            Contestant::new(|| {
                let mut command = Command::new(baton);
                command
                    .current_dir(&ours)
                    .args(["orchestrator", "run", "--all"]);
                seal(command.arg(&list));
                command
            }),
            Contestant::new(|| {
                let one = format!(
                    "(cd ../conduct-bare-$n; export BATON_TASK=t$n BATON_RUN=$$; {WORK}) &"
                );
                let script =
                    format!("n=0; while [ $n -lt {AGENTS} ]; do {one} n=$((n+1)); done; wait");
                let mut command = Command::new("sh");
                command.current_dir(&peers).args(["-c", &script]);
                seal(&mut command);
                command
            }),
        ],
    )?;
    let landed = git(&ours)
        .args(["log", "--format=%s", "--grep=^t[0-9]$"])
        .output()?;
    let landed = landed.stdout.split(|byte| *byte == b'\n').count() - 1;
    if landed < 4 * AGENTS {
        return Err(std::io::Error::other(format!("{landed} tasks landed")));
    }
    let name = format!("{AGENTS} agents of 10 s, a whole run / bare");
    Ok(vec![compared(&name, times[0], times[1], 1.1)])
}

fn make(path: &Path, conducted: bool) -> Result<()> {
    fs::create_dir_all(path.join(".agents"))?;
    let in_repository = |args: &[&str]| run::succeed(git(path).args(args));
    in_repository(&["init", "-q", "-b", "main"])?;
    in_repository(&["config", "user.name", "Bench"])?;
    in_repository(&["config", "user.email", "bench@example.com"])?;
    let promise = "echo; echo \\\"<promise>TASK_DONE: $BATON_TASK</promise>\\\"";
    let policy = format!(
        "version = 1\n[conductor]\nagent = \"worker\"\n[conductor.agents.worker]\ncommand = \"{WORK}; {promise}\"\n"
    );
    fs::write(path.join("baton.toml"), policy)?;
    fs::write(
        path.join(".agents/HANDOFF.md"),
        "# Handoff\n\n## Recent Work\n",
    )?;
    in_repository(&["add", "-A"])?;
    in_repository(&["commit", "-q", "-m", "Begin"])?;
    let worktrees = if conducted { 0 } else { AGENTS };
    for n in 0..worktrees {
        let at = format!("../conduct-bare-{n}");
        in_repository(&["worktree", "add", "-q", "-b", &format!("t{n}"), &at])?;
    }
    Ok(())
}
