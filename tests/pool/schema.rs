//! What `git baton orchestrator pool` writes as JSON keeps to the schemas that describe it.

use std::path::Path;

use git_baton::orchestrator::pool::output;
use schemars::Schema;

use crate::world::World;

pub fn drift(path: &str, made: &Schema) {
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

pub fn assert_valid(schema: &Schema, world: &World, args: &[&str]) {
    let run = world.pool(&[args, &["--format", "json"]].concat());
    let document = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{args:?}: {errors:#?}");
}

#[test]
fn the_committed_schemas_are_those_the_types_make() {
    drift("schema/pool.schema.json", &output::pool_schema());
    drift("schema/pool-lease.schema.json", &output::lease_schema());
    drift("schema/pool-health.schema.json", &output::health_schema());
}

#[test]
fn what_is_written_is_valid() {
    let world = World::with_slots(2);
    let (pool, lease, health) = (
        output::pool_schema(),
        output::lease_schema(),
        output::health_schema(),
    );
    assert_valid(&lease, &world, &["acquire", "one"]);
    world.commit_at(&world.slot("wt-1"), "work");
    assert_valid(&pool, &world, &["status"]);
    assert_valid(&lease, &world, &["release", "wt-1"]);
    let (_, id) = world.acquire("two");
    assert_valid(&lease, &world, &["heartbeat", "wt-1", "--lease", &id]);
    std::fs::remove_file(world.state_file()).unwrap();
    assert_valid(&health, &world, &["health"]);
    assert_valid(&health, &world, &["health", "--fix"]);
    assert_valid(&pool, &world, &["cleanup"]);
    assert_valid(&pool, &world, &["reset", "1"]);
    assert_valid(&pool, &world, &["init", "2"]);
}
