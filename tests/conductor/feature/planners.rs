//! Who makes the task file, and what happens when it is none.

use crate::feature::scene::{PLANS, Scene, TASKS, id};

#[test]
fn a_task_file_that_cannot_be_used_goes_back_to_its_planner() {
    let answers = "case $BATON_ATTEMPT in 1) echo nonsense;; 2) printf '```toml\\n[[task]]\\nid = \"a\"\\nprompt = \"p\"\\nfiles = []\\nafter = [\"b\"]\\n```\\n';; *) cat {prompt_file} > \"$BATON_GIT_DIR/third\"; printf '%s' \"$(sed -n '/task..$/,/files/p' \"$BATON_GIT_DIR/plan\")\" > \"$BATON_TASKS_FILE\"; esac";
    let scene = Scene::new(answers).ready();
    let came = scene.wish(0);
    assert_eq!(came["planners"]["planner-1"]["attempts"], 3);
    assert_eq!(scene.recorded(id(&came), "tasks.toml"), TASKS.trim());
    let told = scene.left("third");
    assert!(
        told.contains("Your last answer could not be used"),
        "{told}"
    );
    assert!(told.contains("comes after `b`"), "{told}");
    let files = came["files"].as_str().unwrap();
    let second = std::fs::read_to_string(format!("{files}/planner-1/attempt-2.prompt")).unwrap();
    assert!(second.contains("there is no task file in it"), "{second}");
}

#[test]
fn a_planner_that_never_answers_is_given_up_and_a_person_goes_on() {
    let scene = Scene::new("cat {prompt_file}").and("attempts = 2").ready();
    let came = scene.wish(1);
    assert_eq!(came["end"], "no_plan");
    assert_eq!(came["planners"]["planner-1"]["attempts"], 2);
    scene.sandbox.write("mine.toml", "[[task]]\n");
    let (run, _) = scene.feature(&["--resume", "--tasks", "mine.toml"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("mine.toml"), "{}", run.err);
    scene.sandbox.write("mine.toml", TASKS);
    let (run, again) = scene.feature(&["--resume", "--tasks", "mine.toml"]);
    assert_eq!((run.code, &again["end"]), (0, &"planned".into()), "{run:?}");
    assert_eq!(id(&again), id(&came));
}

#[test]
fn a_planner_may_change_nothing() {
    let scene = Scene::new(&format!("echo > new; {PLANS}"))
        .and("attempts = 1")
        .ready();
    let why = scene.wish(1)["why"].as_str().unwrap().to_owned();
    assert!(why.contains("new changed in its worktree"), "{why}");
}

/// A planner whose task file has its own name in it.
const DIFFERS: &str = "sed \"s/Write it/Write it as $BATON_TASK/\" \"$BATON_GIT_DIR/plan\"";

#[test]
fn a_tie_is_named_and_a_person_decides() {
    let scene = Scene::new(DIFFERS)
        .and("count = 2\ncombine = 'vote'")
        .ready();
    let run = scene
        .sandbox
        .run(["orchestrator", "feature", "--plan-only", "x"]);
    assert_eq!(run.code, 1);
    for said in [
        "a tie between 2 answers",
        "planner-1: the tasks a",
        "planner-2: the tasks a",
        "--tasks FILE",
    ] {
        assert!(run.out.contains(said), "{said}: {}", run.out);
    }
    let (run, came) = scene.feature(&["--resume"]);
    assert_eq!((run.code, &came["end"]), (1, &"undecided".into()));
    let chosen = format!("{}/planner-2.toml", came["files"].as_str().unwrap());
    let (run, came) = scene.feature(&["--resume", id(&came), "--tasks", &chosen]);
    assert_eq!((run.code, &came["end"]), (0, &"planned".into()));
    assert!(
        scene
            .recorded(id(&came), "tasks.toml")
            .contains("as planner-2")
    );
}

#[test]
fn a_majority_and_nothing_less_decides() {
    let most = "case $BATON_TASK in planner-3) echo no;; *) cat \"$BATON_GIT_DIR/plan\";; esac";
    let scene = |combine: &str| {
        let more = format!("count = 3\nattempts = 1\ncombine = '{combine}'");
        Scene::new(most).and(&more).ready()
    };
    assert_eq!(scene("vote").wish(0)["end"], "planned");
    assert_eq!(
        scene("merge").wish(0)["planners"]["planner-merge"]["attempts"],
        1
    );
    assert_eq!(scene("escalate").wish(1)["end"], "undecided");
}

#[test]
fn several_task_files_are_made_one_by_one_more_planner() {
    let merges = format!(
        "case $BATON_TASK in planner-merge) cat {{prompt_file}} > \"$BATON_GIT_DIR/seen\";; esac; {DIFFERS}"
    );
    let scene = Scene::new(&merges).and("count = 2").ready();
    let came = scene.wish(0);
    assert!(
        scene
            .recorded(id(&came), "tasks.toml")
            .contains("as planner-merge")
    );
    let seen = scene.left("seen");
    assert!(
        seen.contains("as planner-1") && seen.contains("as planner-2"),
        "{seen}"
    );
}

#[test]
fn task_files_with_the_same_effect_are_one() {
    let reworded = "printf '```toml\\n# a remark\\nversion = 1\\n[[task]]\\nfiles = [ \"src/a\" ]\\nprompt = \"\"\"\\nWrite it.\"\"\"\\ntitle = \"Another title\"\\nid = \"a\"\\n```\\n'";
    let plans = format!("case $BATON_TASK in planner-1) {PLANS};; *) {reworded};; esac");
    for combine in ["vote", "escalate"] {
        let more = format!("count = 2\nattempts = 1\ncombine = '{combine}'");
        let scene = Scene::new(&plans).and(&more).ready();
        assert_eq!(scene.wish(0)["end"], "planned");
    }
}
