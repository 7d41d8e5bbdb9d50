//! What a checkout may take for one and the same path.
//!
//! Two paths that differ in git can be one file on disk: on a file system that ignores case
//! (NTFS, APFS, HFS+), that normalises (APFS, HFS+), that drops code points (HFS+), or that drops
//! trailing dots, spaces and stream names (NTFS). Short 8.3 names (`HANDOF~1.MD`) are not
//! recognised: which file they mean depends on what else the directory holds.

use std::borrow::Cow;

use bstr::{BStr, BString, ByteSlice};
use unicode_normalization::UnicodeNormalization;

/// The form that all aliases of `path` share: lower case, composed (NFC), without what HFS+ and
/// NTFS drop, `\` read as `/`, without empty and `.` components. Bytes that are not UTF-8 stay as they
/// are. Borrowed when `path` already has that form and is ASCII.
pub fn fold(path: &BStr) -> Cow<'_, BStr> {
    if is_folded_ascii(path) {
        return Cow::Borrowed(path);
    }
    if path.is_ascii() && is_plain(path) {
        return Cow::Owned(path.to_ascii_lowercase().into());
    }
    let mut folded = BString::from(Vec::with_capacity(path.len()));
    for component in path.split(|byte| matches!(byte, b'/' | b'\\')) {
        if matches!(component, b"" | b".") {
            continue;
        }
        if !folded.is_empty() {
            folded.push(b'/');
        }
        folded.extend_from_slice(&fold_component(component));
    }
    Cow::Owned(folded)
}

/// The code points of `text` as [`fold`] maps them, with its components left alone.
pub fn fold_text(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd()
        .filter(|c| !is_ignored_by_hfs(*c))
        .map(fold_char)
        .nfc()
        .collect()
}

/// Whether `directory` is the root (empty) or a directory above `path`.
pub fn is_above(directory: &[u8], path: &[u8]) -> bool {
    directory.is_empty()
        || path
            .strip_prefix(directory)
            .is_some_and(|rest| rest.first() == Some(&b'/'))
}

fn is_folded_ascii(path: &[u8]) -> bool {
    let folded = |byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    path.iter().all(folded) && is_plain(path)
}

/// Whether no component of `path` is empty, names a stream or ends in what NTFS drops.
pub fn is_plain(path: &[u8]) -> bool {
    let mut previous = b'/';
    for &byte in path {
        match byte {
            b'\\' | b':' => return false,
            b'/' if matches!(previous, b'/' | b'.' | b' ') => return false,
            _ => previous = byte,
        }
    }
    path.is_empty() || !matches!(previous, b'/' | b'.' | b' ')
}

/// A component of which nothing would be left is no other file's alias, and stays.
fn fold_component(component: &[u8]) -> Cow<'_, [u8]> {
    let name = component.split(|byte| *byte == b':').next().unwrap_or(b"");
    let dropped = |c| matches!(c, '.' | ' ');
    let folded = fold_bytes(name.trim_end_with(dropped));
    let folded = folded.trim_end_with(dropped);
    if folded.is_empty() {
        Cow::Borrowed(component)
    } else {
        Cow::Owned(folded.to_owned())
    }
}

/// Ignorable code points are dropped only from names that are UTF-8 throughout: HFS+ holds no
/// others, and dropping them elsewhere could join stray bytes into a new character.
fn fold_bytes(name: &[u8]) -> Vec<u8> {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    if let Ok(text) = name.to_str() {
        return fold_text(text).into_bytes();
    }
    let mut folded = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        let mapped: String = chunk.valid().nfd().map(fold_char).nfc().collect();
        folded.extend_from_slice(mapped.as_bytes());
        folded.extend_from_slice(chunk.invalid());
    }
    folded
}

/// The code points that HFS+ leaves out of account when it compares names: the list in
/// `next_hfs_char` of git's `utf8.c`.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(
        c,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
    )
}

/// Simple case folding by way of the upper case, so that `ſ` and `ς` meet `s` and `σ`. Mappings
/// to several characters are left out, as file systems leave them out, and so is the dotless
/// `ı`, which they keep apart from `i`.
fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c == 'ı' {
        return c;
    }
    let upper = only(c.to_uppercase()).unwrap_or(c);
    only(upper.to_lowercase()).unwrap_or(c)
}

fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(path: &str) -> String {
        fold(path.into()).to_string()
    }

    #[test]
    fn what_one_file_on_some_disk_answers_to_folds_alike() {
        for alias in [
            ".AGENTS/handoff.MD",
            ".agents/handoff.md.",
            ".agents. /handoff.md . .",
            ".agents\\Handoff.md",
            ".agents/handoff.md::$DATA",
            ".agents/handoff.md:other",
            ".a\u{200c}gents/hand\u{feff}off.md",
            ".agent\u{17f}/handoff.md",
            ".agents//handoff.md/",
            "./.agents/handoff.md",
        ] {
            assert_eq!(folded(alias), ".agents/handoff.md", "{alias:?}");
        }
        assert_eq!(folded("\u{212a}"), "k");
        assert_eq!(folded("Cafe\u{301}"), folded("CAF\u{c9}"));
        assert_eq!(folded("ΣΑΣ"), folded("σας"));
    }

    #[test]
    fn different_names_stay_apart() {
        for name in [
            "agents/handoff.md",
            ".agents/handoff.md~",
            ".agents/handoff",
            ".agents/hand-off.md",
        ] {
            assert_eq!(folded(name), name);
        }
        assert_ne!(folded("ı"), folded("i"));
    }

    #[test]
    fn a_folded_ascii_path_is_borrowed() {
        assert!(matches!(fold("src/a.b/c d.rs".into()), Cow::Borrowed(_)));
        assert!(matches!(fold("".into()), Cow::Borrowed(_)));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_kept() {
        assert_eq!(&**fold(b"A/\xff\xc3B".as_bstr()), b"a/\xff\xc3b");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(path in any_path()) {
            let once = fold(path.as_slice().into()).into_owned();
            prop_assert_eq!(fold(once.as_ref()).into_owned(), once);
        }
    }

    fn any_path() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            prop::sample::select(vec![
                "/", "\\", ":", ".", " ", "A", "\u{200d}", "\u{301}", "\u{345}", "\u{130}",
                "\u{1e9e}",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
            any::<u8>().prop_map(|byte| vec![byte]),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }
}
