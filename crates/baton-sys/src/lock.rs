//! One process at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::executable::is_same_file;
use super::file;

/// A lock that this process holds until the value is dropped; the system lets go of it when the
/// process dies, however it dies.
#[derive(Debug)]
pub struct FileLock {
    _open: File,
}

impl FileLock {
    /// Waits for the lock on the file at `path`, which is made where there is none.
    ///
    /// The holder may remove the file: the next to come then makes another, and one that
    /// waited for the old one takes that instead.
    pub fn acquire(path: &Path) -> io::Result<Self> {
        let taken = Self::take(path, |file| file.lock().map(|()| true))?;
        taken.ok_or_else(|| io::Error::other("a lock was waited for in vain"))
    }

    /// The lock on the file at `path`; `None` while another process holds it.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, |file| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        })
    }

    fn take(path: &Path, lock: impl Fn(&File) -> io::Result<bool>) -> io::Result<Option<Self>> {
        loop {
            let file = match file::open_to_append(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            if !lock(&file)? {
                return Ok(None);
            }
            if path.metadata().is_ok_and(|named| {
                file.metadata()
                    .is_ok_and(|open| is_same_file(&named, &open))
            }) {
                return Ok(Some(Self { _open: file }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_that_was_replaced_before_it_was_locked_is_not_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let tries = std::cell::Cell::new(0);
        let lock = FileLock::take(&path, |_| {
            tries.set(tries.get() + 1);
            if tries.get() == 1 {
                // A file that is there takes the number of one that is gone.
                fs::rename(&path, dir.path().join("old")).unwrap();
                fs::write(&path, "").unwrap();
            }
            Ok(true)
        });
        let open = lock.unwrap().unwrap()._open.metadata().unwrap();
        assert!(is_same_file(&path.metadata().unwrap(), &open));
        assert_eq!(tries.get(), 2);
    }

    #[test]
    fn who_waits_for_a_removed_lock_takes_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("baton/lock");
        let held = FileLock::acquire(&path).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| FileLock::acquire(&path).unwrap());
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
            drop(held);
            let taken = waiting.join().unwrap();
            let open = taken._open.metadata().unwrap();
            assert!(is_same_file(&path.metadata().unwrap(), &open));
        });
    }
}
