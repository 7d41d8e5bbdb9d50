//! `git baton session start|summary|end|abandon|claim|release|list|show|lint`.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};
use miette::{IntoDiagnostic, WrapErr};

use super::{ALLOWED, BROKEN, ExitCode};
use crate::cli::{Session as Verb, SessionFormat as Format, SessionStart};
use baton_conductor::confine::{self, ConfinedError};
use baton_conductor::session::allocate::{Claim, NewSession};
use baton_conductor::session::end::HandedIn;
use baton_conductor::session::output::{self, Standing};
use baton_conductor::session::{Session, abandon, aggregated, claims, end, start, store};
use baton_core::claims::HeldClaim;
use baton_core::layout::padded;
use baton_core::model::RefName;
use baton_core::policy::PathGlob;
use baton_core::protocol::{self, Finding};
use baton_core::report::escape;
use baton_git::Repo;
use baton_sys::{GitEnv, file};

/// Runs the verb.
pub fn run(verb: Verb) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let (text, code) = answer(&env, verb)?;
    super::print(&text)?;
    Ok(code)
}

/// The output of the verb, and its exit code.
pub fn answer(env: &GitEnv, verb: Verb) -> miette::Result<(String, ExitCode)> {
    if let Verb::Lint { files, format } = &verb
        && !files.is_empty()
    {
        return Ok(findings(None, lint(&env.current_dir, files)?, *format));
    }
    refuse_confined(&verb)?;
    let repo = Repo::open(env)?;
    let said = match verb {
        Verb::Start(args) => begin(&repo, args)?,
        Verb::Summary {
            file,
            session,
            format,
        } => {
            let text = file.map(|file| read_summary(&env.current_dir, &file));
            summary(&repo, session.as_deref(), text.transpose()?, format)?
        }
        Verb::End { format } => {
            let ending = end::end(&repo)?;
            let carried = aggregated::at_head(&repo)?;
            let ended = Some((&ending.session, &carried));
            return Ok(findings(ended, ending.findings, format));
        }
        Verb::Abandon {
            number,
            reason,
            format,
        } => {
            let session = abandon::abandon(&repo, number.as_deref(), &reason)?;
            let said = format!("session {} is given up\n", session.id());
            one(&repo, &session, &said, format)?
        }
        Verb::Claim { paths, format } => {
            if !paths.is_empty() {
                claims::claim(&repo, &env.current_dir, &paths)?;
            }
            held(&claims::list(&repo)?, format)
        }
        Verb::Release { paths, format } => {
            let released = claims::release(&repo, &env.current_dir, &paths)?;
            match format {
                Format::Human => given_back(&released),
                Format::Json => held(&claims::list(&repo)?, format),
            }
        }
        Verb::List { format } => {
            let (sessions, damaged) = store::list_all(&repo)?;
            for one in damaged {
                let (number, reason) = (one.number, escape::visible(one.reason.as_bytes()));
                tell_line!(
                    "baton: the record of session {number} cannot be read: {reason}; `git baton doctor` tells what to do"
                );
            }
            let carried = aggregated::at_head(&repo)?;
            match format {
                Format::Human => sessions.iter().map(|one| line(one, &carried)).collect(),
                Format::Json => escape::json(&output::sessions(&sessions, &carried)),
            }
        }
        Verb::Show { number, format } => {
            let session = end::named_or_bound(&repo, number.as_deref())?;
            let page = page(&session, &aggregated::at_head(&repo)?);
            one(&repo, &session, &page, format)?
        }
        Verb::Lint { format, .. } => return Ok(findings(None, end::lint_own(&repo)?, format)),
    };
    Ok((said, ALLOWED))
}

/// Refuses what a confined command cannot do: change records that other worktrees share.
fn refuse_confined(verb: &Verb) -> Result<(), ConfinedError> {
    let verb = match verb {
        Verb::Start(_) => "start",
        Verb::Abandon { .. } => "abandon",
        Verb::Claim { paths, .. } if !paths.is_empty() => "claim",
        Verb::Release { .. } => "release",
        _ => return Ok(()),
    };
    match confine::is_inside() {
        Some(worktree) => Err(ConfinedError::Outside { verb, worktree }),
        None => Ok(()),
    }
}

/// Hands in a summary, and says so.
pub fn summary(
    repo: &Repo,
    session: Option<&str>,
    text: Option<BString>,
    format: Format,
) -> miette::Result<String> {
    let handed_in = end::hand_in(repo, session, text)?;
    one(repo, &handed_in.session, &stored(&handed_in), format)
}

/// The claims, a line each.
fn held(held: &[HeldClaim], format: Format) -> String {
    let line = |one: &HeldClaim| {
        let paths: Vec<_> = one.claim.paths.iter().map(PathGlob::as_str).collect();
        let text = format!("{} is claimed by {one}", paths.join(" "));
        escape::visible(text.as_bytes()) + "\n"
    };
    match format {
        Format::Human if held.is_empty() => "nothing is claimed\n".to_owned(),
        Format::Human => held.iter().map(line).collect(),
        Format::Json => output::claims(held),
    }
}

