//! The namespaces of references in which a repository holds several (`gitnamespaces(7)`).

use bstr::{BStr, BString, ByteSlice};

use super::ref_lines::RefLine;
use baton_core::model::RefName;

/// The prefix of a namespace's references.
const ROOT: &[u8] = b"refs/namespaces/";

/// The prefix of the references of this `GIT_NAMESPACE`: `a/b` is `b` inside of `a`.
pub(super) fn prefix(namespace: &[u8]) -> BString {
    let mut prefix = BString::default();
    let parts = namespace.split_str("/").filter(|part| !part.is_empty());
    for part in parts {
        prefix.extend_from_slice(&[ROOT, part, b"/"].concat());
    }
    prefix
}

/// A full name as its namespace's prefix, empty for none, and its name there.
pub(super) fn split(name: &BStr) -> (&BStr, &BStr) {
    let mut at = 0;
    while let Some(rest) = name[at..].strip_prefix(ROOT) {
        match rest.find_byte(b'/') {
            Some(end) => at += ROOT.len() + end + 1,
            None => break,
        }
    }
    (name[..at].as_bstr(), name[at..].as_bstr())
}

/// The lines by the namespaces of their references, each with its name there.
pub(super) fn groups(lines: Vec<RefLine>) -> Vec<(BString, Vec<RefLine>)> {
    let mut groups: Vec<(BString, Vec<RefLine>)> = Vec::new();
    for line in lines {
        let (prefix, name) = split(line.reference.as_ref());
        let (prefix, reference) = (prefix.to_owned(), RefName::new(name));
        let line = RefLine { reference, ..line };
        match groups.iter_mut().find(|(known, _)| *known == prefix) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((prefix, vec![line])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_prefix_of_full_names() {
        for (namespace, expected) in [
            ("", ""),
            ("a", "refs/namespaces/a/"),
            ("a/b", "refs/namespaces/a/refs/namespaces/b/"),
            ("a//b/", "refs/namespaces/a/refs/namespaces/b/"),
        ] {
            assert_eq!(prefix(namespace.as_bytes()), expected);
            let full = format!("{expected}refs/heads/main");
            let split = split(full.as_str().into());
            assert_eq!(
                (split.0, split.1),
                (expected.into(), "refs/heads/main".into())
            );
        }
        let odd = "refs/namespaces/a";
        assert_eq!(split(odd.into()), ("".into(), odd.into()));
    }
}
