//! From the file's text to a [`Policy`]; `decompile` is the way back.

mod conductor;
mod decompile;
mod handoff;

use std::ops::Range;

use toml::Spanned;

pub(super) use conductor::compile as compile_conductor;
pub use decompile::decompile;

use super::alias::fold;
use super::branch_glob::BranchGlob;
use super::branch_rule::{BranchRule, BranchTable};
use super::error::{PolicyError, PolicyProblem};
use super::glob::{GlobError, PathGlob, check_components};
use super::literal_prefix::literal_length;
use super::merge;
use super::pool;
use super::schema::{
    AggregateSigning, Binding, BranchesTable, ClaimedPaths, HandoffTable, PolicyFile,
    ProtectedTable, SessionBranches, SessionsTable, SharedStash, SigningTable, TrailersTable,
    VERSION,
};
use super::scope::Scope;
use super::settings::TABLES;
use super::subjects;
use super::toml_file::{self, TomlFault, TomlProblem};
use super::{
    AllowedSigners, Branches, MAX_POLICY_BYTES, POLICY_PATH, Policy, Protected, SessionPattern,
    Sessions, Signing, Trailers,
};

/// A problem and where it is, before the file's text joins it.
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) problem: PolicyProblem,
    pub(super) help: Option<String>,
}

impl From<TomlFault> for Fault {
    fn from(fault: TomlFault) -> Self {
        Self {
            span: fault.span,
            problem: fault.problem.into(),
            help: fault.help,
        }
    }
}

pub(super) type Compiled<T> = Result<T, Fault>;

/// The policy, or the first thing that is wrong with it.
pub(super) fn parse(name: &str, toml: &[u8]) -> Result<Policy, PolicyError> {
    let text = utf8(name, toml)?;
    let file = toml_file::read(text).map_err(Fault::from);
    file.and_then(|file| compile(&file))
        .map_err(|fault| located(name, text, fault))
}

/// The policy, with the keys that only a newer version knows and that guard nothing.
pub(super) fn parse_known(
    name: &str,
    toml: &[u8],
) -> Result<(Policy, Vec<PolicyError>), PolicyError> {
    let text = utf8(name, toml)?;
    let (file, unknown) =
        toml_file::read_known(text, &TABLES).map_err(|fault| located(name, text, fault.into()))?;
    let policy = compile(&file).map_err(|fault| located(name, text, fault))?;
    let unknown = unknown.into_iter();
    let unknown = unknown.map(|fault| located(name, text, fault.into()));
    Ok((policy, unknown.collect()))
}

pub(super) fn utf8<'a>(name: &str, toml: &'a [u8]) -> Result<&'a str, PolicyError> {
    if toml.len() > MAX_POLICY_BYTES {
        let problem = PolicyProblem::TooLarge(toml.len());
        return Err(PolicyError::new(name, String::new(), None, problem)
            .with_help("a policy is some dozen lines; restore the file from the history"));
    }
    std::str::from_utf8(toml).map_err(|error| {
        let lossy = String::from_utf8_lossy(toml).into_owned();
        let start = error.valid_up_to();
        let mark = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
        PolicyError::new(name, lossy, Some(mark), PolicyProblem::NotUtf8)
            .with_help("write the file in UTF-8")
    })
}

pub(super) fn located(name: &str, text: &str, mut fault: Fault) -> PolicyError {
    if let (PolicyProblem::Toml(TomlProblem::UnknownKey(_)), Some(help)) =
        (&fault.problem, &mut fault.help)
        && help.starts_with("the keys here are")
    {
        let version = env!("CARGO_PKG_VERSION");
        help.push_str(&format!("; git-baton {version} knows no others"));
    }
    let error = PolicyError::new(name, text.to_owned(), Some(fault.span), fault.problem);
    match fault.help {
        Some(help) => error.with_help(help),
        None => error,
    }
}

