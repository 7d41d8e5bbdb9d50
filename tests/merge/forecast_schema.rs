//! What `conflicts --format json` writes keeps to the schema that describes it.

use std::path::Path;

use git_baton::orchestrator::conflicts::Forecast;

#[test]
fn the_committed_schema_is_the_one_that_the_types_make() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/conflicts.schema.json");
    let made = serde_json::to_string_pretty(&Forecast::schema()).unwrap() + "\n";
    if std::env::var_os("BATON_UPDATE_SCHEMA").is_some_and(|value| value == "1") {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, made,
        "the schema has drifted: run this test with BATON_UPDATE_SCHEMA=1 and commit the file"
    );
}
