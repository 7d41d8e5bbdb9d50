//! Many sets of patterns, compared with each other.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use super::PathGlob;
use super::overlap::Acceptor;

/// Some patterns, compiled once to be compared with many others.
#[derive(Debug)]
pub struct PathSet {
    globs: Vec<PathGlob>,
    acceptor: OnceLock<Option<Acceptor>>,
}

impl PathSet {
    /// The set of these patterns, each once.
    pub fn new(mut globs: Vec<PathGlob>) -> Self {
        let mut seen = HashSet::new();
        globs.retain(|glob| seen.insert(glob.as_str().to_owned()));
        Self {
            globs,
            acceptor: OnceLock::new(),
        }
    }

    /// The first pattern, and the first of the other set, that some path matches both of, as
    /// [`PathGlob::overlaps`] says.
    pub fn meeting<'a>(&'a self, other: &'a Self) -> Option<(&'a PathGlob, &'a PathGlob)> {
        if !self.may_meet(other) {
            return None;
        }
        let mut pairs = self.pairs(other);
        pairs.find(|(own, others)| own.overlaps(others))
    }

    /// Returns true if they can meet; only a pattern too large to tell is in doubt.
    fn may_meet(&self, other: &Self) -> bool {
        let texts: HashSet<_> = self.globs.iter().map(PathGlob::as_str).collect();
        if other.globs.iter().any(|glob| texts.contains(glob.as_str())) {
            return true;
        }
        // Between patterns without wildcards more than a path that matches both is a meeting, and
        // to compare them is cheap.
        let mut plain = self
            .pairs(other)
            .filter(|(a, b)| !a.is_wild() && !b.is_wild());
        if plain.any(|(own, others)| own.overlaps(others)) {
            return true;
        }
        let mut wild = self
            .pairs(other)
            .filter(|(a, b)| a.is_wild() || b.is_wild());
        if !wild.any(|(own, others)| own.begins_like(others)) {
            return false;
        }
        match (self.acceptor(), other.acceptor()) {
            (Some(own), Some(others)) => own.meets(others),
            _ => true,
        }
    }

    fn pairs<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a PathGlob, &'a PathGlob)> {
        let own = self.globs.iter();
        own.flat_map(|own| other.globs.iter().map(move |others| (own, others)))
    }

    /// Returns the automaton that accepts each path that one of the patterns matches; `None` where that is too large.
    fn acceptor(&self) -> Option<&Acceptor> {
        let built = self.acceptor.get_or_init(|| {
            let patterns: Vec<_> = self.globs.iter().map(PathGlob::expression).collect();
            Acceptor::of(&patterns)
        });
        built.as_ref()
    }
}

/// Which of many sets can have a path in common, by what their patterns begin with.
#[derive(Debug)]
pub struct Neighbours {
    /// For each set a bit for each other.
    rows: Vec<Vec<u64>>,
}

impl Neighbours {
    /// Those among these sets.
    pub fn of(sets: &[PathSet]) -> Self {
        let words = sets.len().div_ceil(64);
        let mut own: BTreeMap<&[u8], Vec<u64>> = BTreeMap::new();
        for (at, set) in sets.iter().enumerate() {
            for glob in &set.globs {
                let bits = own.entry(glob.prefix()).or_insert_with(|| vec![0; words]);
                bits[at / 64] |= 1 << (at % 64);
            }
        }
        let prefixes: Vec<&[u8]> = own.keys().copied().collect();
        let mut below: Vec<Vec<u64>> = own.into_values().collect();
        let mut above = below.clone();
        let parents = parents(&prefixes);
        for (at, parent) in parents.iter().enumerate() {
            if let Some(parent) = *parent {
                let (before, from) = above.split_at_mut(at);
                add(&mut from[0], &before[parent]);
            }
        }
        for (at, parent) in parents.iter().enumerate().rev() {
            if let Some(parent) = *parent {
                let (before, from) = below.split_at_mut(at);
                add(&mut before[parent], &from[0]);
            }
        }
        let row = |set: &PathSet| {
            let mut row = vec![0; words];
            for glob in &set.globs {
                if let Ok(at) = prefixes.binary_search(&glob.prefix()) {
                    add(&mut row, &above[at]);
                    add(&mut row, &below[at]);
                }
            }
            row
        };
        Self {
            rows: sets.iter().map(row).collect(),
        }
    }

