//! Wildcards that a backslash makes characters of a name.

use super::super::literal_prefix::literal_length;

pub(super) fn has_wildcard(text: &str) -> bool {
    literal_length(text) < text.len()
}

fn is_wild(character: char) -> bool {
    has_wildcard(character.encode_utf8(&mut [0; 4]))
}

/// The directory of a pattern that stands for all that lies below one.
pub(super) fn directory_of(text: &str) -> Option<&str> {
    text.strip_suffix("/**").or_else(|| text.strip_suffix('/'))
}

/// The pattern without its escapes; `None` where it has none, or other wildcards too.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let base = directory_of(text).unwrap_or(text);
    let (mut plain, mut characters) = (String::new(), base.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next()?),
            character if is_wild(character) => return None,
            character => plain.push(character),
        }
    }
    let is_escaped = plain.len() < base.len();
    is_escaped.then(|| plain + &text[base.len()..])
}

/// The pattern that names exactly this path, whatever characters are in it.
pub fn escape_glob(path: &str) -> String {
    let escaped = path.chars().flat_map(|character| {
        let backslash = is_wild(character).then_some('\\');
        backslash.into_iter().chain([character])
    });
    escaped.collect()
}

/// The pattern in which brackets and braces are characters of names; `None` where it has none, or escapes all.
pub(super) fn plain_brackets(text: &str) -> Option<String> {
    let (mut plain, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                plain.push(character);
                plain.extend(characters.next());
            }
            '[' | ']' | '{' | '}' => plain.extend(['\\', character]),
            character => plain.push(character),
        }
    }
    (plain.len() > text.len()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::super::{PathGlob, Shape};
    use super::*;

    #[test]
    fn an_escaped_wildcard_is_a_character_of_a_name() {
        for (name, other) in [
            ("app/[id]/page.tsx", "app/i/page.tsx"),
            ("{a,b}", "a"),
            ("a\\b", "ab"),
            ("*", "x"),
        ] {
            let glob = PathGlob::parse(&escape_glob(name)).unwrap();
            assert!(glob.is_one_path(), "{name}");
            assert_eq!(glob.name(), name);
            assert!(glob.matches(name.into()) && !glob.matches(other.into()));
            for end in ["/", "/**"] {
                let glob = PathGlob::parse(&(escape_glob(name) + end)).unwrap();
                assert!(matches!(glob.shape, Shape::Below(_)), "{name}");
                assert!(glob.matches(format!("{name}/x").as_str().into()));
                assert!(!glob.matches(format!("{other}/x").as_str().into()));
                assert_eq!(glob.name(), format!("{name}{end}"));
            }
        }
        assert!(PathGlob::parse("a\\").is_err() && PathGlob::parse("a/\\.").is_err());
        assert!(PathGlob::parse("\\[*").unwrap().matches("[x".into()));
    }
}
