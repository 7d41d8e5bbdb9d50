//! `git baton verify`.

use std::io::IsTerminal;

use miette::IntoDiagnostic;

use super::ExitCode;
use crate::cli::{Format as CliFormat, Verify};
use crate::git::Repo;
use crate::guard::span::{self, Span};
use crate::guard::{GuardError, Judgement, range};
use crate::model::Oid;
use crate::policy::POLICY_PATH;
use crate::report::{self, Format, Report, Style, Summary};
use crate::sys::{GitEnv, ci};

/// Judges the range and writes the report.
pub fn run(args: Verify) -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let judgement = judge(&repo, &args)?;
    let report = report(&repo, judgement)?;
    let style = Style {
        colour: std::io::stdout().is_terminal(),
        width: None,
    };
    let text = report::render(&report, format(args.format), style);
    super::print(&text)?;
    Ok(report.exit_code())
}

fn judge(repo: &Repo, args: &Verify) -> miette::Result<Judgement> {
    let fixed = args
        .policy
        .as_deref()
        .map(super::policy::read_known)
        .transpose()?;
    let span = match stretch(repo, args)? {
        Ok(span) => span,
        Err(reason) => {
            super::tell(&format!("baton: nothing to judge: {reason}\n"));
            return Ok(Judgement::default());
        }
    };
    Ok(match fixed {
        Some(policy) => span::judge_by_policy(repo, &span, &policy)?,
        None => judge_by_base(repo, &span)?,
    })
}

/// What to judge, or why there is nothing to judge.
fn stretch(repo: &Repo, args: &Verify) -> miette::Result<Result<Span, &'static str>> {
    Ok(if args.all {
        Ok(range::everything(repo)?)
    } else if !args.range.is_empty() {
        Ok(range::named(repo, &args.range)?)
    } else if let Some(named) = ci::range().into_diagnostic()? {
        range::of_ci(repo, &named)?
    } else {
        Ok(range::beyond_upstream(repo)?)
    })
}

/// Judges by the policies of where the stretch begins and of where it would go.
fn judge_by_base(repo: &Repo, span: &Span) -> Result<Judgement, GuardError> {
    if span.old.is_none() && span.hidden.is_empty() {
        return span::judge_by_parents(repo, span);
    }
    Ok(span::judge_for_landing(repo, span)?.unwrap_or_else(|| {
        // What is allowed for want of rules should not look like what was found to keep them.
        let base = span
            .old
            .or(span.hidden.first().copied())
            .map(|base| base.short());
        let base = base.unwrap_or_default();
        super::tell(&format!(
            "baton: nothing to judge: {POLICY_PATH} is not in the base, {base}\n"
        ));
        Judgement::default()
    }))
}

/// The report, with the subject of each commit that breaks a rule.
fn report(repo: &Repo, judgement: Judgement) -> Result<Report, GuardError> {
    let summary = Summary {
        commits: judgement.commits,
        tips: judgement.tips,
        published: judgement.published,
    };
    let overrides = judgement.verdict.overrides;
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
