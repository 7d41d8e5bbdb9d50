//! The frame of an index file: header, extensions, checksum (`gitformat-index(5)`).

use std::path::Path;

use bstr::ByteSlice;

use super::entries::{Entries, u32_at};
use super::error::Fault;

/// Signature, version, number of entries.
const HEADER_LEN: usize = 12;

/// The bytes of one index file, with a header that makes sense.
///
/// The checksum at the end is not verified: git does so, or has been told not to
/// (`index.skipHash` writes zeros), when it reads the same file for the commit, and hashing
/// 200,000 entries takes ten times as long as reading them.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexFile<'a> {
    /// Its path, to report it.
    pub(super) path: &'a Path,
    /// Everything before the checksum.
    body: &'a [u8],
    /// The checksum, which is also the name of a shared index.
    pub(super) checksum: &'a [u8],
    /// 2, 3 or 4.
    version: u32,
    /// The number of entries that the header promises.
    pub(super) count: u32,
}

/// The `link` extension: the index holds only what differs from a shared one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    /// The checksum of the shared index.
    pub(super) base: &'a [u8],
    /// The bitmap of deleted entries, then that of replaced ones; empty when there are none.
    pub(super) bitmaps: &'a [u8],
    /// Its offset in the file.
    pub(super) offset: usize,
}

impl Link<'_> {
    /// The name of the shared index in the git directory.
    pub(super) fn shared_name(&self) -> String {
        let hex: String = self.base.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sharedindex.{hex}")
    }
}

impl<'a> IndexFile<'a> {
    /// Reads the header of the file at `path`, which consists of `data`.
    pub(super) fn parse(path: &'a Path, data: &'a [u8], hash_len: usize) -> Result<Self, Fault> {
        let too_short = || Fault::damaged("it is too short for a header", data.len());
        let (body, checksum) = data
            .len()
            .checked_sub(hash_len)
            .map(|len| data.split_at(len))
            .ok_or_else(too_short)?;
        if !body.starts_with(b"DIRC") {
            return Err(Fault::damaged("it does not begin with `DIRC`", 0));
        }
        let version = u32_at(body, 4).ok_or_else(too_short)?;
        let count = u32_at(body, 8).ok_or_else(too_short)?;
        if !(2..=4).contains(&version) {
            return Err(Fault::Unsupported(format!("the version {version}")));
        }
        Ok(Self {
            path,
            body,
            checksum,
            version,
            count,
        })
    }

    /// Its entries, from the first.
    pub(super) fn entries(&self) -> Entries<'a> {
        Entries::new(
            self.body,
            HEADER_LEN,
            self.count,
            self.version == 4,
            self.checksum.len(),
        )
    }

    /// The extensions, which begin at `offset`, where the entries end.
    fn extensions(&self, mut offset: usize) -> impl Iterator<Item = Result<Extension<'a>, Fault>> {
        let body = self.body;
        std::iter::from_fn(move || {
            let begin = Some(offset).filter(|begin| *begin < body.len())?;
            let found = Extension::at(body, begin);
            offset = found.as_ref().map_or(body.len(), |one| one.end);
            Some(found)
        })
    }

    /// Reads the extensions, which begin at `offset`. Gives the link to a
    /// shared index if there is one. An extension whose name begins with a small letter changes
    /// what the entries mean and must be known; `sdir` only announces entries that show
    /// themselves by their mode.
    pub(super) fn link(&self, offset: usize) -> Result<Option<Link<'a>>, Fault> {
        let mut link = None;
        for extension in self.extensions(offset) {
            let Extension {
                name, data, begin, ..
            } = extension?;
            match name {
                b"link" => {
                    let split = data.split_at_checked(self.checksum.len());
                    let (base, bitmaps) = split.ok_or_else(|| Extension::cut_short(begin))?;
                    link = Some(Link {
                        base,
                        bitmaps,
                        offset: begin,
                    });
                }
                b"sdir" => {}
                // Read as git reads it: what begins with a capital may be passed over.
                [b'A'..=b'Z', ..] => {}
                _ => {
                    let name = name.escape_ascii();
                    return Err(Fault::Unsupported(format!("the extension `{name}`")));
                }
            }
        }
        // A link to nothing: git takes the index for a whole one.
        Ok(link.filter(|link| link.base.iter().any(|byte| *byte != 0)))
    }

    /// The bytes of the id of the tree that all entries make up, where git has noted it
    /// (`Cache tree` in `gitformat-index(5)`); the extensions begin at `offset`.
    pub(super) fn tree(&self, offset: usize) -> Result<Option<&'a [u8]>, Fault> {
        for extension in self.extensions(offset) {
            let Extension { name, data, .. } = extension?;
            // The root comes first: no path, NUL, how many entries it has, a space, how many
            // subtrees, a line feed, the id. An invalid one has -1 entries and no id.
            if let (b"TREE", Some(root)) = (name, data.strip_prefix(b"\0")) {
                let end = root.find_byte(b'\n');
                let (counts, rest) = root.split_at(end.unwrap_or(root.len()));
                let is_valid = counts.first().is_some_and(u8::is_ascii_digit);
                return Ok(rest.get(1..=self.checksum.len()).filter(|_| is_valid));
            }
        }
        Ok(None)
    }
}

/// One extension of an index.
struct Extension<'a> {
    name: &'a [u8],
    data: &'a [u8],
    /// Its offset in the file.
    begin: usize,
    /// The offset of the next.
    end: usize,
}

impl<'a> Extension<'a> {
    fn at(body: &'a [u8], begin: usize) -> Result<Self, Fault> {
        let cut_short = || Self::cut_short(begin);
        let name = body.get(begin..begin + 4).ok_or_else(cut_short)?;
        let len = u32_at(body, begin + 4).ok_or_else(cut_short)? as usize;
        let end = (begin + 8).checked_add(len).ok_or_else(cut_short)?;
        let data = body.get(begin + 8..end).ok_or_else(cut_short)?;
        Ok(Self {
            name,
            data,
            begin,
            end,
        })
    }

    fn cut_short(begin: usize) -> Fault {
        Fault::damaged("an extension is cut short", begin)
    }
}