fn compile(file: &PolicyFile) -> Compiled<Policy> {
    if *file.version.get_ref() != VERSION {
        return Err(Fault {
            span: file.version.span(),
            problem: PolicyProblem::Version(*file.version.get_ref()),
            help: Some(format!(
                "this git-baton reads version {VERSION}; use the git-baton that the file was written for"
            )),
        });
    }
    let handoff = handoff::compile(&file.handoff)?;
    let signing = signing(&file.signing, &file.handoff)?;
    let sessions = sessions(&file.sessions)?;
    let branches = branches(&file.branches)?;
    let mut protected = protected(&file.protected)?;
    handoff::protect(&mut protected, &handoff, &file.handoff)?;
    let scope = Scope::new(&protected, &handoff, &sessions, &signing);
    Ok(Policy {
        protected,
        handoff,
        sessions,
        trailers: trailers(&file.trailers)?,
        branches,
        branch_rules: branch_rules(&file.branch)?,
        repairs_guard: file.guard.repair,
        missing_program: file.guard.missing_program,
        signing,
        pool: pool::compile(&file.pool).map_err(misused)?,
        merge: merge::compile(&file.merge)?,
        conductor: compile_conductor(&file.conductor)?,
        subjects: subjects::compile(&file.subjects)?,
        scope,
    })
}

/// A fault of a table that is compiled in a file of its own.
pub(super) fn misused((span, problem, help): pool::Wrong) -> Fault {
    Fault {
        span,
        problem,
        help: Some(help.to_owned()),
    }
}

