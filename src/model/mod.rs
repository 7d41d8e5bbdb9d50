//! The values the judge works on: no I/O, no clock, no environment.

mod change;
mod entry;
mod oid;
mod session;
mod trailers;
mod verdict;
mod watch;

pub use change::{
    AggregateEvidence, Change, CommitChange, PathChange, Signature, Subject, TipEntry, TipMove,
};
pub use entry::{Entry, EntryKind};
pub use oid::{Oid, OidError};
pub use session::SessionId;
pub use trailers::{Trailer, trailers, values};
pub use verdict::{RuleId, Verdict, Violation};
pub use watch::Watch;
