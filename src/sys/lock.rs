//! Locks that the system releases when their holder ends, however it ends.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// A lock on a file, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Waits for the lock on this file, which is made where there is none.
pub fn exclusive(path: &Path) -> io::Result<Lock> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.lock()?;
    Ok(Lock { _file: file })
}
