//! The differences of two trees, without a look at what they share byte for byte.

use std::cmp::Ordering;

use super::{Tree, TreeEntry, compare};

/// The differences of two trees: an entry of the one, of the other, or of both with the same
/// name where both are trees or neither is.
pub(crate) struct Differences<'t> {
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

impl Tree {
    /// The number of entries from these positions on that are the same, byte for byte, in both trees.
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

/// The number of bytes with which both begin.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STRIDE: usize = 64;
    let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE));
    let start = STRIDE * strides.take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}
