//! Whose signature counts: OpenSSH's list of allowed signers.

mod line;
mod verify;

use std::fmt;
use std::ops::Range;

use bstr::ByteSlice;
use miette::{Diagnostic, LabeledSpan, SourceCode};
use ssh_key::{PrivateKey, PublicKey};

use super::MAX_POLICY_BYTES;
use super::error::Located;
use line::Fields;

pub use verify::SignatureError;

/// The namespace in which git signs.
const NAMESPACE: &str = "git";

/// A list of keys and of the principals who hold them: the `ALLOWED SIGNERS` format of
/// `ssh-keygen(1)`, without certificate authorities. A time without `Z` is read as UTC, so that
/// a list means the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedSigners {
    entries: Vec<Signer>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signer {
    principals: PatternList,
    /// `None` admits every namespace.
    namespaces: Option<PatternList>,
    /// Seconds since the epoch, inclusive.
    valid_after: Option<i64>,
    /// Seconds since the epoch, inclusive.
    valid_before: Option<i64>,
    key: PublicKey,
}

/// Comma-separated patterns with `*` and `?`; one that begins with `!` excludes what it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PatternList(String);

/// A problem in a list of signers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignersProblem {
    /// The file is larger than [`MAX_POLICY_BYTES`].
    #[error("it is {0} bytes large; at most {MAX_POLICY_BYTES} are read")]
    TooLarge(usize),
    /// The file is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A line with principals and no more.
    #[error("the line names no key")]
    NoKey,
    /// The text that should be a key is none.
    #[error("this is not a public key: {0}")]
    Key(String),
    /// A key of a kind whose signatures cannot be verified here.
    #[error("keys of the type {0} are not supported")]
    KeyType(String),
    /// A certificate authority.
    #[error("certificate authorities are not supported")]
    CertificateAuthority,
    /// An option that does not exist, lacks its value or is given twice.
    #[error("`{0}` is not an option, lacks its value, or is given twice")]
    SignerOption(String),
    /// A time that is none.
    #[error("`{0}` is not a time")]
    Time(String),
    /// A key that is never valid.
    #[error("the key stops being valid before it starts")]
    NeverValid,
    /// A quotation without end.
    #[error("the quotation does not end")]
    Quotation,
}

/// A list of signers that cannot be used, with the place that makes it so.
#[derive(Debug)]
pub struct SignersError(Box<Located<SignersProblem>>);

impl AllowedSigners {
    /// Reads the text of the list; `name` is how errors call the file.
    ///
    /// # Errors
    /// When a line is malformed or asks for what is not supported: a key that silently did not
    /// count would be found missing only when it is needed.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, SignersError> {
        let error = |text: &str, span, problem: SignersProblem| {
            let mut located = Located::new(name, text.to_owned(), span, problem);
            located.help = help_for(&located.problem).map(str::to_owned);
            SignersError(Box::new(located))
        };
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(error("", None, SignersProblem::TooLarge(bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|invalid| {
            let start = invalid.valid_up_to();
            let mark = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
            let lossy = bytes.to_str_lossy();
            error(&lossy, Some(mark), SignersProblem::NotUtf8)
        })?;
        let mut entries = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let mut fields = Fields::new(line, start);
            if let Some(principals) = fields.next_principals() {
                let entry = fields.signer(principals);
                entries.push(entry.map_err(|(span, problem)| error(text, Some(span), problem))?);
            }
            start += line.len();
        }
        Ok(Self { entries })
    }

    /// Returns which signer of `allowed`, or of the whole list when that is empty, holds the key in this
    /// text: a public one, or a private one in OpenSSH's format.
    pub fn holder(&self, key: &[u8], allowed: &[String]) -> Option<String> {
        let text = std::str::from_utf8(key).ok()?;
        let key = match PublicKey::from_openssh(text.trim()) {
            Ok(key) => key,
            Err(_) => PrivateKey::from_openssh(text).ok()?.public_key().clone(),
        };
        let mut signers = self.entries.iter();
        signers.find_map(|signer| signer.holds(&key, allowed))
    }

    /// Returns true if a signer of `allowed`, or any signer when that is empty, can sign a commit at this
    /// time or later.
    pub fn has_signer(&self, allowed: &[String], time: i64) -> bool {
        self.entries
            .iter()
            .any(|signer| signer.may_sign(allowed, time))
    }

    /// The principals, as the lines name them.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        self.entries
            .iter()
            .map(|signer| signer.principals.0.as_str())
    }

    /// Returns true if the list has no signer.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PatternList {
    /// Returns true if a pattern matches `name` and none excludes it.
    fn admits(&self, name: &str) -> bool {
        let mut admitted = false;
        for pattern in self.0.split(',') {
            match pattern.strip_prefix('!') {
                Some(excluded) if matches(excluded.as_bytes(), name.as_bytes()) => return false,
                Some(_) => {}
                None => admitted |= matches(pattern.as_bytes(), name.as_bytes()),
            }
        }
        admitted
    }
}

/// Returns true if all of `name` matches a pattern of `*`, `?` and literal bytes. Only the last `*` ever
/// needs to give way, so the work is at most the product of both lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, end)) = star else {
                    return false;
                };
                star = Some((at, end + 1));
                (p, n) = (at + 1, end + 1);
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

fn help_for(problem: &SignersProblem) -> Option<&'static str> {
    Some(match problem {
        SignersProblem::NotUtf8 => "write the file in UTF-8",
        SignersProblem::NoKey | SignersProblem::Key(_) => {
            "a line looks like `name@example.com namespaces=\"git\" ssh-ed25519 AAAA…`"
        }
        SignersProblem::KeyType(_) => "list an ed25519, ecdsa (nistp256, nistp384) or rsa key",
        SignersProblem::CertificateAuthority => "list the keys of the signers themselves",
        SignersProblem::SignerOption(_) => {
            "the options are `namespaces=`, `valid-after=` and `valid-before=`, each at most once"
        }
        SignersProblem::Time(_) => "times are written YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]",
        SignersProblem::NeverValid => "`valid-after` must be earlier than `valid-before`",
        SignersProblem::TooLarge(_) | SignersProblem::Quotation => return None,
    })
}

impl SignersError {
    /// Returns the problem.
    pub fn problem(&self) -> &SignersProblem {
        &self.0.problem
    }

    /// The bytes of the file that it is about.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.clone()
    }
}

impl fmt::Display for SignersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the list of signers {} cannot be used",
            self.0.source.name()
        )
    }
}

impl std::error::Error for SignersError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.problem)
    }
}

impl Diagnostic for SignersError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("signers"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}

#[cfg(test)]
mod tests;
