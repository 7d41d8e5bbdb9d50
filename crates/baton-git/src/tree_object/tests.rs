use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const ID: usize = 20;
const FILE: &str = "100644";
const TREE: &str = "40000";

/// A mode, a name, and the byte of which the id consists.
type Row<'a> = (&'a str, &'a str, u8);

fn bytes(entries: &[(&str, &str, u8)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend_from_slice(&[*id; ID]);
    }
    bytes
}

fn tree(entries: &[(&str, &str, u8)]) -> Tree {
    Tree::parse(&bytes(entries), ID).unwrap()
}

/// The names that differ, with the first byte of each side's id.
fn differences(ours: &Tree, theirs: &Tree) -> Vec<(String, Option<u8>, Option<u8>)> {
    let id = |one: Option<TreeEntry<'_>>| one.map(|one| one.entry.oid.as_bytes()[0]);
    let all = Differences::between(ours, theirs);
    all.map(|(a, b)| (a.or(b).unwrap().name.to_string(), id(a), id(b)))
        .collect()
}

#[test]
fn only_what_differs_comes_out() {
    let ours = tree(&[
        (FILE, "a", 1),
        (FILE, "b", 2),
        (TREE, "c", 3),
        (FILE, "e", 4),
    ]);
    let theirs = tree(&[
        (FILE, "a", 1),
        (FILE, "b", 9),
        (FILE, "d", 5),
        (FILE, "e", 4),
    ]);
    assert_eq!(
        differences(&ours, &theirs),
        [
            ("b".to_owned(), Some(2), Some(9)),
            ("c".to_owned(), Some(3), None),
            ("d".to_owned(), None, Some(5)),
        ]
    );
    assert_eq!(differences(&ours, &ours), []);
    assert_eq!(differences(&ours, &Tree::default()).len(), 4);
}

#[test]
fn a_file_and_a_directory_of_one_name_are_two_entries() {
    let ours = tree(&[(FILE, "a.b", 1), (TREE, "a", 2)]);
    let theirs = tree(&[(FILE, "a", 2), (FILE, "a.b", 1)]);
    let found = differences(&ours, &theirs);
    assert_eq!(found.len(), 2);
    assert_eq!(ours.find(b"a", true).unwrap().mode, 0o40_000);
    assert_eq!(ours.find(b"a", false), None);
    assert_eq!(theirs.find(b"a.b", false).unwrap().oid.as_bytes()[0], 1);
}

#[test]
fn a_mode_that_is_written_otherwise_is_no_difference_and_another_mode_is_one() {
    let plain = tree(&[(TREE, "a", 1)]);
    assert_eq!(differences(&plain, &tree(&[("040000", "a", 1)])), []);
    let file = tree(&[(FILE, "a", 1)]);
    assert_eq!(differences(&file, &tree(&[("100755", "a", 1)])).len(), 1);
}

#[test]
fn a_tree_out_of_order_is_compared_as_if_it_were_in_order() {
    let sorted = tree(&[(FILE, "a", 1), (FILE, "b", 2)]);
    let shuffled = tree(&[(FILE, "b", 2), (FILE, "a", 1)]);
    assert_eq!(differences(&sorted, &shuffled), []);
}

