use std::fmt;

use bstr::BString;

use super::SessionId;

/// A path that another session claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedPath {
    /// The path.
    pub path: BString,
    /// The session.
    pub session: SessionId,
    /// The session and where it works, in words.
    pub holder: String,
}

impl ClaimedPath {
    /// The remedy, in a sentence.
    pub fn help(&self) -> String {
        format!(
            "leave it to that session: work on something else, or wait until it has ended; `git baton session show {}` \
             tells how far it is",
            self.session.number()
        )
    }
}

impl fmt::Display for ClaimedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is claimed by {}", self.path, self.holder)
    }
}
