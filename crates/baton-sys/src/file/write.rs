//! Writes to a file that no reader and no crash finds in part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::shared;

/// The first part of the names of files that are being written; the writer's process id and a `-` come next.
pub(crate) const TEMPORARY: &str = ".tmp-";

/// Puts these bytes in place of the file in one step, making its directory where there is none:
/// a reader, or a crash, finds the old content or the new, never a part. The permissions stay.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, path, bytes, File::sync_all)
}

/// Like [`write_atomically`], with the permissions of the file whose copy this is.
pub fn write_copy(of: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(of, path, bytes, File::sync_all)
}

/// Like [`write_atomically`], without waiting for the disk: after a power cut the file can be the
/// old one or empty.
pub fn write_at_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, path, bytes, |_| Ok(()))
}

/// The directory in which the file lies: for a bare name, the current one.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

fn replace(
    like: &Path,
    path: &Path,
    bytes: &[u8],
    settle: fn(&File) -> io::Result<()>,
) -> io::Result<()> {
    let directory = directory_of(path);
    shared::make_directories(directory)?;
    // As for any new file the user's mask decides, or the directory, if it is shared with others.
    let mut temporary = tempfile::Builder::new()
        .prefix(&format!("{TEMPORARY}{}-", std::process::id()))
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(directory)?;
    take_permissions(like, temporary.as_file())?;
    shared::take_over(temporary.path());
    temporary.write_all(bytes)?;
    settle(temporary.as_file())?;
    temporary.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Gives a new file the permissions of another one, where that is there.
pub(crate) fn take_permissions(like: &Path, new: &File) -> io::Result<()> {
    match like.symlink_metadata() {
        Ok(found) if found.is_file() => {
            new.set_permissions(fs::Permissions::from_mode(found.mode() & 0o777))
        }
        _ => Ok(()),
    }
}

/// Adds these bytes to the end of the file in one write, so that what several processes append
/// at once does not run together. Makes the file and its directory where there are none.
pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    open_to_append(path)?.write_all(bytes)
}

/// Opens a file to read and to add to it. Makes it and its directory where there are none.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).read(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            shared::make_directories(directory_of(path))?;
            let file = options.create(true).open(path)?;
            shared::take_over(path);
            Ok(file)
        }
        opened => opened,
    }
}
