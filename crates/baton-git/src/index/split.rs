//! An index in two files (`core.splitIndex`): a shared one and one that holds what differs.
//!
//! The merge is done here and not by gix, whose reader (gix-index 0.58) looks for the shared file
//! beside the index, not in the git directory, and takes a link without bitmaps for an empty
//! shared index.

use bstr::BString;

use super::collect::Collector;
use super::error::{Fault, IndexError};
use super::file::{IndexFile, Link};
use baton_core::model::Entry;

/// Positions in the shared index, rising.
struct Bitmaps {
    deleted: Vec<u32>,
    replaced: Vec<u32>,
}

/// Collects from the entries of `shared`, changed as `own` and its `link` say: the shared ones at
/// positions marked deleted are gone, those marked replaced take the state of the entries without
/// a path in `own`, one after the other, and the entries of `own` with a path come on top.
pub(super) fn collect(
    own: &IndexFile<'_>,
    link: &Link<'_>,
    shared: &IndexFile<'_>,
    mut collector: Collector<'_>,
) -> Result<Vec<(BString, Entry)>, IndexError> {
    let in_own = |fault: Fault| fault.of(own.path);
    let in_shared = |fault: Fault| fault.of(shared.path);
    if shared.checksum != link.base {
        let what = "it is not the shared index that the index was split from";
        return Err(in_shared(Fault::damaged(what, 0)));
    }
    let bitmaps = Bitmaps::parse(link, shared.count).map_err(in_own)?;
    let mut deleted = bitmaps.deleted.into_iter().peekable();
    let mut replaced = bitmaps.replaced.into_iter().peekable();

    let mut own_entries = own.entries();
    let mut shared_entries = shared.entries();
    for position in 0..shared.count {
        if !shared_entries.advance().map_err(in_shared)? {
            break;
        }
        let replace = replaced.next_if_eq(&position).is_some();
        if replace && !(own_entries.advance().map_err(in_own)? && own_entries.path().is_empty()) {
            return Err(in_own(malformed(link)));
        }
        let path = shared_entries.path();
        if deleted.next_if_eq(&position).is_some() {
            continue;
        } else if replace {
            let taken = collector.take(path, own_entries.state());
            taken.map_err(in_own)?;
        } else {
            let taken = collector.take(path, shared_entries.state());
            taken.map_err(in_shared)?;
        }
    }
    while own_entries.advance().map_err(in_own)? {
        let taken = collector.take(own_entries.path(), own_entries.state());
        taken.map_err(in_own)?;
    }
    collector.finish().map_err(in_own)
}

fn malformed(link: &Link<'_>) -> Fault {
    Fault::damaged("its link to the shared index is malformed", link.offset)
}

impl Bitmaps {
    /// Decodes the two bitmaps for a shared index of `count` entries.
    fn parse(link: &Link<'_>, count: u32) -> Result<Self, Fault> {
        if link.bitmaps.is_empty() {
            return Ok(Self {
                deleted: Vec::new(),
                replaced: Vec::new(),
            });
        }
        let (deleted, rest) = positions(link, link.bitmaps, count)?;
        let (replaced, rest) = positions(link, rest, count)?;
        if !rest.is_empty() {
            return Err(malformed(link));
        }
        Ok(Self { deleted, replaced })
    }
}

/// The positions that the bitmap at the beginning of `data` marks, all below `count`, and what
/// follows the bitmap.
fn positions<'a>(
    link: &Link<'_>,
    data: &'a [u8],
    count: u32,
) -> Result<(Vec<u32>, &'a [u8]), Fault> {
    let (bitmap, rest) = gix_bitmap::ewah::decode(data).map_err(|_| malformed(link))?;
    let mut positions = Vec::new();
    bitmap
        .for_each_set_bit(|position| {
            let position = u32::try_from(position).ok()?;
            positions.push(position);
            (position < count).then_some(())
        })
        .ok_or_else(|| malformed(link))?;
    Ok((positions, rest))
}
