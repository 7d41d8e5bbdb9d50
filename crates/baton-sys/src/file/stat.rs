//! The file system's record of a file.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The file system's record of a file or a link (`stat(2)`): what git compares with the index to see a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileStat {
    /// Seconds and nanoseconds of the last change of the inode.
    pub changed: (i64, i64),
    /// The same of the content.
    pub modified: (i64, i64),
    /// The inode.
    pub inode: u64,
    /// Kind and permissions.
    pub mode: u32,
    /// The owner.
    pub user: u32,
    /// The owning group.
    pub group: u32,
    /// In bytes.
    pub size: u64,
}

impl FileStat {
    /// The stat of this file; `None` where there is none.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let found = match path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Self {
            changed: (found.ctime(), found.ctime_nsec()),
            modified: (found.mtime(), found.mtime_nsec()),
            inode: found.ino(),
            mode: found.mode(),
            user: found.uid(),
            group: found.gid(),
            size: found.size(),
        }))
    }

    /// True if it is a link's.
    pub fn is_link(&self) -> bool {
        rustix::fs::FileType::from_raw_mode(self.mode as rustix::fs::RawMode).is_symlink()
    }

    /// True if it is a directory's.
    pub fn is_directory(&self) -> bool {
        rustix::fs::FileType::from_raw_mode(self.mode as rustix::fs::RawMode).is_dir()
    }
}

impl From<rustix::fs::Stat> for FileStat {
    #[expect(
        clippy::unnecessary_cast,
        reason = "the types of these fields differ from one system to the next"
    )]
    fn from(found: rustix::fs::Stat) -> Self {
        Self {
            changed: (found.st_ctime as i64, found.st_ctime_nsec as i64),
            modified: (found.st_mtime as i64, found.st_mtime_nsec as i64),
            inode: found.st_ino as u64,
            mode: found.st_mode as u32,
            user: found.st_uid,
            group: found.st_gid,
            size: found.st_size as u64,
        }
    }
}

/// True if there is nothing of that name, or no directory in which it could be.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
