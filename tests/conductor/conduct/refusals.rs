//! What a run lacks is found before anything begins.

use crate::conduct::scene::{Scene, Task};
use baton_testkit::Ran;

/// Nothing has begun: no worktree, no branch, no session, no run.
fn refuses(scene: &Scene, tasks: &[Task], words: &[&str]) -> Ran {
    let run = scene.run(tasks);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    let err = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(err.contains(word), "{word}: {}", run.err);
    }
    assert_eq!(scene.branches(), ["main"]);
    assert_eq!(scene.sandbox.git(["for-each-ref", "refs/baton"]), "");
    assert!(!scene.sandbox.repo().join(".git/baton/pool").exists());
    run
}

#[test]
fn a_policy_without_session_logs_begins_no_run() {
    let scene = Scene::with_policy("max_agents = 2", "[sessions]\nlogs = []");
    let words = ["every task needs one", "`logs` under [sessions]"];
    refuses(&scene, &[Task::plain("a")], &words);
}

#[test]
fn the_branch_on_which_the_work_lands_has_to_have_logs() {
    let scene = Scene::new();
    let git = |words: &[&str]| {
        let unguarded = ["-c", "core.hooksPath=/dev/null"];
        scene.sandbox.git(unguarded.iter().chain(words));
    };
    git(&["checkout", "-q", "-b", "other"]);
    let policy = scene.sandbox.read("baton.toml") + "[sessions]\nlogs = []\n";
    scene.sandbox.write("baton.toml", policy);
    git(&["commit", "-qam", "Keep no logs"]);
    git(&["checkout", "-q", "main"]);
    let path = scene.tasks("tasks.toml", &[Task::plain("a")]);
    let run = scene.orchestrator(&["run", path.to_str().unwrap(), "--into", "other"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("no session can begin"), "{}", run.err);
}

#[test]
fn a_remote_that_does_not_answer_begins_no_run() {
    let scene = Scene::new();
    scene
        .sandbox
        .git(["remote", "add", "origin", "../nowhere.git"]);
    refuses(
        &scene,
        &[Task::plain("a")],
        &["the remote `origin`", "no session can begin"],
    );
}

/// git takes a relative path from the root of the worktree that asks.
#[test]
fn a_remote_at_a_relative_path_numbers_the_sessions_of_every_worktree() {
    let scene = Scene::new();
    let there = scene.sandbox.root.path().join("there.git");
    scene
        .sandbox
        .git(["init", "-q", "--bare", there.to_str().unwrap()]);
    let root = scene.sandbox.repo();
    let up = root.strip_prefix(scene.sandbox.root.path()).unwrap();
    let up = "../".repeat(up.components().count());
    let path = format!("{up}there.git");
    scene
        .sandbox
        .git(["remote", "add", "origin", path.as_str()]);
    let run = scene.run(&[Task::plain("a"), Task::plain("b")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn programs_that_are_not_there_begin_no_run() {
    let scene = Scene::with_policy(
        "max_agents = 2",
        "[conductor.agents.gone]\ncommand = \"A=1 no-such-agent {prompt}\"\n\
         [conductor.gate]\ncommand = \"no-such-gate\"",
    );
    let words = [
        "`no-such-agent` here that agent `gone` could start",
        "`no-such-gate` here that [conductor.gate] could start",
    ];
    let tasks = [Task::plain("a"), Task::plain("b").with("agent = \"gone\"")];
    refuses(&scene, &tasks, &words);
}

/// Agents work in worktrees, in which a path may lead elsewhere.
#[test]
fn a_program_beside_the_main_checkout_begins_no_run() {
    let scene = Scene::with_policy(
        "max_agents = 2",
        "[conductor.agents.own]\ncommand = \"../own {prompt}\"\n\
         [conductor.agents.mine]\ncommand = \"bin/mine {prompt}\"",
    );
    let own = scene.sandbox.repo().parent().unwrap().join("own");
    baton_testkit::write_program(&own, "#!/bin/sh\n");
    let words = [
        "`../own`, which agent `own` starts, is not in the worktrees",
        "`bin/mine`, which agent `mine` starts, is not in the worktrees",
    ];
    let by = |id, agent| Task::plain(id).with(&format!("agent = \"{agent}\""));
    refuses(&scene, &[by("a", "own"), by("b", "mine")], &words);
}

#[test]
fn what_is_gone_when_a_run_goes_on_costs_no_task_an_attempt() {
    let scene = Scene::with_policy(
        "max_agents = 2",
        "[conductor.agents.own]\ncommand = \"ROOT/own {prompt}\"",
    );
    let own = scene.sandbox.root.path().join("own");
    let script = "#!/bin/sh\nmkdir -p $BATON_TASK && echo x >$BATON_TASK/file && git add . &&\n\
                  git commit -qm 'Write it' && echo \"<promise>TASK_DONE: $BATON_TASK</promise>\"\n";
    let put = || baton_testkit::write_program(&own, script);
    put();
    let by_own = |id| Task::plain(id).with("agent = \"own\"");
    let tasks = [by_own("a"), by_own("c"), by_own("b").after(&["a", "c"])];
    let path = scene.tasks("tasks.toml", &tasks);
    let run = scene.orchestrator(&["run", "--one-group", path.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(scene.status("b"), "pending");
    std::fs::remove_file(&own).unwrap();
    let run = scene.resume();
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert_eq!([scene.status("b"), scene.phase()], ["pending", "paused"]);
    put();
    let run = scene.resume();
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

#[test]
fn an_agent_whose_sandbox_keeps_it_from_committing_is_not_started() {
    let probed = |probe: &str| {
        let probe = format!("probe = {probe:?}");
        let scene = Scene::with_policy("max_agents = 3\nretry_delay = 0", &probe);
        let run = scene.run(&[Task::plain("a")]);
        let branches = scene.branches();
        assert!(
            !branches.iter().any(|name| name.contains("probe")),
            "{branches:?}"
        );
        let worktrees = scene.sandbox.git(["worktree", "list"]);
        assert!(!worktrees.contains("probe"), "{worktrees}");
        (scene, run)
    };
    let (_, refused) = probed("chmod a-w $BATON_WORKTREE_GIT_DIR; echo no room >&2; exit 1");
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
    let said = "the sandbox of agent `scripted` keeps it from committing: no room";
    assert!(refused.err.contains(said), "{}", refused.err);
    for probe in ["git commit -q --allow-empty -m Probe || exit 1", "exit 3"] {
        let (scene, run) = probed(probe);
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        scene.assert_clean();
    }
}
