//! The frame of an index file: header, extensions, checksum (`gitformat-index(5)`).

use std::path::Path;

use super::entries::Entries;
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
    /// Where it is, to report it.
    pub(super) path: &'a Path,
    /// Everything before the checksum.
    body: &'a [u8],
    /// The checksum, which is also the name of a shared index.
    pub(super) checksum: &'a [u8],
    /// 2, 3 or 4.
    version: u32,
    /// How many entries the header promises.
    pub(super) count: u32,
}

/// The `link` extension: the index holds only what differs from a shared one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    /// The checksum of the shared index.
    pub(super) base: &'a [u8],
    /// The bitmap of deleted entries, then that of replaced ones; empty when there are none.
    pub(super) bitmaps: &'a [u8],
    /// Where in the file it is.
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

    /// Reads the extensions, which begin at `offset`, where the entries end. Gives the link to a
    /// shared index if there is one. An extension whose name begins with a small letter changes
    /// what the entries mean and must be known; `sdir` only announces entries that show
    /// themselves by their mode.
    pub(super) fn link(&self, mut offset: usize) -> Result<Option<Link<'a>>, Fault> {
        let mut link = None;
        while offset < self.body.len() {
            let cut_short = || Fault::damaged("an extension is cut short", offset);
            let name = self.body.get(offset..offset + 4).ok_or_else(cut_short)?;
            let len = u32_at(self.body, offset + 4).ok_or_else(cut_short)? as usize;
            let begin = offset + 8;
            let data = begin
                .checked_add(len)
                .and_then(|end| self.body.get(begin..end))
                .ok_or_else(cut_short)?;
            match name {
                b"link" => {
                    let (base, bitmaps) = data
                        .split_at_checked(self.checksum.len())
                        .ok_or_else(cut_short)?;
                    link = Some(Link {
                        base,
                        bitmaps,
                        offset,
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
            offset = begin + len;
        }
        // A link to nothing: git takes the index for a whole one.
        Ok(link.filter(|link| link.base.iter().any(|byte| *byte != 0)))
    }
}

/// The big-endian number at `offset`.
pub(super) fn u32_at(data: &[u8], offset: usize) -> Option<u32> {
    let bytes = data.get(offset..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}