#[test]
fn what_git_would_not_write_is_told() {
    let fault = |entries: &[(&str, &str, u8)]| {
        let tree = tree(entries);
        let entries = (0..tree.len()).map(|at| tree.get(at));
        let of_entries = entries.filter_map(|one| tree.fault_of(&one)).next();
        tree.fault().map(|(_, fault)| fault).or(of_entries)
    };
    for fine in [
        &[(FILE, "a", 1), (FILE, "a.b", 2), (TREE, "b", 3)][..],
        &[("100755", "a", 1), ("120000", "b", 1), ("160000", "c", 1)],
        &[("100664", ".gitattributes", 1), (FILE, ".gitmodules", 1)],
        &[(FILE, "...", 1), (FILE, "a\\b", 1), (FILE, "gitx~1", 1)],
    ] {
        assert_eq!(fault(fine), None, "{fine:?}");
    }
    let bad: [(&[Row<'_>], TreeFault); 17] = [
        (&[(FILE, "a", 1), (FILE, "a", 7)], TreeFault::Duplicate),
        (&[(FILE, "a", 1), (TREE, "a", 7)], TreeFault::Duplicate),
        (
            &[(FILE, "a", 1), (FILE, "a.b", 7), (TREE, "a", 7)],
            TreeFault::Duplicate,
        ),
        (&[(FILE, "b", 1), (FILE, "a", 7)], TreeFault::Unsorted),
        (&[(TREE, "a", 1), (FILE, "a.b", 7)], TreeFault::Unsorted),
        (&[("040000", "a", 1)], TreeFault::ZeroPadded),
        (&[("100666", "a", 1)], TreeFault::OddMode(0o100_666)),
        (&[("644", "a", 1)], TreeFault::OddMode(0o644)),
        (&[(FILE, "a", 0)], TreeFault::NullId),
        (&[(FILE, ".", 1)], TreeFault::Dot),
        (&[(TREE, "..", 1)], TreeFault::Dot),
        (&[(FILE, ".git", 1)], TreeFault::DotGit),
        (&[(TREE, ".Git", 1)], TreeFault::DotGit),
        (&[(FILE, "GIT~1", 1)], TreeFault::DotGit),
        (&[(FILE, "x\\.git", 1)], TreeFault::DotGit),
        (&[(FILE, "a/b", 1)], TreeFault::Slash),
        (&[("120000", ".gitmodules", 1)], TreeFault::LinkedModules),
    ];
    for (entries, expected) in bad {
        assert_eq!(fault(entries), Some(expected), "{entries:?}");
    }
}

#[test]
fn what_is_no_tree_is_refused() {
    for bad in [
        &b"x"[..],
        b"100644 a",
        b"100644 a\0short",
        b"100644 \0aaaaaaaaaaaaaaaaaaaa",
        b" a\0aaaaaaaaaaaaaaaaaaaa",
        b"100944 a\0aaaaaaaaaaaaaaaaaaaa",
        b"7777777777 a\0aaaaaaaaaaaaaaaaaaaa",
    ] {
        assert!(Tree::parse(bad, ID).is_err(), "{}", bad.as_bstr());
    }
}

type Side = BTreeMap<(String, bool), u8>;

fn side() -> impl Strategy<Value = Side> {
    prop::collection::btree_map(("[ab./]{1,3}", any::<bool>()), 0..4u8, 0..12)
}

fn built(side: &Side) -> Tree {
    let mode = |tree: bool| if tree { TREE } else { FILE };
    let entries: Vec<_> = side
        .iter()
        .map(|((name, tree), id)| (mode(*tree), name.as_str(), *id))
        .collect();
    tree(&entries)
}

proptest! {
    #[test]
    fn differences_are_those_of_the_sets(a in side(), b in side()) {
        let (ours, theirs) = (built(&a), built(&b));
        let mut found: Vec<_> = Differences::between(&ours, &theirs)
            .map(|(one, other)| {
                let id = |one: Option<TreeEntry<'_>>| one.map(|one| one.entry.oid.as_bytes()[0]);
                let it = one.or(other).unwrap();
                ((it.name.to_string(), is_tree(it.entry.mode)), id(one), id(other))
            })
            .collect();
        found.sort();
        let mut keys: Vec<_> = a.keys().chain(b.keys()).cloned().collect();
        keys.sort();
        keys.dedup();
        let expected: Vec<_> = keys
            .into_iter()
            .map(|key| (key.clone(), a.get(&key).copied(), b.get(&key).copied()))
            .filter(|(_, one, other)| one != other)
            .collect();
        prop_assert_eq!(found, expected);
    }
}
