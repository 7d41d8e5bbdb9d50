//! The committed JSON schemas say what the program reads and writes.

use std::collections::BTreeSet;
use std::path::Path;

use baton_conductor::feature;
use baton_conductor::landing::conflicts::Forecast;
use baton_conductor::run::schemas;
use baton_conductor::{landing, pool};
use baton_core::plan::output::PlanDocument;
use baton_core::policy::{self, Policy};
use baton_core::{plan, report};
use baton_hooks::doctor;
use schemars::Schema;

const REWRITE: &str = "BATON_UPDATE_SCHEMA=1 cargo test --test cli schema";

/// Every schema that there is, by the name of its file.
fn all() -> Vec<(&'static str, String)> {
    let text = |schema: &Schema| serde_json::to_string_pretty(schema).unwrap() + "\n";
    let mut all = vec![
        ("baton.schema.json", policy::json_schema()),
        (
            "baton.settings.schema.json",
            policy::settings::json_schema(),
        ),
        ("tasks.schema.json", plan::json_schema()),
    ];
    let made = [
        ("conflicts.schema.json", Forecast::schema()),
        ("doctor.schema.json", doctor::schema()),
        ("feature.schema.json", feature::output::schema()),
        (
            "feature-intent.schema.json",
            feature::output::intent_schema(),
        ),
        ("merge.schema.json", landing::report::schema()),
        ("plan.schema.json", PlanDocument::schema()),
        ("pool.schema.json", pool::output::pool_schema()),
        ("pool-health.schema.json", pool::output::health_schema()),
        ("pool-lease.schema.json", pool::output::lease_schema()),
        (
            "pool-restored.schema.json",
            pool::trash::output::restored_schema(),
        ),
        (
            "pool-trash.schema.json",
            pool::trash::output::trash_schema(),
        ),
        ("report.schema.json", report::json::schema()),
        (
            "sessions.schema.json",
            baton_conductor::session::output::sessions_schema(),
        ),
        (
            "session-claims.schema.json",
            baton_conductor::session::output::claims_schema(),
        ),
        (
            "session-check.schema.json",
            baton_conductor::session::output::check_schema(),
        ),
    ];
    let made = made.into_iter().chain(schemas::all());
    all.extend(made.map(|(name, schema)| (name, text(&schema))));
    all
}

#[test]
fn the_committed_schemas_are_those_the_types_make() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let is_rewritten = std::env::var_os("BATON_UPDATE_SCHEMA").is_some_and(|value| value == "1");
    for (name, made) in all() {
        let file = directory.join(name);
        if is_rewritten {
            std::fs::write(&file, &made).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == made,
            "schema/{name} has drifted: rewrite it with `{REWRITE}`"
        );
    }
    let named: BTreeSet<_> = all().into_iter().map(|(name, _)| name.to_owned()).collect();
    let there = std::fs::read_dir(directory).unwrap();
    let there: BTreeSet<_> = there
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, named);
}

#[test]
fn the_schema_accepts_what_the_program_prints_and_refuses_unknown_keys() {
    let schema = serde_json::from_str(&policy::json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = |toml: &str| {
        let value: toml::Value = toml::from_str(toml).unwrap();
        serde_json::to_value(value).unwrap()
    };
    assert!(validator.is_valid(&json(&Policy::default().effective_toml())));
    assert!(validator.is_valid(&json("")));
    for refused in [
        "verzion = 1",
        "version = 2",
        "[handoff]\npath = 1",
        "[trailers]\nsession = \"a b\"",
    ] {
        assert!(!validator.is_valid(&json(refused)), "{refused}");
    }
}
