//! `git baton verify`.

use std::io::IsTerminal;

use miette::IntoDiagnostic;

use super::{ALLOWED, ExitCode, UNDECIDED};
use crate::cli::{Format as CliFormat, Verify};
use baton_core::model::Oid;
use baton_core::policy::{POLICY_PATH, Policy};
use baton_core::report::{self, Format, Report, Style, Summary, escape};
use baton_git::Repo;
use baton_guard::branch_moves::{self, Witness};
use baton_guard::range::{self, Asked};
use baton_guard::rev_range::{self, RevRange};
use baton_guard::{GuardError, Judgement};
use baton_sys::ci::CiRange;
use baton_sys::{GitEnv, ci};

/// Judges the range and writes the report.
pub fn run(args: Verify) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let is_raw = args.format == CliFormat::Github;
    let (text, code) = answer(&env, args)?;
    match is_raw {
        true => super::print_raw(&text)?,
        false => super::print(&text)?,
    }
    Ok(code)
}

/// The report, and how the command ends.
pub fn answer(env: &GitEnv, args: Verify) -> miette::Result<(String, ExitCode)> {
    let repo = Repo::open(env)?;
    let judgement = judge(&repo, &args)?;
    let is_undecided = args.all && tell_unreadable(&repo, &judgement)?;
    let report = report(&repo, judgement)?;
    let style = Style {
        colour: std::io::stdout().is_terminal(),
        width: None,
    };
    let text = report::render(&report, format(args.format), style);
    Ok(match report.exit_code() {
        ALLOWED if is_undecided => (text, UNDECIDED),
        code => (text, code),
    })
}

/// Tells which branches carry policies that cannot be read; whether some still do.
fn tell_unreadable(repo: &Repo, judgement: &Judgement) -> miette::Result<bool> {
    let mut known = judgement.unreadable.clone();
    known.sort();
    known.dedup();
    let found = range::unreadable(repo, &known)?;
    for (name, reason, _) in &found {
        let text = escape::inert(format!("{name}: {reason}").as_bytes());
        super::tell(&format!("baton: {text}\n"));
    }
    Ok(found.iter().any(|(_, _, at_tip)| *at_tip))
}

fn judge(repo: &Repo, args: &Verify) -> miette::Result<Judgement> {
    let fixed = args
        .policy
        .as_deref()
        .map(super::policy::read_known)
        .transpose()?;
    let asked = match asked(repo, args)? {
        Ok(asked) => asked,
        Err(reason) => {
            super::tell(&format!("baton: nothing to judge: {reason}\n"));
            return Ok(Judgement::default());
        }
    };
    Ok(match fixed {
        Some(policy) => judge_by_policy(repo, asked, &policy)?,
        None => {
            let mut judgement = judge_by_bases(repo, &asked)?;
            if !args.all && args.range.is_empty() {
                judgement.absorb(judge_mover(repo)?);
            }
            judgement
        }
    })
}

/// Judges by whom the branch was moved whose push this CI run is about.
fn judge_mover(repo: &Repo) -> miette::Result<Judgement> {
    let Some(CiRange::Push(push)) = ci::range().into_diagnostic()? else {
        return Ok(Judgement::default());
    };
    let Some(update) = range::update_of(repo, &push)? else {
        return Ok(Judgement::default());
    };
    let default = range::default_of(repo, &push)?;
    let judgement = branch_moves::judge_beside(repo, &[update], Witness::Server, default)?;
    if branch_moves::is_deferred(&judgement) {
        super::tell(branch_moves::DEFERRED);
    }
    Ok(judgement)
}

/// The commits to judge, or the reason why there are none.
fn asked(repo: &Repo, args: &Verify) -> miette::Result<Result<Asked, &'static str>> {
    let range = if args.all {
        range::all(repo)?
    } else if !args.range.is_empty() {
        range::named(repo, &args.range)?
    } else if let Some(named) = ci::range().into_diagnostic()? {
        return Ok(range::of_ci(repo, &named)?);
    } else {
        range::beyond_upstream(repo)?
    };
    Ok(Ok(Asked {
        ranges: vec![range],
        line: None,
    }))
}

