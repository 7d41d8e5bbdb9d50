//! The JSON schemas of `tasks.toml` and of plans say what the program reads and writes, and so does
//! docs/conductor.md.

use baton_core::layout::Screen;
use baton_core::plan::output::PlanDocument;
use baton_core::plan::{Plan, TaskList, json_schema, panel};
use baton_core::policy::{Conductor, Policy};
use baton_testkit::Sandbox;
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/conductor.md");

fn plan_schema() -> String {
    serde_json::to_string_pretty(&PlanDocument::schema()).unwrap() + "\n"
}

fn is_valid(schema: &str, document: &Value) -> bool {
    let schema = serde_json::from_str(schema).unwrap();
    jsonschema::validator_for(&schema)
        .unwrap()
        .is_valid(document)
}

fn from_toml(text: &str) -> Value {
    let value: toml::Value = toml::from_str(text).unwrap();
    serde_json::to_value(value).unwrap()
}

fn examples() -> impl Iterator<Item = &'static str> {
    let blocks = PAGE.split("```toml\n").skip(1);
    let blocks = blocks.filter_map(|block| Some(block.split_once("```")?.0));
    blocks.filter(|block| block.contains("[[task]]"))
}

fn read(text: &str) -> TaskList {
    match TaskList::parse("docs/conductor.md", text.as_bytes(), &Policy::default()) {
        Ok(list) => list,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

#[test]
fn every_example_on_the_page_can_be_planned_and_keeps_to_the_schemas() {
    assert!(examples().count() > 0);
    for example in examples() {
        assert!(is_valid(&json_schema(), &from_toml(example)), "{example}");
        let list = read(example);
        for enabled in [true, false] {
            let conductor = Conductor {
                enabled,
                ..Conductor::default()
            };
            let plan = Plan::new(&list, &conductor);
            let json = PlanDocument::new(&list, &plan).to_json();
            assert!(is_valid(
                &plan_schema(),
                &serde_json::from_str(&json).unwrap()
            ));
        }
    }
}

#[test]
fn the_page_shows_the_panel_of_its_example() {
    let list = read(examples().next().unwrap());
    let screen = Screen {
        ascii: false,
        columns: 80,
    };
    let drawn = panel(&list, &Plan::new(&list, &Conductor::default()), screen);
    assert!(PAGE.contains(&drawn), "{drawn}");
}

#[test]
fn the_page_names_every_key_of_a_task() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let keys = schema["$defs"]["TaskTable"]["properties"]
        .as_object()
        .unwrap();
    assert!(keys.len() > 5);
    for key in keys.keys() {
        assert!(PAGE.contains(&format!("| `{key}` |")), "{key}");
    }
}

#[test]
fn the_schema_of_tasks_refuses_what_the_program_refuses() {
    let task = "[[task]]\nid = 'a'\nprompt = 'p'\nfiles = []\n";
    assert!(is_valid(&json_schema(), &from_toml(task)));
    for refused in [
        "",
        "version = 2\n",
        "[[task]]\nid = 'a'\nprompt = 'p'\n",
        "[[task]]\nid = 'a b'\nprompt = 'p'\nfiles = []\n",
        &format!("{task}attempts = 0"),
        &format!("{task}timeout = 0"),
        &format!("{task}kind = 'x'"),
        &format!("{task}filez = []"),
    ] {
        let parsed = TaskList::parse("t", refused.as_bytes(), &Policy::default());
        assert!(parsed.is_err(), "{refused}");
        assert!(!is_valid(&json_schema(), &from_toml(refused)), "{refused}");
    }
}

#[test]
fn the_policy_that_plans_is_the_one_of_the_commit_that_is_checked_out() {
    let sandbox = Sandbox::empty();
    sandbox.write("baton.toml", "[conductor]\nmin_tasks = 2\nmax_agents = 2\n");
    sandbox.commit("Set the rules");
    sandbox.write("baton.toml", "[conductor]\nenabled = false\n");
    sandbox.write("tasks.toml", examples().next().unwrap());
    let run = sandbox.run(["orchestrator", "plan", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let plan: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&plan["mode"], &plan["max_agents"]),
        (&"parallel".into(), &2.into())
    );
    assert_eq!(plan["groups"].as_array().map(Vec::len), Some(2));
    let run = sandbox.run(["orchestrator", "plan", "--policy", "baton.toml"]);
    assert!(run.code == 0 && run.out.contains("SEQUENTIAL"), "{run:?}");
}
