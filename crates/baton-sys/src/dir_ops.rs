//! Directories as a whole: what they hold, and files put where there is none yet.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, open, openat, statat, unlinkat};
use rustix::io::Errno;

use super::file::FileStat;

/// A thing below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path from the directory on.
    pub path: Vec<u8>,
    /// Its kind.
    pub kind: Kind,
}

/// The kinds of things below a directory. Sockets and the like are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file, and whether its owner may run it.
    File {
        /// True if its owner may run it.
        executable: bool,
    },
    /// A symbolic link and where it leads.
    Link(Vec<u8>),
    /// A directory; what it holds comes behind it.
    Directory,
}

/// Everything below a directory, sorted, without following links; `enter` says of a path whether
/// it is wanted, and for a directory with all it holds.
pub fn below(root: &Path, enter: &dyn Fn(&[u8]) -> bool) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut pending = vec![Vec::new()];
    while let Some(directory) = pending.pop() {
        let at = root.join(OsStr::from_bytes(&directory));
        for entry in fs::read_dir(at)? {
            let entry = entry?;
            let mut path = directory.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(entry.file_name().as_bytes());
            if !enter(&path) {
                continue;
            }
            let kind = entry.file_type()?;
            let kind = if kind.is_dir() {
                pending.push(path.clone());
                Kind::Directory
            } else if kind.is_symlink() {
                Kind::Link(fs::read_link(entry.path())?.into_os_string().into_vec())
            } else if kind.is_file() {
                let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
                Kind::File { executable }
            } else {
                continue;
            };
            found.push(Found { path, kind });
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// The names of everything below a directory, whatever it is, from there on; those of directories
/// end with `/`. Links are not followed.
pub fn names_below(root: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut pending = vec![Vec::new()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(root.join(OsStr::from_bytes(&directory)))? {
            let entry = entry?;
            let mut path = directory.clone();
            path.extend(entry.file_name().as_bytes());
            if entry.file_type()?.is_dir() {
                path.push(b'/');
                pending.push(path.clone());
            }
            found.push(path);
        }
    }
    Ok(found)
}

/// True if an ordinary file or a symbolic link is there.
pub fn is_file_or_link(path: &Path) -> bool {
    let is_either = |found: fs::Metadata| found.is_file() || found.is_symlink();
    path.symlink_metadata().is_ok_and(is_either)
}

/// Removes just these files and directories, named from `root` on and sorted; the names of
/// directories end with `/`. What is gone already is no error. No link is followed. Returns those
/// that stay: what is now of another kind, and directories that hold something else.
pub fn remove_listed<'a>(root: &Path, listed: &'a [impl AsRef<[u8]>]) -> io::Result<Vec<&'a [u8]>> {
    // From the last on, so that a directory comes behind what it holds.
    let listed = listed.iter().rev().map(|path| (path.as_ref(), ()));
    each(root, listed, |directory, name, ()| {
        let (name, flags) = match name.strip_suffix(b"/") {
            Some(name) => (name, AtFlags::REMOVEDIR),
            None => (name, AtFlags::empty()),
        };
        match unlinkat(directory, name, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::ISDIR | Errno::NOTDIR) => Ok(false),
            Err(error) => Err(error),
        }
    })
}

/// Removes these files and links, named from `root` on, that are still as they were seen. No link
/// is followed. Returns those that stay.
pub fn remove_unchanged<'a, P: AsRef<[u8]>>(
    root: &Path,
    stats: &'a BTreeMap<P, FileStat>,
) -> io::Result<Vec<&'a [u8]>> {
    let stats = stats.iter().map(|(path, stat)| (path.as_ref(), stat));
    each(root, stats, |directory, name, stat| {
        match statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(true),
            Ok(found) if FileStat::from(found) == *stat => {
                unlinkat(directory, name, AtFlags::empty()).map(|()| true)
            }
            Ok(_) => Ok(false),
            Err(error) => Err(error),
        }
    })
}

/// Removes the directories above these paths that are empty, as far up as they are.
pub fn remove_emptied<'a>(root: &Path, paths: impl Iterator<Item = &'a [u8]>) {
    for mut path in paths {
        while let Some(at) = path.iter().rposition(|byte| *byte == b'/') {
            path = &path[..at];
            if fs::remove_dir(root.join(OsStr::from_bytes(path))).is_err() {
                break;
            }
        }
    }
}

