//! What a run records and says keeps to the schemas that describe it.

use baton_conductor::run::schemas;
use serde_json::Value;

use crate::run::small::{conduct, repository};
use baton_testkit::Sandbox;

fn assert_valid(name: &str, document: &str) {
    let all = schemas::all();
    let (_, schema) = all.iter().find(|(known, _)| *known == name).unwrap();
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

/// Every version of every file of the record whose name begins so.
fn recorded(sandbox: &Sandbox, begin: &str) -> Vec<String> {
    let reference = sandbox.git(["for-each-ref", "--format=%(refname)", "refs/baton/runs/"]);
    let commits = sandbox.git(["rev-list", &reference]);
    let mut found = Vec::new();
    for commit in commits.lines() {
        for name in sandbox.git(["ls-tree", "--name-only", commit]).lines() {
            if name.starts_with(begin) {
                found.push(sandbox.git(["show", &format!("{commit}:{name}")]));
            }
        }
    }
    found
}

#[test]
fn what_a_run_says_and_records_is_valid() {
    let sandbox = repository("");
    let run = conduct(
        &sandbox,
        &["run", "../tasks.toml", "--all", "--format", "json"],
    );
    let events: Vec<_> = run.out.lines().collect();
    for kind in [
        "begin",
        "dispatched",
        "attempt_failed",
        "worked",
        "gate_began",
        "approved",
        "landed",
        "aggregated",
        "cleaned_up",
    ] {
        let named = format!("\"event\":\"{kind}\"");
        assert!(events.iter().any(|line| line.contains(&named)), "{kind}");
    }
    for event in events {
        assert_valid("run-event.schema.json", event);
    }
    let status = conduct(&sandbox, &["status", "--format", "json"]);
    assert_valid("run-status.schema.json", &status.out);
    let state = conduct(&sandbox, &["state", "--format", "json"]);
    assert_valid("run-state.schema.json", &state.out);
    conduct(
        &sandbox,
        &["checkpoint", "write", "look", "--context-used", "0.5"],
    );
    for (begin, schema, least) in [
        ("state", "run-state.schema.json", 12),
        ("checkpoint-", "run-checkpoint.schema.json", 5),
    ] {
        let documents = recorded(&sandbox, begin);
        assert!(documents.len() >= least, "{begin}: {}", documents.len());
        for document in documents {
            assert_valid(schema, &document);
        }
    }
}
