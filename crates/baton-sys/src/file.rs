//! Files that must be whole or absent, and files that only grow.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

mod stat;
mod write;

use super::shared;
pub use stat::FileStat;
use stat::is_absence;
pub(crate) use write::{TEMPORARY, directory_of, open_to_append, take_permissions};
pub use write::{append, write_at_once, write_atomically, write_copy};

/// The file's bytes.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The file's bytes; `None` when it does not exist.
pub fn read_if_exists(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The content of an ordinary file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordinary {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// True if its owner may run it.
    pub executable: bool,
}

/// Reads an ordinary file of at most so many bytes; `None` where it is longer, or something else
/// than a file. No link is followed, and a pipe is not waited for.
pub fn read_ordinary(path: &Path, at_most: u64) -> io::Result<Option<Ordinary>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.len() > at_most {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(at_most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= at_most).then(|| Ordinary {
        bytes,
        executable: found.mode() & 0o100 != 0,
    }))
}

/// By what a file that was written since is told from one that was not: its size, and when it was
/// changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(u64, Option<std::time::SystemTime>);

/// The stamp of what has this name; `None` when nothing has. Links are not followed.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let found = path.symlink_metadata().ok()?;
    Some(Stamp(found.len(), found.modified().ok()))
}

/// True if a directory is there.
pub fn is_directory(path: &Path) -> bool {
    path.is_dir()
}

/// True if the user may write there.
pub fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// True if an ordinary file is there.
pub fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file())
}

