//! A finished judgement as text, for people and for machines.
//!
//! Nothing here prints or reads the environment: colour and width are arguments. Text from
//! commits and paths is quoted, so that it cannot control a terminal or a CI runner
//! ([`escape`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bstr::ByteSlice;

use crate::model::{Accepted, Oid, Override, RefName, RuleId, Violation};

pub mod diagnostic;
pub mod escape;
pub mod github;
pub mod human;
pub mod json;
pub mod sarif;

/// The longest subject line that a report keeps, in characters.
const SUBJECT_WIDTH: usize = 72;

/// A finished judgement: what was judged and what it broke.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    violations: Vec<Violation>,
    overrides: Vec<Override>,
    accepted: Vec<Accepted>,
    acceptable: bool,
    summary: Summary,
    subjects: BTreeMap<Oid, String>,
}

/// The amount that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// The commits judged, one about to be made included.
    pub commits: usize,
    /// The moves of branches judged.
    pub tips: usize,
    /// Those of `commits` that a remote already advertises.
    pub published: usize,
}

/// The ways to write a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text for people.
    Human,
    /// Baton's own JSON, described by `schema/report.schema.json`.
    Json,
    /// SARIF 2.1.0, which code-scanning services read.
    Sarif,
    /// Workflow commands, from which GitHub Actions makes annotations.
    Github,
}

/// The look of text for people; the other formats ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// True if to mark parts with ANSI colours.
    pub colour: bool,
    /// The longest line wanted, in characters; `None` never breaks a line.
    pub width: Option<usize>,
}

impl Report {
    /// A report of `violations`, in any order and perhaps repeated. What concerns one commit or
    /// one branch is brought together where the first of it stood, and sorted by rule.
    pub fn new(mut violations: Vec<Violation>, summary: Summary) -> Self {
        let mut places = HashMap::new();
        for violation in &violations {
            let next = places.len();
            places.entry(place(violation)).or_insert(next);
        }
        let places: HashMap<_, _> = places
            .into_iter()
            .map(|((commit, reference), at)| ((commit, reference.cloned()), at))
            .collect();
        violations.sort_by_cached_key(|violation| {
            let key = (violation.commit, violation.reference.clone());
            (places[&key], violation.clone())
        });
        violations.dedup();
        Self {
            violations,
            overrides: Vec::new(),
            accepted: Vec::new(),
            acceptable: false,
            summary,
            subjects: BTreeMap::new(),
        }
    }

    /// The report with what maintainers' signatures set aside; the exit code is the same.
    pub fn with_overrides(mut self, mut overrides: Vec<Override>) -> Self {
        overrides.dedup();
        self.overrides = overrides;
        self
    }

    /// The report with the broken rules that maintainers have accepted; the exit code is the same.
    pub fn with_accepted(mut self, mut accepted: Vec<Accepted>) -> Self {
        accepted.sort();
        accepted.dedup_by(|one, other| one.violation == other.violation);
        self.accepted = accepted;
        self
    }

    /// The report with the commands by which maintainers accept what is broken, if there are any
    /// maintainers.
    pub fn with_way_out(mut self, acceptable: bool) -> Self {
        self.acceptable = acceptable;
        self
    }

    /// Names commits by their messages too, of which the first line is kept.
    pub fn with_messages<M: AsRef<[u8]>>(
        mut self,
        messages: impl IntoIterator<Item = (Oid, M)>,
    ) -> Self {
        self.subjects
            .extend(messages.into_iter().map(|(oid, message)| {
                let subject = message.as_ref().lines().next().unwrap_or_default();
                (oid, escape::clip(&escape::inert(subject), SUBJECT_WIDTH))
            }));
        self
    }

    /// The violations, grouped by commit and branch, without repetition.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The violations that maintainers' signatures set aside.
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// The violations that maintainers have accepted.
    pub fn accepted(&self) -> &[Accepted] {
        &self.accepted
    }

    /// The commands by which a maintainer accepts what is broken, a paragraph.
    fn way_out(&self) -> Option<String> {
        let acceptable = self.acceptable.then_some(&self.violations)?;
        human::way_out(acceptable)
    }

    /// The amount that was judged.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// The first line of the commit's message, escaped, where the report knows it.
    pub fn subject(&self, commit: Oid) -> Option<&str> {
        self.subjects.get(&commit).map(String::as_str)
    }

    /// The process's exit code, by the verdict, whatever the format: 0 when nothing is broken,
    /// 1 otherwise.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.violations.is_empty())
    }

    /// The rules that are broken.
    fn rules(&self) -> BTreeSet<RuleId> {
        self.violations.iter().map(|it| it.rule).collect()
    }

    /// The number of commits that break a rule, the one about to be made included.
    fn broken_commits(&self) -> usize {
        self.count_places(|it| it.reference.is_none())
    }

    /// The number of moves of branches that break a rule.
    fn broken_tips(&self) -> usize {
        self.count_places(|it| it.reference.is_some())
    }

    fn count_places(&self, counts: impl Fn(&Violation) -> bool) -> usize {
        let groups = self.violations.chunk_by(|a, b| place(a) == place(b));
        groups.filter(|group| counts(&group[0])).count()
    }
}

/// Writes `report` in `format`, with a newline at the end.
pub fn render(report: &Report, format: Format, style: Style) -> String {
    match format {
        Format::Human => human::render(report, style),
        Format::Json => json::render(report),
        Format::Sarif => sarif::render(report),
        Format::Github => github::render(report),
    }
}

/// The subject of a violation: a commit, the one being made (neither is named), or a branch with
/// its new tip, where it has one.
fn place(violation: &Violation) -> (Option<Oid>, Option<&RefName>) {
    (violation.commit, violation.reference.as_ref())
}

#[cfg(test)]
mod tests;
