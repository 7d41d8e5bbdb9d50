//! The doctor's JSON keeps to the schema that describes it.

use baton_hooks::doctor::{Diagnosis, Finding, Id, schema};
use serde_json::Value;

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
