//! Room on disks.

use std::io;
use std::path::Path;

/// The bytes that this user may still write below `path`, which need not be there yet.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let existing = path.ancestors().find(|path| path.exists());
    let found = rustix::fs::statvfs(existing.unwrap_or(Path::new(".")))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_directory_to_be_made_is_on_the_disk_of_the_one_above() {
        let dir = tempfile::tempdir().unwrap();
        assert!(super::free_bytes(&dir.path().join("a/b")).is_ok());
    }
}
