//! Copies of files that share their blocks with the original where the file system can.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The stamp that tells one content of a file from another without reading it: its kind, its size and
/// when it was written, or where a link leads. Two copies made here have one stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(Vec<u8>);

impl Stamp {
    /// The stamp of what is at a path; `None` where nothing is, or neither file nor link.
    pub fn of(path: &Path) -> io::Result<Option<Self>> {
        let found = match path.symlink_metadata() {
            Err(error) if is_absent(&error) => return Ok(None),
            found => found?,
        };
        let text = if found.is_symlink() {
            let target = fs::read_link(path)?;
            let target = target.as_os_str().as_bytes();
            let hex: String = target.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("link:{hex}")
        } else if found.is_file() {
            let (size, seconds, nanos) = (found.len(), found.mtime(), found.mtime_nsec());
            format!(
                "file:{size}:{seconds}.{nanos:09}:{:o}",
                found.mode() & 0o777
            )
        } else {
            return Ok(None);
        };
        Ok(Some(Self(text.into_bytes())))
    }

    /// The stamp that was written as these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_owned())
    }

    /// As bytes without white space.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// True if nothing is at a path, or nothing can be below one.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The result of one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It was made.
    Yes,
    /// There is nothing to copy, or it is neither file nor link.
    NoSource,
    /// Something is where it belongs, and was left alone.
    Taken,
}

/// Copies files. It remembers that a file system cannot share blocks and tries no more.
#[derive(Debug, Default)]
pub struct Copier {
    cannot_share: AtomicBool,
}

impl Copier {
    /// Copies a file, or a link as a link, to where nothing is: bytes, permissions and the time
    /// it was written. Never a hard link: who writes to the copy does not write to the original.
    pub fn copy_new(&self, from: &Path, to: &Path) -> io::Result<Copied> {
        let found = match from.symlink_metadata() {
            Err(error) if is_absent(&error) => return Ok(Copied::NoSource),
            found => found?,
        };
        let made = if found.is_symlink() {
            symlink(fs::read_link(from)?, to)
        } else if found.is_file() {
            self.copy_file(from, to, &found)
        } else {
            return Ok(Copied::NoSource);
        };
        match made {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Copied::Taken),
            made => made.map(|()| Copied::Yes),
        }
    }

    /// Like [`Copier::copy_new`] for what is there, but only by sharing blocks; `false`, and nothing
    /// is done, where the file system cannot.
    pub fn share_new(&self, from: &Path, to: &Path) -> io::Result<bool> {
        let found = from.symlink_metadata()?;
        if found.is_symlink() {
            return symlink(fs::read_link(from)?, to).map(|()| true);
        }
        let is_shared = self.share(from, to)?;
        if is_shared {
            take_after(to, &found)?;
        }
        Ok(is_shared)
    }

    fn copy_file(&self, from: &Path, to: &Path, found: &fs::Metadata) -> io::Result<()> {
        if !self.share(from, to)? {
            let mut copy = OpenOptions::new().write(true).create_new(true).open(to)?;
            io::copy(&mut File::open(from)?, &mut copy)?;
        }
        take_after(to, found)
    }

    /// Makes a copy that shares its blocks; says whether that is done.
    fn share(&self, from: &Path, to: &Path) -> io::Result<bool> {
        if self.cannot_share.load(Ordering::Relaxed) {
            return Ok(false);
        }
        match reflink_copy::reflink(from, to) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => {
                self.cannot_share.store(true, Ordering::Relaxed);
                Ok(false)
            }
        }
    }
}

/// Gives a file the time and the permissions of another.
fn take_after(copy: &Path, original: &fs::Metadata) -> io::Result<()> {
    let times = FileTimes::new().set_modified(original.modified()?);
    File::open(copy)?.set_times(times)?;
    // Last: it may take the right to write away.
    fs::set_permissions(copy, original.permissions())
}

/// Makes a directory below `root`, and those above it; `false` where something else, a link
/// included, has the place of one of them.
pub fn make_directories(root: &Path, path: &[u8]) -> io::Result<bool> {
    let mut at = root.to_owned();
    for part in path
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
    {
        if part == b".." || part == b"." {
            return Ok(false);
        }
        at.push(OsStr::from_bytes(part));
        match fs::create_dir(&at) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) => {}
            Err(_) if at.symlink_metadata()?.is_dir() => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_has_the_stamp_of_the_original_and_a_life_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
        let copier = Copier::default();
        fs::write(&from, "one").unwrap();
        fs::set_permissions(&from, PermissionsExt::from_mode(0o555)).unwrap();
        assert_eq!(copier.copy_new(&from, &to).unwrap(), Copied::Yes);
        assert_eq!(Stamp::of(&from).unwrap(), Stamp::of(&to).unwrap());
        assert_eq!(to.metadata().unwrap().mode() & 0o777, 0o555);
        assert_ne!(from.metadata().unwrap().ino(), to.metadata().unwrap().ino());
        assert_eq!(copier.copy_new(&from, &to).unwrap(), Copied::Taken);
        fs::remove_file(&from).unwrap();
        assert_eq!(copier.copy_new(&from, &to).unwrap(), Copied::NoSource);
    }

    #[test]
    fn directories_are_not_made_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), dir.path().join("link")).unwrap();
        assert!(make_directories(dir.path(), b"a/b/c").unwrap());
        assert!(make_directories(dir.path(), b"a/b/c").unwrap());
        assert!(!make_directories(dir.path(), b"link/x").unwrap());
        assert!(!make_directories(dir.path(), b"a/../../x").unwrap());
        assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
    }
}
