//! The committed JSON schema says what the program reads.

use std::path::Path;

use git_baton::policy::{Policy, json_schema};

const REWRITE: &str = "BATON_UPDATE_SCHEMA=1 cargo test --test schema";

fn committed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/baton.schema.json");
    if std::env::var_os("BATON_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, json_schema()).unwrap();
    }
    std::fs::read_to_string(&path).unwrap_or_default()
}

#[test]
fn the_committed_schema_is_the_current_one() {
    assert!(
        committed() == json_schema(),
        "schema/baton.schema.json is out of date; rewrite it with `{REWRITE}`"
    );
}

#[test]
fn the_schema_accepts_what_the_program_prints_and_refuses_unknown_keys() {
    let schema = serde_json::from_str(&json_schema()).unwrap();
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
