//! When a merge needs no look into any file.
//!
//! Git merges three trees path by path. Where one side left a path as the base has it, the other
//! side's entry is the result; where both made the same change, that is. Contents, attributes,
//! drivers and the settings below `merge.` matter only for a path that both sides changed
//! differently. What can make git's answer differ from this simple one, although no path was
//! changed twice, is:
//!
//! - **A rename.** Git looks for renames on a side only between the paths that it deleted and
//!   those that it added (`merge-ort.c` asks `diffcore-rename.c` for neither copies nor broken
//!   pairs). A rename of X to Y changes the answer only if the other side changed or deleted X,
//!   which makes X a path that both sides changed, or has something of its own at Y, likewise.
//!   Three-way merging X with an unchanged X gives the side's own Y. So only changes that are
//!   the same on both sides need care: a path that both deleted may have been renamed by either
//!   unless neither adds; a path that both added may be the end of a rename unless neither
//!   deletes.
//! - **A renamed directory**: one that a side emptied, with renames out of it. What the other
//!   side adds to it, or renames into it, git moves along. Either is a path that is new there.
//! - **A file in the place of a directory**: a path of one side lies below a path of the other,
//!   or a side made the one of the other itself. (With a rename between the two, gits up to
//!   2.47 at least lose the file; the answer is git's all the same.)
//!
//! Each of these sends the pair to git, and so do several bases as good as each other, a history
//! that was cut off, and a tree with modes that git does not write any more.

use bstr::{BStr, ByteSlice};

use super::changes::{Changed, Changes};

/// True if the simple answer is git's, for two sides of one base.
pub(super) fn is_exact(ours: &Changes, theirs: &Changes) -> bool {
    ours.plain
        && theirs.plain
        && shared(ours, theirs).all(|(one, other)| is_agreed(ours, theirs, one, other))
        && stands(ours, theirs)
        && stands(theirs, ours)
}

/// The paths that both sides changed.
fn shared<'c>(
    ours: &'c Changes,
    theirs: &'c Changes,
) -> impl Iterator<Item = (&'c Changed, &'c Changed)> {
    let swapped = ours.paths.len() > theirs.paths.len();
    let (few, many) = if swapped {
        (theirs, ours)
    } else {
        (ours, theirs)
    };
    few.paths.iter().filter_map(move |one| {
        let other = many.of(one.path.as_bstr())?;
        Some(if swapped { (other, one) } else { (one, other) })
    })
}

/// True if both made the same change to a path, and no rename can have to do with it.
fn is_agreed(ours: &Changes, theirs: &Changes, one: &Changed, other: &Changed) -> bool {
    one.after == other.after
        && match (one.before, one.after) {
            (Some(_), Some(_)) => true,
            (Some(_), None) => !ours.adds && !theirs.adds,
            (None, _) => !ours.deletes && !theirs.deletes,
        }
}

/// True if everything that a side has put somewhere can stay there beside what the other did, and
/// is of the kind that the base had there.
fn stands(side: &Changes, other: &Changes) -> bool {
    let put = side.paths.iter().filter(|one| one.after.is_some());
    put.into_iter().all(|one| {
        let is_new = one.before.is_none();
        !side.removed.contains(&one.path)
            && directories(one.path.as_bstr()).all(|directory| {
                let in_the_way = other.of(directory).is_some_and(|file| file.after.is_some());
                let may_have_moved = is_new && other.adds && other.removed.contains(directory);
                let was_a_file = is_new && side.of(directory).is_some();
                !in_the_way && !may_have_moved && !was_a_file
            })
    })
}

/// The directories that a path is in, the nearest first.
fn directories(path: &BStr) -> impl Iterator<Item = &BStr> {
    std::iter::successors(Some(path), |at| {
        at.rfind_byte(b'/').map(|slash| at[..slash].as_bstr())
    })
    .skip(1)
}
