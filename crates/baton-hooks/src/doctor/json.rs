//! The findings as JSON: what `schema/doctor.schema.json` describes, made from these types.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Diagnosis, Finding, Id, Severity};
use baton_core::report::escape;

/// The version of the format: it grows when a field changes its meaning or goes.
const VERSION: u8 = 1;

/// The document of `git baton doctor --format json`. Readers must ignore fields they do not know.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Baton diagnosis")]
struct Document<'a> {
    /// The version of this format. It grows when a field changes its meaning or goes, not when
    /// one is added.
    #[schemars(extend("const" = VERSION))]
    version: u8,
    /// True if no finding is an error.
    healthy: bool,
    /// The findings.
    findings: Vec<Item<'a>>,
}

/// One thing that is not as it should be.
#[derive(Debug, Serialize, JsonSchema)]
struct Item<'a> {
    /// The kind.
    #[schemars(extend("enum" = Id::ALL.map(Id::as_str).to_vec()))]
    id: &'static str,
    /// `error`: something can land unjudged, or has. `warning`: what lands is judged all the
    /// same.
    #[schemars(extend("enum" = [Severity::Error.as_str(), Severity::Warning.as_str()]))]
    severity: &'static str,
    /// The case at hand, a sentence.
    what: &'a str,
    /// The file, the commit or the setting.
    r#where: &'a str,
    /// The next step.
    remedy: &'a str,
}

impl Diagnosis {
    /// The findings as one JSON document, indented, with a newline at the end.
    pub fn to_json(&self) -> String {
        let document = Document {
            version: VERSION,
            healthy: self.is_healthy(),
            findings: self.findings.iter().map(item).collect(),
        };
        let json = serde_json::to_string_pretty(&document).expect("strings serialise");
        escape::json(&json) + "\n"
    }
}

fn item(finding: &Finding) -> Item<'_> {
    Item {
        id: finding.id.as_str(),
        severity: finding.id.severity().as_str(),
        what: &finding.what,
        r#where: &finding.place,
        remedy: &finding.remedy,
    }
}

/// The JSON schema (draft 2020-12) of what [`Diagnosis::to_json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
}
