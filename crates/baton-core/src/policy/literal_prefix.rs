use bstr::{BStr, BString, ByteSlice};

use super::alias::{fold_text, is_above, is_plain};

/// Where in a tree the matches of a pattern can lie, by the text before its first wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiteralPrefix {
    /// Folded text that every match's folded form begins with.
    prefix: BString,
    /// The text before the first wildcard in lower case, not folded otherwise.
    written: BString,
    /// True if matches may lie deeper than the directory that the prefix names.
    deeper: bool,
}

impl LiteralPrefix {
    pub(super) fn of(text: &str) -> Self {
        let (literal, rest) = text.split_at(literal_length(text));
        let folded = fold_text(literal);
        let prefix = plain_prefix(&folded);
        Self {
            prefix: prefix.into(),
            written: literal.to_ascii_lowercase().into(),
            deeper: prefix.len() < folded.len() || rest.contains('/') || rest.contains("**"),
        }
    }

    /// Returns the bytes that every match's folded form begins with.
    pub(super) fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Returns true if a match may lie below this folded directory.
    pub(super) fn enters(&self, directory: &BStr) -> bool {
        let slash = self.prefix.rfind_byte(b'/');
        let base = &self.prefix[..slash.unwrap_or(0)];
        is_above(directory, base)
            || directory == base
            || self.deeper && directory.starts_with(&self.prefix)
    }

    /// Returns true if one path can begin as the matches of both do.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let (one, other) = (&self.prefix, &other.prefix);
        one.starts_with(other) || other.starts_with(one)
    }

    /// Returns true if every match lies below this folded directory.
    pub(super) fn lies_below(&self, directory: &BStr) -> bool {
        is_above(directory, &self.prefix)
    }

    /// A path that sorts after every match which is ASCII or written as the pattern writes it;
    /// `None` when there is no such path.
    pub(super) fn bound(&self) -> Option<BString> {
        Some(after_prefix(&self.prefix)?.max(after_prefix(&self.written)?))
    }

    /// The first byte of every match's folded form, where it is one ASCII byte.
    pub(super) fn first_byte(&self) -> Option<u8> {
        self.prefix.first().copied().filter(u8::is_ascii)
    }
}

/// Returns the number of bytes of `text` before the first wildcard or placeholder.
pub(super) fn literal_length(text: &str) -> usize {
    let wildcard = |c| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\');
    text.find(wildcard).unwrap_or(text.len())
}

/// The least path that sorts after everything that begins with `prefix`; `None` when there is
/// none.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<BString> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut after = BString::from(&prefix[..=last]);
    after[last] += 1;
    Some(after)
}

/// `prefix` without the last components, as far as folding a path could change them.
fn plain_prefix(mut prefix: &str) -> &str {
    while !is_plain(prefix.trim_end_matches('/').as_bytes()) {
        let name = prefix.trim_end_matches('/');
        prefix = &prefix[..name.rfind('/').map_or(0, |slash| slash + 1)];
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_begins_with_a_prefix_sorts_after_its_bound() {
        assert_eq!(LiteralPrefix::of("A/b*").bound().unwrap(), "a/c");
        assert_eq!(LiteralPrefix::of("*").bound(), None);
        assert_eq!(after_prefix(b"a\xff").unwrap(), "b");
        assert_eq!(after_prefix(b"\xff"), None);
    }

    #[test]
    fn a_pattern_enters_the_directories_that_can_hold_a_match() {
        for (pattern, entered, passed) in [
            ("a/b/c*", &["", "a", "a/b"][..], &["c", "a/b/c", "a/bc"][..]),
            ("a/b*/c", &["", "a", "a/b", "a/bx"], &["a/c", "ab"]),
            ("a/**", &["", "a", "a/x/y"], &["ab"]),
            ("*", &[""], &["a"]),
            ("**/x", &["", "a/b"], &[]),
            (" /*", &["", " "], &[]),
        ] {
            let literal = LiteralPrefix::of(pattern);
            let enters = |directory: &&&str| literal.enters((**directory).into());
            assert_eq!(entered.iter().find(|it| !enters(it)), None, "{pattern}");
            assert_eq!(passed.iter().find(enters), None, "{pattern}");
        }
    }
}
