use bstr::{BString, ByteSlice};

/// The line below which `git commit --verbose` shows the diff.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------";

/// The message as git will record it, where its comments begin with `#`, as they do unless
/// `core.commentChar` says otherwise. Where it does, a comment counts as text here; the commit
/// itself is judged once more when it exists.
pub fn without_comments(text: &[u8]) -> BString {
    let mut kept = BString::default();
    for line in text.lines_with_terminator() {
        if line.trim_end() == SCISSORS {
            break;
        }
        if !line.starts_with(b"#") {
            kept.extend_from_slice(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_the_shown_diff_are_left_out() {
        let text = b"subject\n\n# hint\nKey: value\n# ------------------------ >8 ------------------------\ndiff\n";
        assert_eq!(without_comments(text), "subject\n\nKey: value\n");
    }
}
