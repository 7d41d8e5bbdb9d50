use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ssh_key::{Algorithm, EcdsaCurve, PublicKey};

use super::{PatternList, Signer, SignersProblem};

/// A problem and the bytes of the file that it is about.
pub(super) type Fault = (Range<usize>, SignersProblem);

/// The fields of one line, with their place in the file.
pub(super) struct Fields<'a> {
    line: &'a str,
    offset: usize,
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(line: &'a str, offset: usize) -> Self {
        let line = line.trim_end_matches(['\n', '\r']);
        Self {
            line,
            offset,
            at: 0,
        }
    }

    /// The first field; `None` in a blank line and in a comment.
    pub(super) fn next_principals(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        if let Some(quoted) = rest.strip_prefix('"')
            && let Some(end) = quoted.find('"')
        {
            self.at += end + 2;
            return Some(&quoted[..end]);
        }
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        self.at += end;
        Some(&rest[..end])
    }

    /// Returns the text that follows the next blanks.
    fn rest(&mut self) -> &'a str {
        let rest = &self.line[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\t']);
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn fault(&self, length: usize, problem: SignersProblem) -> Fault {
        let start = self.offset + self.at;
        (start..start + length, problem)
    }

    pub(super) fn signer(&mut self, principals: &str) -> Result<Signer, Fault> {
        let mut options = Options::default();
        let rest = self.rest();
        if !rest.is_empty() && !starts_with_key_type(rest) {
            self.options(&mut options)?;
        }
        let rest = self.rest();
        if rest.is_empty() {
            self.at = 0;
            return Err(self.fault(self.line.len(), SignersProblem::NoKey));
        }
        let key = read_key(rest).map_err(|problem| self.fault(rest.len(), problem))?;
        Ok(Signer {
            principals: PatternList(principals.to_owned()),
            namespaces: options.namespaces.map(PatternList),
            valid_after: options.valid_after,
            valid_before: options.valid_before,
            key,
        })
    }

    /// Comma-separated options up to the first blank outside quotation marks.
    fn options(&mut self, options: &mut Options) -> Result<(), Fault> {
        let start = self.at;
        loop {
            let rest = &self.line[self.at..];
            let length = option_length(rest)
                .ok_or_else(|| self.fault(rest.len(), SignersProblem::Quotation))?;
            let option = &rest[..length];
            options
                .read(option)
                .map_err(|problem| self.fault(length, problem))?;
            self.at += length;
            if !self.line[self.at..].starts_with(',') {
                break;
            }
            self.at += 1;
        }
        let never = matches!(
            (options.valid_after, options.valid_before),
            (Some(after), Some(before)) if after >= before
        );
        if never {
            let length = self.at - start;
            self.at = start;
            return Err(self.fault(length, SignersProblem::NeverValid));
        }
        Ok(())
    }
}

#[derive(Default)]
struct Options {
    namespaces: Option<String>,
    valid_after: Option<i64>,
    valid_before: Option<i64>,
}

impl Options {
    fn read(&mut self, option: &str) -> Result<(), SignersProblem> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.trim_matches('"'))),
            None => (option, None),
        };
        let fresh = match (name.to_ascii_lowercase().as_str(), value) {
            ("cert-authority", None) => return Err(SignersProblem::CertificateAuthority),
            ("namespaces", Some(value)) => self.namespaces.replace(value.to_owned()).is_none(),
            ("valid-after", Some(value)) => self.valid_after.replace(read_time(value)?).is_none(),
            ("valid-before", Some(value)) => self.valid_before.replace(read_time(value)?).is_none(),
            _ => false,
        };
        if fresh {
            Ok(())
        } else {
            Err(SignersProblem::SignerOption(option.to_owned()))
        }
    }
}

/// Returns the length of the option at the start of `text`; `None` when its quotation does not end.
fn option_length(text: &str) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b' ' | b'\t' if !quoted => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

/// `YYYYMMDD[Z]` or `YYYYMMDDHHMM[SS][Z]`, in UTC.
fn read_time(text: &str) -> Result<i64, SignersProblem> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = |range: Range<usize>| match digits.get(range) {
        Some(part) if plain => part.parse::<i16>().ok(),
        _ => None,
    };
    let small = |at: usize| match digits.len() {
        length if length <= at => Some(0),
        _ => number(at..at + 2).and_then(|part| i8::try_from(part).ok()),
    };
    let read = || {
        if !matches!(digits.len(), 8 | 12 | 14) {
            return None;
        }
        let (year, month, day) = (number(0..4)?, small(4)?, small(6)?);
        let time = DateTime::new(year, month, day, small(8)?, small(10)?, small(12)?, 0).ok()?;
        let instant = TimeZone::UTC.to_timestamp(time).ok()?;
        Some(instant.as_second())
    };
    read().ok_or_else(|| SignersProblem::Time(text.to_owned()))
}

/// The names with which keys begin; an option never does.
fn starts_with_key_type(text: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

fn read_key(text: &str) -> Result<PublicKey, SignersProblem> {
    let mut fields = text.split_ascii_whitespace();
    let (kind, body) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
    let key = PublicKey::from_openssh(&format!("{kind} {body}"))
        .map_err(|error| SignersProblem::Key(error.to_string()))?;
    match key.algorithm() {
        Algorithm::Ed25519
        | Algorithm::SkEd25519
        | Algorithm::SkEcdsaSha2NistP256
        | Algorithm::Rsa { .. }
        | Algorithm::Ecdsa {
            curve: EcdsaCurve::NistP256 | EcdsaCurve::NistP384,
        } => Ok(key),
        other => Err(SignersProblem::KeyType(other.to_string())),
    }
}
