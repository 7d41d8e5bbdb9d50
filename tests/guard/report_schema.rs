//! What reports write keeps to the schemas that describe it.

use std::path::Path;

use baton_core::model::{Override, RefName, RuleId, SessionId, Violation};
use baton_core::report::{Format, Report, Style, Summary, json, render};
use serde_json::Value;

fn read_json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Nothing broken, then every rule broken with every optional part there and absent.
fn reports() -> [Report; 2] {
    let summary = Summary {
        commits: 3,
        tips: 1,
        published: 1,
    };
    let commit = "ab".repeat(32).parse().unwrap();
    let broken = RuleId::ALL.into_iter().flat_map(|rule| {
        let full = Violation {
            rule,
            commit: Some(commit),
            reference: Some(RefName::new(b"refs/heads/caf\xe9")),
            old: None,
            path: Some(b"a b/\xff[1]\n\x1b:c.md".into()),
            sessions: vec![SessionId::parse("2025-12-22/62").unwrap()],
            message: "[why] {0} \\ \u{9b}".to_owned(),
            help: "instead".to_owned(),
        };
        let bare = Violation {
            commit: None,
            reference: None,
            old: None,
            path: None,
            sessions: Vec::new(),
            ..full.clone()
        };
        let branch = Violation {
            reference: Some(RefName::new("refs/heads/main")),
            old: None,
            ..bare.clone()
        };
        [full, bare, branch]
    });
    let overriding = Override {
        rule: RuleId::ProtectedPath,
        commit,
        path: b"a\xff".into(),
        by: "ann@example.com".to_owned(),
        reason: b"typo \x1b".into(),
    };
    [
        Report::new(Vec::new(), summary),
        Report::new(broken.collect(), summary)
            .with_overrides(vec![overriding])
            .with_messages([(commit, "subject")]),
    ]
}

fn assert_valid(schema: &Value, format: Format) {
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    for report in reports() {
        let document = serde_json::from_str(&render(&report, format, Style::default())).unwrap();
        let errors: Vec<_> = validator.iter_errors(&document).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn json_is_valid() {
    assert_valid(&read_json("schema/report.schema.json"), Format::Json);
}

#[test]
fn sarif_is_valid() {
    let mut schema = read_json("tests/data/sarif/sarif-schema-2.1.0.json");
    // As published these patterns have a bracket too many, and a strict reader refuses them.
    // Nothing that Baton writes has a language.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    assert_valid(&schema, Format::Sarif);
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let schema = read_json("schema/report.schema.json");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let [_, broken] = reports();
    let good: Value = serde_json::from_str(&json::render(&broken)).unwrap();
    for (field, wrong) in [("/version", "2"), ("/violations/0/rule", "\"no-rule\"")] {
        let mut bad = good.clone();
        *bad.pointer_mut(field).unwrap() = serde_json::from_str(wrong).unwrap();
        assert!(!validator.is_valid(&bad), "{field} may not be {wrong}");
    }
}
