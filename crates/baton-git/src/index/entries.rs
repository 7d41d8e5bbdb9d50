//! The entries of an index file, one after the other (`gitformat-index(5)`).

use std::borrow::Cow;
use std::cmp::Ordering;

use bstr::ByteSlice;

use super::error::Fault;

/// The length of the ten numbers that begin an entry: times, device, inode, mode, owner, size.
const STAT_LEN: usize = 40;
/// The offset of the mode among them.
const MODE_AT: usize = 24;
/// In the flags: `git update-index --assume-unchanged`.
const ASSUME_VALID: u16 = 0x8000;
/// In the flags: 16 more bits of flags follow.
const EXTENDED: u16 = 0x4000;
/// In the flags: the length of the path; all ones when it is longer than fits.
const NAME_MASK: u16 = 0x0FFF;
/// In the extended flags: `git add --intent-to-add`, not yet content.
const INTENT_TO_ADD: u16 = 0x2000;
/// In the extended flags: absent from the working tree, but in the commit.
const SKIP_WORKTREE: u16 = 0x4000;

/// The relation of an entry's path to the one before.
#[derive(Debug, Clone, Copy)]
pub(super) struct State<'a> {
    /// The entry up to its flags.
    fixed: &'a [u8],
    hash_len: usize,
    flags: u16,
    extended: u16,
    /// The offset of the entry in the file.
    pub(super) offset: usize,
}

impl<'a> State<'a> {
    /// The entry at this offset of an index that has been read.
    pub(super) fn at(index: &'a [u8], offset: usize, hash_len: usize) -> Option<Self> {
        let flags_at = STAT_LEN + hash_len;
        let entry = index.get(offset..)?;
        let flags = u16_at(entry, flags_at)?;
        let extended = match flags & EXTENDED {
            0 => 0,
            _ => u16_at(entry, flags_at + 2)?,
        };
        Some(Self {
            fixed: entry.get(..flags_at)?,
            hash_len,
            flags,
            extended,
            offset,
        })
    }

    /// True if git takes the file as what it is: it is not unmerged, announced or hidden.
    pub(super) fn is_plain(&self) -> bool {
        self.stage() == 0
            && !self.intent_to_add()
            && !self.assumed_unchanged()
            && !self.skip_worktree()
    }

    /// The mode.
    #[inline]
    pub(super) fn mode(&self) -> u32 {
        u32_at(self.fixed, MODE_AT).unwrap_or(0)
    }

    /// Seconds and nanoseconds of the last change of the inode and of the content.
    pub(super) fn times(&self) -> [u32; 4] {
        [0, 4, 8, 12].map(|at| u32_at(self.fixed, at).unwrap_or(0))
    }

    /// The inode, the user, the group and the size.
    pub(super) fn inode_owner_size(&self) -> [u32; 4] {
        [20, 28, 32, 36].map(|at| u32_at(self.fixed, at).unwrap_or(0))
    }

    /// The bytes of the object id.
    pub(super) fn id(&self) -> &'a [u8] {
        self.fixed
            .get(STAT_LEN..STAT_LEN + self.hash_len)
            .unwrap_or_default()
    }

    /// 0, or in an unresolved merge 1 to 3.
    pub(super) fn stage(&self) -> u8 {
        (self.flags >> 12 & 3) as u8
    }

    /// True if the path is announced only: git does not write it into a commit.
    pub(super) fn intent_to_add(&self) -> bool {
        self.extended & INTENT_TO_ADD != 0
    }

    /// True if git is to take the file for unchanged without looking at it.
    pub(super) fn assumed_unchanged(&self) -> bool {
        self.flags & ASSUME_VALID != 0
    }

    /// True if the file may be absent, as in a sparse checkout.
    pub(super) fn skip_worktree(&self) -> bool {
        self.extended & SKIP_WORKTREE != 0
    }
}

/// A cursor over the entries. It goes over them in order only: their lengths differ, and the
/// table of offsets (`IEOT`) is written only where `index.threads` is set.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    body: &'a [u8],
    /// The offset of the next entry; after the last one, of the extensions.
    pub(super) offset: usize,
    left: u32,
    compressed: bool,
    /// The path read last; in version 4 it is in `buffer` instead.
    path: &'a [u8],
    buffer: Vec<u8>,
    state: State<'a>,
}

impl<'a> Entries<'a> {
    /// A cursor before the first of `count` entries, which begin at `offset`; `compressed` when
    /// each path is written as its difference from the one before.
    pub(super) fn new(
        body: &'a [u8],
        offset: usize,
        count: u32,
        compressed: bool,
        hash_len: usize,
    ) -> Self {
        Self {
            body,
            offset,
            left: count,
            compressed,
            path: b"",
            buffer: Vec::new(),
            state: State {
                fixed: b"",
                hash_len,
                flags: 0,
                extended: 0,
                offset,
            },
        }
    }