/// Does something to each of these paths, given the open directory in which it is and its name
/// there (a directory's with `/` at its end) and what goes with the path, and returns those to which that could not be done or
/// to which a link leads. Directories that are gone are passed over.
fn each<'a, T>(
    root: &Path,
    paths: impl Iterator<Item = (&'a [u8], T)>,
    mut act: impl FnMut(&OwnedFd, &[u8], T) -> Result<bool, Errno>,
) -> io::Result<Vec<&'a [u8]>> {
    let mut stay = Vec::new();
    let mut parent: Option<(&[u8], OwnedFd)> = None;
    for (path, own) in paths {
        let bare = path.strip_suffix(b"/").unwrap_or(path);
        let at = bare.iter().rposition(|byte| *byte == b'/');
        let (above, name) = path.split_at(at.map_or(0, |at| at + 1));
        if parent.as_ref().is_none_or(|(open, _)| *open != above) {
            match open_below(root, above) {
                Ok(directory) => parent = Some((above, directory)),
                Err(Errno::NOENT) => continue,
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    stay.push(path);
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some((_, directory)) = &parent
            && !act(directory, name, own)?
        {
            stay.push(path);
        }
    }
    Ok(stay)
}

/// The directory of this name below `root`, none of whose parts is a link.
fn open_below(root: &Path, names: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let mut directory = open(root, flags, Mode::empty())?;
    for name in names
        .split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty())
    {
        directory = openat(&directory, name, flags, Mode::empty())?;
    }
    Ok(directory)
}

/// Writes a file where there is none, and the directories above it.
pub fn new_file(path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    make_parent(path)?;
    let mode = if executable { 0o777 } else { 0o666 };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(bytes)
}

/// Makes a symbolic link where there is nothing, and the directories above it.
pub fn new_link(path: &Path, target: &Path) -> io::Result<()> {
    make_parent(path)?;
    symlink(target, path)
}

/// Makes a directory and those above it; it may be there.
pub fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

fn make_parent(path: &Path) -> io::Result<()> {
    fs::create_dir_all(crate::file::directory_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("elsewhere")).unwrap();
        for path in ["a/x", "a/b/y", "elsewhere/z"] {
            fs::write(root.join(path), "").unwrap();
        }
        let mut listed = names_below(root).unwrap();
        listed.retain(|path| path.starts_with(b"a/"));
        listed.push(b"link/z".to_vec());
        listed.sort();
        symlink(root.join("elsewhere"), root.join("link")).unwrap();
        fs::write(root.join("a/b/late"), "").unwrap();
        let stay = remove_listed(root, &listed).unwrap();
        assert_eq!(stay, [&b"link/z"[..], b"a/b/", b"a/"]);
        assert!(root.join("a/b/late").exists() && root.join("elsewhere/z").exists());
        assert!(!root.join("a/x").exists() && !root.join("a/b/y").exists());
        fs::remove_file(root.join("a/b/late")).unwrap();
        assert_eq!(remove_listed(root, &listed).unwrap(), [b"link/z"]);
        assert!(!root.join("a").exists());
    }

    #[test]
    fn only_what_is_as_it_was_seen_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("gone")).unwrap();
        let paths = ["a/b/y", "a/x", "gone/z", "kept", "link"];
        for path in paths {
            fs::write(root.join(path), path).unwrap();
        }
        let stats = paths.map(|path| (path, FileStat::of(&root.join(path)).unwrap().unwrap()));
        let stats = BTreeMap::from(stats);
        fs::remove_dir_all(root.join("gone")).unwrap();
        fs::write(root.join("kept"), "written since").unwrap();
        fs::remove_file(root.join("link")).unwrap();
        symlink("kept", root.join("link")).unwrap();
        assert_eq!(
            remove_unchanged(root, &stats).unwrap(),
            [&b"kept"[..], b"link"]
        );
        assert!(root.join("kept").exists() && !root.join("a/b/y").exists());
        assert!(!root.join("a/x").exists());
        fs::write(root.join("a/stays"), "").unwrap();
        remove_emptied(root, [&b"a/b/y"[..], b"a/x", b"kept"].into_iter());
        assert!(root.join("a/stays").exists() && !root.join("a/b").exists());
    }
}
