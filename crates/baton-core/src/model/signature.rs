use bstr::BString;

/// A signature over a commit, as the commit's header holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The armoured text of the `gpgsig` (or `gpgsig-sha256`) header, continuation spaces removed.
    pub armoured: BString,
    /// The commit object without that header: the bytes that were signed.
    pub payload: BString,
    /// When the committer says the commit was made, seconds since the epoch.
    pub committed_at: i64,
}