    /// Goes to the next entry; `false` after the last.
    pub(super) fn advance(&mut self) -> Result<bool, Fault> {
        if self.left == 0 {
            return Ok(false);
        }
        let begin = self.offset;
        let cut_short = || Fault::damaged("an entry is cut short", begin);
        let entry = self.body.get(begin..).ok_or_else(cut_short)?;
        let mut path_at = STAT_LEN + self.state.hash_len + 2;
        let fixed = entry.get(..path_at).ok_or_else(cut_short)?;
        let flags = u16_at(fixed, path_at - 2).ok_or_else(cut_short)?;
        let mut extended = 0;
        if flags & EXTENDED != 0 {
            extended = u16_at(entry, path_at).ok_or_else(cut_short)?;
            path_at += 2;
            if extended & !(INTENT_TO_ADD | SKIP_WORKTREE) != 0 {
                let what = format!("the entry flags {extended:#06x}");
                return Err(Fault::Unsupported(what));
            }
        }
        let name = entry.get(path_at..).ok_or_else(cut_short)?;
        let (order, len, used) = if self.compressed {
            self.read_compressed(name)?
        } else {
            self.read_plain(name, path_at)?
        };
        if usize::from(flags & NAME_MASK) != len.min(usize::from(NAME_MASK)) {
            let what = "a path is not as long as its entry says";
            return Err(Fault::damaged(what, begin));
        }
        let before = self.state.stage();
        self.state.fixed = fixed;
        self.state.flags = flags;
        self.state.extended = extended;
        self.state.offset = begin;
        self.check_order(order, before, len)?;
        self.offset = begin + path_at + used;
        self.left -= 1;
        Ok(true)
    }

    /// The path of the entry; empty where the entry replaces one of a shared index.
    #[inline]
    pub(super) fn path(&self) -> &[u8] {
        if self.compressed {
            &self.buffer
        } else {
            self.path
        }
    }

    /// The path of the entry but for so many bytes at its beginning.
    pub(super) fn path_from(&self, begin: usize) -> Cow<'a, [u8]> {
        match self.compressed {
            true => Cow::Owned(self.buffer[begin..].to_vec()),
            false => Cow::Borrowed(&self.path[begin..]),
        }
    }

    /// The relation of the entry's path to the one before.
    #[inline]
    pub(super) fn state(&self) -> &State<'a> {
        &self.state
    }

    /// Versions 2 and 3: the path, then one to eight NULs up to a multiple of eight bytes from
    /// the entry's beginning, `path_at` bytes before `name`. Gives how the path sorts against
    /// the one before, its length, and how many bytes of `name` belong to the entry.
    fn read_plain(
        &mut self,
        name: &'a [u8],
        path_at: usize,
    ) -> Result<(Ordering, usize, usize), Fault> {
        let len = self.path_len(name)?;
        let used = ((path_at + len + 8) & !7) - path_at;
        if used > name.len() {
            let what = "an entry is cut short";
            return Err(Fault::damaged(what, self.offset));
        }
        let path = &name[..len];
        let order = self.path.cmp(path);
        self.path = path;
        Ok((order, len, used))
    }

    /// Version 4: how many bytes to drop from the end of the path before, then what to append,
    /// then NUL. Gives the same as [`Self::read_plain`].
    fn read_compressed(&mut self, name: &'a [u8]) -> Result<(Ordering, usize, usize), Fault> {
        let bad_prefix = || Fault::damaged("a path drops more than there is", self.offset);
        let (drop, varint_len) = varint(name).ok_or_else(bad_prefix)?;
        let keep = usize::try_from(drop)
            .ok()
            .and_then(|drop| self.buffer.len().checked_sub(drop))
            .ok_or_else(bad_prefix)?;
        let rest = &name[varint_len..];
        let suffix_len = self.path_len(rest)?;
        let suffix = &rest[..suffix_len];
        let order = self.buffer[keep..].cmp(suffix);
        self.buffer.truncate(keep);
        self.buffer.extend_from_slice(suffix);
        Ok((order, keep + suffix_len, varint_len + suffix_len + 1))
    }

    /// The number of bytes before the NUL that ends a path.
    fn path_len(&self, name: &[u8]) -> Result<usize, Fault> {
        name.find_byte(0)
            .ok_or_else(|| Fault::damaged("a path does not end", self.offset))
    }

    /// Entries are sorted by path, then by stage, and only an unmerged path has more than one.
    /// Reading stops early because of that, so it must hold of all that was read. The entries
    /// without a path come first, in a split index.
    fn check_order(&self, order: Ordering, stage_before: u8, len: usize) -> Result<(), Fault> {
        let sorted = match order {
            Ordering::Less => true,
            Ordering::Equal => len == 0 || (0 < stage_before && stage_before < self.state.stage()),
            Ordering::Greater => false,
        };
        if sorted {
            return Ok(());
        }
        let what = "its entries are not in order";
        Err(Fault::damaged(what, self.offset))
    }
}

fn u16_at(data: &[u8], offset: usize) -> Option<u16> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

/// Git's number of variable length, and how many bytes it takes: seven bits a byte, the highest
/// first, each continued byte adding one so that no number has two spellings.
fn varint(data: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, byte) in data.iter().enumerate() {
        value = value.checked_mul(128)? + u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
        value = value.checked_add(1)?;
    }
    None
}

/// The big-endian number at `offset`.
pub(super) fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_has_one_spelling() {
        assert_eq!(varint(&[0x00]), Some((0, 1)));
        assert_eq!(varint(&[0x7F, 9]), Some((127, 1)));
        assert_eq!(varint(&[0x80, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0x81, 0x00]), Some((256, 2)));
        assert_eq!(varint(&[0xFF, 0x7F]), Some((16_511, 2)));
    }

    #[test]
    fn an_endless_varint_is_none() {
        assert_eq!(varint(&[0x80]), None);
        assert_eq!(varint(&[]), None);
        assert_eq!(varint(&[0xFF; 12]), None);
    }
}
