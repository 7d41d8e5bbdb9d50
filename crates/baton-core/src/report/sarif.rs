//! SARIF 2.1.0, the OASIS format that code-scanning services read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Report, escape};
use crate::model::{Accepted, Override, RuleId, Violation};
use crate::rules::info::{RuleInfo, info};

/// The file that results without a path point to: a service such as GitHub's takes no result
/// without a file, and the policy is where the rule is asked for.
const POLICY_FILE: &[u8] = b"baton.toml";
/// The name that stands for the repository's root in locations.
const ROOT: &str = "SRCROOT";

/// The report as one SARIF log with one run.
pub fn render(report: &Report) -> String {
    let summary = report.summary();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Baton",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RuleId::ALL.map(|rule| descriptor(info(rule))),
            }},
            "originalUriBaseIds": { ROOT: { "description": {
                "text": "The root of the repository.",
            }}},
            "results": results(report),
            "properties": {
                "commits": summary.commits,
                "tips": summary.tips,
                "published": summary.published,
            },
        }],
    });
    let text = serde_json::to_string_pretty(&log).expect("JSON values serialise");
    escape::json(&text) + "\n"
}

fn results(report: &Report) -> Vec<Value> {
    let violations = report.violations().iter().map(|it| result(report, it));
    violations
        .chain(report.accepted().iter().map(|it| accepted(report, it)))
        .chain(report.overrides().iter().map(overriding))
        .collect()
}

/// A result that services show as closed, with the reason.
fn accepted(report: &Report, one: &Accepted) -> Value {
    let reason = escape::inert(&one.reason);
    let by = escape::inert(one.by.as_bytes());
    let mut result = result(report, &one.violation);
    result["suppressions"] = json!([{
        "kind": "external",
        "status": "accepted",
        "justification": format!("{reason}, accepted by {by} in {}", one.acceptance),
    }]);
    result
}

/// A note: services show it, and no exit code depends on it.
fn overriding(one: &Override) -> Value {
    let reason = escape::inert(&one.reason);
    let by = escape::inert(one.by.as_bytes());
    let index = RuleId::ALL.iter().position(|rule| *rule == one.rule);
    json!({
        "ruleId": one.rule.as_str(),
        "ruleIndex": index,
        "kind": "review",
        "level": "none",
        "message": { "text": format!("A maintainer's edit, signed by {by}: {reason}") },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": percent_encoded(&one.path), "uriBaseId": ROOT },
                "region": { "startLine": 1 },
            },
            "logicalLocations": [
                { "kind": "commit", "fullyQualifiedName": one.commit.to_string() }
            ],
        }],
    })
}

fn descriptor(rule: RuleInfo) -> Value {
    let url = rule.url();
    json!({
        "id": rule.id.as_str(),
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.description },
        "helpUri": url,
        "help": {
            "text": rule.help,
            "markdown": format!(
                "{}\n\n**Instead:** {}\n\n[More about `{}`]({url})",
                rule.description, rule.help, rule.id
            ),
        },
        "defaultConfiguration": { "level": "error" },
    })
}

fn result(report: &Report, violation: &Violation) -> Value {
    let commit = violation.commit.map(|commit| commit.to_string());
    let reference = violation
        .reference
        .as_ref()
        .map(|name| escape::visible(name));
    let sessions: Vec<_> = violation.sessions.iter().map(ToString::to_string).collect();
    let subject = violation.commit.and_then(|commit| report.subject(commit));
    json!({
        "ruleId": violation.rule.as_str(),
        "ruleIndex": RuleId::ALL.iter().position(|rule| *rule == violation.rule),
        "level": "error",
        "message": { "text": message(violation) },
        "locations": [location(violation)],
        "partialFingerprints": { "primaryLocationLineHash": fingerprint(violation) },
        "properties": {
            "commit": commit,
            "subject": subject,
            "reference": reference,
            "sessions": sessions,
        },
    })
}

/// The reason and the way out; brackets, in which SARIF sees links, are escaped as it asks.
fn message(violation: &Violation) -> String {
    let quote = |text: &str| {
        let text = escape::visible(text.as_bytes()).replace('\\', "\\\\");
        text.replace('[', "\\[").replace(']', "\\]")
    };
    let (message, help) = (quote(&violation.message), quote(&violation.help));
    format!("{message}\n→ {help}")
}

/// The file, its first line (services ask for one), and the commit or branch.
fn location(violation: &Violation) -> Value {
    let path = violation.path.as_ref().map_or(POLICY_FILE, |path| path);
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": percent_encoded(path), "uriBaseId": ROOT },
        "region": { "startLine": 1 },
    }});
    let place = match (&violation.reference, violation.commit) {
        (Some(reference), _) => Some(("branch", escape::visible(reference))),
        (None, Some(commit)) => Some(("commit", commit.to_string())),
        (None, None) => None,
    };
    if let Some((kind, name)) = place {
        location["logicalLocations"] = json!([{ "kind": kind, "fullyQualifiedName": name }]);
    }
    location
}

/// The fingerprint of a violation, the same when it is found again, and another for each two: without it
/// GitHub takes all that one rule finds in one file for one alert.
fn fingerprint(violation: &Violation) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(violation.rule.as_str().as_bytes());
    part(
        violation
            .commit
            .as_ref()
            .map_or(&[], |commit| commit.as_bytes()),
    );
    part(violation.reference.as_ref().map_or(&[], |name| name));
    part(violation.path.as_ref().map_or(&[], |path| path));
    for session in &violation.sessions {
        part(session.to_string().as_bytes());
    }
    let digest = hash.finalize();
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The path as a relative URI reference (RFC 3986): unreserved bytes and `/` as they are.
fn percent_encoded(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte as char);
        } else {
            write!(uri, "%{byte:02X}").expect("a String takes all");
        }
    }
    uri
}
