//! Patterns over paths.

mod cover;
mod escape;

use std::path::Path;
use std::sync::OnceLock;

use bstr::{BStr, BString, ByteSlice};
use globset::{Glob, GlobBuilder, GlobMatcher};
use unicode_normalization::UnicodeNormalization;

use super::alias::{fold, fold_text, is_above};
use super::literal_prefix::{LiteralPrefix, after_prefix, literal_length};
use super::overlap::{self, below_meet, wildcard_meets_below, wildcards_meet};

pub use escape::escape_glob;
use escape::{directory_of, has_wildcard, unescaped};

/// Why a pattern is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobError(pub(super) String);

impl GlobError {
    /// Of a path that leads out of the repository.
    pub(crate) fn outside() -> Self {
        Self("it leads out of the repository".to_owned())
    }
}

/// A pattern over paths from the repository's root. Aliases of a path match with it (see
/// [`fold`]).
///
/// Without wildcards it names one path, or, with a trailing `/` or `/**`, all that lies below a
/// directory; no regular expression is built for either. Otherwise `*`, `?` and `[…]` match
/// within a component, `**` across components, and `{a,b}` either; a backslash before one of them makes it a character of a
/// name.
#[derive(Debug, Clone)]
pub struct PathGlob {
    text: String,
    /// The text without its escapes, where it has no other wildcards.
    plain: Option<String>,
    shape: Shape,
    literal_prefix: LiteralPrefix,
    /// The pattern with its brackets and braces as characters of names, where it has some; made when it is first asked for.
    plain_brackets: OnceLock<Option<Box<PathGlob>>>,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Everything,
    Literal(BString),
    Below(BString),
    Wild(Box<Wild>),
}

/// A pattern with wildcards. What matches it is built when it is first asked for: a pattern that is
/// only compared with others needs none.
#[derive(Debug, Clone)]
pub(super) struct Wild {
    glob: Glob,
    matcher: OnceLock<GlobMatcher>,
}

impl Wild {
    fn is_match(&self, path: &Path) -> bool {
        let matcher = self.matcher.get_or_init(|| self.glob.compile_matcher());
        matcher.is_match(path)
    }
}

