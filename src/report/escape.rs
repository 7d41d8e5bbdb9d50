//! Text that others wrote, made harmless.
//!
//! Commit messages, paths and branch names reach reports from anyone who can push. A terminal
//! obeys control characters; bidirectional and zero-width characters make text read as what it is
//! not; a CI runner obeys lines that begin with `::` (GitHub) and `##[…]`, `##vso[…]` anywhere in
//! a line (GitHub's older syntax, Azure Pipelines, TeamCity).

use std::fmt::Write;

/// `raw` with each byte that is no UTF-8 as `\xNN` and each character that is not seen as
/// `\u{N}`. What is all visible comes back as it was.
pub fn visible(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for c in invalid_bytes(raw).chars() {
        if is_unseen(c) {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

/// `raw` with each byte that is no UTF-8 as `\xNN`, and all else as it was.
pub fn invalid_bytes(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a String takes all");
        }
    }
    text
}

/// [`visible`], and without what a CI runner takes for a command wherever a line is broken.
pub fn inert(raw: &[u8]) -> String {
    let text = visible(raw);
    let mut quiet = String::with_capacity(text.len());
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let after = &text[at + c.len_utf8()..];
        let command = match c {
            ':' => before.is_whitespace() && after.starts_with(':'),
            '#' => before == '#' && after.starts_with(|c: char| c == '[' || c.is_alphabetic()),
            _ => false,
        };
        if command {
            quiet.extend(c.escape_unicode());
        } else {
            quiet.push(c);
        }
        before = c;
    }
    quiet
}

/// JSON with nothing in its strings that a terminal or a CI runner obeys; the same values.
pub fn json(document: &str) -> String {
    let mut safe = String::with_capacity(document.len());
    let mut before = ' ';
    for c in document.chars() {
        if (is_unseen(c) && c != '\n') || (c == '#' && before == '#') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(safe, "\\u{unit:04x}").expect("a String takes all");
            }
        } else {
            safe.push(c);
        }
        before = c;
    }
    safe
}

/// The first `width` characters of `text`; the last is `…` when that is not all of it.
pub fn clip(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// Whether a reader would not see `c`, or would see what stands around it changed: controls,
/// line separators, and Unicode's format characters and fillers that take no room.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_visible_stays_as_it_is() {
        for text in [
            "docs/naïve résumé.md",
            "a\\b",
            "x::y",
            "日本語",
            "# Title",
            "## 3",
        ] {
            assert_eq!(inert(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_not_seen_is_spelled_out() {
        assert_eq!(visible(b"a\x1b[31m\nb"), "a\\u{1b}[31m\\u{a}b");
        assert_eq!(visible(b"caf\xe9"), "caf\\xe9");
        let csi_and_override = "\u{9b}31m\u{202e}cod\u{200b}";
        let spelled = "\\u{9b}31m\\u{202e}cod\\u{200b}";
        assert_eq!(visible(csi_and_override.as_bytes()), spelled);
    }

    #[test]
    fn no_word_is_a_command_for_a_runner() {
        assert_eq!(inert(b"::error::x"), "\\u{3a}:error::x");
        assert_eq!(
            inert(b"see ::stop-commands::x"),
            "see \\u{3a}:stop-commands::x"
        );
        assert_eq!(inert(b"a ##[add-mask]b"), "a #\\u{23}[add-mask]b");
        assert_eq!(inert(b"###vso[task]"), "##\\u{23}vso[task]");
    }

    #[test]
    fn escaped_json_holds_the_same_values() {
        let value = serde_json::json!({ "##[x]": "\u{9b}\u{2028}\u{e0041}\u{7f}\n" });
        let safe = json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!safe.contains("##") && safe.chars().all(|c| c == '\n' || !is_unseen(c)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(clip("", 0), "");
    }
}
