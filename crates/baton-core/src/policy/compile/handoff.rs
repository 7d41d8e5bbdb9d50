//! The table `[handoff]`.

use toml::Spanned;

use super::{Compiled, fault, path_glob, plain_path, taken};
use crate::model::{EntryTitle, Label, SessionTitle, Wording, WordingError};
use crate::policy::alias::fold;
use crate::policy::archive_pattern::ArchivePattern;
use crate::policy::error::PolicyProblem;
use crate::policy::schema::HandoffTable;
use crate::policy::{Budget, Handoff, POLICY_PATH, Protected, Writer};

/// Checks the table and compiles what it says.
pub fn compile(table: &HandoffTable) -> Compiled<Handoff> {
    let heading = table.heading.get_ref();
    let title = heading.trim_start_matches('#');
    let level = heading.len() - title.len();
    let one_line = !heading.contains(['\n', '\r']);
    // An entry begins with a heading of level 3, which ends a section of that level.
    if !(1..=2).contains(&level) || !title.starts_with(' ') || title.trim().is_empty() || !one_line
    {
        let problem = PolicyProblem::Heading(heading.clone());
        let help = "the heading is one line of level 1 or 2, such as `## Recent Work`";
        return Err(fault(&table.heading, problem, help));
    }
    let path = plain_path(&table.path)?;
    if fold(path.as_str().into()) == fold(POLICY_PATH.into()) {
        return Err(taken(&table.path, "it is the policy itself"));
    }
    let limit = |value: u64| (value > 0).then_some(value);
    Ok(Handoff {
        path: path.into(),
        heading: heading.clone(),
        wording: wording(table)?,
        budget: Budget {
            max_bytes: limit(table.max_bytes),
            keep_entries: limit(table.keep_entries),
        },
        archive: archive(&table.archive)?,
    })
}

fn wording(table: &HandoffTable) -> Compiled<Wording> {
    let (entry, session) = (&table.entry_title, &table.session_title);
    let entry_title = worded(entry, EntryTitle::parse, "`{date}: sessions {sessions}`")?;
    Ok(Wording {
        single_title: match &table.single_title {
            Some(text) => worded(text, EntryTitle::parse, "`{date}: session {sessions}`")?,
            None => entry_title.single(),
        },
        entry_title,
        session_title: worded(session, SessionTitle::parse, "`Session {session}: {title}`")?,
        orchestrator_label: worded(&table.orchestrator_label, Label::parse, "`Orchestrator`")?,
        agents_label: worded(&table.agents_label, Label::parse, "`Agents`")?,
    })
}

fn worded<T>(
    at: &Spanned<String>,
    parse: fn(&str) -> Result<T, WordingError>,
    example: &str,
) -> Compiled<T> {
    let text = at.get_ref();
    parse(text).map_err(|error| {
        let problem = PolicyProblem::Wording {
            text: text.clone(),
            error,
        };
        fault(at, problem, &format!("write it like {example}"))
    })
}

fn archive(text: &Spanned<String>) -> Compiled<ArchivePattern> {
    let Some(pattern) = ArchivePattern::parse(text.get_ref()) else {
        return Err(taken(text, "it needs `{date}` once"));
    };
    let example = pattern.path("2000-01-01");
    plain_path(&Spanned::new(text.span(), example.to_string()))?;
    Ok(pattern)
}

/// Protects the handoff document where no entry does, and what an aggregate commit may move
/// entries to as they were.
pub fn protect(
    protected: &mut Vec<Protected>,
    handoff: &Handoff,
    table: &HandoffTable,
) -> Compiled<()> {
    let named = |entry: &Protected| {
        let path = handoff.path.as_ref();
        entry.paths.iter().any(|glob| glob.matches(path))
    };
    if !protected.iter().any(named) {
        protected.push(Protected {
            paths: vec![path_glob(&table.path)?],
            writer: Writer::Aggregate,
        });
    }
    let glob = handoff.archive.glob();
    let globs = || protected.iter().flat_map(|entry| &entry.paths);
    if handoff.budget == Budget::default() || globs().any(|known| known.as_str() == glob) {
        return Ok(());
    }
    protected.push(Protected {
        paths: vec![path_glob(&Spanned::new(table.archive.span(), glob))?],
        writer: Writer::Aggregate,
    });
    Ok(())
}
