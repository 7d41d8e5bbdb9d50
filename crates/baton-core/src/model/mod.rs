//! The values that the judge works on: no I/O, no clock, no environment.

mod branch_move;
mod change;
mod claim;
mod entry;
mod oid;
mod ref_name;
mod schema;
mod session;
mod signature;
pub mod trailers;
mod tree_fault;
mod unseen;
mod verdict;
mod watch;
mod wording;

pub use branch_move::{BranchMove, Landing, SessionBranch, StashMove, Step};
pub use change::{
    AggregateEvidence, ArchiveFile, Change, CommitChange, CommitRef, MergeChoice, PathChange,
    PolicyEdit, SessionLog, SessionRecords, TipEntry, TipFault, TipMove,
};
pub use claim::ClaimedPath;
pub use entry::{Entry, EntryKind};
pub use oid::{Oid, OidError};
pub use ref_name::{BranchName, RefName, is_branch};
pub use session::SessionId;
pub use signature::Signature;
pub use trailers::Trailer;
pub use tree_fault::{MalformedEntry, TreeFault};
pub use unseen::{is_unseen, without_steering};
pub use verdict::{Accepted, Override, RuleId, UnknownRule, Verdict, Violation};
pub use watch::Watch;
pub use wording::{EntryTitle, Label, SessionTitle, Wording, WordingError};
