//! Signatures that count: maintainers', of the policy, and orchestrators', of aggregate commits.

use bstr::BString;

use super::{AllowedSigners, SIGNERS_PATH, SignatureError};
use crate::model::Signature;

/// The signers, and what each may sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Signing {
    /// The path of the list of signers.
    pub allowed_signers: BString,
    /// That list; empty until [`Policy::with_signers`](super::Policy::with_signers).
    pub signers: AllowedSigners,
    /// The principals who may change the policy; when empty, every one in the list.
    pub maintainers: Vec<String>,
    /// The principals who may sign aggregate commits; when empty, every one in the list.
    pub orchestrators: Vec<String>,
    /// True if an aggregate commit must carry an orchestrator's signature.
    pub aggregate: bool,
}

impl Signing {
    /// The maintainer whose signature this is.
    ///
    /// # Errors
    /// When its key is not on the list, or its signer is no maintainer.
    pub fn maintainer(&self, signature: &Signature) -> Result<String, SignatureError> {
        self.signers.verify(signature, &self.maintainers)
    }

    /// The reason why no maintainer could change the rules from this time on, though maintainers are asked
    /// for: by name, by a list that is there (`has_list`), or by the path of one. Rules without any of these
    /// are meant never to change.
    pub fn without_maintainer(&self, has_list: bool, time: i64) -> Option<NoMaintainer> {
        let is_wanted =
            has_list || !self.maintainers.is_empty() || self.allowed_signers != SIGNERS_PATH;
        let is_missing = is_wanted && !self.signers.has_signer(&self.maintainers, time);
        is_missing.then(|| NoMaintainer {
            list: self.allowed_signers.to_string(),
            asked: self.maintainers.join(", "),
            listed: self.signers.principals().collect::<Vec<_>>().join(", "),
        })
    }
}

/// Rules that no maintainer could ever change again, though they ask for maintainers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("nobody could ever change these rules again: {}", self.reason())]
#[diagnostic(help(
    "let {list} list a maintainer's key that is valid for commits, and `maintainers` in [signing], where it is there, name its principal; rules that are never to change have no [signing] and no list"
))]
pub struct NoMaintainer {
    list: String,
    asked: String,
    listed: String,
}

impl NoMaintainer {
    fn reason(&self) -> String {
        let Self {
            list,
            asked,
            listed,
        } = self;
        match (asked.is_empty(), listed.is_empty()) {
            (_, true) => format!("{list} lists no key"),
            (true, false) => format!("no key of {list} is valid for commits now ({listed})"),
            (false, false) => format!(
                "`maintainers` in [signing] names {asked}, and the keys of {list} that are valid now are of others ({listed})"
            ),
        }
    }
}
