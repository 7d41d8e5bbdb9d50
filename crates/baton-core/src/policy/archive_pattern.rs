use bstr::{BStr, BString, ByteSlice};

use crate::model::{SessionId, Watch};

const DATE: &str = "{date}";

/// The paths of archive files: a plain path with `{date}` in it, once, for a day `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePattern {
    text: String,
    date_at: usize,
}

impl ArchivePattern {
    /// `None` when `{date}` is not in it exactly once.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let date_at = text.find(DATE)?;
        let rest = &text[date_at + DATE.len()..];
        (!rest.contains(DATE)).then(|| Self {
            text: text.to_owned(),
            date_at,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The archive file of this day.
    pub fn path(&self, date: &str) -> BString {
        self.filled_with(date).into()
    }

    /// Returns true if `path` is, byte by byte, the archive file of some day.
    pub fn matches(&self, path: &BStr) -> bool {
        let (before, after) = self.parts();
        let date = path
            .strip_prefix(before.as_bytes())
            .and_then(|rest| rest.strip_suffix(after.as_bytes()))
            .and_then(|date| date.to_str().ok());
        date.is_some_and(|date| SessionId::new(Some(date), "0").is_some())
    }

    /// A glob for the archive files of all days.
    pub(super) fn glob(&self) -> String {
        self.filled_with("*")
    }

    fn filled_with(&self, date: &str) -> String {
        let (before, after) = self.parts();
        format!("{before}{date}{after}")
    }

    fn parts(&self) -> (&str, &str) {
        let (before, rest) = self.text.split_at(self.date_at);
        (before, &rest[DATE.len()..])
    }
}

impl Watch for ArchivePattern {
    fn watches(&self, path: &BStr) -> bool {
        self.matches(path)
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let before = self.parts().0.as_bytes();
        if directory.is_empty() {
            return true;
        }
        match before.strip_prefix(directory.as_bytes()) {
            Some(rest) => rest.first().is_none_or(|byte| *byte == b'/'),
            None => directory.starts_with(before),
        }
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_told_by_their_day() {
        let pattern = ArchivePattern::parse("a/b/H-{date}.md").unwrap();
        assert_eq!(pattern.path("2025-12-18"), "a/b/H-2025-12-18.md");
        assert!(pattern.matches("a/b/H-2025-12-18.md".into()));
        for other in [
            "a/b/H-2025-12-1.md",
            "a/b/H-.md",
            "a/b/H-2025-12-18.md2",
            "H-2025-12-18.md",
        ] {
            assert!(!pattern.matches(other.into()), "{other}");
        }
        for (directory, may) in [
            ("", true),
            ("a", true),
            ("a/b", true),
            ("a/bc", false),
            ("b", false),
        ] {
            assert_eq!(
                pattern.may_watch_below(directory.into()),
                may,
                "{directory}"
            );
        }
        assert_eq!(ArchivePattern::parse("a"), None);
        assert_eq!(ArchivePattern::parse("{date}/{date}"), None);
    }
}
