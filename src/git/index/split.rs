//! An index in two files (`core.splitIndex`): a shared one and one that holds what differs.
//!
//! The merge is done here and not by gix, whose reader (gix-index 0.58) looks for the shared file
//! beside the index, not in the git directory, and takes a link without bitmaps for an empty
//! shared index.

use super::Found;
use super::collect::Collector;
use super::error::Fault;
use super::file::{IndexFile, Link};

/// Positions in the shared index, rising.
struct Bitmaps {
    deleted: Vec<usize>,
    replaced: Vec<usize>,
}

/// Which of the two files is at fault.
pub(super) enum Part {
    Own,
    Shared,
}

/// Collects from the entries of `shared`, changed as `own` and its `link` say: the shared ones at
/// positions marked deleted are gone, those marked replaced take the state of the entries without
/// a path in `own`, one after the other, and the entries of `own` with a path come on top.
pub(super) fn collect(
    own: &IndexFile<'_>,
    link: &Link<'_>,
    shared: &IndexFile<'_>,
    mut collector: Collector<'_>,
) -> Result<Found, (Part, Fault)> {
    let in_own = |fault: Fault| (Part::Own, fault);
    let in_shared = |fault: Fault| (Part::Shared, fault);
    if shared.checksum != link.base {
        let what = "it is not the shared index that the index was split from";
        return Err(in_shared(Fault::damaged(what, 0)));
    }
    let bitmaps = Bitmaps::parse(link, shared.count).map_err(in_own)?;
    let (mut deleted, mut replaced) = (bitmaps.deleted.iter(), bitmaps.replaced.iter());
    let (mut next_deleted, mut next_replaced) = (deleted.next(), replaced.next());

    let mut own_entries = own.entries();
    let mut shared_entries = shared.entries();
    let mut position = 0;
    while let Some(entry) = shared_entries.next().map_err(in_shared)? {
        let mut state = entry.state;
        let mut part = Part::Shared;
        if next_replaced == Some(&position) {
            next_replaced = replaced.next();
            let own_entry = own_entries.next().map_err(in_own)?;
            let replacement = own_entry
                .filter(|entry| entry.path.is_empty())
                .ok_or_else(|| in_own(bitmap_fault(link)))?;
            state = replacement.state;
            part = Part::Own;
        }
        if next_deleted == Some(&position) {
            next_deleted = deleted.next();
        } else if let Err(fault) = collector.take(entry.path, state) {
            return Err((part, fault));
        }
        position += 1;
    }
    while let Some(entry) = own_entries.next().map_err(in_own)? {
        if let Err(fault) = collector.take(entry.path, entry.state) {
            return Err(in_own(fault));
        }
    }
    collector.finish().ok_or_else(|| {
        let what = "a path is in it and in the shared index";
        in_own(Fault::damaged(what, link.offset))
    })
}

fn bitmap_fault(link: &Link<'_>) -> Fault {
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
            return Err(bitmap_fault(link));
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
) -> Result<(Vec<usize>, &'a [u8]), Fault> {
    let (bitmap, rest) = gix_bitmap::ewah::decode(data).map_err(|_| bitmap_fault(link))?;
    let mut positions = Vec::new();
    bitmap
        .for_each_set_bit(|position| {
            positions.push(position);
            (position < count as usize).then_some(())
        })
        .ok_or_else(|| bitmap_fault(link))?;
    Ok((positions, rest))
}
