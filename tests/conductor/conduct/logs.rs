//! What an agent is told, and what a run leaves of its work: in the logs, the summaries and the handoff document.

use crate::conduct::scene::{Scene, Task};

/// The log of a task's session, as the target has it.
fn log(scene: &Scene, id: &str) -> String {
    let number = scene.session_number(id);
    let names = scene
        .sandbox
        .git(["ls-tree", "-r", "--name-only", "main", ".agents/sessions"]);
    let part = format!("-session-{number}-");
    let name = names.lines().find(|name| name.contains(&part)).unwrap();
    scene.sandbox.git(["show", &format!("main:{name}")])
}

/// The file of a task's summary, as the target has it.
fn summary(scene: &Scene, id: &str) -> String {
    let number = scene.session_number(id);
    let path = format!(".agents/temp/handoff-session-{number}-summary.md");
    scene.sandbox.git(["show", &format!("main:{path}")])
}

#[track_caller]
fn done(scene: &Scene, tasks: &[Task]) -> String {
    let run = scene.run(tasks);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
    run.out
}

#[test]
fn an_agent_is_told_of_the_handoff_document_its_summary_and_the_protocol() {
    let scene = Scene::new();
    scene
        .sandbox
        .write(".agents/SESSION-PROTOCOL.md", "# Session protocol\n");
    scene.sandbox.commit("Say how sessions work");
    done(
        &scene,
        &[Task::plain("a").with("verify = [\"test -e a/file\"]")],
    );
    let number = scene.session_number("a");
    let told = std::fs::read_to_string(scene.files("a").join("attempt-1.prompt")).unwrap();
    for part in [
        "Leave .agents/HANDOFF.md to the orchestrator",
        &format!(".agents/temp/handoff-session-{number}-summary.md"),
        ".agents/SESSION-PROTOCOL.md",
        "- a/**",
        "Verification: test -e a/file",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_summary_is_all_commits_where_the_agent_says_nothing() {
    let scene = Scene::new();
    done(&scene, &[Task::new("a", "work a/one; work a/two; promise")]);
    let said = "- Write a/one\n- Write a/two";
    assert_eq!(summary(&scene, "a"), said);
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    assert!(handoff.contains(said), "{handoff}");
}

#[test]
fn a_summary_is_what_a_told_agent_says_last() {
    let agent = "[conductor.agents.told]\ncommand = \"SIGNALS=ROOT/signals; . ROOT/skills.sh; test -s {prompt_file}; \
                 work $BATON_TASK/one; work $BATON_TASK/two; echo noise; echo; echo I wrote two files.; \
                 echo Nothing is left.; promise\"";
    let scene = Scene::with_policy("retry_delay = 0", agent);
    done(&scene, &[Task::new("a", "").with("agent = \"told\"")]);
    assert_eq!(summary(&scene, "a"), "I wrote two files.\nNothing is left.");
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    assert!(
        handoff.contains("I wrote two files.\nNothing is left.\n"),
        "{handoff}"
    );
}

#[test]
fn a_summary_that_an_agent_leaves_in_its_file_is_taken_and_committed() {
    let scene = Scene::new();
    let script = "work a/file; number=${BATON_SESSION##*/}; mkdir -p .agents/temp\n\
                  echo 'By my own hand.' >.agents/temp/handoff-session-$number-summary.md; promise";
    done(&scene, &[Task::new("a", script)]);
    assert_eq!(scene.task("a")["failed"], 0);
    assert_eq!(summary(&scene, "a"), "By my own hand.");
}

#[test]
fn a_summary_that_was_made_for_work_that_was_rejected_is_made_again() {
    let scene = Scene::with_policy(
        "max_agents = 2\nretry_delay = 0",
        "[conductor.gate]\ncommand = \"test -e a/two && echo TASK_APPROVED || echo TASK_REJECTED: no two\"",
    );
    let script = "work a/one; test $BATON_ATTEMPT = 1 || work a/two; promise";
    done(&scene, &[Task::new("a", script)]);
    assert_eq!(summary(&scene, "a"), "- Write a/one\n- Write a/two");
    let log = log(&scene, "a");
    for part in [
        "| gate | attempt 1, ",
        "| no two |",
        "was told of an earlier attempt: no two",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn a_log_says_who_did_what_and_which_check_shows_it() {
    let gate = "[conductor.gate]\ncommand = \"echo TASK_APPROVED\"";
    let scene = Scene::with_policy("retry_delay = 0", gate);
    let task = Task::new("a", "work a/one; work a/two; promise");
    done(
        &scene,
        &[task
            .with("verify = [\"test -e a/one\"]")
            .with("kind = \"backend\"")],
    );
    let log = log(&scene, "a");
    for part in [
        "**Type**: backend\n",
        "| agent `scripted` | attempt 1, ",
        "| agent `scripted` | Write a/one | commit ",
        "| verify | `test -e a/one` | exit status 0 |",
        "| gate | `echo TASK_APPROVED` | TASK_APPROVED |",
        "| `a/one` | added |\n| `a/two` | added |\n",
        "| Do a | [PASS] | verify: exit status 0; gate: approved |",
        "2 commits on branch `auto/a` |",
        "| MUST | Read `.agents/HANDOFF.md` | [N/A] | its agent has left it open, and nobody checked it |",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let named = log.split("| commit ").nth(1).unwrap();
    let named = named.split_whitespace().next().unwrap();
    let found = scene.sandbox.git(["log", "-1", "--format=%s", named]);
    assert_eq!(found, "Write a/one");
    assert_eq!(scene.task("a")["checks"][1]["by"], "gate");
}

#[test]
fn a_commit_that_the_log_names_stays_as_it_is() {
    let scene = Scene::new();
    let row = "| MUST | Run the checks that this repository asks for |";
    let script = format!(
        "work a/file; id=$(git rev-parse --short HEAD); echo $id >$SIGNALS/id\n\
         sed -i \"s/{row} \\[ \\] | |/{row} [x] | commit $id |/\" .agents/sessions/*.md; promise"
    );
    done(&scene, &[Task::new("a", &script)]);
    let id = std::fs::read_to_string(scene.signal("id")).unwrap();
    let log = log(&scene, "a");
    assert!(
        log.contains(&format!("[x] | commit {} |", id.trim())),
        "{log}"
    );
    scene
        .sandbox
        .git(["merge-base", "--is-ancestor", id.trim(), "main"]);
}

#[test]
fn where_nobody_has_checked_nothing_says_verified() {
    let scene = Scene::with_policy("retry_delay = 0\nmirror = true", "");
    let out = done(&scene, &[Task::plain("a")]);
    assert!(
        out.contains("a: taken as its agent says; no check was named"),
        "{out}"
    );
    let progress = scene.sandbox.read(".claude/auto-progress.yaml");
    assert!(progress.contains("qa_verified: false\n"), "{progress}");
    let checkpoint = scene.json(&["checkpoint", "read", "--format", "json"]);
    assert_eq!(checkpoint["verification_passed"], false);
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    for text in [log(&scene, "a"), summary(&scene, "a"), handoff, out] {
        assert!(!text.to_lowercase().contains("verified"), "{text}");
    }
}

#[test]
fn the_entry_of_a_run_names_its_orchestrator() {
    let scene = Scene::new();
    done(&scene, &[Task::plain("a")]);
    let handoff = scene.sandbox.read(".agents/HANDOFF.md");
    let line = handoff
        .lines()
        .find(|line| line.starts_with("**Orchestrator**: Session "));
    let number = line.unwrap().rsplit(' ').next().unwrap().to_owned();
    assert_ne!(number, scene.session_number("a"));
    let shown = scene
        .sandbox
        .run(["session", "show", &number, "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let title = shown["sessions"][0]["title"].as_str().unwrap();
    assert!(title.starts_with("Conduct run "), "{title}");
    let next = scene.orchestrator(&["aggregate"]);
    assert_eq!(
        next.code, 0,
        "nobody waits for it: {}{}",
        next.out, next.err
    );
}

#[test]
fn what_changes_a_page_is_looked_at_whatever_its_kind() {
    let check = "echo Viewports tested: mobile, wide; echo Interactive tests: 5/5 passed; \
                 echo png >$BATON_SCREENSHOTS/page.png; echo $BATON_TASK >>ROOT/seen";
    let scene = Scene::with_policy(
        "max_agents = 2\nretry_delay = 0",
        &format!("[conductor.e2e]\ncommand = \"{check}\""),
    );
    let page = Task::owning("page", &["site/**"], "work site/main.css; promise");
    let out = done(
        &scene,
        &[page.with("kind = \"backend\""), Task::plain("other")],
    );
    let seen = std::fs::read_to_string(scene.sandbox.root.path().join("seen")).unwrap();
    assert!(seen.lines().all(|line| line == "page"), "{seen}");
    for part in [
        "E2E Validation: FRONTEND",
        "Viewports tested: mobile, wide ",
        "Interactive tests: 5/5 passed ",
        "PASS ",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert_eq!(scene.task("page")["end_to_end"]["status"], "pass");
}

#[test]
fn the_policy_says_which_files_people_see() {
    let scene = Scene::with_policy(
        "retry_delay = 0",
        "[conductor.e2e]\ncommand = \"echo TASK_REJECTED: seen\"\npaths = [\"texts/**\"]",
    );
    let style = Task::owning("style", &["site/**"], "work site/main.css; promise");
    let text = Task::owning("text", &["texts/**"], "work texts/a; promise");
    let run = scene.run(&[style, text.with("attempts = 1")]);
    assert_eq!(run.code, 1, "{}{}", run.out, run.err);
    assert_eq!(
        [scene.status("style"), scene.status("text")],
        ["done", "failed"]
    );
}
