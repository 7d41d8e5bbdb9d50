//! Errors shown without what others wrote in them steering a terminal or a CI runner.

use std::error::Error;
use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, NamedSource, ReportHandler, Severity, SourceCode, SourceSpan,
};

use super::escape;

/// Shows an error by way of another handler, with every text in it made harmless.
#[derive(Debug)]
pub struct EscapingHandler<H>(pub H);

impl<H: ReportHandler> ReportHandler for EscapingHandler<H> {
    fn debug(&self, error: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(&Escaped::of(error), f)
    }
}

/// A copy of an error, its texts escaped.
#[derive(Debug)]
struct Escaped {
    message: String,
    cause: Option<Cause>,
    nested: Option<Box<Escaped>>,
    help: Option<String>,
    code: Option<String>,
    severity: Option<Severity>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Escaped>,
}

/// The cause of an error that is no diagnostic.
#[derive(Debug)]
struct Cause {
    message: String,
    cause: Option<Box<Cause>>,
}

fn text(shown: impl fmt::Display) -> String {
    escape::lines(shown.to_string().as_bytes())
}

impl Escaped {
    fn of(error: &dyn Diagnostic) -> Self {
        let nested = error.diagnostic_source().map(|one| Box::new(Self::of(one)));
        let (source, labels) = snippet(error).unzip();
        Self {
            message: text(error),
            cause: match &nested {
                Some(_) => None,
                None => error.source().map(Cause::of),
            },
            nested,
            help: error.help().map(text),
            code: error.code().map(text),
            severity: error.severity(),
            source,
            labels: labels.unwrap_or_default(),
            related: error
                .related()
                .into_iter()
                .flatten()
                .map(Self::of)
                .collect(),
        }
    }
}

/// The file that the error points into, whole, and the places.
fn snippet(error: &dyn Diagnostic) -> Option<(NamedSource<String>, Vec<LabeledSpan>)> {
    let labels: Vec<_> = error.labels()?.collect();
    let first = labels.first()?.inner();
    let file = error
        .source_code()?
        .read_span(first, usize::MAX, usize::MAX)
        .ok()?;
    let start = file.span().offset();
    let escaped = |offset: usize| {
        let end = offset.saturating_sub(start).min(file.data().len());
        escape::lines(&file.data()[..end]).len()
    };
    let moved = labels.iter().map(|label| {
        let from = escaped(label.offset());
        let to = escaped(label.offset() + label.len());
        let span = SourceSpan::from((from, to.saturating_sub(from)));
        LabeledSpan::new_with_span(label.label().map(text), span)
    });
    let moved = moved.collect();
    let name = escape::inert(file.name().unwrap_or_default().as_bytes());
    Some((NamedSource::new(name, escape::lines(file.data())), moved))
}

impl Cause {
    fn of(error: &(dyn Error + 'static)) -> Self {
        Self {
            message: text(error),
            cause: error.source().map(|source| Box::new(Self::of(source))),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Escaped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl Diagnostic for Escaped {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as _)
    }

    fn severity(&self) -> Option<Severity> {
        self.severity
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.related.is_empty() {
            true => None,
            false => Some(Box::new(self.related.iter().map(|one| one as _))),
        }
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.nested.as_deref().map(|one| one as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    /// The error as a user sees it.
    fn shown(error: &dyn Diagnostic) -> String {
        struct Shown<'a>(&'a dyn Diagnostic);
        impl fmt::Debug for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let theme = miette::GraphicalTheme::unicode_nocolor();
                let handler = miette::GraphicalReportHandler::new_themed(theme);
                EscapingHandler(handler).debug(self.0, f)
            }
        }
        format!("{:?}", Shown(error))
    }

    #[test]
    fn the_snippet_of_a_policy_steers_nothing_and_is_pointed_at() {
        for (line, safe) in [
            ("##[add-mask]x", "#\\u{23}[add-mask]x"),
            ("# \u{1b}[2J \u{202e}x", "# \\u{1b}[2J \\u{202e}x"),
            ("::error::x", "\\u{3a}:error::x"),
            ("# \u{9b}31m\u{2066}", "# \\u{9b}31m\\u{2066}"),
        ] {
            for policy in [
                format!("[sessions]\n{line}\nmax_per_comit = 2\n"),
                format!("[sessions]\r\nmax_per_comit = 2 # {line}\r\n"),
                format!("[sessions]\nmax_per_comit = 2\n{line}\n"),
            ] {
                let error = Policy::parse("abc:baton.toml", policy.as_bytes()).unwrap_err();
                let shown = shown(&error);
                assert_eq!(escape::output(&shown), shown);
                assert!(
                    shown.contains(safe) || shown.contains("valid TOML"),
                    "{shown}"
                );
                if line.starts_with('#') && !shown.contains("valid TOML") {
                    assert!(shown.contains("· ──────┬──────"), "{shown}");
                }
            }
        }
    }

    #[test]
    fn messages_causes_names_and_helps_are_escaped() {
        let nasty = "\u{1b}[2J\u{202e}\r##[x]y";
        let error = miette::miette!(help = format!("\n::{nasty}"), "\n::{nasty}")
            .wrap_err(format!("outer {nasty}"))
            .with_source_code(NamedSource::new(nasty, "text"));
        let cause = std::io::Error::other(std::io::Error::other(nasty));
        let policy = Policy::parse(nasty, b"[sessions]\nmax_per_comit = 2\n").unwrap_err();
        for shown in [
            shown(&*error),
            shown(&*miette::Report::from_err(cause)),
            shown(&policy),
        ] {
            let seen = |c: char| c == '\n' || !crate::model::is_unseen(c);
            assert!(
                shown.chars().all(seen) && !shown.contains("##["),
                "{shown:?}"
            );
        }
    }
}
