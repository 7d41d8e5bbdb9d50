//! The doctor's JSON keeps to the schema that describes it.

use std::path::Path;

use git_baton::doctor::{Diagnosis, Finding, Id, schema};
use serde_json::Value;

const SCHEMA: &str = "schema/doctor.schema.json";

#[test]
fn the_committed_schema_is_the_one_the_types_make() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("BATON_UPDATE_SCHEMA").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        committed, made,
        "{SCHEMA} has drifted: run this test with BATON_UPDATE_SCHEMA=1 and commit the file"
    );
}

#[test]
fn every_finding_is_valid() {
    let findings = Id::ALL.map(|id| Finding {
        id,
        what: "what \u{1b}".to_owned(),
        place: "place".to_owned(),
        remedy: "remedy".to_owned(),
    });
    let diagnosis = Diagnosis {
        findings: findings.into(),
    };
    let validator = jsonschema::validator_for(&serde_json::to_value(schema()).unwrap()).unwrap();
    for diagnosis in [diagnosis, Diagnosis::default()] {
        let document: Value = serde_json::from_str(&diagnosis.to_json()).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(document["healthy"], diagnosis.is_healthy());
    }
}