    /// Returns true if the sets at these places can meet.
    pub fn has(&self, one: usize, other: usize) -> bool {
        self.rows[one][other / 64] & (1 << (other % 64)) != 0
    }
}

/// For each of these sorted texts the longest other one that it begins with.
fn parents(sorted: &[&[u8]]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(sorted.len());
    for (at, text) in sorted.iter().enumerate() {
        while open
            .last()
            .is_some_and(|last| !text.starts_with(sorted[*last]))
        {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(at);
    }
    parents
}

fn add(bits: &mut [u64], others: &[u64]) {
    for (bits, others) in bits.iter_mut().zip(others) {
        *bits |= others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(patterns: &[String]) -> PathSet {
        let globs = patterns.iter().map(|text| PathGlob::parse(text).unwrap());
        PathSet::new(globs.collect())
    }

    fn pattern() -> impl Strategy<Value = String> {
        let segment = prop::sample::select(vec![
            "a", "b", "ab", "É", "*", "a*", "*b", "[ab]", "**", "{a,ab}",
        ]);
        let end = prop::sample::select(vec!["", "", "/", "/**"]);
        (prop::collection::vec(segment, 1..=3), end)
            .prop_map(|(segments, end)| segments.join("/") + end)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sets_meet_where_two_patterns_overlap(
            lists in prop::collection::vec(prop::collection::vec(pattern(), 0..4), 2..6)
        ) {
            let sets: Vec<_> = lists.iter().map(|list| set(list)).collect();
            let neighbours = Neighbours::of(&sets);
            for (one, a) in sets.iter().enumerate() {
                for (other, b) in sets.iter().enumerate() {
                    let mut pairs = a.pairs(b);
                    let expected = pairs.find(|(a, b)| a.overlaps(b));
                    prop_assert_eq!(a.meeting(b), expected, "{:?} {:?}", &lists[one], &lists[other]);
                    prop_assert!(expected.is_none() || neighbours.has(one, other));
                }
            }
        }
    }

    #[test]
    fn sets_that_begin_differently_are_no_neighbours() {
        let lists = [
            &["src/a/*.rs", "docs/"][..],
            &["src/ab*"],
            &["src/"],
            &["**/x"],
            &[],
        ];
        let sets = lists.map(|list| {
            set(&list
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>())
        });
        let neighbours = Neighbours::of(&sets);
        let of = |one: usize| {
            (0..sets.len())
                .filter(|other| neighbours.has(one, *other))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0), [0, 2, 3]);
        assert_eq!(of(1), [1, 2, 3]);
        assert_eq!(of(2), [0, 1, 2, 3]);
        assert_eq!(of(4), [0; 0]);
    }

    #[test]
    fn a_set_too_large_to_tell_is_compared_pattern_by_pattern() {
        let large: Vec<_> = (0..40)
            .map(|at| format!("*{at}{}b", "?".repeat(12)))
            .collect();
        let large = set(&large);
        assert!(large.acceptor().is_none());
        let small = set(&["docs/x".to_owned()]);
        assert_eq!(large.meeting(&small), None);
    }

    #[test]
    fn a_pattern_meets_itself_without_being_compiled() {
        let many = vec!["src/**/*.rs".to_owned(); 50];
        let (one, other) = (set(&many), set(&[vec!["b?".to_owned()], many].concat()));
        assert_eq!([one.globs.len(), other.globs.len()], [1, 2]);
        let (own, others) = one.meeting(&other).unwrap();
        assert_eq!([own.as_str(), others.as_str()], ["src/**/*.rs"; 2]);
        assert!(one.acceptor.get().is_none() && other.acceptor.get().is_none());
    }
}
