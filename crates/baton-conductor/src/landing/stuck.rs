//! A change that came to a conflict, and what was made of it.

use baton_core::model::Oid;
use baton_git::merge::Conflict;

/// A change that came to a conflict for which there is no remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// By what the change is known.
    pub of: Oid,
    /// The commit to which it was to be made.
    pub onto: Oid,
    /// The files, with markers in those in conflict.
    pub tree: Oid,
    /// The conflicts that are left.
    pub conflicts: Vec<Conflict>,
}

/// The resolution of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// By what the change is known that came to it.
    pub of: Oid,
    /// The commit to which the change was made.
    pub onto: Oid,
    /// The files that were made of both.
    pub tree: Oid,
}
