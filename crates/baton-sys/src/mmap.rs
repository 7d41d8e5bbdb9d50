//! Files read through the page cache, without a copy.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// A file's bytes, as they were when it was opened.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps the whole file at `path`, read-only.
    ///
    /// Only for files that their writers replace by a rename, as git does with its indexes and
    /// packs: the map keeps the file that was opened, whatever the name comes to mean.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the bytes must not change while the map lives. Git writes these files under
        // another name and renames them, so no writer of git's touches the inode mapped here. A
        // program that shortens it in place ends this process by SIGBUS, which the hook's caller
        // sees as a failure; one that rewrites it in place can do the same to git itself.
        #[expect(
            unsafe_code,
            reason = "a map is what makes reading a few entries cheap"
        )]
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self(map))
    }
}

impl Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_keeps_the_file_that_a_rename_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let (path, lock) = (dir.path().join("index"), dir.path().join("index.lock"));
        std::fs::write(&path, "old").unwrap();
        let map = MappedFile::open(&path).unwrap();
        std::fs::write(&lock, "new!").unwrap();
        std::fs::rename(&lock, &path).unwrap();
        assert_eq!(&*map, b"old");
    }

    #[test]
    fn an_empty_file_is_no_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(&*MappedFile::open(file.path()).unwrap(), b"");
    }

    #[test]
    fn a_directory_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(MappedFile::open(dir.path()).is_err());
    }
}
