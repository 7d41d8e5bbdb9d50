//! A directory for temporary files that waits for the next who needs one: to remove a directory can take longer than all else
//! that a short command does.

use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::file::{self, FileStat};

/// The permissions of one: its owner's alone.
const MODE: u32 = 0o700;

/// An empty directory among the user's temporary files: the one that the file `note` names if that is there still, or
/// else a new one, which is noted.
pub fn take(note: &Path) -> io::Result<PathBuf> {
    let noted = file::read_if_exists(note)?;
    let noted = noted.map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)));
    let place = std::env::temp_dir();
    if let Some(path) = noted.filter(|path| path.parent() == Some(&place) && is_ready(path)) {
        return Ok(path);
    }
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(MODE);
    let mut builder = tempfile::Builder::new();
    let made = builder.prefix("baton-").permissions(permissions);
    let path = made.tempdir()?.keep();
    file::write_at_once(note, path.as_os_str().as_bytes())?;
    Ok(path)
}

/// True if it is a directory of this user's alone that holds nothing.
pub fn is_ready(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = |found: FileStat| found.mode & 0o7777 == MODE && found.user == own;
    let found = FileStat::of(path).ok().flatten();
    found.is_some_and(is_own) && !file::is_link(path) && file::is_empty_directory(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_taken_again_until_it_is_no_more_what_it_was() {
        let root = tempfile::tempdir().unwrap();
        let note = root.path().join("note");
        let first = take(&note).unwrap();
        assert_eq!(take(&note).unwrap(), first);
        std::fs::write(first.join("left"), "").unwrap();
        let second = take(&note).unwrap();
        assert_ne!(second, first);
        file::set_mode(&second, 0o777).unwrap();
        let third = take(&note).unwrap();
        assert_ne!(third, second);
        std::fs::remove_dir(&third).unwrap();
        std::os::unix::fs::symlink(&second, &third).unwrap();
        file::set_mode(&second, MODE).unwrap();
        let fourth = take(&note).unwrap();
        assert!(fourth != third && fourth != second);
        std::fs::remove_file(&third).unwrap();
        for path in [first, second, fourth] {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
}
