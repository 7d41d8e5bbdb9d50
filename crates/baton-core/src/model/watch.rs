use bstr::BStr;

/// Which paths a reader of trees and indexes has to look at, and which it may pass over.
pub trait Watch {
    /// True if a change of this path, raw bytes from the repository's root, matters.
    fn watches(&self, path: &BStr) -> bool;

    /// True if a watched path may lie below this directory (no trailing slash; empty for the
    /// root).
    fn may_watch_below(&self, directory: &BStr) -> bool;

    /// A path after which, in byte order, no watched path sorts, but for names that only a
    /// case-folding or normalising file system takes for one. `None` when there is no such bound.
    fn scan_bound(&self) -> Option<&BStr>;
}
