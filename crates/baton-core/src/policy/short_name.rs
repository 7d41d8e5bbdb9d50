//! The short names (8.3) that NTFS gives to long ones: `HANDOF~1.MAR` for `HANDOFF.markdown`.

use bstr::ByteSlice;

/// The most characters of a short name before its dot, and behind it.
const STEM: usize = 8;
const EXTENSION: usize = 3;

/// Returns true if NTFS can have given `short` to a file of the name `long`, both folded. Which of the files
/// with a like beginning gets which number cannot be known: any number counts, and so do the four digits that
/// stand for the rest of the name when there are many.
pub(super) fn may_be_short(long: &[u8], short: &[u8]) -> bool {
    if !short.contains(&b'~') || is_short(long) {
        return false;
    }
    let (stem, extension) = parts(long);
    let (short, short_extension) = match short.rsplit_once_str(".") {
        Some(parts) => parts,
        None => (short, &b""[..]),
    };
    let Some((beginning, number)) = short.rsplit_once_str("~") else {
        return false;
    };
    let is_number = matches!(number.len(), 1..=6) && number.iter().all(u8::is_ascii_digit);
    if !is_number || short_extension != first(&extension, EXTENSION) {
        return false;
    }
    let room = STEM - 1 - number.len();
    let hashed = beginning.len() == 6
        && beginning.starts_with(first(&stem, 2))
        && beginning[2..].iter().all(u8::is_ascii_hexdigit);
    beginning == first(&stem, room) || hashed
}

/// The first byte of the short names of `long`, where it has any.
pub(super) fn first_byte(long: &[u8]) -> Option<u8> {
    let first = parts(long).0.first().copied();
    first.filter(|_| !is_short(long))
}

/// Returns true if the name needs no short one.
fn is_short(name: &[u8]) -> bool {
    let (stem, extension) = match name.split_once_str(".") {
        Some(parts) => parts,
        None => (name, &b""[..]),
    };
    let plain = |byte: &u8| byte.is_ascii_graphic() && !b".+,;=[]".contains(byte);
    matches!(stem.len(), 1..=STEM)
        && extension.len() <= EXTENSION
        && stem.iter().chain(extension).all(plain)
}

/// Returns the parts that a short name is made from: the name before its last dot, without dots and spaces,
/// and what stands behind that dot.
fn parts(long: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let name = long.trim_start_with(|c| matches!(c, '.' | ' '));
    let (stem, extension) = match name.rsplit_once_str(".") {
        Some(parts) => parts,
        None => (name, &b""[..]),
    };
    let plain = |text: &[u8]| {
        let kept = text.iter().filter(|byte| !b". ".contains(byte));
        kept.map(|byte| match byte {
            b'+' | b',' | b';' | b'=' | b'[' | b']' => b'_',
            other => *other,
        })
        .collect()
    };
    (plain(stem), plain(extension))
}

fn first(text: &[u8], count: usize) -> &[u8] {
    &text[..text.len().min(count)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_names_of_long_ones_are_known() {
        for (long, short) in [
            (".agents", "agents~1"),
            (".gitmodules", "gitmod~1"),
            (".gitmodules", "gi7eba~1"),
            ("baton.toml", "baton~1.tom"),
            ("baton.toml", "baton~2.tom"),
            ("allowed_signers", "allowe~3"),
            ("allowed_signers", "allow~10"),
            ("handoff.markdown", "handof~1.mar"),
            ("a+b and more.txt", "a_band~1.txt"),
        ] {
            assert!(
                may_be_short(long.as_bytes(), short.as_bytes()),
                "{long} {short}"
            );
        }
    }

    #[test]
    fn other_names_are_not() {
        for (long, short) in [
            ("handoff.md", "handof~1.md"),
            ("plan.md", "plan~1.md"),
            (".agents", "agents"),
            (".agents", "agents~x"),
            (".agents", "agents~1.md"),
            (".agents", "agent~1"),
            ("baton.toml", "baton~1.toml"),
            ("baton.toml", "~1.tom"),
        ] {
            assert!(
                !may_be_short(long.as_bytes(), short.as_bytes()),
                "{long} {short}"
            );
        }
    }
}
