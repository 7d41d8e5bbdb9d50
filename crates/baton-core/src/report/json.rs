//! Baton's own JSON: what `schema/report.schema.json` describes, made from these types.

use bstr::BStr;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, escape};
use crate::model::{Accepted, Override, RuleId, Violation};

/// The version of the format: it grows when a field changes its meaning or goes.
const VERSION: u8 = 1;

/// The document that `git baton verify --format json` writes. Readers must ignore fields they do not know.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Baton report")]
struct Document {
    /// The version of this format. It grows when a field changes its meaning or goes, not when
    /// one is added.
    #[schemars(extend("const" = VERSION))]
    version: u8,
    summary: Summary,
    /// The violations, grouped by commit and branch. Empty when nothing is broken.
    violations: Vec<Item>,
    /// The changes that would break a rule had not a maintainer signed them. Empty when there are none.
    overrides: Vec<Overriding>,
    /// The violations that a maintainer has accepted by a signed commit. Empty when there are none.
    accepted: Vec<AcceptedItem>,
}

/// A broken rule that a maintainer has accepted.
#[derive(Debug, Serialize, JsonSchema)]
struct AcceptedItem {
    /// The violation.
    violation: Item,
    /// The full id in hexadecimal of the commit that accepts it.
    #[schemars(regex(pattern = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    acceptance: String,
    /// The maintainer who signed that, as the list of signers names them.
    by: String,
    /// The reason that it gives, what is not visible escaped.
    reason: String,
}

/// A rule that a maintainer's signature set aside.
#[derive(Debug, Serialize, JsonSchema)]
struct Overriding {
    /// The rule that is set aside.
    #[schemars(extend("enum" = RuleId::ALL.map(RuleId::as_str)))]
    rule: &'static str,
    /// The commit's full id in hexadecimal.
    #[schemars(regex(pattern = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    commit: String,
    /// The path that the commit writes, as in a violation.
    path: String,
    /// The path's exact bytes in hexadecimal; there only when the path is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// The maintainer who signed, as the list of signers names them.
    by: String,
    /// The reason that the commit's message gives, what is not visible escaped.
    reason: String,
}

/// The counts of what was judged and of what breaks a rule.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// The commits judged.
    commits: usize,
    /// The moves of branches judged.
    tips: usize,
    /// Those of the commits judged that a remote already advertises.
    published: usize,
    /// The commits that break a rule.
    broken_commits: usize,
    /// The moves of branches that break a rule.
    broken_tips: usize,
}

/// One way in which a commit, or the move of a branch, breaks a rule.
#[derive(Debug, Serialize, JsonSchema)]
struct Item {
    /// The rule that is broken.
    #[schemars(extend("enum" = RuleId::ALL.map(RuleId::as_str)))]
    rule: &'static str,
    /// The full id in hexadecimal of the commit that breaks the rule or, when a branch's move
    /// does, of the branch's new tip. Null for a commit not made yet and for a deleted branch.
    #[schemars(regex(pattern = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    commit: Option<String>,
    /// The first line of the commit's message, for people to read: at most 72 characters, what
    /// is not visible escaped. Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The full id in hexadecimal of the commit that the branch leaves, when it is a branch's move
    /// that breaks the rule. Absent otherwise.
    #[schemars(regex(pattern = "^([0-9a-f]{40}|[0-9a-f]{64})$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<String>,
    /// The branch's full name when it is the branch's move that breaks the rule, else null. A
    /// name that is not UTF-8 has each byte that does not fit written `\xNN`.
    reference: Option<String>,
    /// The name's exact bytes in hexadecimal; there only when the name is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_bytes: Option<String>,
    /// The path it is about, from the repository's root, exactly; null when it is about none. A
    /// path that is not UTF-8 has each byte that does not fit written `\xNN`.
    path: Option<String>,
    /// The path's exact bytes in hexadecimal; there only when the path is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    /// The sessions involved, sorted: `YYYY-MM-DD/NUMBER`, or `NUMBER` where no day is known.
    sessions: Vec<String>,
    /// The violation, in a sentence.
    why: String,
    /// The remedy, in a sentence.
    instead: String,
    /// The rule's page.
    help: String,
}

/// The report as one JSON document, indented, with a newline at the end.
pub fn render(report: &Report) -> String {
    let summary = report.summary();
    let document = Document {
        version: VERSION,
        summary: Summary {
            commits: summary.commits,
            tips: summary.tips,
            published: summary.published,
            broken_commits: report.broken_commits(),
            broken_tips: report.broken_tips(),
        },
        violations: report
            .violations()
            .iter()
            .map(|it| item(report, it))
            .collect(),
        overrides: report.overrides().iter().map(overriding).collect(),
        accepted: report
            .accepted()
            .iter()
            .map(|it| accepted(report, it))
            .collect(),
    };
    let json = serde_json::to_string_pretty(&document).expect("strings and numbers serialise");
    escape::json(&json) + "\n"
}

/// The JSON schema (draft 2020-12) of what [`render`] writes.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Document>()
}

fn item(report: &Report, violation: &Violation) -> Item {
    let (reference, reference_bytes) = text(violation.reference.as_ref().map(AsRef::as_ref));
    let (path, path_bytes) = text(violation.path.as_ref().map(AsRef::as_ref));
    let subject = violation.commit.and_then(|commit| report.subject(commit));
    Item {
        rule: violation.rule.as_str(),
        commit: violation.commit.map(|commit| commit.to_string()),
        subject: subject.map(str::to_owned),
        old: violation.old.map(|old| old.to_string()),
        reference,
        reference_bytes,
        path,
        path_bytes,
        sessions: violation.sessions.iter().map(ToString::to_string).collect(),
        why: violation.message.clone(),
        instead: violation.help.clone(),
        help: crate::rules::info::info(violation.rule).url(),
    }
}

fn overriding(one: &Override) -> Overriding {
    let (path, path_bytes) = text(Some(one.path.as_ref()));
    Overriding {
        rule: one.rule.as_str(),
        commit: one.commit.to_string(),
        path: path.unwrap_or_default(),
        path_bytes,
        by: one.by.clone(),
        reason: escape::inert(&one.reason),
    }
}

fn accepted(report: &Report, one: &Accepted) -> AcceptedItem {
    AcceptedItem {
        violation: item(report, &one.violation),
        acceptance: one.acceptance.to_string(),
        by: one.by.clone(),
        reason: escape::inert(&one.reason),
    }
}

/// The bytes as text and, where text cannot hold them, in hexadecimal too.
fn text(raw: Option<&BStr>) -> (Option<String>, Option<String>) {
    let Some(raw) = raw else {
        return (None, None);
    };
    match std::str::from_utf8(raw) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => {
            let hex = raw.iter().map(|byte| format!("{byte:02x}")).collect();
            (Some(escape::invalid_bytes(raw)), Some(hex))
        }
    }
}