impl PathGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is empty, absolute, has an empty, `.` or `..` component, or is no valid glob.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        check_components(text)?;
        let plain = unescaped(text);
        let shape = match &plain {
            Some(plain) => {
                check_components(plain)?;
                Shape::plain(text, plain)
            }
            None => Shape::parse(text, true)?,
        };
        Ok(Self {
            text: text.to_owned(),
            plain,
            shape: shape.map_names(|name| fold(name).into_owned()),
            literal_prefix: LiteralPrefix::of(text),
            plain_brackets: OnceLock::new(),
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern as a path is written: without escapes where it has no other wildcards.
    pub fn name(&self) -> &str {
        self.plain.as_deref().unwrap_or(&self.text)
    }

    /// Returns true if it has no wildcards and is no directory.
    pub fn is_one_path(&self) -> bool {
        matches!(self.shape, Shape::Literal(_))
    }

    /// Returns true if `path`, raw bytes from the root, or an alias of it matches.
    pub fn matches(&self, path: &BStr) -> bool {
        self.matches_folded(path, &fold(path))
    }

    /// [`Self::matches`] for a path whose folded form is known. A wildcard may also match the
    /// path as it is: a pattern can ask for what folding drops.
    pub(super) fn matches_folded(&self, path: &BStr, folded: &BStr) -> bool {
        match &self.shape {
            Shape::Wild(_) => self.shape.matches(folded) || self.shape.matches(path),
            _ => self.shape.matches(folded),
        }
    }

    /// Returns true if some path, as [`fold`] leaves it, matches both patterns, or, between patterns without
    /// wildcards, what one names lies below what the other names as a file. A pattern too large to tell is
    /// taken to meet any, and every pattern to meet itself.
    pub fn overlaps(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        if (self.is_wild() || other.is_wild()) && !self.begins_like(other) {
            return false;
        }
        self.shape.overlaps(&other.shape)
    }

    /// Returns true if it has wildcards, other than those that stand for all that lies below a directory.
    pub(super) fn is_wild(&self) -> bool {
        matches!(self.shape, Shape::Wild(_))
    }

    /// Returns true if one path can begin as the matches of both do.
    pub(super) fn begins_like(&self, other: &Self) -> bool {
        self.literal_prefix.meets(&other.literal_prefix)
    }

    /// A regular expression of the paths that match, as [`fold`] leaves them.
    pub(super) fn expression(&self) -> String {
        match &self.shape {
            Shape::Everything => overlap::EVERYTHING.to_owned(),
            Shape::Literal(path) => overlap::exactly(path),
            Shape::Below(base) => overlap::below(base),
            Shape::Wild(wild) => wild.glob.regex().to_owned(),
        }
    }

    /// The path that it names without wildcards, and whether that is one file; with wildcards, the
    /// directories before the first.
    pub(super) fn fixed_part(&self) -> (&BStr, bool) {
        let text = self.name();
        let part = match &self.shape {
            Shape::Everything => "",
            Shape::Literal(_) => return (text.into(), true),
            Shape::Below(_) => text.trim_end_matches("/**").trim_end_matches('/'),
            Shape::Wild(_) => {
                let literal = &text[..literal_length(text)];
                &literal[..literal.rfind('/').unwrap_or(0)]
            }
        };
        (part.into(), false)
    }

    /// Returns the bytes that every match's folded form begins with.
    pub(super) fn prefix(&self) -> &[u8] {
        self.literal_prefix.prefix()
    }

    /// Returns true if an entry at `folded` that is no directory would take the place of a directory that
    /// this pattern names.
    pub(super) fn lies_below(&self, folded: &BStr) -> bool {
        match &self.shape {
            _ if folded.is_empty() => false,
            Shape::Everything => false,
            Shape::Literal(path) => is_above(folded, path),
            Shape::Below(directory) => folded == directory || is_above(folded, directory),
            Shape::Wild(_) => self.literal_prefix.lies_below(folded),
        }
    }

    /// Returns true if a match may lie below this folded directory.
    pub(super) fn may_match_below(&self, directory: &BStr) -> bool {
        match &self.shape {
            Shape::Everything => true,
            Shape::Literal(path) => is_above(directory, path),
            Shape::Below(base) => {
                is_above(directory, base) || directory == base || is_above(base, directory)
            }
            Shape::Wild(_) => self.literal_prefix.enters(directory),
        }
    }

    /// A path that sorts after every match which is ASCII or written as the pattern writes it;
    /// `None` when there is no such path.
    pub(super) fn bound(&self) -> Option<BString> {
        let written = self.name().to_ascii_lowercase();
        match &self.shape {
            Shape::Everything => None,
            Shape::Literal(path) => Some(path.clone().max(written.into())),
            Shape::Below(base) => {
                let written = written.trim_end_matches("/**").trim_end_matches('/');
                let bound = |name: &[u8]| after_prefix(&[name, b"/"].concat());
                bound(base).max(bound(written.as_bytes()))
            }
            Shape::Wild(_) => self.literal_prefix.bound(),
        }
    }

    /// The first byte of every match's folded form, where it is one ASCII byte.
    pub(super) fn first_byte(&self) -> Option<u8> {
        match &self.shape {
            Shape::Everything => None,
            Shape::Literal(path) | Shape::Below(path) => path.first().copied().filter(u8::is_ascii),
            Shape::Wild(_) => self.literal_prefix.first_byte(),
        }
    }
}

impl PartialEq for PathGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Shape {
    /// Of a pattern whose only wildcards are escapes, and of its text without them.
    fn plain(text: &str, plain: &str) -> Self {
        let below = text.len() - directory_of(text).map_or(text.len(), str::len);
        match below {
            0 => Self::Literal(plain.into()),
            length => Self::Below(plain[..plain.len() - length].into()),
        }
    }

    pub(super) fn parse(text: &str, ignore_case: bool) -> Result<Self, GlobError> {
        if text == "**" {
            return Ok(Self::Everything);
        }
        if let Some(base) = directory_of(text)
            && !has_wildcard(base)
        {
            return Ok(Self::Below(base.into()));
        }
        if !has_wildcard(text) {
            return Ok(Self::Literal(text.into()));
        }
        let mut pattern = lowercase_beyond_ascii(text, ignore_case);
        if pattern.ends_with('/') {
            pattern.push_str("**");
        }
        let glob = GlobBuilder::new(&pattern)
            .literal_separator(true)
            .case_insensitive(ignore_case)
            .build()
            .map_err(|error| GlobError(error.kind().to_string()))?;
        let matcher = OnceLock::new();
        Ok(Self::Wild(Box::new(Wild { glob, matcher })))
    }

    pub(super) fn map_names(self, map: impl Fn(&BStr) -> BString) -> Self {
        match self {
            Self::Literal(name) => Self::Literal(map(name.as_ref())),
            Self::Below(name) => Self::Below(map(name.as_ref())),
            other => other,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => true,
            (Self::Literal(a), Self::Literal(b)) => below_meet(a, b),
            (Self::Literal(path), Self::Below(base)) | (Self::Below(base), Self::Literal(path)) => {
                is_above(base, path) || is_above(path, base) || path == base
            }
            (Self::Below(a), Self::Below(b)) => below_meet(a, b),
            (Self::Literal(path), wild @ Self::Wild(_))
            | (wild @ Self::Wild(_), Self::Literal(path)) => wild.matches(path.as_ref()),
            (Self::Below(base), Self::Wild(glob)) | (Self::Wild(glob), Self::Below(base)) => {
                wildcard_meets_below(&glob.glob, base)
            }
            (Self::Wild(a), Self::Wild(b)) => wildcards_meet(&a.glob, &b.glob),
        }
    }

    pub(super) fn matches(&self, path: &BStr) -> bool {
        match self {
            Self::Everything => true,
            Self::Literal(name) => path == name,
            Self::Below(base) => is_above(base, path),
            Self::Wild(glob) => {
                let path = path.to_path_lossy();
                glob.is_match(path.as_ref())
            }
        }
    }
}

/// Refuses what no path from the root can match.
pub(super) fn check_components(text: &str) -> Result<(), GlobError> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let why = if text.is_empty() {
        "a pattern needs a name"
    } else if text.starts_with('/') {
        "a pattern starts at the repository's root without a leading `/`"
    } else if text.contains('\0') {
        "a path has no NUL byte"
    } else if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "a pattern has no empty, `.` or `..` component"
    } else {
        return Ok(());
    };
    Err(GlobError(why.to_owned()))
}