/// Judges all of it by one policy; a branch without a range of its own is one.
fn judge_by_policy(repo: &Repo, asked: Asked, policy: &Policy) -> Result<Judgement, GuardError> {
    let mut ranges = asked.ranges;
    if let Some(line) = asked.line.filter(|_| ranges.is_empty()) {
        ranges.push(RevRange {
            reference: line.reference,
            tips: vec![line.tip],
            ..RevRange::default()
        });
    }
    let mut judgement = Judgement::default();
    for range in &ranges {
        judgement.absorb(rev_range::judge_by_policy(repo, range, policy)?);
    }
    Ok(judgement)
}

/// Judges by the policies of where each range begins and of where it would go.
fn judge_by_bases(repo: &Repo, asked: &Asked) -> Result<Judgement, GuardError> {
    let mut judgement = Judgement::default();
    let mut is_governed = false;
    for range in &asked.ranges {
        if let Some(judged) = judge_by_base(repo, range)? {
            // Two targets are two views of the same commits.
            judgement.verdict.absorb(judged.verdict);
            judgement.commits = judgement.commits.max(judged.commits);
            judgement.tips = judgement.tips.max(judged.tips);
            judgement.unreadable.extend(judged.unreadable);
            is_governed = true;
        }
    }
    if let Some(line) = &asked.line
        && let Some(judged) = rev_range::judge_line(repo, line)?
    {
        is_governed = true;
        judgement.verdict.absorb(judged.verdict);
        judgement.commits = judgement.commits.max(judged.commits);
    }
    if !is_governed {
        // What is allowed for want of rules should not look like what was found to keep them.
        tell_ungoverned(asked);
    }
    Ok(judgement)
}

fn tell_ungoverned(asked: &Asked) {
    let range = asked.ranges.first().filter(|_| asked.line.is_none());
    let base = range.and_then(|range| range.old.or(range.hidden.first().copied()));
    let reason = match base {
        Some(base) => format!("{POLICY_PATH} is not in the base, {}", base.short()),
        None => format!("no commit of this history carries {POLICY_PATH}"),
    };
    super::tell(&format!("baton: nothing to judge: {reason}\n"));
}

/// `None` when no policy has a say.
fn judge_by_base(repo: &Repo, range: &RevRange) -> Result<Option<Judgement>, GuardError> {
    if range.old.is_none() && range.hidden.is_empty() {
        return rev_range::judge_by_parents(repo, range);
    }
    match rev_range::judge_for_landing(repo, range)? {
        Some(judgement) => Ok(Some(judgement)),
        None => rev_range::judge_since_adoption(repo, range),
    }
}

/// The report, with the subject of each commit that breaks a rule.
pub fn report(repo: &Repo, judgement: Judgement) -> Result<Report, GuardError> {
    let summary = Summary {
        commits: judgement.commits,
        tips: judgement.tips,
        published: judgement.published,
    };
    let overrides = judgement.verdict.overrides;
    let accepted = judgement.verdict.accepted;
    let violations = judgement.verdict.violations;
    let mut broken: Vec<Oid> = violations.iter().filter_map(|one| one.commit).collect();
    broken.dedup();
    let mut buffer = Vec::new();
    let mut messages = Vec::with_capacity(broken.len());
    for oid in broken {
        messages.push((oid, repo.objects().commit(oid, &mut buffer)?.message));
    }
    Ok(Report::new(violations, summary)
        .with_overrides(overrides)
        .with_accepted(accepted)
        .with_way_out(judgement.verdict.acceptable)
        .with_messages(messages))
}

fn format(format: CliFormat) -> Format {
    match format {
        CliFormat::Human => Format::Human,
        CliFormat::Json => Format::Json,
        CliFormat::Sarif => Format::Sarif,
        CliFormat::Github => Format::Github,
    }
}
