//! Permissions in a repository that several users share (`core.sharedRepository`).
//!
//! Git marks the directories of such a repository by their setgid bit, and gives what it makes there
//! the permissions that the setting asks for. What is made below a marked directory takes them
//! from that directory.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The bit by which a directory hands its group on to what is made in it.
const SET_GID: u32 = 0o2000;

/// The permissions that `core.sharedRepository` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    /// The permissions to read and write.
    bits: u32,
    /// True if the bits replace those that the user's mask leaves, and are not added to them.
    exact: bool,
}

impl Sharing {
    const GROUP: Self = Self {
        bits: 0o660,
        exact: false,
    };
    const ALL: Self = Self {
        bits: 0o664,
        exact: false,
    };

    /// Reads the value of the setting as git's `git_config_perm` does; `None` where it shares nothing.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "group" | "true" | "yes" | "on" => Some(Self::GROUP),
            "all" | "world" | "everybody" => Some(Self::ALL),
            _ => match u32::from_str_radix(value, 8).ok()? {
                0 => None,
                1 => Some(Self::GROUP),
                2 => Some(Self::ALL),
                mode => (mode & 0o600 == 0o600).then_some(Self {
                    bits: mode & 0o666,
                    exact: true,
                }),
            },
        }
    }

    /// The permissions that git gives to what has these (`calc_shared_perm` in its `path.c`).
    fn mode(self, mode: u32, is_directory: bool) -> u32 {
        let mut bits = self.bits;
        if mode & 0o200 == 0 {
            bits &= !0o222;
        }
        if mode & 0o100 != 0 {
            bits |= (bits & 0o444) >> 2;
        }
        let mode = match self.exact {
            true => (mode & !0o777) | bits,
            false => mode | bits,
        };
        match is_directory && mode & 0o060 != 0 {
            true => mode | ((mode & 0o444) >> 2) | SET_GID,
            false => mode,
        }
    }

    /// Gives a directory and all below it these permissions, as far as it is the user's own to give. Links are
    /// not followed.
    pub fn apply_below(self, root: &Path) -> io::Result<()> {
        for (path, mode) in self.amiss_below(root)? {
            // What another member has made, that one gives away.
            fs::set_permissions(path, Permissions::from_mode(mode)).ok();
        }
        Ok(())
    }

    /// Gives a directory these permissions, and nothing in it.
    pub fn apply_to(self, directory: &Path) -> io::Result<()> {
        let mut amiss = self.amiss_below(directory)?;
        amiss.retain(|(path, _)| path == directory);
        for (path, mode) in amiss {
            fs::set_permissions(path, Permissions::from_mode(mode)).ok();
        }
        Ok(())
    }

    /// The paths in a directory and below it that do not have these permissions, with those that they should have.
    pub fn amiss_below(self, root: &Path) -> io::Result<Vec<(PathBuf, u32)>> {
        let mut amiss = Vec::new();
        let mut pending = vec![root.to_owned()];
        while let Some(path) = pending.pop() {
            let found = match path.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            // A checkout down there is git's.
            if found.is_symlink() || path.join(".git").exists() {
                continue;
            }
            let (mode, wanted) = (
                permissions(&found),
                self.mode(permissions(&found), found.is_dir()),
            );
            if mode != wanted {
                amiss.push((path.clone(), wanted));
            }
            if found.is_dir()
                && let Ok(entries) = fs::read_dir(&path)
            {
                pending.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
            }
        }
        Ok(amiss)
    }
}

/// Makes a directory and those above it where they are not there, each with the permissions of a
/// marked one above.
pub fn make_directories(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => {
            take_over(path);
            Ok(())
        }
        Err(_) if path.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let Some(parent) = path.parent() else {
                return Err(error);
            };
            make_directories(parent)?;
            make_directories(path)
        }
        Err(error) => Err(error),
    }
}

/// Gives a new file or directory the permissions of the directory in which it is, if that is marked.
/// Where the file system knows no permissions, there are none to give.
pub fn take_over(path: &Path) {
    let parent = path.parent().filter(|one| !one.as_os_str().is_empty());
    let (Ok(parent), Ok(found)) = (
        parent.unwrap_or(Path::new(".")).metadata(),
        path.symlink_metadata(),
    ) else {
        return;
    };
    if let Some(wanted) = taken_over(permissions(&parent), permissions(&found), found.is_dir()) {
        fs::set_permissions(path, Permissions::from_mode(wanted)).ok();
    }
}

