//! The bytes of a tree object, taken apart.

use std::cmp::Ordering;

use bstr::{BStr, BString, ByteSlice};

use baton_core::model::{Entry, EntryKind, Oid, TreeFault};

/// A tree object in git's order: by name, a directory's as if a `/` followed it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    bytes: Vec<u8>,
    /// Where each entry begins.
    starts: Vec<u32>,
    id_len: usize,
    /// The first entry that is not written as git writes one.
    fault: Option<(BString, TreeFault)>,
}

/// One entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeEntry<'t> {
    pub name: &'t BStr,
    pub entry: Entry,
}

/// An entry's name and mode, and how many bytes it has in the tree.
struct Head<'t> {
    name: &'t [u8],
    mode: u32,
    len: usize,
}

impl Tree {
    /// Takes a tree's bytes apart. A tree out of order, as no git writes it, is put in order; where a
    /// name is in it twice, the first counts.
    pub fn parse(bytes: &[u8], id_len: usize) -> Result<Self, String> {
        let too_large = |_| "it is too large".to_owned();
        u32::try_from(bytes.len()).map_err(too_large)?;
        let mut starts = Vec::with_capacity(bytes.len() / (id_len + 16));
        let (mut at, mut sorted, mut fault) = (0, true, None);
        let mut previous: Option<(&[u8], bool)> = None;
        while at < bytes.len() {
            let head = head(&bytes[at..], id_len)?;
            let key = (head.name, is_tree(head.mode));
            let order = previous.map_or(Ordering::Less, |previous| compare(previous, key));
            if order.is_ge() || bytes[at] == b'0' {
                sorted &= order.is_lt();
                fault.get_or_insert((head.name.into(), fault_of(order)));
            }
            previous = Some(key);
            starts.push(at as u32);
            at += head.len;
        }
        let tree = Self {
            bytes: bytes.to_owned(),
            starts,
            id_len,
            fault,
        };
        Ok(match sorted {
            true => tree,
            false => tree.put_in_order(),
        })
    }

    /// The first entry that is not written as git writes one: out of order, twice, or padded.
    pub fn fault(&self) -> Option<(&BStr, TreeFault)> {
        let fault = self.fault.as_ref();
        fault.map(|(name, fault)| (name.as_bstr(), *fault))
    }

    /// What is wrong with an entry of this tree by its name, its mode and its id.
    pub fn fault_of(&self, one: &TreeEntry<'_>) -> Option<TreeFault> {
        let TreeEntry { name, entry } = one;
        let is_tree = entry.kind() == EntryKind::Tree;
        if is_tree && self.find(name, false).is_some()
            || !is_tree && self.find(name, true).is_some()
        {
            return Some(TreeFault::Duplicate);
        }
        if entry.oid.is_null() {
            return Some(TreeFault::NullId);
        }
        let modes = [
            0o100_644, 0o100_755, 0o100_664, 0o120_000, 0o040_000, 0o160_000,
        ];
        if !modes.contains(&entry.mode) {
            return Some(TreeFault::OddMode(entry.mode));
        }
        name_fault(name, entry.kind())
    }

    fn put_in_order(&self) -> Self {
        let mut order: Vec<_> = (0..self.len()).collect();
        order.sort_by(|a, b| compare(self.key(*a), self.key(*b)));
        order.dedup_by_key(|at| self.key(*at));
        let mut tree = Self {
            id_len: self.id_len,
            fault: self.fault.clone(),
            ..Self::default()
        };
        for position in order {
            tree.starts.push(tree.bytes.len() as u32);
            tree.bytes.extend_from_slice(self.whole(position));
        }
        tree
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// How much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + 4 * self.starts.len() + size_of::<Self>()
    }

    /// The entry at a position below [`Self::len`].
    pub fn get(&self, position: usize) -> TreeEntry<'_> {
        let whole = self.whole(position);
        let (rest, id) = whole.split_at(whole.len() - self.id_len);
        let (mode, name) = mode_and_name(&rest[..rest.len() - 1]).unwrap_or((0, rest));
        TreeEntry {
            name: name.as_bstr(),
            entry: Entry {
                mode,
                oid: Oid::from_bytes(id).expect("ids have 20 or 32 bytes"),
            },
        }
    }

    /// The entry of this name that is a tree, or that is none.
    pub fn find(&self, name: &[u8], tree: bool) -> Option<Entry> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match compare(self.key(middle), (name, tree)).is_lt() {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let is_it = low < self.len() && self.key(low) == (name, tree);
        is_it.then(|| self.get(low).entry)
    }

    fn whole(&self, position: usize) -> &[u8] {
        let end = self.starts.get(position + 1);
        let end = end.map_or(self.bytes.len(), |end| *end as usize);
        &self.bytes[self.starts[position] as usize..end]
    }

    fn key(&self, position: usize) -> (&[u8], bool) {
        let whole = self.whole(position);
        let rest = &whole[..whole.len() - self.id_len - 1];
        let (mode, name) = mode_and_name(rest).unwrap_or((0, rest));
        (name, is_tree(mode))
    }

    /// How many entries from these positions on are the same, byte for byte, in both trees.
    fn common(&self, position: usize, other: &Self, its: usize) -> usize {
        let tail = |tree: &Self, at: usize| tree.starts.get(at).map(|start| *start as usize);
        let (Some(here), Some(there)) = (tail(self, position), tail(other, its)) else {
            return 0;
        };
        let same = common_prefix(&self.bytes[here..], &other.bytes[there..]);
        let end = here + same;
        if end == self.bytes.len() {
            return self.len() - position;
        }
        let whole = self.starts[position..].partition_point(|start| *start as usize <= end);
        whole - 1
    }
}

