//! Files of a worktree that Baton writes for people: never through a symbolic link, which could
//! lead anywhere.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Why a file cannot be written where it belongs.
#[derive(Debug, Error, Diagnostic)]
pub enum WorktreeFileError {
    /// Something else has the file's place, or that of a directory above it.
    #[error("{} is {found}, where {wanted} belongs", .path.display())]
    #[diagnostic(help("move it away, and run the command again"))]
    Taken {
        /// The path of the thing in the way.
        path: PathBuf,
        /// The kind of the thing.
        found: &'static str,
        /// The kind that belongs there.
        wanted: &'static str,
    },

    /// The path leads out of the worktree, or into what belongs to git.
    #[error("`{}` is no path of a file in the worktree", .0.escape_debug())]
    #[diagnostic(help("what names it, a session's record or the policy, has to be put right"))]
    Outside(String),

    /// The system does not let the file be read or written.
    #[error("{} cannot be {verb}", .path.display())]
    #[diagnostic(help("check the permissions of the directory and that the disk has room"))]
    Io {
        /// The file.
        path: PathBuf,
        /// The attempted operation.
        verb: &'static str,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

/// The bytes of the file at `path` below `root`; `None` when there is none yet and it could be
/// put there.
pub fn read(root: &Path, path: &str) -> Result<Option<Vec<u8>>, WorktreeFileError> {
    let strays = |part: &str| {
        matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git") || part.contains('\0')
    };
    if path.split('/').any(strays) {
        return Err(WorktreeFileError::Outside(path.to_owned()));
    }
    let mut at = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        at.push(part);
        let is_last = parts.peek().is_none();
        match fs::symlink_metadata(&at) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(failed(&at, "read", source)),
            Ok(found) => check(&at, found.file_type(), is_last)?,
        }
    }
    let bytes = fs::read(&at).map_err(|source| failed(&at, "read", source))?;
    Ok(Some(bytes))
}

fn check(path: &Path, found: fs::FileType, is_last: bool) -> Result<(), WorktreeFileError> {
    let fits = if is_last {
        found.is_file()
    } else {
        found.is_dir()
    };
    if fits {
        return Ok(());
    }
    Err(WorktreeFileError::Taken {
        path: path.to_owned(),
        found: match found {
            _ if found.is_symlink() => "a symbolic link",
            _ if found.is_dir() => "a directory",
            _ if found.is_file() => "a file",
            _ => "a special file",
        },
        wanted: if is_last { "a file" } else { "a directory" },
    })
}

/// Puts these bytes in place of the file at `path` below `root` in one step, and makes the directories above it. The
/// permissions stay; a new file is readable as the user's other new files are.
pub fn write(root: &Path, path: &str, bytes: &[u8]) -> Result<(), WorktreeFileError> {
    read(root, path)?;
    let target = root.join(path);
    replace(&target, bytes).map_err(|source| failed(&target, "written", source))
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = crate::file::directory_of(target);
    fs::create_dir_all(directory)?;
    let mut temporary = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory)?;
    crate::file::take_permissions(target, temporary.as_file())?;
    temporary.write_all(bytes)?;
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

fn failed(path: &Path, verb: &'static str, source: io::Error) -> WorktreeFileError {
    WorktreeFileError::Io {
        path: path.to_owned(),
        verb,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_worktree_or_into_git() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("tree");
        let secret = outer.path().join("secret");
        fs::create_dir_all(root.join(".git")).unwrap();
        for path in [&secret, &root.join(".git/config")] {
            fs::write(path, "old").unwrap();
        }
        let absolute = secret.to_str().unwrap();
        for path in [
            "../secret",
            "a/../../secret",
            absolute,
            ".git/config",
            ".GIT/x",
            "",
            "a//b",
        ] {
            let refused =
                |tried: Result<(), _>| matches!(tried, Err(WorktreeFileError::Outside(_)));
            assert!(refused(read(&root, path).map(drop)), "{path}");
            assert!(refused(write(&root, path, b"new")), "{path}");
        }
        for path in [&secret, &root.join(".git/config")] {
            assert_eq!(fs::read_to_string(path).unwrap(), "old");
        }
        write(&root, "a/b", b"new").unwrap();
        assert_eq!(read(&root, "a/b").unwrap().unwrap(), b"new");
    }
}
