//! Rules that ask for maintainers and have none.

use super::Signing;

/// Rules that nobody could ever change again, though they ask for maintainers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("nobody could ever change these rules again: {}", self.reason())]
#[diagnostic(help(
    "let {list} list a maintainer's key that is valid for commits, and `maintainers` in [signing], where it is there, name its principal; rules that are never to change have neither"
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

impl Signing {
    /// The reason why nobody could change the rules from this time on, though maintainers are asked for: by name, or by a list that is
    /// there (`has_list`). Rules without either are meant never to change.
    pub fn without_maintainer(&self, has_list: bool, time: i64) -> Option<NoMaintainer> {
        let is_wanted = has_list || !self.maintainers.is_empty();
        let is_missing = is_wanted && !self.signers.has_signer(&self.maintainers, time);
        is_missing.then(|| NoMaintainer {
            list: self.allowed_signers.to_string(),
            asked: self.maintainers.join(", "),
            listed: self.signers.principals().collect::<Vec<_>>().join(", "),
        })
    }
}