/// The glob library ignores the case of ASCII letters only.
fn lowercase_beyond_ascii(text: &str, ignore_case: bool) -> String {
    if !ignore_case || text.is_ascii() {
        return text.to_owned();
    }
    text.nfc()
        .map(|c| match c.is_ascii() {
            true => c.to_string(),
            false => fold_text(c.encode_utf8(&mut [0; 4])),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str, path: &str) -> bool {
        PathGlob::parse(pattern).unwrap().matches(path.into())
    }

    #[test]
    fn wildcards_stay_within_a_component_unless_doubled() {
        for (pattern, path, expected) in [
            ("docs/*.md", "docs/a.md", true),
            ("docs/*.md", "docs/a/b.md", false),
            ("docs/**/*.md", "docs/a/b.md", true),
            ("docs/**/*.md", "docs/b.md", true),
            ("**/x", "x", true),
            ("{a,b}/[0-9]?", "b/1z", true),
            ("*/", "a/b/c", true),
            ("*/", "a", false),
            ("docs/", "docs/a/b", true),
            ("docs/**", "docs/a/b", true),
            ("docs/", "docs", false),
            ("a\\*", "a*", true),
        ] {
            assert_eq!(matched(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn aliases_match_wildcards_too() {
        for (pattern, path) in [
            ("docs/*.md", "DOCS\\A.MD"),
            ("docs/É*", "docs/e\u{301}x"),
            ("docs/e\u{301}*", "docs/Éx"),
            ("a:*", "a:b"),
            ("K*", "\u{212a}"),
        ] {
            assert!(matched(pattern, path), "{pattern} {path}");
        }
        let raw = b"docs/\xff.MD".as_slice();
        let glob = PathGlob::parse("docs/*.md").unwrap();
        assert!(glob.matches(raw.into()));
    }

    #[test]
    fn no_regular_expression_is_built_without_a_wildcard() {
        for pattern in ["a/b.md", "docs/", "docs/**", "**"] {
            let shape = PathGlob::parse(pattern).unwrap().shape;
            assert!(!matches!(shape, Shape::Wild(_)), "{pattern}");
        }
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for pattern in [
            "", "/", "/a", "a//b", "./a", "a/..", "[", "{a", "a}", "a\0b",
        ] {
            assert!(PathGlob::parse(pattern).is_err(), "{pattern:?}");
        }
    }

    #[test]
    fn the_bound_of_a_directory_is_after_all_in_it() {
        let bound = |pattern: &str| PathGlob::parse(pattern).unwrap().bound();
        assert_eq!(bound("A/").unwrap(), "a0");
        assert_eq!(bound("a/**").unwrap(), "a0");
        assert_eq!(bound("A/b").unwrap(), "a/b");
    }
}
