//! Who judges what was merged.

use std::cell::Cell;

use baton_conductor::feature::{
    self, Callbacks, End, FeatureOptions, FeatureRequest, FeatureResult, Ran, ToRun,
};
use baton_git::worktrees::open_worktree;

use crate::feature::scene::{PLANS, Scene, TASKS};

fn validator(name: &str, script: &str) -> String {
    format!("[[conductor.feature.validator]]\nname = '{name}'\ncommand = '''{script}'''")
}

/// A feature whose tasks are done by a commit on `main`, or are not.
fn came(scene: &Scene, ran: impl Fn(&ToRun<'_>) -> Ran) -> FeatureResult {
    let repo = open_worktree(scene.sandbox.repo()).unwrap();
    let callbacks = Callbacks {
        conduct: Some(&|run| Ok(ran(run))),
        stop: &|| false,
        tell: &|_| (),
    };
    let wish = FeatureRequest {
        text: "Let people log in".to_owned(),
        into: None,
        options: FeatureOptions::default(),
    };
    match feature::begin(&repo, &wish, callbacks) {
        Ok(came) => came,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn merged(scene: &Scene) -> Ran {
    let tip = scene.sandbox.commit_file("src/a", "a\n");
    Ran::Merged {
        tip: tip.parse().unwrap(),
    }
}

#[test]
fn the_merged_result_is_judged_in_a_fresh_worktree() {
    let looks = "test -f src/a && ! test -e left && git diff --quiet HEAD main && cat {prompt_file} > \"$BATON_GIT_DIR/seen\" && echo TASK_APPROVED";
    let scene = Scene::new(PLANS).and(&validator("looks", looks)).ready();
    let came = came(&scene, |run| {
        assert_eq!(run.tasks, TASKS.as_bytes());
        std::fs::write(scene.sandbox.repo().join(".git/info/exclude"), "left\n").unwrap();
        scene.sandbox.write("left", "works for me\n");
        merged(&scene)
    });
    assert_eq!(came.end, End::Done, "{came:?}");
    assert!(scene.left("seen").contains("- a: Write a"));
    assert_eq!(scene.sandbox.git(["worktree", "list"]).lines().count(), 1);
}

#[test]
fn validators_vote() {
    let yes = "echo TASK_APPROVED";
    let no = "echo TASK_REJECTED: no logout";
    for (scripts, is_done) in [
        (vec![yes, yes, no], true),
        (vec![yes, no], false),
        (vec![yes, "exit 1"], false),
        (vec!["true"], false),
        (vec![], true),
    ] {
        let tables = scripts.iter().enumerate();
        let tables: Vec<_> = tables
            .map(|(at, script)| validator(&format!("v{at}"), script))
            .collect();
        let scene = Scene::new(PLANS).and(&tables.join("\n")).ready();
        let came = came(&scene, |_| merged(&scene));
        match &came.end {
            End::Done => assert!(is_done, "{scripts:?}"),
            End::Rejected(why) => {
                assert!(!is_done, "{scripts:?}: {why}");
                assert_eq!(
                    scripts.contains(&no),
                    why.contains("v1: no logout"),
                    "{why}"
                );
            }
            // Who ended without a decision may still make one.
            End::Unfinished(_) => assert_eq!(scripts, ["true"]),
            other => panic!("{scripts:?}: {other:?}"),
        }
        let is_open = matches!(came.end, End::Unfinished(_));
        assert_eq!(came.state.phase.is_over(), !is_open);
    }
}

#[test]
fn tasks_that_are_not_done_are_gone_on_with() {
    let scene = Scene::new(PLANS)
        .and(&validator("v", "echo TASK_APPROVED"))
        .ready();
    let first = came(&scene, |_| Ran::Unfinished {
        why: "a failed".to_owned(),
    });
    assert_eq!(first.end, End::Unfinished("a failed".to_owned()));
    let repo = open_worktree(scene.sandbox.repo()).unwrap();
    let asked = Cell::new(0);
    let callbacks = Callbacks {
        conduct: Some(&|run| {
            assert_eq!(run.run, first.id);
            asked.set(asked.get() + 1);
            Ok(merged(&scene))
        }),
        stop: &|| false,
        tell: &|_| (),
    };
    let again = feature::resume(&repo, None, &FeatureOptions::default(), callbacks).unwrap();
    assert_eq!((again.end, asked.get()), (End::Done, 1));
    let over = feature::resume(
        &repo,
        Some(&first.id),
        &FeatureOptions::default(),
        callbacks,
    )
    .unwrap();
    assert_eq!((over.end, asked.get()), (End::Done, 1));
}

#[test]
fn a_wish_becomes_a_merged_and_approved_branch() {
    let worker = "cat {prompt_file} > \"$BATON_GIT_DIR/told\"; cd {worktree}; mkdir -p src; echo {task} > src/$BATON_TASK; git add src; git commit -qm \"Write {task}\"; echo \"<promise>TASK_DONE: $BATON_TASK</promise>\"";
    let scene = Scene::new(PLANS)
        .scout("one", "echo 'all is in src'")
        .and("[conductor.feature]\nconstraints = ['C.md']")
        .and(&validator("v", "test -f src/a && test -f src/b && echo TASK_APPROVED"))
        .and(&format!(
            "[conductor]\nagent = 'worker'\nmin_tasks = 2\nmax_agents = 2\nretry_on_failure = 0\n[conductor.agents.worker]\ncommand = '''{worker}'''"
        ));
    let two = format!(
        "{TASKS}{}",
        TASKS.replace("\"a\"", "\"b\"").replace("src/a", "src/b")
    );
    std::fs::write(
        scene.sandbox.repo().join(".git/plan"),
        format!("```toml\n{two}```\n"),
    )
    .unwrap();
    scene.sandbox.write("C.md", "Never use tabs.\n");
    let scene = scene.ready();
    let installed = scene.sandbox.run(["install"]);
    assert_eq!(installed.code, 0, "{}", installed.err);
    let (run, came) = scene.whole(&["Write a and b", "--all"]);
    assert_eq!((run.code, &came["end"]), (0, &"done".into()), "{run:#?}");
    assert_eq!(came["validators"]["v"]["verdict"], "approved");
    let id = came["id"].as_str().unwrap();
    assert_eq!(scene.sandbox.git(["show", "main:src/b"]), "b");
    assert!(scene.left("told").contains("## C.md\n\nNever use tabs."));
    assert!(scene.recorded(id, "context.md").contains("all is in src"));
    let status = scene.sandbox.run(["orchestrator", "status"]);
    assert!(status.code == 0 && status.out.contains(id), "{status:?}");
}

#[test]
fn a_validator_that_was_blocked_is_asked_again() {
    let scene = Scene::new(PLANS)
        .and(&validator("yes", "echo TASK_APPROVED"))
        .and(&validator(
            "later",
            "echo x >> \"$BATON_GIT_DIR/asked\"; test -e \"$BATON_GIT_DIR/open\" && echo TASK_APPROVED || echo QA_BLOCKED: no network",
        ))
        .ready();
    let first = came(&scene, |_| merged(&scene));
    let End::Unfinished(why) = &first.end else {
        panic!("{:?}", first.end);
    };
    assert!(
        why.contains("later: no network") && why.contains("--resume"),
        "{why}"
    );
    std::fs::write(scene.sandbox.repo().join(".git/open"), "").unwrap();
    let repo = open_worktree(scene.sandbox.repo()).unwrap();
    let callbacks = Callbacks {
        conduct: None,
        stop: &|| false,
        tell: &|_| (),
    };
    let again = feature::resume(&repo, None, &FeatureOptions::default(), callbacks).unwrap();
    assert_eq!(again.end, End::Done);
    assert_eq!(scene.left("asked"), "x\nx\n");
}

#[test]
fn what_is_not_committed_is_told_before_a_scout_is_paid() {
    let scene = Scene::new(PLANS)
        .scout("looks", "echo x > \"$BATON_GIT_DIR/paid\"; echo found")
        .ready();
    scene.sandbox.write("src/old", "changed\n");
    let (run, _) = scene.whole(&["Let people log in"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert!(run.err.contains("not committed, src/old"), "{}", run.err);
    assert_eq!(scene.left("paid"), "");
}
