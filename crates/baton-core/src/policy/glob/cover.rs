//! The paths that a pattern covers as a claim: besides what it matches, all below a path that it names, and
//! what would take the place of a directory above it.
//!
//! Brackets and braces stand for themselves as well. Whether `pages/[id].tsx` is meant as a pattern or as a name, no one can tell
//! before the file is there, so a claim covers both.

use bstr::{BStr, BString};

use super::super::alias::{fold, is_above};
use super::super::overlap::wildcard_meets_below;
use super::escape::plain_brackets;
use super::{PathGlob, Shape};

impl PathGlob {
    /// True if this path, raw bytes from the root, matches, lies below what the pattern names without wildcards, or takes the
    /// place of a directory that it names.
    pub fn covers(&self, path: &BStr) -> bool {
        let folded = fold(path);
        let is_below = |name: &BString| is_above(name, &folded);
        self.readings().any(|one| {
            one.matches_folded(path, &folded)
                || one.lies_below(&folded)
                || one.literal().is_some_and(is_below)
        })
    }

    /// True if a path that it [covers](Self::covers) may lie below this directory, raw bytes from the root.
    pub fn may_cover_in(&self, directory: &BStr) -> bool {
        let folded = fold(directory);
        let is_inside = |name: &BString| *folded == **name || is_above(name, &folded);
        directory.is_empty()
            || self
                .readings()
                .any(|one| one.may_match_below(&folded) || one.literal().is_some_and(is_inside))
    }

    /// True if some path is [covered](Self::covers) by both.
    pub fn meets(&self, other: &Self) -> bool {
        let mut pairs = self
            .readings()
            .flat_map(|one| other.readings().map(move |other| (one, other)));
        pairs.any(|(one, other)| one.meets_as_read(other))
    }

    fn meets_as_read(&self, other: &Self) -> bool {
        let holds = |plain: &Self, wild: &Self| match (&plain.shape, &wild.shape) {
            (Shape::Literal(name), Shape::Wild(wild)) => wildcard_meets_below(&wild.glob, name),
            _ => false,
        };
        let may_hold = || self.begins_like(other) && (holds(self, other) || holds(other, self));
        self.overlaps(other) || may_hold()
    }

    /// The pattern, and the one in which brackets and braces are characters of names.
    fn readings(&self) -> impl Iterator<Item = &Self> {
        let plain = self.plain_brackets.get_or_init(|| {
            let plain = plain_brackets(&self.text)?;
            Self::parse(&plain).ok().map(Box::new)
        });
        [self].into_iter().chain(plain.as_deref())
    }

    /// The folded path of a pattern that names one.
    fn literal(&self) -> Option<&BString> {
        match &self.shape {
            Shape::Literal(name) => Some(name),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> PathGlob {
        PathGlob::parse(text).unwrap()
    }

    #[test]
    fn brackets_and_braces_stand_for_themselves_as_well() {
        for (text, path, expected) in [
            ("pages/[id].tsx", "pages/[id].tsx", true),
            ("pages/[id].tsx", "Pages/[ID].tsx", true),
            ("pages/[id].tsx", "pages/i.tsx", true),
            ("pages/[id].tsx", "pages/[id].tsx/below", true),
            ("pages/[id].tsx", "pages/x.tsx", false),
            ("pages/[...all].tsx", "pages/[...all].tsx", true),
            ("app/[id]/page.tsx", "app/[id]", true),
            ("app/[id]/", "app/[id]/a/b", true),
            ("app/[id]/*.tsx", "app/[id]/page.tsx", true),
            ("app/[id]/*.tsx", "app/[id]/a/page.tsx", false),
            ("{a,b}.rs", "{a,b}.rs", true),
            ("\\[a\\]/{b,c}", "[a]/{b,c}", true),
            ("a/*", "a/b/c", false),
        ] {
            assert_eq!(glob(text).covers(path.into()), expected, "{text} {path}");
            let directory = path.rsplit_once('/').map_or("", |(above, _)| above);
            assert!(
                !expected || glob(text).may_cover_in(directory.into()),
                "{text} {path}"
            );
        }
        assert!(!glob("pages/[id].tsx").may_cover_in("app".into()));
    }

    #[test]
    fn a_name_with_brackets_meets_the_pattern_of_the_same_text() {
        for (one, other, expected) in [
            ("pages/[id].tsx", "pages/\\[id\\].tsx", true),
            ("app/[id]/page.tsx", "app/\\[id\\]/", true),
            ("app/[id]/*.tsx", "app/\\[id\\]/page.tsx", true),
            ("app/[id]/a.tsx", "app/{[id],x}/a.tsx", true),
            ("app/[id]/", "app/[[]id]/page.tsx", true),
            ("pages/[id].tsx", "pages/\\[slug\\].tsx", false),
            ("pages/[id].tsx", "pages/[xy].tsx", false),
            ("src/*", "src/*/x.rs", false),
        ] {
            assert_eq!(glob(one).meets(&glob(other)), expected, "{one} {other}");
            assert_eq!(glob(other).meets(&glob(one)), expected, "{other} {one}");
        }
    }
}
