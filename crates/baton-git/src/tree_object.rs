//! The bytes of a tree object, taken apart.

mod differences;

pub(super) use differences::Differences;

use std::cmp::Ordering;

use bstr::{BStr, BString, ByteSlice};

use baton_core::model::{Entry, EntryKind, Oid, TreeFault};

/// A tree object in git's order: by name, a directory's as if a `/` followed it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    bytes: Vec<u8>,
    /// The offset of each entry.
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

    /// The fault of an entry of this tree by its name, its mode and its id.
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

    /// The number of its entries.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The memory that it takes, in bytes.
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
}

fn fault_of(order: Ordering) -> TreeFault {
    match order {
        Ordering::Less => TreeFault::ZeroPadded,
        Ordering::Equal => TreeFault::Duplicate,
        Ordering::Greater => TreeFault::Unsorted,
    }
}

/// The fault of a name in a tree, on any file system that git protects.
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

#[cfg(test)]
mod tests;
