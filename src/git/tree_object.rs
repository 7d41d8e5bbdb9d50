//! The bytes of a tree object, taken apart.

use std::cmp::Ordering;

use bstr::{BStr, ByteSlice};

use crate::model::{Entry, EntryKind, Oid};

/// A tree object in git's order: by name, a directory's as if a `/` followed it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    bytes: Vec<u8>,
    /// Where each entry begins.
    starts: Vec<u32>,
    id_len: usize,
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
    /// Takes a tree's bytes apart. A tree out of order, as no git writes it, is put in order.
    pub fn parse(bytes: &[u8], id_len: usize) -> Result<Self, String> {
        let too_large = |_| "it is too large".to_owned();
        u32::try_from(bytes.len()).map_err(too_large)?;
        let mut starts = Vec::with_capacity(bytes.len() / (id_len + 16));
        let (mut at, mut sorted) = (0, true);
        let mut previous: Option<(&[u8], bool)> = None;
        while at < bytes.len() {
            let head = head(&bytes[at..], id_len)?;
            let key = (head.name, is_tree(head.mode));
            sorted &= previous.is_none_or(|previous| compare(previous, key).is_lt());
            previous = Some(key);
            starts.push(at as u32);
            at += head.len;
        }
        let tree = Self {
            bytes: bytes.to_owned(),
            starts,
            id_len,
        };
        if sorted {
            return Ok(tree);
        }
        let tree = tree.put_in_order();
        let mut pairs = (1..tree.len()).map(|at| (tree.key(at - 1), tree.key(at)));
        match pairs.any(|(one, next)| one == next) {
            true => Err("it holds two entries of one name".to_owned()),
            false => Ok(tree),
        }
    }

    fn put_in_order(&self) -> Self {
        let mut order: Vec<_> = (0..self.len()).collect();
        order.sort_by(|a, b| compare(self.key(*a), self.key(*b)));
        let mut tree = Self {
            id_len: self.id_len,
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
