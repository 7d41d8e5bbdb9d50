use bstr::ByteSlice;

use super::{Oid, RefName, SessionId, Signature};

/// A branch that is created, moved or deleted, with what is known about who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchMove {
    /// The full name of the reference.
    pub reference: RefName,
    /// The commit it named; `None` when it is created.
    pub old: Option<Oid>,
    /// The commit it will name; `None` when it is deleted.
    pub new: Option<Oid>,
    /// Which kind of move it is.
    pub step: Step,
    /// The part of a landing in it.
    pub landing: Landing,
    /// The signature of the new tip.
    pub signature: Option<Signature>,
    /// The session of the worktree that makes the move, where the policy ties it to its branch.
    pub session: Option<SessionBranch>,
}

/// A kind of move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The branch is created, or keeps all that it has.
    Forward,
    /// The branch loses commits.
    Rewrite,
    /// The branch is deleted.
    Delete,
}

/// The part of a landing in a move, as far as this stage can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// It does.
    Proven,
    /// The branch of that name on a configured remote has it so already.
    Published,
    /// It does not.
    Refuted,
    /// Nothing that this stage sees tells.
    Unknown,
}

/// A session and the branches that are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionBranch {
    /// The session.
    pub session: SessionId,
    /// Its branch, full name; `None` when it has none.
    pub branch: Option<RefName>,
    /// True if another session's worktree has the branch that moves for its own.
    pub is_taken: bool,
}

impl SessionBranch {
    /// True if the session may move this branch: its own, or one below it that is no other
    /// session's.
    pub fn owns(&self, reference: &RefName) -> bool {
        let Some(own) = &self.branch else {
            return false;
        };
        let below = reference.strip_prefix(own.as_bytes());
        match below {
            Some([]) => true,
            Some([b'/' | b'-', _, ..]) => !self.is_taken,
            _ => false,
        }
    }
}

/// The stash, which all worktrees share, changed from the worktree of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StashMove {
    /// The session.
    pub session: SessionId,
    /// The entry at its top before.
    pub old: Option<Oid>,
    /// The entry that is pushed; `None` when the stash is emptied.
    pub new: Option<Oid>,
}