pub(super) fn fault(at: &Spanned<String>, problem: PolicyProblem, help: &str) -> Fault {
    Fault {
        span: at.span(),
        problem,
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

fn protected(tables: &[ProtectedTable]) -> Compiled<Vec<Protected>> {
    tables
        .iter()
        .map(|table| {
            Ok(Protected {
                paths: table.paths.iter().map(path_glob).collect::<Compiled<_>>()?,
                writer: table.writer,
            })
        })
        .collect()
}

pub(super) fn path_glob(text: &Spanned<String>) -> Compiled<PathGlob> {
    PathGlob::parse(text.get_ref()).map_err(|GlobError(why)| {
        let pattern = text.get_ref().clone();
        fault(
            text,
            PolicyProblem::PathGlob { pattern, why },
            "paths look like `docs/PLAN.md`, `docs/` or `docs/**/*.md`",
        )
    })
}

/// A path without wildcards of what can be a file.
fn plain_path(text: &Spanned<String>) -> Compiled<String> {
    let path = text.get_ref();
    let why = if literal_length(path) < path.len() || path.ends_with('/') {
        "it must name one file, without wildcards"
    } else if let Err(GlobError(why)) = check_components(path) {
        return Err(taken(text, &why.replace("pattern", "path")));
    } else if fold(path.as_str().into()).is_empty() {
        "it has no name"
    } else {
        return Ok(path.clone());
    };
    Err(taken(text, why))
}

fn taken(at: &Spanned<String>, why: &str) -> Fault {
    let problem = PolicyProblem::Path {
        path: at.get_ref().clone(),
        why: why.to_owned(),
    };
    fault(
        at,
        problem,
        "write it from the repository's root, such as `.agents/HANDOFF.md`",
    )
}

fn sessions(table: &SessionsTable) -> Compiled<Sessions> {
    let max_per_commit = *table.max_per_commit.get_ref();
    if max_per_commit == 0 {
        return Err(Fault {
            span: table.max_per_commit.span(),
            problem: PolicyProblem::NoSessionAllowed,
            help: Some("write 1 or more".to_owned()),
        });
    }
    let patterns = |texts: &[Spanned<String>]| -> Compiled<Vec<_>> {
        texts.iter().map(session_pattern).collect()
    };
    Ok(Sessions {
        logs: patterns(&table.logs)?,
        summaries: patterns(&table.summaries)?,
        max_per_commit,
        bound: table.bind_summaries == Binding::Required,
        remote: table.remote.as_ref().map(remote).transpose()?,
        own_branches: table.branches == SessionBranches::Own,
        may_stash: table.stash == SharedStash::Allowed,
        refuses_claimed: table.claims == ClaimedPaths::Refuse,
    })
}

/// A remote's name, as a command line can hold it.
fn remote(name: &Spanned<String>) -> Compiled<String> {
    let text = name.get_ref();
    if text.starts_with('-') || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        let problem = PolicyProblem::Remote(text.clone());
        let help = "name a remote as `git remote` lists it, or write `\"\"` for none";
        return Err(fault(name, problem, help));
    }
    Ok(text.clone())
}

fn session_pattern(text: &Spanned<String>) -> Compiled<SessionPattern> {
    SessionPattern::parse(text.get_ref()).map_err(|GlobError(why)| {
        let pattern = text.get_ref().clone();
        fault(
            text,
            PolicyProblem::SessionPattern { pattern, why },
            "such patterns look like `.agents/sessions/{date}-session-{session}*`",
        )
    })
}

fn trailers(table: &TrailersTable) -> Compiled<Trailers> {
    let mut seen: Vec<String> = Vec::new();
    let mut keys = [
        &table.session,
        &table.aggregate,
        &table.summary,
        &table.base,
        &table.archive,
        &table.seal,
        &table.overriding,
    ];
    // Defaults first: of two that agree, the one that is written is pointed at.
    keys.sort_by_key(|key| key.span().end);
    for key in keys {
        let text = key.get_ref();
        let valid = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !valid {
            let help = "a key is made of letters, digits and `-`, such as `Baton-Session`";
            return Err(fault(key, PolicyProblem::TrailerKey(text.clone()), help));
        }
        let lowercase = text.to_ascii_lowercase();
        if seen.contains(&lowercase) {
            let help = "give each trailer a key of its own; upper and lower case are the same";
            return Err(fault(
                key,
                PolicyProblem::SameTrailerKey(text.clone()),
                help,
            ));
        }
        seen.push(lowercase);
    }
    Ok(Trailers {
        session: table.session.get_ref().clone(),
        aggregate: table.aggregate.get_ref().clone(),
        summary: table.summary.get_ref().clone(),
        base: table.base.get_ref().clone(),
        archive: table.archive.get_ref().clone(),
        seal: table.seal.get_ref().clone(),
        overriding: table.overriding.get_ref().clone(),
    })
}

/// Branches that a case-insensitive file system takes for an included one are included;
/// exclusion is exact.
fn branches(table: &BranchesTable) -> Compiled<Branches> {
    let compile = |texts: &[Spanned<String>], ignore_case: bool| {
        let one = |text: &Spanned<String>| branch_glob(text, ignore_case);
        texts.iter().map(one).collect::<Compiled<Vec<_>>>()
    };
    Ok(Branches {
        include: compile(&table.include, true)?,
        exclude: compile(&table.exclude, false)?,
    })
}

/// A branch that a case-insensitive file system takes for a named one is a named one.
fn branch_rules(tables: &[BranchTable]) -> Compiled<Vec<BranchRule>> {
    let rule = |table: &BranchTable| {
        let names = table.names.iter().map(|name| branch_glob(name, true));
        Ok(BranchRule::new(names.collect::<Compiled<_>>()?, table))
    };
    tables.iter().map(rule).collect()
}

pub(super) fn branch_glob(text: &Spanned<String>, ignore_case: bool) -> Compiled<BranchGlob> {
    BranchGlob::parse(text.get_ref(), ignore_case).map_err(|GlobError(why)| {
        let pattern = text.get_ref().clone();
        fault(
            text,
            PolicyProblem::BranchGlob { pattern, why },
            "such patterns look like `main`, `release/*` or `**`",
        )
    })
}

fn signing(table: &SigningTable, handoff: &HandoffTable) -> Compiled<Signing> {
    let path = plain_path(&table.allowed_signers)?;
    let same = |other: &str| fold(path.as_str().into()) == fold(other.into());
    if same(POLICY_PATH) {
        return Err(taken(&table.allowed_signers, "it is the policy itself"));
    }
    if same(handoff.path.get_ref()) {
        let is_written = !table.allowed_signers.span().is_empty();
        let (at, why) = match is_written {
            true => (&table.allowed_signers, "it is the handoff document"),
            false => (&handoff.path, "it is the list of signers"),
        };
        return Err(taken(at, why));
    }
    Ok(Signing {
        allowed_signers: path.into(),
        signers: AllowedSigners::default(),
        maintainers: table.maintainers.clone(),
        orchestrators: table.orchestrators.clone(),
        aggregate: table.aggregate == AggregateSigning::Required,
    })
}

#[cfg(test)]
mod tests;
