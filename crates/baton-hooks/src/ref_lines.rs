//! The lines that git writes to `reference-transaction`, `pre-receive` and `pre-push`.

use bstr::ByteSlice;
use miette::Diagnostic;
use thiserror::Error;

use baton_core::model::{Oid, RefName};

/// A hook's input has not the form that git documents.
#[derive(Debug, Error, Diagnostic, PartialEq, Eq)]
#[error("line {line} of the hook's input is not what git writes: `{text}`")]
#[diagnostic(help("let git call the hook; if git did, report its version with this line"))]
pub struct RefLineError {
    line: usize,
    text: String,
}

/// A line `<old> <new> <reference>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefLine {
    /// The value that the reference is said to have; zeros may mean "not said".
    pub old: Value,
    /// The value that it is to have.
    pub new: Value,
    /// Its full name.
    pub reference: RefName,
}

/// One end of a [`RefLine`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// All zeros.
    Zeros,
    /// An object.
    Object(Oid),
    /// Another reference, of this name, to which this one points (`ref:refs/heads/main`).
    Symbolic(RefName),
}

impl Value {
    /// The object, if it is one.
    pub fn object(&self) -> Option<Oid> {
        match self {
            Self::Object(oid) => Some(*oid),
            Self::Zeros | Self::Symbolic(_) => None,
        }
    }

    fn parse(word: &[u8]) -> Option<Self> {
        if let Some(target) = word.strip_prefix(b"ref:") {
            return Some(Self::Symbolic(RefName::new(target)));
        }
        let oid = Oid::from_hex(word).ok()?;
        Some(if oid.is_null() {
            Self::Zeros
        } else {
            Self::Object(oid)
        })
    }
}

/// Every line of the input of `reference-transaction` or `pre-receive`, in order.
///
/// # Errors
/// When any line is not of the form that git documents; an empty input has no lines.
pub fn parse(input: &[u8]) -> Result<Vec<RefLine>, RefLineError> {
    lines(input)
        .map(|(number, line)| {
            let mut words = line.splitn_str(3, " ");
            let parsed = (|| {
                Some(RefLine {
                    old: Value::parse(words.next()?)?,
                    new: Value::parse(words.next()?)?,
                    reference: name(words.next()?)?,
                })
            })();
            parsed.ok_or_else(|| error(number, line))
        })
        .collect()
}

/// A line `<local reference> <local id> <remote reference> <remote id>` of `pre-push`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushLine {
    /// The pushed object; zeros to delete.
    pub local: Value,
    /// Where to, as the remote names it.
    pub reference: RefName,
    /// The remote's object; zeros where it has none.
    pub remote: Value,
}

/// Every line of the input of `pre-push`. The local name may be any revision and hold spaces, so
/// the line is read from its end.
///
/// # Errors
/// When any line is not of the form that git documents.
pub fn parse_push(input: &[u8]) -> Result<Vec<PushLine>, RefLineError> {
    lines(input)
        .map(|(number, line)| {
            let mut words = line.rsplitn_str(4, " ");
            let parsed = (|| {
                let remote = Value::parse(words.next()?)?;
                let reference = name(words.next()?)?;
                let local = Value::parse(words.next()?)?;
                words.next()?;
                Some(PushLine {
                    local,
                    reference,
                    remote,
                })
            })();
            parsed.ok_or_else(|| error(number, line))
        })
        .collect()
}

fn name(word: &[u8]) -> Option<RefName> {
    (!word.is_empty()).then(|| RefName::new(word))
}

fn lines(input: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    input.lines().enumerate().map(|(at, line)| (at + 1, line))
}

fn error(line: usize, text: &[u8]) -> RefLineError {
    let text: String = text.to_str_lossy().chars().take(120).collect();
    RefLineError {
        line,
        text: text.escape_debug().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const ZEROS: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn lines_of_a_transaction_are_read() {
        let input = format!("{ZEROS} {A} refs/heads/a b\nref:refs/heads/x {ZEROS} HEAD\n");
        let lines = parse(input.as_bytes()).unwrap();
        assert_eq!(lines[0].new.object().unwrap().to_string(), A);
        assert_eq!(lines[0].reference, "refs/heads/a b");
        assert_eq!(
            (&lines[1].old, &lines[1].new),
            (
                &Value::Symbolic(RefName::new("refs/heads/x")),
                &Value::Zeros
            )
        );
    }

    #[test]
    fn malformed_lines_are_named() {
        for bad in [
            "x",
            "\n",
            &format!("{A} {A}"),
            &format!("{A} {A} "),
            &format!("{A} zz r"),
        ] {
            assert_eq!(parse(bad.as_bytes()).unwrap_err().line, 1, "{bad:?}");
        }
        let late = format!("{A} {A} refs/heads/x\n\u{1b}[2J");
        let error = parse(late.as_bytes()).unwrap_err();
        assert_eq!(error.line, 2);
        assert!(!error.to_string().contains('\u{1b}'));
    }

    #[test]
    fn a_pushed_name_may_hold_spaces() {
        let input = format!("HEAD@{{1 day ago}} {A} refs/heads/x {ZEROS}\n");
        let lines = parse_push(input.as_bytes()).unwrap();
        assert_eq!(lines[0].reference, "refs/heads/x");
        assert_eq!(lines[0].remote, Value::Zeros);
        assert!(parse_push(format!("x {A} refs/heads/x").as_bytes()).is_err());
    }
}
