//! A look at merged files by the caller that has them merged, once the policy's tests have passed.

use std::path::Path;

use super::MergeError;
use baton_core::model::Oid;

/// Looks at merged files.
pub trait Check {
    /// Returns the name by which reports call it.
    fn name(&self) -> &str;

    /// Returns true if it has to look at these files, in which these branches (in short) are merged. Without
    /// any these are the target's own, of which it is asked once something has failed.
    fn wants(&self, tree: Oid, branches: &[String]) -> bool;

    /// Looks at the files that are checked out in this worktree.
    ///
    /// # Errors
    /// When it cannot decide: then nothing lands.
    fn look(&self, view: &View<'_>, stop: &dyn Fn() -> bool) -> Result<CheckResult, MergeError>;
}

/// Where a check looks.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The root of a worktree of the merged files.
    pub worktree: &'a Path,
    /// The name of whatever runs there.
    pub job: &'a str,
    /// The file to which it writes what it says.
    pub log: &'a Path,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckResult {
    /// Nothing that is wrong.
    Passed,
    /// Something that is, for this reason.
    Failed(String),
}
