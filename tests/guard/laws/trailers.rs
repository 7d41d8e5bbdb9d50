//! Laws of the trailers of a commit message.

use baton_core::model::trailers::{Trailer, trailers, values};
use bstr::ByteSlice;

const KEY: &str = "Baton-Session";
const SCISSORS: &str = ">8 ---";

/// A trailer is a key and one line; recognising a key only ever shows more.
pub fn trailers_are_lines(message: &[u8]) {
    let plain: Vec<Trailer> = trailers(message.into(), &[]).collect();
    let keyed: Vec<Trailer> = trailers(message.into(), &[KEY]).collect();
    for trailer in &keyed {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        assert!(
            !trailer.key.is_empty() && trailer.key.iter().all(word),
            "{trailer:?}"
        );
        assert!(!trailer.value.contains(&b'\n'), "{trailer:?}");
    }
    let mut rest = keyed.iter();
    assert!(
        plain
            .iter()
            .all(|trailer| rest.any(|other| other == trailer)),
        "recognising a key hides a trailer"
    );
    let own = keyed.iter().filter(|trailer| trailer.is(KEY));
    assert!(
        own.map(|trailer| trailer.value.clone())
            .eq(values(message.into(), KEY))
    );
}

/// No text can hide a trailer that stands in a paragraph of its own below it.
pub fn the_last_paragraph_is_seen(message: &[u8]) {
    let no_subject = message.iter().all(|byte| b" \t\r\n".contains(byte));
    if no_subject || message.contains_str(SCISSORS) {
        return;
    }
    let message = [message, b"\n\nbaton-session: 19\n"].concat();
    let last = values(message.as_bstr(), KEY).last();
    assert_eq!(
        last.as_ref().map(|value| value.as_bytes()),
        Some(&b"19"[..])
    );
}

/// All of them.
pub fn all(message: &[u8]) {
    trailers_are_lines(message);
    the_last_paragraph_is_seen(message);
}
