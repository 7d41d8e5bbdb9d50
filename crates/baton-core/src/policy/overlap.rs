//! The test of two patterns for a path that matches both.

use std::collections::HashSet;

use globset::Glob;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, nfa::thompson};

use super::alias::is_above;

/// The maximum size of an automaton, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// Returns true if some path without empty components matches both patterns. Where one of them is too large
/// to be sure, it is assumed.
pub(super) fn wildcards_meet(one: &Glob, other: &Glob) -> bool {
    meet(one.regex(), other.regex())
}

/// [`wildcards_meet`] for a pattern and all that lies below a directory.
pub(super) fn wildcard_meets_below(glob: &Glob, directory: &[u8]) -> bool {
    meet(glob.regex(), &below(directory))
}

/// Returns true if all that lies below one directory and below another has anything in common.
pub(super) fn below_meet(one: &[u8], other: &[u8]) -> bool {
    one == other || is_above(one, other) || is_above(other, one)
}

/// The regular expression of all that lies below a directory.
pub(super) fn below(directory: &[u8]) -> String {
    format!("(?-u)^{}/.+$", bytes(directory))
}

/// The regular expression of a path.
pub(super) fn exactly(path: &[u8]) -> String {
    format!("(?-u)^{}$", bytes(path))
}

/// The regular expression of every path.
pub(super) const EVERYTHING: &str = "(?-u)^.+$";

fn bytes(path: &[u8]) -> String {
    path.iter().map(|byte| format!(r"\x{byte:02x}")).collect()
}

fn meet(one: &str, other: &str) -> bool {
    match (Acceptor::of(&[one]), Acceptor::of(&[other])) {
        (Some(one), Some(other)) => one.meets(&other),
        _ => true,
    }
}

/// An automaton that accepts each path that one of some patterns matches.
#[derive(Debug)]
pub(super) struct Acceptor(dense::DFA<Vec<u32>>);

impl Acceptor {
    /// For the regular expressions that the glob library matches with, read with the settings that
    /// it reads them with. `None` when it would be too large.
    pub fn of<P: AsRef<str>>(patterns: &[P]) -> Option<Self> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(SIZE_LIMIT))
            .determinize_size_limit(Some(SIZE_LIMIT));
        dense::Builder::new()
            .syntax(syntax::Config::new().utf8(false).dot_matches_new_line(true))
            .thompson(thompson::Config::new().utf8(false))
            .configure(config)
            .build_many(patterns)
            .ok()
            .map(Self)
    }

    /// Returns true if some path without empty components is accepted by both; assumed where they cannot be walked.
    pub fn meets(&self, other: &Self) -> bool {
        common_path(&self.0, &other.0).unwrap_or(true)
    }
}

/// Walks both automata at once, with the bytes that a path can hold. `None` when one cannot be
/// walked.
fn common_path(one: &dense::DFA<Vec<u32>>, other: &dense::DFA<Vec<u32>>) -> Option<bool> {
    let begin = start::Config::new().anchored(Anchored::Yes);
    let first = (
        one.start_state(&begin).ok()?,
        other.start_state(&begin).ok()?,
        true,
    );
    let bytes = distinct_bytes(one, other);
    let mut seen: HashSet<(StateID, StateID, bool)> = HashSet::from([first]);
    let mut todo = vec![first];
    while let Some((a, b, component_begins)) = todo.pop() {
        let ends =
            |dfa: &dense::DFA<Vec<u32>>, state| dfa.is_match_state(dfa.next_eoi_state(state));
        if !component_begins && ends(one, a) && ends(other, b) {
            return Some(true);
        }
        for &byte in &bytes {
            if component_begins && byte == b'/' {
                continue;
            }
            let next = (
                one.next_state(a, byte),
                other.next_state(b, byte),
                byte == b'/',
            );
            let dead = one.is_dead_state(next.0) || other.is_dead_state(next.1);
            if !dead && seen.insert(next) {
                todo.push(next);
            }
        }
    }
    Some(false)
}

/// One byte of each class that both automata treat alike; never NUL.
fn distinct_bytes(one: &dense::DFA<Vec<u32>>, other: &dense::DFA<Vec<u32>>) -> Vec<u8> {
    let mut classes = HashSet::new();
    (1..=u8::MAX)
        .filter(|byte| {
            let class = (
                one.byte_classes().get(*byte),
                other.byte_classes().get(*byte),
            );
            classes.insert((class, *byte == b'/'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::PathGlob;
    use proptest::prelude::*;

    fn overlap(one: &str, other: &str) -> bool {
        let [a, b] = [one, other].map(|text| PathGlob::parse(text).unwrap());
        assert_eq!(a.overlaps(&b), b.overlaps(&a), "{one} {other}");
        a.overlaps(&b)
    }

    #[test]
    fn patterns_overlap_when_one_path_matches_both() {
        for (one, other, expected) in [
            ("a", "A", true),
            ("a", "b", false),
            ("a", "a/b", true),
            ("src/", "src/api/", true),
            ("src/", "src", true),
            ("src/", "srcs/", false),
            ("**", "x", true),
            ("**/*.rs", "src/", true),
            ("*.rs", "src/", false),
            ("src/*.rs", "src/**/main.*", true),
            ("src/*.rs", "src/*.toml", false),
            ("src/*/mod.rs", "src/api/*.rs", true),
            ("src/a*z", "src/ab*yz", true),
            ("src/a*z", "src/b*", false),
            ("**/test/**", "src/*/fixtures/*", true),
            ("{a,b}/*", "{b,c}/x", true),
            ("{a,b}/*", "{c,d}/x", false),
            ("[a-m]*", "[n-z]*", false),
            ("[a-m]*", "[m-z]*", true),
            ("docs/É*", "docs/éa", true),
            ("*", "**/b/c", false),
            ("a/**/b", "a/b", true),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_pattern_too_large_to_tell_overlaps() {
        let large = format!("*a{}b", "?".repeat(24));
        assert!(overlap(&large, "*c"));
    }

    fn pattern() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec![
            "a", "b", "ab", "*", "?", "a*", "*b", "[ab]", "**", "{a,ab}",
        ]);
        let end = prop::sample::select(vec!["", "", "/", "/**"]);
        (prop::collection::vec(segment, 1..=3), end)
            .prop_map(|(segments, end)| segments.join("/") + end)
    }

    fn paths() -> Vec<String> {
        let names = ["a", "b", "ab"];
        let mut all: Vec<String> = names.map(str::to_owned).to_vec();
        let mut last = all.clone();
        for _ in 0..5 {
            let deeper = |path: &String| names.map(|name| format!("{path}/{name}"));
            last = last.iter().flat_map(deeper).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn overlap_is_what_sampled_paths_show((one, other) in (pattern(), pattern())) {
            let [a, b] = [&one, &other].map(|text| PathGlob::parse(text).unwrap());
            let paths = paths();
            let plain = |glob: &PathGlob| {
                let text = glob.as_str();
                !text.strip_suffix("/**").unwrap_or(text).contains(['*', '?', '[', '{'])
            };
            let matches = |glob: &PathGlob, path: &String| glob.matches(path.as_str().into());
            let replaces = |file: &PathGlob, glob: &PathGlob, path: &String| {
                plain(file) && plain(glob) && matches(file, path)
                    && glob.lies_below(path.as_str().into())
            };
            let shown = paths.iter().any(|path| {
                matches(&a, path) && matches(&b, path)
                    || replaces(&a, &b, path)
                    || replaces(&b, &a, path)
            });
            prop_assert_eq!(a.overlaps(&b), shown, "{} {}", one, other);
        }
    }
}
