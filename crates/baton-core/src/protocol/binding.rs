//! The line of a log that binds the session to its summary.
//!
//! A log is committed on the session's own branch; an aggregate that carries another summary than
//! the one whose digest its log names is refused.

use bstr::{BStr, BString, ByteSlice};

/// The start of the line, in column 1. The rest names a summary, if perhaps none that
/// there can be: a log as it begins is bound already.
const LABEL: &[u8] = b"**Summary**: sha256:";
/// The same without what belongs to the digest.
const KEY: &[u8] = b"**Summary**: ";

/// The mark that some editors put at the beginning of a UTF-8 file; it takes no column.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The summaries that the log names, each as `sha256:` and what follows on its line. None when the
/// log has no such line, which a log made without Baton need not have. Code blocks are no
/// exception, so that `grep` finds the same lines.
pub fn named_summaries(log: &BStr) -> impl Iterator<Item = &BStr> {
    let log = log.strip_prefix(BOM).unwrap_or(log);
    let lines = log.lines().filter(|line| line.starts_with(LABEL));
    lines.map(|line| line[KEY.len()..].trim_end().as_bstr())
}

/// The line that names the summary with this digest, `sha256:…`, without its end.
pub fn summary_line(digest: &str) -> String {
    format!("{}{digest}", KEY.as_bstr())
}

/// The log with every line that names a summary naming the one with this digest; a log without
/// such a line gets one at its end.
pub fn bind_summary(log: &BStr, digest: &str) -> BString {
    let line = summary_line(digest);
    let marked = log.starts_with(BOM);
    let mut bound = BString::from(if marked { BOM } else { b"" });
    let log = log.strip_prefix(BOM).unwrap_or(log).as_bstr();
    let mut found = false;
    for old in log.lines_with_terminator() {
        if old.starts_with(LABEL) {
            found = true;
            bound.extend_from_slice(line.as_bytes());
            bound.extend_from_slice(&old[old.trim_end_with(|c| matches!(c, '\r' | '\n')).len()..]);
        } else {
            bound.extend_from_slice(old);
        }
    }
    if found {
        return bound;
    }
    let crlf = log.lines_with_terminator().next();
    let end: &[u8] = match crlf.is_some_and(|first| first.ends_with(b"\r\n")) {
        true => b"\r\n",
        false => b"\n",
    };
    if !log.is_empty() {
        if !bound.ends_with(b"\n") {
            bound.extend_from_slice(end);
        }
        bound.extend_from_slice(end);
    }
    bound.extend_from_slice(line.as_bytes());
    bound.extend_from_slice(end);
    bound
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Blank, render};
    use super::*;

    const DIGEST: &str = "sha256:ab";

    fn named(log: &str) -> Vec<String> {
        let names = named_summaries(log.into());
        names.map(ToString::to_string).collect()
    }

    #[test]
    fn a_log_that_begins_names_a_summary_that_nobody_can_write() {
        let log = render(&Blank::default());
        let [name] = &named(&log)[..] else { panic!() };
        assert!(name.len() != "sha256:".len() + 64, "{name}");
        let bound = bind_summary(log.as_str().into(), DIGEST).to_string();
        assert_eq!(named(&bound), [DIGEST]);
        let lines = log.lines().zip(bound.lines());
        assert_eq!(lines.filter(|(old, new)| old != new).count(), 1);
    }

    #[test]
    fn only_lines_of_the_form_name_a_summary() {
        for (log, names) in [
            ("**Summary**: sha256:ab  \r\nx\n", &["sha256:ab"][..]),
            ("**Summary**: sha256:\n", &["sha256:"]),
            (
                "```\n**Summary**: sha256:a\n```\n**Summary**: sha256:b",
                &["sha256:a", "sha256:b"],
            ),
            ("**Summary**: I tidied up\n", &[]),
            ("- **Summary**: sha256:ab\n", &[]),
            ("\u{feff}**Summary**: sha256:ab\n", &["sha256:ab"]),
            ("", &[]),
        ] {
            assert_eq!(named(log), names, "{log}");
        }
    }

    #[test]
    fn line_endings_stay_as_they_are() {
        for (log, bound) in [
            ("", "**Summary**: sha256:ab\n"),
            ("# x", "# x\n\n**Summary**: sha256:ab\n"),
            ("# x\r\n", "# x\r\n\r\n**Summary**: sha256:ab\r\n"),
            ("**Summary**: sha256:?\r\nx", "**Summary**: sha256:ab\r\nx"),
            ("**Summary**: sha256:?", "**Summary**: sha256:ab"),
            (
                "\u{feff}**Summary**: sha256:?\n",
                "\u{feff}**Summary**: sha256:ab\n",
            ),
        ] {
            assert_eq!(bind_summary(log.into(), DIGEST), bound, "{log:?}");
        }
    }

    proptest! {
        #[test]
        fn a_bound_log_names_one_summary_and_stays_as_it_is(
            log in "(\\*\\*Summary\\*\\*: |sha256:|a|\r|\n|```){0,12}"
        ) {
            let bound = bind_summary(log.as_str().into(), DIGEST);
            let mut names = named_summaries(bound.as_bstr()).peekable();
            prop_assert!(names.peek().is_some());
            prop_assert!(names.all(|name| name == DIGEST));
            prop_assert_eq!(bind_summary(bound.as_bstr(), DIGEST), bound.clone());
        }
    }
}
