//! JSON as agents send it, which is not always JSON: what a strict reader refuses hides nothing that stands beside it.

use serde_json::Value;

/// The maximum depth of values in values. A value that stands deeper tells nothing.
const MAX_DEPTH: usize = 64;

/// Reads a value. Half of a surrogate pair and bytes that are no UTF-8 are read as U+FFFD, and what stands too deep as `null`.
pub(crate) fn read(input: &[u8]) -> Option<Value> {
    let strict = serde_json::from_slice(input).ok();
    strict.or_else(|| serde_json::from_str(&mended(&String::from_utf8_lossy(input))).ok())
}

/// The text that a strict reader takes.
fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut depth, mut is_string) = (text, 0_usize, false);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' if is_string => escape_length(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        match first {
            '"' => is_string = !is_string,
            '[' | '{' if !is_string => depth += 1,
            _ => {}
        }
        match (depth > MAX_DEPTH, first) {
            (false, '\\') if is_lone_surrogate(token) => mended.push_str("\\ufffd"),
            (false, _) => mended.push_str(token),
            (true, '[' | '{') if !is_string && depth == MAX_DEPTH + 1 => mended.push_str("null"),
            (true, _) => {}
        }
        if let (false, ']' | '}') = (is_string, first) {
            depth = depth.saturating_sub(1);
        }
    }
    mended
}

/// The length of the escape with which a text begins: of both halves of a surrogate pair.
fn escape_length(text: &str) -> usize {
    let is_pair = matches!(code(text), Some(0xd800..=0xdbff))
        && matches!(text.get(6..).and_then(code), Some(0xdc00..=0xdfff));
    match code(text) {
        Some(_) if is_pair => 12,
        Some(_) => 6,
        None => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
    }
}

/// The number in an escape of a code unit.
fn code(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u32::from_str_radix(digits, 16).ok())?
}

fn is_lone_surrogate(escape: &str) -> bool {
    escape.len() == 6 && matches!(code(escape), Some(0xd800..=0xdfff))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_no_strict_reader_takes_hides_nothing_beside_it() {
        for (input, found) in [
            (
                br#"{"a":"\ud83d","b":1}"#.as_slice(),
                json!({"a": "\u{fffd}", "b": 1}),
            ),
            (
                br#"{"a":"\ude00\ud83d\ude00\\ud83d"}"#,
                json!({"a": "\u{fffd}\u{1f600}\\ud83d"}),
            ),
            (
                br#"{"a":"\ud83d\ud83d\ude00"}"#,
                json!({"a": "\u{fffd}\u{1f600}"}),
            ),
            (
                b"{\"a\":\"\xff[\\\"\",\"b\":[1]}",
                json!({"a": "\u{fffd}[\"", "b": [1]}),
            ),
        ] {
            let text = String::from_utf8_lossy(input);
            assert_eq!(read(input), Some(found), "{text}");
        }
        for input in ["", "{", "hello", "{\"a\":\"\\ud83d", "\"\\", "\"\\u12"] {
            assert_eq!(read(input.as_bytes()), None, "{input}");
        }
    }

    #[test]
    fn what_stands_too_deep_tells_nothing() {
        for (open, close) in [("[", "]"), ("{\"]\\\"\":", "}")] {
            let deep = format!("{}1{}", open.repeat(500), close.repeat(500));
            let value = read(format!("{{\"a\":{deep},\"b\":2}}").as_bytes()).unwrap();
            assert_eq!(value["b"], 2, "{open}");
            assert!(value["a"].is_array() || value["a"].is_object());
        }
    }
}
