//! What `git baton orchestrator feature` writes as JSON keeps to the schemas that describe it.

use baton_conductor::feature::output;
use schemars::Schema;
use serde_json::Value;

use crate::feature::scene::{PLANS, Scene};

fn assert_valid(schema: &Schema, document: &Value) {
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(document).collect();
    assert!(errors.is_empty(), "{document:#}: {errors:#?}");
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
