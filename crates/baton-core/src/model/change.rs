use bstr::BString;

use super::{
    BranchMove, ClaimedPath, Entry, MalformedEntry, Oid, RefName, SessionId, Signature, StashMove,
};

/// A change under judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A commit, made or about to be made.
    Commit(CommitChange),
    /// A branch that moves from one commit to another.
    Tip(TipMove),
    /// A merge that keeps protected entries of one parent and gives up those of another.
    Choice(MergeChoice),
    /// A branch that is created, moved or deleted, by whom.
    Branch(BranchMove),
    /// The stash.
    Stash(StashMove),
    /// A path that is about to be committed and that another session claims.
    Claimed(ClaimedPath),
}

/// Which commit a [`CommitChange`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitRef {
    /// The commit that git is about to make from an index.
    Pending,
    /// A commit object.
    Commit(Oid),
}

/// A commit under judgement: what it does to the paths that the policy watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChange {
    /// Which commit.
    pub subject: CommitRef,
    /// Its parents, in order.
    pub parents: Vec<Oid>,
    /// Its message without header; `None` where the stage cannot know it yet.
    pub message: Option<BString>,
    /// The watched paths whose entry differs from the entry in *every* parent, sorted by path.
    /// In a root commit that is each watched path that exists.
    pub paths: Vec<PathChange>,
    /// The entries of its trees, as far as they were read, that git would not write and that no
    /// parent has; of a commit that is not made yet, those of its parents.
    pub malformed: Vec<MalformedEntry>,
    /// The evidence that `aggregate-commit` needs; gathered when the message claims to be an aggregate or a
    /// path that only an aggregate may write has changed, and the commit exists.
    pub aggregate: Option<AggregateEvidence>,
    /// The signature in the commit's header, if it carries one.
    pub signature: Option<Signature>,
    /// True if git would sign with a maintainer's key, as far as that can be known; of a commit that
    /// is not made yet.
    pub signs_as_maintainer: bool,
    /// The records that each parent has of the sessions that the commit touches, in the order of the parents;
    /// gathered when they are more than it may carry.
    pub records: Vec<SessionRecords>,
    /// The texts of the policy; gathered when the commit changes it and it is a file of the same mode
    /// before and after.
    pub policy: Option<PolicyEdit>,
}

/// A change of the policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyEdit {
    /// The text in each parent, in the order of the parents.
    pub before: Vec<BString>,
    /// The text in the commit.
    pub after: BString,
}

/// The records that a commit has of some sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionRecords {
    /// Their logs.
    pub logs: Vec<SessionLog>,
    /// The handoff document and its archives.
    pub handoff: Vec<BString>,
}

/// One watched path whose entry differs from the entry in every parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    /// The path from the repository's root, raw bytes, `/` between its parts.
    pub path: BString,
    /// The entry in each parent, in the order of the parents; `None` where it does not exist.
    pub before: Vec<Option<Entry>>,
    /// The entry in the commit; `None` when the commit deletes the path.
    pub after: Option<Entry>,
}

/// The content behind a commit that claims to be an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AggregateEvidence {
    /// The handoff file in the first parent; `None` when there is none there.
    pub handoff_before: Option<BString>,
    /// The handoff file in the commit; `None` when there is none there.
    pub handoff_after: Option<BString>,
    /// Every path, watched or not, whose entry differs from the first parent's, sorted.
    pub changed_paths: Vec<BString>,
    /// The session logs that are files in the first parent's tree, sorted by path.
    pub logs: Vec<SessionLog>,
    /// The archive files of the first parent and of the commit, sorted by path.
    pub archives: Vec<ArchiveFile>,
    /// The commit object without its signature's header: what a signature is over.
    pub object: BString,
}

/// A session's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLog {
    /// The session, as the log's path names it.
    pub session: SessionId,
    /// The log's path.
    pub path: BString,
    /// Its text, where the commit's trailers name a session of that number.
    pub text: Option<BString>,
}

/// An archive of entries of the handoff file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// Its path.
    pub path: BString,
    /// Its text in the first parent; `None` when there is no ordinary file.
    pub before: Option<BString>,
    /// Its text in the commit; `None` when there is no ordinary file.
    pub after: Option<BString>,
    /// Its mode in the first parent, as a tree holds it.
    pub mode_before: Option<u32>,
    /// Its mode in the commit.
    pub mode_after: Option<u32>,
}

/// A branch that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TipMove {
    /// The full name of the reference.
    pub reference: RefName,
    /// The commit it named.
    pub old: Oid,
    /// The commit it will name; `None` when it is deleted.
    pub new: Option<Oid>,
    /// The protected paths that lose a writer, sorted by path.
    pub entries: Vec<TipEntry>,
}

/// A merge that settles between entries neither of which comes from the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeChoice {
    /// The merge.
    pub commit: CommitChange,
    /// The protected paths at which it does, sorted by path.
    pub entries: Vec<TipEntry>,
}

/// A protected path at both ends of a [`TipMove`] or in the parent whose entry a [`MergeChoice`]
/// gives up and in the merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TipEntry {
    /// The path.
    pub path: BString,
    /// The old entry.
    pub old: Option<Entry>,
    /// The new one.
    pub new: Option<Entry>,
    /// The fault of the step from the one to the other.
    pub fault: TipFault,
}

/// The fault of a protected path's step from an old entry to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TipFault {
    /// This commit, which wrote the path and might, is not in the history of the new entry.
    Lost(Oid),
    /// The new entry was written by this commit, which begins a policy of its own.
    Foreign(Oid),
}