/// The ordinary files below a directory, as paths from there with `/` between their parts, sorted.
/// Only directories that `enter` admits, by the same kind of path, are looked into; links are
/// not followed.
pub fn files_below(root: &Path, enter: &dyn Fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut pending = vec![String::new()];
    while let Some(directory) = pending.pop() {
        let entries = match fs::read_dir(root.join(&directory)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = match directory.is_empty() {
                true => name,
                false => format!("{directory}/{name}"),
            };
            let kind = entry.file_type()?;
            if kind.is_file() {
                found.push(path);
            } else if kind.is_dir() && enter(&path) {
                pending.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A directory of its own below this one, which is made where there is none; it goes with the
/// value.
pub fn temporary_directory(below: &Path) -> io::Result<tempfile::TempDir> {
    shared::make_directories(below)?;
    tempfile::tempdir_in(below)
}

/// The path with all links followed; `None` where it leads nowhere.
pub fn resolved(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// True if two paths lead to one place; false where one of them leads nowhere.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// True if a path leads to a place below another, links followed; false where one of them leads
/// nowhere.
pub fn is_below(path: &Path, above: &Path) -> bool {
    match (path.canonicalize(), above.canonicalize()) {
        (Ok(path), Ok(above)) => path != above && path.starts_with(above),
        _ => false,
    }
}

/// True if anything has this name, were it a link that leads nowhere.
pub fn is_taken(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// True if the path is a symbolic link.
pub fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|found| found.is_symlink())
}

/// The target of a symbolic link, as it is written there.
pub fn link_target(path: &Path) -> io::Result<Vec<u8>> {
    let target = fs::read_link(path)?;
    Ok(target.into_os_string().into_encoded_bytes())
}

/// Makes a symbolic link where nothing has its name.
pub fn link_to(target: &Path, path: &Path) -> io::Result<()> {
    match std::os::unix::fs::symlink(target, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// True if both are ordinary files with the same bytes, or links that lead to the same place.
pub fn is_same_content(one: &Path, other: &Path) -> io::Result<bool> {
    if is_link(one) || is_link(other) {
        return Ok(is_link(one) && is_link(other) && fs::read_link(one)? == fs::read_link(other)?);
    }
    Ok(is_file(one) && is_file(other) && fs::read(one)? == fs::read(other)?)
}

/// Copies a file's bytes, permissions and time of change; says whether there was one to copy.
///
/// The time matters to git: an index that is younger than a file vouches for what it says of it.
pub fn copy_if_exists(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        copied => {
            copied?;
            let changed = fs::metadata(from)?.modified()?;
            OpenOptions::new()
                .write(true)
                .open(to)?
                .set_modified(changed)?;
            Ok(true)
        }
    }
}

/// Gives a file these permissions, or the one that a link leads to.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Renames a file or a link, and what had the new name is gone.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Has two files take each other's names at once, where system and file system can: on Linux, in one file system.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (one, other);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Gives a file or a link a further name, which nothing has.
pub fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

/// Removes a file; it need not be there.
pub fn remove_if_exists(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Removes a file, or a directory with all it holds; it need not be there.
pub fn remove_all_if_exists(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        _ => remove_if_exists(path),
    }
}

/// Lets the user change every directory below this one, itself included: what lies in a directory
/// that is only for reading cannot be removed. Links are not followed.
pub fn make_directories_writable(root: &Path) -> io::Result<()> {
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        let mut permissions = directory.symlink_metadata()?.permissions();
        if permissions.mode() & 0o700 != 0o700 {
            permissions.set_mode(permissions.mode() | 0o700);
            fs::set_permissions(&directory, permissions)?;
        }
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Removes a directory that holds nothing; says whether it is gone.
pub fn remove_if_empty(directory: &Path) -> bool {
    fs::remove_dir(directory).is_ok() || !is_taken(directory)
}

/// True if this is a directory that holds nothing.
pub fn is_empty_directory(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Removes the files of a directory but for this many that were written last; what others remove
/// meanwhile is gone as well. A directory that is not there holds none.
pub fn keep_newest(directory: &Path, number: usize) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        match path.symlink_metadata() {
            Ok(found) if found.is_file() => files.push((found.modified()?, path)),
            _ => {}
        }
    }
    files.sort();
    let old = files.len().saturating_sub(number);
    for (_, path) in &files[..old] {
        remove_if_exists(path)?;
    }
    Ok(())
}

/// Makes a directory and those above it, where they are not there.
pub fn make_directory(path: &Path) -> io::Result<()> {
    shared::make_directories(path)
}

/// The paths of all that a directory holds, sorted; none where it does not exist.
pub fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The first bytes of a file, at most so many; `None` where it is no ordinary file. Links are followed.
pub fn beginning(path: &Path, at_most: u64) -> io::Result<Option<Vec<u8>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(at_most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The names of the directories in a directory, in no order; none where it does not exist.
pub fn directories(path: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Like [`write_at_once`], unless the file holds these bytes already.
pub fn write_if_other(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match read_if_exists(path)? {
        Some(held) if held == bytes => Ok(()),
        _ => write_at_once(path, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_bare_name_lies_in_the_current_directory() {
        let lies = |path| directory_of(Path::new(path)).to_str().unwrap();
        assert_eq!(["a", "./a", "b/a", "/a"].map(lies), [".", ".", "b", "/"]);
    }

    #[test]
    fn a_file_that_is_replaced_keeps_its_permissions_and_its_copy_has_them() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |name: &str| at(name).metadata().unwrap().mode() & 0o777;
        write_atomically(&at("new"), b"a").unwrap();
        let usual = mode("new");
        for own in [0o600, 0o640, 0o755, 0o400] {
            fs::set_permissions(at("new"), fs::Permissions::from_mode(own)).unwrap();
            write_copy(&at("new"), &at(&format!("copy{own}")), b"a").unwrap();
            write_atomically(&at("new"), b"b").unwrap();
            assert_eq!((mode("new"), mode(&format!("copy{own}"))), (own, own));
        }
        std::os::unix::fs::symlink("new", at("link")).unwrap();
        write_at_once(&at("link"), b"c").unwrap();
        assert_eq!(
            (mode("link"), read(&at("new")).unwrap()),
            (usual, b"b".to_vec())
        );
    }

    #[test]
    fn what_was_written_last_stays() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        keep_newest(&at("nowhere"), 1).unwrap();
        fs::create_dir(at("directory")).unwrap();
        for (age, name) in ["a", "c", "b"].iter().enumerate() {
            let file = File::create(at(name)).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 - age as u64);
            file.set_modified(time).unwrap();
        }
        keep_newest(dir.path(), 2).unwrap();
        let left = ["a", "b", "c", "directory"].map(|name| at(name).exists());
        assert_eq!(left, [true, false, true, true]);
        keep_newest(dir.path(), 0).unwrap();
        assert!(!at("a").exists() && at("directory").exists());
    }
}
