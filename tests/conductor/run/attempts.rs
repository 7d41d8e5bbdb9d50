//! What an agent says, against what it did.

use std::fs;
use std::time::Duration;

use baton_conductor::run::attempt::Outcome;
use baton_core::model::SessionId;
use baton_core::policy::Policy;
use baton_core::policy::conductor::agents::Input;
use baton_core::policy::conductor::profiles;

use crate::run::support::{SAYS_DONE, Scene, WORKS, shell};

fn done(subject: &str) -> Outcome {
    Outcome::Done {
        outcome: subject.to_owned(),
    }
}

fn no_promise() -> Outcome {
    Outcome::NoPromise {
        line: "<promise>TASK_DONE: t1</promise>".to_owned(),
        error: None,
    }
}

/// Why an agent is not believed.
fn lie(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Lied { why } => why,
        other => panic!("{other:?} is no lie"),
    }
}

/// Whether the process whose number a file holds is gone.
fn is_gone(scene: &Scene, file: &str) -> bool {
    let id = fs::read_to_string(scene.sandbox.root.path().join(file)).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim()));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn work_that_is_committed_and_promised_is_done() {
    let scene = Scene::new();
    let report = scene.attempt(&format!("{WORKS}; {SAYS_DONE}"));
    assert_eq!(report.outcome, done("Write a"));
    let log = fs::read_to_string(scene.files().join("attempt-1.log")).unwrap();
    assert_eq!(log, "<promise>TASK_DONE: t1</promise>\n");
    assert_eq!(report.log, scene.files().join("attempt-1.log"));
}

#[test]
fn ready_for_qa_is_a_promise_too() {
    let says = format!("{WORKS}; echo '<promise>READY_FOR_QA: t1</promise>'");
    assert_eq!(Scene::new().outcome(&says), done("Write a"));
    let on_errors = Scene::new().outcome(&format!("{says} >&2"));
    assert_eq!(on_errors, no_promise());
}

#[test]
fn a_promise_in_an_event_is_one() {
    let prints = |event: &str| format!("{WORKS}; printf '%s\\n' '{event}'");
    let said = r#"{"type":"item.completed","item":{"type":"agent_message","text":"ok\n<promise>TASK_DONE: t1</promise>"}}"#;
    assert_eq!(Scene::new().outcome(&prints(said)), done("Write a"));
    let read = r#"{"type":"item.completed","item":{"type":"command_execution","aggregated_output":"<promise>TASK_DONE: t1</promise>"}}"#;
    assert_eq!(Scene::new().outcome(&prints(read)), no_promise());
}

#[test]
fn an_agent_that_ends_with_an_error_is_told_so() {
    let event = r#"{"type":"result","is_error":false,"result":"[API Error: 401 no key]"}"#;
    let outcome = Scene::new().outcome(&format!("printf '%s\\n' '{event}'"));
    let feedback = outcome.feedback().unwrap();
    assert!(
        feedback.ends_with("; its last error: [API Error: 401 no key]"),
        "{feedback}"
    );
}

#[test]
fn the_prompt_repeated_is_no_promise() {
    let mut scene = Scene::new();
    scene.assignment.prompt = format!("Say this:\n{}\n", "<promise>TASK_DONE: t1</promise>");
    scene.feedback = Some("<promise>TASK_DONE: t1</promise>".to_owned());
    let report = scene.attempt_with(&shell(&format!("{WORKS}; cat"), Input::Prompt));
    assert_eq!(report.outcome, no_promise());
    let prompt = fs::read_to_string(scene.files().join("attempt-1.prompt")).unwrap();
    assert_eq!(report.tail, prompt);
    let place = scene.worktree().display();
    assert!(prompt.starts_with(&format!("Work in worktree at {place}.")));
    assert!(prompt.ends_with("output, on a line of its own: <promise>TASK_DONE: t1</promise>\n"));
}

#[test]
fn another_tasks_promise_is_none() {
    let says = "echo '<promise>TASK_DONE: t2</promise>'";
    let outcome = Scene::new().outcome(&format!("{WORKS}; {says}"));
    assert_eq!(outcome, no_promise());
}

#[test]
fn a_crash_is_a_failure_whatever_was_promised() {
    let scene = Scene::new();
    let how = "ended with exit status 3: out of memory".to_owned();
    let script = format!("{WORKS}; {SAYS_DONE}; echo out of memory >&2; exit 3");
    assert_eq!(scene.outcome(&script), Outcome::Failed { how });
    let how = "was ended by signal 9".to_owned();
    assert_eq!(scene.outcome("kill -9 $$"), Outcome::Failed { how });
}

