//! What `git baton session` writes as JSON keeps to the schemas that describe it.

use std::collections::BTreeSet;

use baton_conductor::session::{Session, State, output};
use baton_core::model::RefName;
use baton_core::protocol;
use schemars::Schema;
use serde_json::Value;

fn session(full: bool) -> Session {
    let some = |text: &str| full.then(|| text.to_owned());
    Session {
        number: "19".to_owned(),
        date: "2025-12-18".to_owned(),
        title: "Tidy \u{1b}".to_owned(),
        task: some("T-1"),
        state: if full { State::Ended } else { State::Active },
        branch: full.then(|| RefName::new("refs/heads/main")),
        worktree: ".".to_owned(),
        host: "host".to_owned(),
        log_path: "log.md".to_owned(),
        base: full.then(|| "ab".repeat(20).parse().unwrap()),
        started_at: "2025-12-18T00:00:00Z".to_owned(),
        ended_at: some("2025-12-18T01:00:00Z"),
        reason: some("not needed"),
        summary: full.then(|| b"x\xff".as_slice().into()),
    }
}

fn assert_valid(schema: &Schema, document: &str) {
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn sessions_are_valid() {
    let document = output::sessions(
        &[session(true), session(false)],
        &BTreeSet::from(["19".to_owned()]),
    );
    assert_valid(&output::sessions_schema(), &document);
}

#[test]
fn checks_are_valid() {
    let findings = protocol::check("log.md", &protocol::parse("# x\n".into()));
    assert_eq!(findings.len(), 2);
    let schema = output::check_schema();
    assert_valid(
        &schema,
        &output::check(Some(&session(true)), &BTreeSet::new(), findings),
    );
    assert_valid(&schema, &output::check(None, &BTreeSet::new(), Vec::new()));
}
