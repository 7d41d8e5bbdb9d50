/// True if a reader would not see `c`, or would see what stands around it changed: controls,
/// line separators, and Unicode's format characters and fillers that take no room.
pub fn is_unseen(c: char) -> bool {
    steers(c)
        || matches!(c,
            '\t' | '\n' | '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// True if `c` steers a terminal or turns the direction of what stands beside it: a control other
/// than a tab or a line feed, a bidirectional control, a line or paragraph separator.
pub fn steers(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
        || matches!(c,
            '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
}

/// `text` with each character that steers a terminal or a log as `\u{N}`.
pub fn without_steering(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match steers(c) {
            true => plain.extend(c.escape_unicode()),
            false => plain.push(c),
        }
    }
    plain
}