#[test]
fn who_hangs_is_ended_with_all_it_started() {
    let mut scene = Scene::new();
    scene.assignment.limit = Some(Duration::from_millis(300));
    let outcome = scene
        .outcome("trap '' TERM; setsid sh -c 'echo $$ > ../daemon; exec sleep 1000' & sleep 1000");
    assert_eq!(outcome, Outcome::TimedOut);
    assert!(is_gone(&scene, "daemon"));
}

#[test]
fn a_stop_keeps_the_work() {
    let scene = Scene::new();
    let outcome = scene.outcome("echo half > src/half; echo stop; sleep 1000");
    assert_eq!(outcome, Outcome::Stopped);
    assert!(scene.worktree().join("src/half").exists());
    assert_eq!(outcome.feedback(), None);
}

#[test]
fn a_daemon_does_not_outlive_the_attempt() {
    let scene = Scene::new();
    let outcome = scene.outcome(&format!(
        "{WORKS}; mkfifo ../up; (setsid sh -c 'echo $$ > ../daemon; echo > ../up; exec sleep 1000' &) ; read x < ../up; {SAYS_DONE}"
    ));
    assert_eq!(outcome, done("Write a"));
    assert!(is_gone(&scene, "daemon"));
}

#[test]
fn a_promise_without_a_commit_says_that_nothing_was_to_do() {
    let mut scene = Scene::new();
    assert_eq!(scene.outcome(SAYS_DONE), done("nothing to do"));
    let prompt = fs::read_to_string(scene.files().join("attempt-1.prompt")).unwrap();
    assert!(prompt.contains("If nothing is left to change"), "{prompt}");
    scene.assignment.verify = vec!["test -e other".to_owned()];
    assert_eq!(scene.outcome(SAYS_DONE), done("nothing to do"));

    scene.assignment.verify = vec!["test -e src/a".to_owned()];
    let outcome = scene.outcome(SAYS_DONE);
    assert!(lie(&outcome).starts_with("`test -e src/a`"));
    assert!(
        outcome
            .feedback()
            .unwrap()
            .starts_with("it said that the task is done, but")
    );
}

#[test]
fn what_agents_and_tools_drop_ends_no_attempt() {
    let mut scene = Scene::new();
    let drops = "mkdir -p .claude src/__pycache__; echo > .claude/settings.local.json\n\
                 echo > src/__pycache__/a.pyc; echo > trace.log\n\
                 git worktree add -q -b helper .claude/worktrees/one\n";
    let works = "echo work > src/a; git add src/a; git commit -qm 'Write a'";
    let script = format!("{drops}{works}; {SAYS_DONE}");
    assert_eq!(scene.outcome(&script), done("Write a"));

    // Whoever owns everything has committed everything.
    scene.assignment.owned = None;
    assert_eq!(
        lie(&scene.outcome(SAYS_DONE)),
        "it has not committed trace.log"
    );
    scene.policy = ignoring("*.log");
    assert_eq!(scene.outcome(SAYS_DONE), done("Write a"));
}

#[test]
fn a_commit_with_what_was_dropped_is_a_stray() {
    let scene = Scene::new();
    let drops = "mkdir .claude; echo > .claude/settings.local.json";
    let outcome = scene.outcome(&format!("{drops}; {WORKS}; {SAYS_DONE}"));
    let paths = vec![".claude/settings.local.json".into()];
    assert_eq!(outcome, Outcome::Strayed { paths });
}

#[test]
fn what_the_settings_ignore_may_change_until_it_is_committed() {
    let mut scene = Scene::new();
    scene.policy = ignoring("other");
    let works = "echo 2 > other; echo work > src/a; git add src; git commit -qm 'Write a'";
    assert_eq!(
        scene.outcome(&format!("{works}; {SAYS_DONE}")),
        done("Write a")
    );
    let outcome = scene.outcome(&format!("git commit -qam more; {SAYS_DONE}"));
    assert!(matches!(outcome, Outcome::Strayed { .. }), "{outcome:?}");
}

/// A policy that ignores this pattern.
fn ignoring(pattern: &str) -> Policy {
    let text = format!("version = 1\n[conductor]\nignore = [{pattern:?}]\n");
    Policy::parse("baton.toml", text.as_bytes()).unwrap()
}

#[test]
fn a_promise_with_work_left_over_is_a_lie() {
    let scene = Scene::new();
    let outcome = scene.outcome(&format!(
        "{WORKS}; echo > src/b; echo > ignored; {SAYS_DONE}"
    ));
    assert_eq!(lie(&outcome), "it has not committed src/b");
}

