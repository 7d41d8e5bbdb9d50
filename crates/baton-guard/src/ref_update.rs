//! A reference that is about to move, and who asks.

use baton_core::model::{Oid, RefName};

/// A reference that is about to move.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RefUpdate {
    /// Its full name, or `HEAD` when that is detached.
    pub reference: RefName,
    /// The object that it names now.
    pub old: Option<Oid>,
    /// The object that it will name; `None` when it is deleted.
    pub new: Option<Oid>,
}

impl RefUpdate {
    pub(super) fn is_head(&self) -> bool {
        self.reference == "HEAD"
    }
}

/// The place of the question, which decides what may be taken for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A reference transaction in a clone: what a remote has published may come in.
    Clone,
    /// A server that receives a push: nothing that breaks a rule comes in, and a branch is not
    /// deleted with the newest handoff entry.
    Server,
}
