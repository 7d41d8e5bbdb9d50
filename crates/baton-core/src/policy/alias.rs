//! Aliases: the paths that a checkout may take for one and the same path.
//!
//! Two paths that differ in git can be one file on disk: on a file system that ignores case (NTFS,
//! APFS, HFS+, a case-folding directory of ext4), that normalises (APFS, HFS+, and ZFS, which may
//! replace compatibility characters too), that drops code points (HFS+, ext4), or that drops
//! trailing dots, spaces and stream names (NTFS). All of them are folded at once, by the widest
//! rule that one of them follows. Short names of NTFS are for [`super::short_name`].

use std::borrow::Cow;

use bstr::{BStr, BString, ByteSlice};
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// The number of times a name is folded before it is taken as it is; two are the most that is known.
const MAX_ROUNDS: usize = 8;

/// The form that all aliases of `path` share: case folded (Unicode's full folding), without what
/// stands for compatibility only, composed, without what file systems drop, `\` read as `/`,
/// without empty and `.` components. Bytes that are not UTF-8 stay as they are. Borrowed when `path` already has that form and is ASCII.
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
    fold_chars(text, |c| !is_ignorable(c))
}

/// Maps the code points that `keeps` keeps until nothing changes: what one mapping brings may be
/// subject to another.
fn fold_chars(text: &str, keeps: impl Fn(char) -> bool) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let decomposed: String = folded
            .chars()
            .flat_map(compatible)
            .filter(|c| keeps(*c))
            .collect();
        let mapped = UniCase::unicode(decomposed).to_folded_case();
        let next: String = mapped.replace('ı', "i").nfc().collect();
        if next == folded {
            break;
        }
        folded = next;
    }
    folded
}

/// Returns the characters that replace `c` where compatibility characters are replaced; `c` itself where that
/// would divide a path or a name.
fn compatible(c: char) -> impl Iterator<Item = char> {
    let divides = |c: char| matches!(c, '/' | '\\' | ':' | '\0');
    let kept = c.is_ascii() || std::iter::once(c).nfkd().any(divides);
    let replaced = (!kept).then(|| std::iter::once(c).nfkd());
    kept.then_some(c)
        .into_iter()
        .chain(replaced.into_iter().flatten())
}

/// Returns true if `directory` is the root (empty) or a directory above `path`.
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

/// Returns true if no component of `path` is empty, names a stream or ends in what NTFS drops.
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
        folded.extend_from_slice(fold_chars(chunk.valid(), |_| true).as_bytes());
        folded.extend_from_slice(chunk.invalid());
    }
    folded
}

/// The code points that file systems leave out of account when they compare names: those that
/// Unicode calls `Default_Ignorable_Code_Point`, which ext4 ignores. Those of HFS+
/// (`next_hfs_char` of git's `utf8.c`) are among them.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
    fn every_kind_of_file_system_is_thought_of() {
        for (kind, aliases) in [
            (
                "full case folding",
                &["HANDO\u{fb00}.md", "hando\u{fb00}.MD", "HANDO\u{fb00}.md "][..],
            ),
            (
                "code points that are dropped",
                &[
                    "HAND\u{ad}OFF.md",
                    "\u{200b}HANDOFF.md",
                    "HANDOFF.md\u{fe0f}",
                    "H\u{34f}ANDOFF.md",
                    "HANDOFF\u{180b}.md",
                    "HANDOFF.\u{e0041}md",
                    "\u{115f}HANDOFF\u{2060}.m\u{3164}d",
                    "HANDOFF.md\u{200b}.",
                    "HANDOFF.md.\u{ad}",
                ],
            ),
            (
                "compatibility characters",
                &[
                    "\u{ff28}ANDOFF.md",
                    "HANDOFF.\u{216f}\u{217e}",
                    "\u{1d407}\u{1d400}NDOFF.md",
                    "HANDOFF\u{2024}md",
                ],
            ),
            (
                "accents and dots",
                &["HANDOFF.md", "HANDOFF.md. .", "handoff.md:x:$DATA"],
            ),
        ] {
            for alias in aliases {
                assert_eq!(folded(alias), "handoff.md", "{kind}: {alias:?}");
            }
        }
        for (alias, name) in [
            ("STRA\u{1e9e}E", "strasse"),
            ("stra\u{df}e", "STRASSE"),
            ("\u{212a}ey", "key"),
            ("l\u{131}st", "LIST"),
            ("\u{fb03}x", "ffix"),
            ("\u{149}", "\u{2bc}N"),
            ("\u{1f80}", "\u{1f08}\u{3b9}"),
        ] {
            assert_eq!(folded(alias), folded(name), "{alias:?}");
        }
    }

    #[test]
    fn what_is_replaced_divides_no_path() {
        assert_eq!(folded("a\u{ff0f}b"), "a\u{ff0f}b");
        assert_eq!(folded("\u{2100}"), "\u{2100}");
        assert_eq!(folded("a\u{ff1a}b"), "a\u{ff1a}b");
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
