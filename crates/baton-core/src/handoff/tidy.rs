use bstr::{BStr, BString, ByteSlice};

use super::lines::Lines;

/// The document with one blank line where there are several, none at the beginning or the end,
/// and a line ending at the end. Code blocks, line endings and everything else stay.
pub fn tidied(document: &BStr) -> BString {
    let mut tidy = BString::default();
    let mut blank: Option<&[u8]> = None;
    for line in Lines::new(document) {
        let whole = &document[line.start..line.end];
        if line.is_blank() && !line.fenced {
            blank = blank.or(Some(whole));
            continue;
        }
        if let Some(between) = blank.take().filter(|_| !tidy.is_empty()) {
            tidy.extend_from_slice(between);
        }
        tidy.extend_from_slice(whole);
    }
    if !tidy.is_empty() && !tidy.ends_with(b"\n") {
        let crlf = document.find(b"\r\n").is_some();
        tidy.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_tidied_and_nothing_else() {
        for (before, after) in [
            ("\n\na\n\n\n\nb", "a\n\nb\n"),
            ("a\n\n```\n\n\n```\n\n\n", "a\n\n```\n\n\n```\n"),
            ("a\r\n\r\n\r\nb", "a\r\n\r\nb\r\n"),
            ("tidy\n", "tidy\n"),
            ("", ""),
        ] {
            assert_eq!(tidied(before.into()), after, "{before:?}");
        }
    }
}
