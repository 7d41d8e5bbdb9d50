//! Directories as a whole: what they hold, and files put where there is none yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

/// What is found below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, from the directory on.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
}

/// What can be found below a directory. Sockets and the like are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file, and whether its owner may run it.
    File {
        /// Whether its owner may run it.
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
        let at = root.join(std::ffi::OsStr::from_bytes(&directory));
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
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
}
