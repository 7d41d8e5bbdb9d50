//! What `git baton orchestrator pool` writes as JSON keeps to the schemas that describe it.

use baton_conductor::pool::output;
use schemars::Schema;

use crate::pool::world::World;

pub fn assert_valid(schema: &Schema, world: &World, args: &[&str]) {
    let run = world.pool(&[args, &["--format", "json"]].concat());
    let document = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:#?}"));
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{args:?}: {errors:#?}");
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
