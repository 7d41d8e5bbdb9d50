//! Paths that a file system may put in the place of a protected one although they fold otherwise:
//! what lies below a name that it takes for a protected file, what lies in a directory that it
//! takes for one that leads to a protected path, and short names.

use bstr::{BStr, BString, ByteSlice};

use super::Writer;
use super::alias::fold;
use super::short_name::{self, may_be_short};

/// A protected path without wildcards, or the directories that lead to those with wildcards.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Guarded {
    /// Its components, as they are written and folded.
    components: Vec<(BString, BString)>,
    is_file: bool,
    writer: Writer,
}

/// The way in which a path is like a protected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// It takes its place.
    Same,
    /// It lies in what may become the same directory, under another name.
    Beside,
}

impl Guarded {
    pub(super) fn new(path: &BStr, is_file: bool, writer: Writer) -> Self {
        let folded = |name: &BStr| fold(name).into_owned();
        let components = names(path).map(|name| (name.into(), folded(name.as_bstr())));
        Self {
            components: components.collect(),
            is_file,
            writer,
        }
    }

    pub(super) fn writer(&self) -> Writer {
        self.writer
    }

    /// Returns the way in which a path is like this one; `None` also where it only folds to it.
    pub(super) fn likeness(&self, path: &BStr, folded: &BStr) -> Option<Likeness> {
        let walk = self.walk(path, folded);
        let whole = walk.matched == self.components.len();
        let below = whole && !walk.ended;
        if walk.by_short_name && whole || below && self.is_file {
            return Some(Likeness::Same);
        }
        let in_alias = walk.matched > 0 && (!walk.ended || walk.by_short_name);
        (walk.is_alias && in_alias).then_some(Likeness::Beside)
    }

    /// Returns true if a path below this directory may be like this one.
    pub(super) fn enters(&self, directory: &BStr, folded: &BStr) -> bool {
        let walk = self.walk(directory, folded);
        let leads_here = walk.ended || walk.matched == self.components.len();
        walk.matched > 0 && (walk.is_alias || leads_here && walk.by_short_name)
            || self.is_file && walk.matched == self.components.len()
    }

    /// The first bytes of the names that are like the first of this path's.
    pub(super) fn first_bytes(&self) -> impl Iterator<Item = u8> {
        let first = self.components.first();
        first
            .and_then(|(_, name)| short_name::first_byte(name))
            .into_iter()
    }

    fn walk(&self, path: &BStr, folded: &BStr) -> Walk {
        let mut walk = Walk::default();
        let mut theirs = names(path).zip(folded.split_str("/"));
        for (written, name) in &self.components {
            let Some((as_written, as_folded)) = theirs.next() else {
                walk.ended = true;
                return walk;
            };
            if as_folded == name.as_bytes() {
                walk.is_alias |= as_written != written.as_bytes();
            } else if may_be_short(name, as_folded) {
                walk.is_alias = true;
                walk.by_short_name = true;
            } else {
                return walk;
            }
            walk.matched += 1;
        }
        walk.ended = theirs.next().is_none();
        walk
    }
}

/// The position up to which a path goes along with a protected one.
#[derive(Default)]
struct Walk {
    matched: usize,
    /// True if one of these components is written otherwise.
    is_alias: bool,
    by_short_name: bool,
    /// True if the path goes no further.
    ended: bool,
}

/// The components of a path as [`fold`] divides it.
fn names(path: &BStr) -> impl Iterator<Item = &[u8]> {
    let names = path.split(|byte| matches!(byte, b'/' | b'\\'));
    names.filter(|name| !matches!(*name, b"" | b"."))
}