/// The permissions that something new gets in a directory of these; `None` where it keeps its own.
fn taken_over(parent: u32, own: u32, is_directory: bool) -> Option<u32> {
    if parent & SET_GID == 0 {
        return None;
    }
    let wanted = match is_directory {
        true => (own & !0o077) | (parent & 0o077) | SET_GID,
        false => {
            let writes = if own & 0o200 == 0 { 0 } else { 0o022 };
            let shared = parent & (0o044 | writes);
            let run = if own & 0o100 == 0 {
                0
            } else {
                (shared & 0o044) >> 2
            };
            (own & !0o077) | shared | run
        }
    };
    (wanted != own).then_some(wanted)
}

fn permissions(found: &Metadata) -> u32 {
    found.permissions().mode() & 0o7777
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_read_as_git_reads_it() {
        for (value, expected) in [
            ("group", Some((0o660, false))),
            ("true", Some((0o660, false))),
            ("1", Some((0o660, false))),
            ("world", Some((0o664, false))),
            ("2", Some((0o664, false))),
            ("0640", Some((0o640, true))),
            ("0777", Some((0o666, true))),
            ("0", None),
            ("umask", None),
            ("false", None),
            ("0040", None),
            ("", None),
        ] {
            let read = Sharing::parse(value).map(|one| (one.bits, one.exact));
            assert_eq!(read, expected, "{value}");
        }
    }

    #[test]
    fn modes_are_those_that_git_gives() {
        let exact = Sharing::parse("0640").unwrap();
        for (sharing, own, is_directory, expected) in [
            (Sharing::GROUP, 0o600, false, 0o660),
            (Sharing::GROUP, 0o644, false, 0o664),
            (Sharing::GROUP, 0o444, false, 0o444),
            (Sharing::GROUP, 0o755, false, 0o775),
            (Sharing::GROUP, 0o700, true, 0o2770),
            (Sharing::ALL, 0o700, true, 0o2775),
            (exact, 0o666, false, 0o640),
            (exact, 0o777, true, 0o2750),
        ] {
            let found = sharing.mode(own, is_directory);
            assert_eq!(found, expected, "{sharing:?} {own:o}");
        }
    }

    #[test]
    fn what_is_new_takes_over_the_permissions_of_a_marked_directory() {
        for (parent, own, is_directory, expected) in [
            (0o755, 0o600, false, None),
            (0o2770, 0o600, false, Some(0o660)),
            (0o2770, 0o644, false, Some(0o660)),
            (0o2775, 0o600, false, Some(0o664)),
            (0o2750, 0o666, false, Some(0o640)),
            (0o2775, 0o700, false, Some(0o775)),
            (0o2770, 0o660, false, None),
            (0o2770, 0o555, false, Some(0o550)),
            (0o2770, 0o700, true, Some(0o2770)),
            (0o2775, 0o2755, true, Some(0o2775)),
        ] {
            assert_eq!(
                taken_over(parent, own, is_directory),
                expected,
                "{parent:o} {own:o}"
            );
        }
    }

    #[test]
    fn permissions_reach_all_that_is_made_below() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |name: &str| permissions(&at(name).metadata().unwrap());
        fs::create_dir(at("top")).unwrap();
        fs::set_permissions(at("top"), Permissions::from_mode(0o2770)).unwrap();
        make_directories(&at("top/a/b")).unwrap();
        make_directories(&at("top/a/b")).unwrap();
        assert_eq!((mode("top/a"), mode("top/a/b")), (0o2770, 0o2770));
        fs::write(at("top/a/file"), "").unwrap();
        take_over(&at("top/a/file"));
        assert_eq!(mode("top/a/file"), 0o660);
        assert!(make_directories(&at("top/a/file/x")).is_err());
        for name in ["top", "top/a/file"] {
            let sharing = Sharing::ALL;
            sharing.apply_below(&at(name)).unwrap();
            assert!(sharing.amiss_below(&at(name)).unwrap().is_empty());
        }
        assert_eq!((mode("top/a/b"), mode("top/a/file")), (0o2775, 0o664));
    }
}
