//! Text that others wrote, made harmless.
//!
//! Commit messages, paths and branch names reach reports from anyone who can push. A terminal
//! obeys control characters; bidirectional and zero-width characters make text read as what it is
//! not; a CI runner obeys lines that begin with `::` (GitHub) and `##[…]`, `##vso[…]` anywhere in
//! a line (GitHub's older syntax, Azure Pipelines, TeamCity).

use std::fmt::Write;

use bstr::ByteSlice;

use crate::model::is_unseen;

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
    quiet(&visible(raw))
}

/// `text` without what a CI runner takes for a command.
fn quiet(text: &str) -> String {
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

/// A text of many lines, each [`inert`]; its line ends and tabs stay.
pub fn lines(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for line in raw
        .replace("\r\n", "\n")
        .split_inclusive(|byte| *byte == b'\n')
    {
        let (line, end) = match line.strip_suffix(b"\n") {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let parts: Vec<_> = line.split(|byte| *byte == b'\t').map(visible).collect();
        text.push_str(&quiet(&parts.join("\t")));
        text.push_str(end);
    }
    text
}

/// An output, ready to be written: [`lines`], but that colours stay.
pub fn output(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, colour, after)) = next_colour(rest) {
        safe.push_str(&lines(before.as_bytes()));
        safe.push_str(colour);
        rest = after;
    }
    safe.push_str(&lines(rest.as_bytes()));
    safe
}

/// True if [`lines`] would leave all of it as it is.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'\t' | b'\n' | b' '..=b'~');
    text.bytes().all(plain) && !text.contains("::") && !text.contains("##")
}

/// The first sequence that sets a colour or a style, with what stands before and behind it.
fn next_colour(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("\u{1b}[")?;
        let values = &text[start + 2..];
        let len = values
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b';')
            .count();
        let end = start + 2 + len;
        if values[len..].starts_with('m') {
            return Some((&text[..start], &text[start..=end], &text[end + 1..]));
        }
        from = start + 2;
    }
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
    fn lines_and_colours_stay_and_what_steers_does_not() {
        for (text, safe) in [
            ("a\tb\r\nc\n", "a\tb\nc\n"),
            ("\u{1b}[1;31mred\u{1b}[0m\n", "\u{1b}[1;31mred\u{1b}[0m\n"),
            ("\u{1b}[2Jx\u{1b}[m", "\\u{1b}[2Jx\u{1b}[m"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\rb\u{9b}2J", "a\\u{d}b\\u{9b}2J"),
            (
                "x\n::error::y\n  ::z::\n",
                "x\n\\u{3a}:error::y\n  \\u{3a}:z::\n",
            ),
            ("##[add-mask]x", "#\\u{23}[add-mask]x"),
            (
                "\u{202e}a\u{2066}b\u{61c}\u{2028}",
                "\\u{202e}a\\u{2066}b\\u{61c}\\u{2028}",
            ),
            ("::add-mask::", "\\u{3a}:add-mask::"),
        ] {
            assert_eq!(output(text), safe, "{text:?}");
            assert_eq!(output(safe), safe, "{text:?}");
        }
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