fn fault_of(order: Ordering) -> TreeFault {
    match order {
        Ordering::Less => TreeFault::ZeroPadded,
        Ordering::Equal => TreeFault::Duplicate,
        Ordering::Greater => TreeFault::Unsorted,
    }
}

/// What is wrong with a name in a tree, to any file system that git protects.
fn name_fault(name: &BStr, kind: EntryKind) -> Option<TreeFault> {
    use gix::validate::path::component::{self, Mode, Options};
    let mode = (kind == EntryKind::Symlink).then_some(Mode::Symlink);
    let options = Options {
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    let check = |name: &[u8]| gix::validate::path::component(name.as_bstr(), mode, options).err();
    // NTFS takes what follows a backslash for a name.
    let mut parts = name.split(|byte| *byte == b'\\').skip(1);
    match check(name) {
        None => parts
            .any(|part| matches!(check(part), Some(component::Error::DotGitDir)))
            .then_some(TreeFault::DotGit),
        Some(component::Error::Relative) => Some(TreeFault::Dot),
        Some(component::Error::PathSeparator) => Some(TreeFault::Slash),
        Some(component::Error::SymlinkedGitModules) => Some(TreeFault::LinkedModules),
        Some(_) => Some(TreeFault::DotGit),
    }
}

/// What differs between two trees: an entry of the one, of the other, or of both with the same
/// name where both are trees or neither is.
pub(super) struct Differences<'t> {
    ours: &'t Tree,
    theirs: &'t Tree,
    at: usize,
    its: usize,
}

impl<'t> Differences<'t> {
    pub fn between(ours: &'t Tree, theirs: &'t Tree) -> Self {
        Self {
            ours,
            theirs,
            at: 0,
            its: 0,
        }
    }
}

impl<'t> Iterator for Differences<'t> {
    type Item = (Option<TreeEntry<'t>>, Option<TreeEntry<'t>>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let same = self.ours.common(self.at, self.theirs, self.its);
            self.at += same;
            self.its += same;
            let ours = (self.at < self.ours.len()).then(|| self.ours.get(self.at));
            let theirs = (self.its < self.theirs.len()).then(|| self.theirs.get(self.its));
            let order = match (&ours, &theirs) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), Some(_)) => compare(self.ours.key(self.at), self.theirs.key(self.its)),
            };
            self.at += usize::from(order.is_le());
            self.its += usize::from(order.is_ge());
            let ours = ours.filter(|_| order.is_le());
            let theirs = theirs.filter(|_| order.is_ge());
            if ours.map(|one| one.entry) != theirs.map(|one| one.entry) {
                return Some((ours, theirs));
            }
        }
    }
}

/// The bytes of a tree of these entries, whose names are all different.
pub(super) fn serialized(entries: &[(BString, Entry)]) -> Vec<u8> {
    let mut order: Vec<_> = entries.iter().collect();
    order.sort_by(|(a, one), (b, other)| compare((a, is_tree(one.mode)), (b, is_tree(other.mode))));
    let mut bytes = Vec::new();
    for (name, entry) in order {
        bytes.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(entry.oid.as_bytes());
    }
    bytes
}

fn head(bytes: &[u8], id_len: usize) -> Result<Head<'_>, String> {
    let name_end = bytes.find_byte(0).ok_or("an entry's name has no end")?;
    let (mode, name) = mode_and_name(&bytes[..name_end])
        .ok_or("an entry does not begin with a mode and a name")?;
    let len = name_end + 1 + id_len;
    if bytes.len() < len {
        return Err("it ends within an id".to_owned());
    }
    Ok(Head { name, mode, len })
}

/// The parts of `<mode in octal> <name>`.
fn mode_and_name(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut mode: u32 = 0;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'7' if mode <= 0o17_777 => mode = mode << 3 | u32::from(byte - b'0'),
            b' ' if at > 0 && at + 1 < bytes.len() => return Some((mode, &bytes[at + 1..])),
            _ => return None,
        }
    }
    None
}

fn is_tree(mode: u32) -> bool {
    EntryKind::of(mode) == EntryKind::Tree
}

/// Git's order of names in a tree (`base_name_compare` in git's `tree.c`).
fn compare((a, a_tree): (&[u8], bool), (b, b_tree): (&[u8], bool)) -> Ordering {
    let shared = a.len().min(b.len());
    let next = |name: &[u8], tree: bool| match name.get(shared) {
        Some(byte) => u16::from(*byte),
        None if tree => u16::from(b'/'),
        None => 0,
    };
    a[..shared]
        .cmp(&b[..shared])
        .then_with(|| next(a, a_tree).cmp(&next(b, b_tree)))
        .then_with(|| a.len().cmp(&b.len()))
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STRIDE: usize = 64;
    let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE));
    let start = STRIDE * strides.take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
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
}