/// The line that names the paths which a session has given back.
fn given_back(released: &baton_core::claims::Claim) -> String {
    let paths: Vec<_> = released.paths.iter().map(PathGlob::as_str).collect();
    match paths.is_empty() {
        true => format!("session {} claims nothing\n", released.session),
        false => escape::visible(paths.join(" ").as_bytes()) + " is given back\n",
    }
}

fn stored(handed_in: &HandedIn) -> String {
    let id = handed_in.session.id();
    let next = match &handed_in.log {
        Some(log) => format!("{} names it: commit that", escape::visible(log.as_bytes())),
        None => format!("there is no log; let it have the line {}", handed_in.line),
    };
    format!("session {id}: the summary is stored\n{next}\n")
}

fn begin(repo: &Repo, args: SessionStart) -> miette::Result<String> {
    let created = start::start(
        repo,
        &NewSession {
            id: args.id,
            date: args.date,
            title: args.title,
            task: args.task,
        },
    )?;
    let session = &created.session;
    if let Claim::Unshared { remote, reason } = &created.claim {
        let reason = escape::visible(reason.as_bytes());
        tell_line!(
            "baton: `{remote}` could not be asked whether another clone has number {}: {reason}",
            session.number
        );
    }
    let said = format!("session {}\nlog {}\n", session.id(), session.log_path);
    one(repo, session, &said, args.format)
}

fn read_summary(directory: &Path, path: &Path) -> miette::Result<BString> {
    if path == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin()
            .read_to_end(&mut text)
            .into_diagnostic()
            .wrap_err("the summary cannot be read from standard input")?;
        return Ok(text.into());
    }
    Ok(read(directory, path)?.into())
}

fn lint(directory: &Path, files: &[PathBuf]) -> miette::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in files {
        let text = read(directory, path)?;
        let log = protocol::parse(text.as_bstr());
        findings.extend(protocol::check(&path.display().to_string(), &log));
    }
    Ok(findings)
}

fn read(directory: &Path, path: &Path) -> miette::Result<Vec<u8>> {
    file::read(&directory.join(path))
        .into_diagnostic()
        .wrap_err_with(|| format!("{} cannot be read", path.display()))
}

fn one(repo: &Repo, session: &Session, said: &str, format: Format) -> miette::Result<String> {
    Ok(match format {
        Format::Human => said.to_owned(),
        Format::Json => {
            let carried = aggregated::at_head(repo)?;
            escape::json(&output::sessions(std::slice::from_ref(session), &carried))
        }
    })
}

/// The findings; 1 when one of them keeps a session from ending.
fn findings(
    session: Option<(&Session, &BTreeSet<String>)>,
    findings: Vec<Finding>,
    format: Format,
) -> (String, ExitCode) {
    let refused = end::is_refused(&findings);
    let mut text = String::new();
    match format {
        Format::Json => {
            let (session, carried) = session.unzip();
            let carried = carried.cloned().unwrap_or_default();
            text = escape::json(&output::check(session, &carried, findings));
        }
        Format::Human => {
            for finding in &findings {
                text.push_str(&visible_lines(finding.to_line().as_bytes()));
            }
            if let Some((session, _)) = session {
                let outcome = match refused {
                    true => "cannot end yet",
                    false => "has ended",
                };
                text.push_str(&format!("session {} {outcome}\n", session.id()));
            }
        }
    }
    (text, if refused { BROKEN } else { ALLOWED })
}

/// The text with what is not seen escaped, line by line.
fn visible_lines(text: &[u8]) -> String {
    let lines = text.lines().map(escape::visible);
    lines.map(|line| line + "\n").collect()
}

fn line(session: &Session, carried: &BTreeSet<String>) -> String {
    format!(
        "{} {:<10} {}\n",
        padded(&session.id().to_string(), 16),
        Standing::of(session, carried).as_str(),
        escape::visible(session.title.as_bytes())
    )
}

fn page(session: &Session, carried: &BTreeSet<String>) -> String {
    let mut page = format!("session {}\n", session.id());
    let mut row = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            page.push_str(&format!("{name:<9}{}\n", escape::visible(value.as_bytes())));
        }
    };
    row("title", Some(&session.title));
    row("task", session.task.as_deref());
    row("state", Some(Standing::of(session, carried).as_str()));
    let branch = session.branch.as_ref().map(RefName::to_string);
    row("branch", branch.as_deref());
    row("worktree", Some(&session.worktree));
    row("host", Some(&session.host));
    row("log", Some(&session.log_path));
    row("started", Some(&session.started_at));
    row("ended", session.ended_at.as_deref());
    row("reason", session.reason.as_deref());
    row("digest", session.digest().as_deref());
    if let Some(summary) = &session.summary {
        page.push('\n');
        page.push_str(&visible_lines(summary));
    }
    page
}
