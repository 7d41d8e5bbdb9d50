//! What a pattern covers as a claim: besides what it matches, all below a path that it names, and what would take the place of a
//! directory above it.

use bstr::{BStr, BString};

use super::super::alias::{fold, is_above};
use super::super::overlap::wildcard_meets_below;
use super::{PathGlob, Shape};

impl PathGlob {
    /// True if this path, raw bytes from the root, matches, lies below what the pattern names without wildcards, or takes the
    /// place of a directory that it names.
    pub fn covers(&self, path: &BStr) -> bool {
        let folded = fold(path);
        let is_below = |name: &BString| is_above(name, &folded);
        self.matches_folded(path, &folded)
            || self.lies_below(&folded)
            || self.literal().is_some_and(is_below)
    }

    /// True if a path that it [covers](Self::covers) may lie below this directory, raw bytes from the root.
    pub fn may_cover_in(&self, directory: &BStr) -> bool {
        let folded = fold(directory);
        let is_inside = |name: &BString| *folded == **name || is_above(name, &folded);
        directory.is_empty()
            || self.may_match_below(&folded)
            || self.literal().is_some_and(is_inside)
    }

    /// True if some path is [covered](Self::covers) by both.
    pub fn meets(&self, other: &Self) -> bool {
        let holds = |plain: &Self, wild: &Self| match (&plain.shape, &wild.shape) {
            (Shape::Literal(name), Shape::Wild(wild)) => wildcard_meets_below(&wild.glob, name),
            _ => false,
        };
        let may_hold = || self.begins_like(other) && (holds(self, other) || holds(other, self));
        self.overlaps(other) || may_hold()
    }

    /// The folded path of a pattern that names one.
    fn literal(&self) -> Option<&BString> {
        match &self.shape {
            Shape::Literal(name) => Some(name),
            _ => None,
        }
    }
}
