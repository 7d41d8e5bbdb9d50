//! What `git baton orchestrator feature` writes as JSON keeps to the schemas that describe it.

use std::path::Path;

use git_baton::orchestrator::run::feature::output;
use schemars::Schema;
use serde_json::Value;

use crate::scene::{PLANS, Scene};

fn drift(path: &str, made: &Schema) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    if std::env::var_os("BATON_UPDATE_SCHEMA").is_some_and(|value| value == "1") {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, made,
        "{path} has drifted: run this test with BATON_UPDATE_SCHEMA=1 and commit the file"
    );
}

fn assert_valid(schema: &Schema, document: &Value) {
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(document).collect();
    assert!(errors.is_empty(), "{document:#}: {errors:#?}");
}

#[test]
fn the_committed_schemas_are_those_the_types_make() {
    drift("schema/feature.schema.json", &output::schema());
    drift(
        "schema/feature-intent.schema.json",
        &output::intent_schema(),
    );
}

#[test]
fn what_is_written_is_valid() {
    let scene = Scene::new(PLANS).scout("one", "echo found").ready();
    assert_valid(&output::schema(), &scene.wish(0));
    let (_, intent) = scene.feature(&["x", "--dry-run"]);
    assert_valid(&output::intent_schema(), &intent);
    let scene = Scene::new("true").scout("one", "false").ready();
    assert_valid(&output::schema(), &scene.wish(1));
}
