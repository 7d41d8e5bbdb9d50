use bstr::BString;

use super::FORMAT_VERSION;
use crate::handoff::{ExtractError, ParseError};
use crate::model::SessionId;

/// One reason why a commit is no genuine aggregate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Not exactly one parent.
    #[error("it has {0} parents; an aggregate commit has exactly one")]
    Parents(usize),
    /// A trailer that stands once is missing, or there are several.
    #[error("its message has {count} `{key}` trailers; exactly one is needed")]
    Count {
        /// The trailer's key.
        key: String,
        /// Their number.
        count: usize,
    },
    /// A version that is not known.
    #[error("it has version `{0}` of the format; version {FORMAT_VERSION} is known")]
    Version(BString),
    /// A trailer's value cannot be read.
    #[error("the trailer `{key}: {value}` cannot be read; `{expected}` is the form")]
    Trailer {
        /// The trailer's key.
        key: String,
        /// Its value.
        value: BString,
        /// The form that it must have.
        expected: &'static str,
    },
    /// Something else stands in the place of a file.
    #[error(
        "what its parent has at `{0}` is no file but a symbolic link, say; a file has to be there \
         first, or nothing"
    )]
    NoFile(BString),
    /// The handoff file is as it was.
    #[error("it does not change the handoff file")]
    HandoffUnchanged,
    /// The handoff file is gone.
    #[error("it deletes the handoff file")]
    HandoffDeleted,
    /// The handoff file is no ordinary file, or its mode is another.
    #[error("it makes the handoff file's mode {after:o}; {expected:o} is what it must stay")]
    Mode {
        /// The mode that it must have.
        expected: u32,
        /// The mode that it has.
        after: u32,
    },
    /// It is not on the commit for which it was made.
    #[error(
        "it was made on {claimed} and stands on {actual}: it was picked, rebased or made up; an \
         aggregate stays where it was made"
    )]
    Base {
        /// The text of the message.
        claimed: BString,
        /// The commit's first parent.
        actual: String,
    },
    /// The seal is not the digest of the rest of the commit.
    #[error(
        "its seal does not fit it: it was amended, picked or rebased, or made up; an aggregate \
         stays as it was made"
    )]
    Seal,
    /// The message names more than one archive.
    #[error("its message has {0} trailers that name an archive; one is allowed")]
    ArchiveCount(usize),
    /// The archive is not the one that the policy names for the entry's day.
    #[error("it moves entries to `{path}`; on that day the archive is `{expected}`")]
    ArchivePath {
        /// The text of the message.
        path: BString,
        /// The text that the policy gives.
        expected: BString,
    },
    /// More entries are to be moved than there are.
    #[error("it says that it moves {0} entries to an archive, and the old file has fewer")]
    TooFewEntries(usize),
    /// More or fewer entries are moved than the policy's budget asks for.
    #[error("it moves {moved} entries to an archive; by the policy's budget {due} are due")]
    Budget {
        /// The number of entries that it moves.
        moved: usize,
        /// The number of entries that it must move.
        due: usize,
    },
    /// The archive is not the old one with the moved entries put in.
    #[error("`{0}` is not what it was with the oldest entries of the handoff file put in")]
    Archive(BString),
    /// Another path changes as well.
    #[error("it changes `{0}`; an aggregate commit changes the handoff file and nothing else")]
    OtherPath(BString),
    /// The new text is not the old one with an entry put in.
    #[error("the handoff file is not the old one with one entry under its heading: {0}")]
    Insertion(#[from] ExtractError),
    /// The text that was put in is not a canonical entry.
    #[error("what was added to the handoff file is not an entry in canonical form: {0}")]
    Entry(#[from] ParseError),
    /// The entry cannot be found again in the new text, because a code block swallows it.
    #[error(
        "the new entry cannot be read back from the handoff file: a code block that is not closed \
         swallows it or its heading"
    )]
    Swallowed,
    /// The message and the entry name different sessions, or in another order.
    #[error("its message names the sessions {message} and the entry the sessions {entry}")]
    Sessions {
        /// The message's sessions, in order.
        message: String,
        /// The entry's sessions, in order.
        entry: String,
    },
    /// The message names a session twice.
    #[error("its message names session {0} twice")]
    SessionTwice(String),
    /// The session was aggregated before.
    #[error("session {0} is in the handoff file already")]
    Repeated(String),
    /// The session has no log of its own.
    #[error("session {0} has no session log in the commit's parent")]
    NoLog(SessionId),
    /// A log of the session names another summary.
    #[error(
        "the summary of session {number} has the digest {actual}; the session's log {path} names \
         {named}"
    )]
    OtherSummary {
        /// The session's number.
        number: String,
        /// The log.
        path: BString,
        /// The digest in the log.
        named: BString,
        /// The digest of the entry's text.
        actual: String,
    },
    /// The session's log names no summary, and the policy asks for that.
    #[error("the log of session {0} does not name its summary, and the policy asks for that")]
    Unbound(SessionId),
    /// The message has no digest for a session of the entry.
    #[error("its message has no digest of the summary of session {0}")]
    NoDigest(String),
    /// The message has a digest too many.
    #[error("its message has a surplus digest of the summary of session {0}")]
    SurplusDigest(SessionId),
    /// The digest is not that of the section's summary.
    #[error("the summary of session {number} has the digest {actual}; its message says {claimed}")]
    Digest {
        /// The session's number.
        number: String,
        /// The text of the message.
        claimed: String,
        /// The digest of the entry's text.
        actual: String,
    },
}