#[test]
fn a_promise_on_another_branch_is_a_lie() {
    let scene = || {
        let mut scene = Scene::new();
        scene.assignment.owned = None;
        scene
    };
    for away in ["git checkout -q --detach", "git checkout -q -b mine"] {
        let outcome = scene().outcome(&format!("{away}; {WORKS}; {SAYS_DONE}"));
        assert!(lie(&outcome).contains("not on its branch"), "{away}");
    }
    let rewritten = "git checkout -q --orphan x; git commit -qm x; git branch -M x auto/t1";
    let outcome = scene().outcome(&format!("{rewritten}; {WORKS}; {SAYS_DONE}"));
    assert!(lie(&outcome).contains("the commit on which the task began"));
}

#[test]
fn a_promise_that_verification_denies_is_a_lie() {
    let mut scene = Scene::new();
    scene.assignment.verify = ["test -f src/a", "echo 1 test failed; exit 1", "touch never"]
        .map(str::to_owned)
        .to_vec();
    let outcome = scene.outcome(&format!("{WORKS}; {SAYS_DONE}"));
    let why = "`echo 1 test failed; exit 1` ended with exit status 1: 1 test failed";
    assert_eq!(lie(&outcome), why);
    let log = fs::read_to_string(scene.files().join("attempt-1.log")).unwrap();
    assert!(log.contains("$ test -f src/a\n$ echo 1 test failed"));
    scene.assignment.verify.drain(1..);
    assert_eq!(scene.outcome(SAYS_DONE), done("Write a"));
}

#[test]
fn who_touches_others_files_is_caught_at_work() {
    let scene = Scene::new();
    // Whoever looks only in the end finds nothing.
    for (touch, undo) in [
        ("echo > mine; git add mine", "git rm -qf mine"),
        ("rm other", "git checkout -q other"),
        ("git mv other src/other", "git mv src/other other"),
    ] {
        let outcome = scene.outcome(&format!(
            "trap '{undo}; exit' TERM; {touch}; sleep 1000 & wait"
        ));
        let Outcome::Strayed { paths } = &outcome else {
            panic!("{outcome:?}");
        };
        assert!(paths.len() == 1 && (paths[0] == "mine" || paths[0] == "other"));
        scene.sandbox.git([
            "-C",
            scene.worktree().to_str().unwrap(),
            "reset",
            "-q",
            "--hard",
        ]);
        scene
            .sandbox
            .git(["-C", scene.worktree().to_str().unwrap(), "clean", "-qfd"]);
    }
    let outcome = scene.outcome("echo > other; git commit -qam 'Take it'; sleep 1000");
    let paths = vec!["other".into()];
    assert_eq!(outcome, Outcome::Strayed { paths });
}

#[test]
fn what_was_touched_and_committed_at_once_is_found_in_the_end() {
    let scene = Scene::new();
    let outcome = scene.outcome(&format!("echo > other; {WORKS}; {SAYS_DONE}"));
    let paths = vec!["other".into()];
    assert_eq!(outcome, Outcome::Strayed { paths });
    assert!(outcome.feedback().unwrap().ends_with("not its own: other"));
}

#[test]
fn the_sessions_own_log_is_no_stray() {
    let mut scene = Scene::new();
    scene.place.session = SessionId::parse("2025-12-18/19");
    let log = baton_testkit::log;
    let writes =
        |path: String| format!("mkdir -p .agents/sessions; echo x > {path}; {WORKS}; {SAYS_DONE}");
    assert_eq!(scene.outcome(&writes(log(19))), done("Write a"));
    let paths = vec![log(20).into()];
    assert_eq!(scene.outcome(&writes(log(20))), Outcome::Strayed { paths });
}

#[test]
fn a_worktree_that_was_destroyed_holds_no_work() {
    let outcome = Scene::new().outcome(&format!("rm -rf \"$PWD\"; {SAYS_DONE}"));
    assert_eq!(outcome, Outcome::Uprooted);
}

#[test]
fn the_shell_agent_runs_the_tasks_prompt() {
    let mut scene = Scene::new();
    scene.assignment.prompt = WORKS.replace("; ", "\n");
    let agent = profiles::find("shell").unwrap();
    assert_eq!(scene.attempt_with(&agent).outcome, done("Write a"));
    scene.assignment.prompt = "false\necho never".to_owned();
    let outcome = scene.attempt_with(&agent).outcome;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
}
