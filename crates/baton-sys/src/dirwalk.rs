//! A walk of a directory tree that compares it with a list of what should be there, several directories at a time.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, openat, statat};

use super::dir_ops;
use super::file::FileStat;

/// The expected content of one directory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Listing<'n> {
    /// Its path from the root on; it ends with `/`, and is empty for the root itself.
    pub path: Vec<u8>,
    /// The names of its files and links, sorted, each with what the caller knows it by.
    pub files: Vec<(Cow<'n, [u8]>, usize)>,
    /// The names of its directories, sorted. Each has a listing of its own.
    pub directories: Vec<Vec<u8>>,
}

/// The result of a walk that found everything listed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Dirwalk {
    /// The listed files whose stat differs from what was noted: the path, and the caller's number.
    pub stat_dirty: BTreeSet<(Vec<u8>, usize)>,
    /// The things that no listing names, in directories that are listed; the names of directories end with
    /// `/`.
    pub tops: BTreeSet<Vec<u8>>,
    /// The same, and all that is in those directories.
    pub beside: BTreeSet<Vec<u8>>,
}

/// The number of directories that makes a second thread worth its start.
const FOR_A_THREAD: usize = 64;

/// Walks everything below `root`, links not followed. `matches_stat` says whether a file is as the
/// caller noted it under this number. The entry `skip` of the root is passed over; it has to be there.
///
/// `None` where something listed is not there or is no directory where it should be one, where
/// more than `most` files are not as they were noted, and where a directory cannot be read.
pub fn dirwalk(
    root: &Path,
    skip: &[u8],
    listings: &[Listing<'_>],
    matches_stat: &(dyn Fn(usize, &FileStat) -> bool + Sync),
    most: usize,
) -> Option<Dirwalk> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
    let walker = Walker {
        path: root,
        root: open(root, flags, Mode::empty()).ok()?,
        skip,
        matches_stat,
        most,
    };
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        let mut found = Dirwalk::default();
        while !over.load(Ordering::Relaxed) {
            let Some(listing) = listings.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return Some(found);
            };
            if !walker.visit(listing, &mut found).unwrap_or(false) {
                over.store(true, Ordering::Relaxed);
            }
        }
        None
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let found = thread::scope(|scope| {
        let helpers = 1..cores.min(1 + listings.len() / FOR_A_THREAD);
        let helpers: Vec<_> = helpers.map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for helper in helpers {
            let other = helper.join().ok().flatten();
            found = found.zip(other).map(|(one, other)| one.and(other));
        }
        found
    });
    found.filter(|found| found.stat_dirty.len() <= most)
}

impl Dirwalk {
    fn and(mut self, mut other: Self) -> Self {
        self.stat_dirty.append(&mut other.stat_dirty);
        self.tops.append(&mut other.tops);
        self.beside.append(&mut other.beside);
        self
    }
}

struct Walker<'a> {
    path: &'a Path,
    root: OwnedFd,
    skip: &'a [u8],
    matches_stat: &'a (dyn Fn(usize, &FileStat) -> bool + Sync),
    most: usize,
}

impl Walker<'_> {
    /// Visits one directory; `false` where something listed is missing, or too much has changed.
    /// Whether a directory in it is one shows when that is looked at.
    fn visit(&self, listing: &Listing<'_>, walk: &mut Dirwalk) -> io::Result<bool> {
        let own;
        let directory = match listing.path.strip_suffix(b"/") {
            None => self.root.as_fd(),
            Some(path) => {
                let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
                own = openat(&self.root, path, flags, Mode::empty())?;
                own.as_fd()
            }
        };
        for (name, number) in &listing.files {
            let stat = FileStat::from(statat(directory, &**name, AtFlags::SYMLINK_NOFOLLOW)?);
            if FileType::from_raw_mode(stat.mode) == FileType::Directory {
                return Ok(false);
            }
            if !(self.matches_stat)(*number, &stat) {
                let path = [&listing.path, &**name].concat();
                walk.stat_dirty.insert((path, *number));
            }
        }
        let is_root = listing.path.is_empty();
        let listed = listing.files.len() + listing.directories.len() + usize::from(is_root);
        // Mostly so, and then all that is there is listed.
        if count(directory)? != listed {
            self.visit_unlisted(listing, directory, walk)?;
        }
        Ok(walk.stat_dirty.len() <= self.most)
    }

    /// Adds what is in a directory and not listed.
    fn visit_unlisted(
        &self,
        listing: &Listing<'_>,
        directory: BorrowedFd<'_>,
        walk: &mut Dirwalk,
    ) -> io::Result<()> {
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            let is_skipped = listing.path.is_empty() && name == self.skip;
            let file = |(one, _): &(Cow<'_, [u8]>, usize)| (**one).cmp(name);
            let directory_there = |one: &Vec<u8>| one.as_slice().cmp(name);
            if matches!(name, b"." | b"..")
                || is_skipped
                || listing.files.binary_search_by(file).is_ok()
                || listing
                    .directories
                    .binary_search_by(directory_there)
                    .is_ok()
            {
                continue;
            }
            let mut kind = entry.file_type();
            if kind == FileType::Unknown {
                let found = statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
                kind = FileType::from_raw_mode(found.st_mode);
            }
            if kind == FileType::Directory {
                self.take_directory(&listing.path, name, walk)?;
            } else {
                let path = [&listing.path, name].concat();
                walk.tops.insert(path.clone());
                walk.beside.insert(path);
            }
        }
        Ok(())
    }

    fn take_directory(&self, above: &[u8], name: &[u8], walk: &mut Dirwalk) -> io::Result<()> {
        let path = [above, name, b"/"].concat();
        let below = dir_ops::names_below(&self.path.join(OsStr::from_bytes(&path)))?;
        let below = below.into_iter().map(|name| [&path[..], &name].concat());
        walk.beside.extend(below);
        walk.beside.insert(path.clone());
        walk.tops.insert(path);
        Ok(())
    }
}

/// The number of names in a directory.
#[cfg(target_os = "linux")]
fn count(directory: BorrowedFd<'_>) -> io::Result<usize> {
    let mut buffer = [MaybeUninit::uninit(); 16 << 10];
    let mut entries = rustix::fs::RawDir::new(directory, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        count += usize::from(!matches!(entry?.file_name().to_bytes(), b"." | b".."));
    }
    Ok(count)
}

/// The number of names in a directory.
#[cfg(not(target_os = "linux"))]
fn count(directory: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count = 0;
    for entry in Dir::read_from(directory)? {
        count += usize::from(!matches!(entry?.file_name().to_bytes(), b"." | b".."));
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn listing(
        path: &'static str,
        files: &[&'static str],
        directories: &[&str],
    ) -> Listing<'static> {
        let files = files.iter().map(|name| name.as_bytes().into());
        Listing {
            path: path.into(),
            files: files.enumerate().map(|(at, name)| (name, at)).collect(),
            directories: directories.iter().map(|&name| name.into()).collect(),
        }
    }

    /// `a`, `skipped`, `sub/b` and `sub/deep/c`, and what lists all but `skipped`.
    fn scene() -> (tempfile::TempDir, Vec<Listing<'static>>) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("sub/deep")).unwrap();
        for path in ["a", "skipped", "sub/b", "sub/deep/c"] {
            fs::write(root.path().join(path), path).unwrap();
        }
        let listings = vec![
            listing("", &["a"], &["sub"]),
            listing("sub/", &["b"], &["deep"]),
            listing("sub/deep/", &["c"], &[]),
        ];
        (root, listings)
    }

    fn walked(root: &Path, listings: &[Listing<'_>]) -> Option<Dirwalk> {
        dirwalk(root, b"skipped", listings, &|_, stat| stat.size < 6, 1)
    }

    #[test]
    fn what_is_listed_and_no_more_is_nothing_to_tell() {
        let (root, listings) = scene();
        let mut expected = Dirwalk::default();
        let stat_dirty = (b"sub/deep/c".to_vec(), 0);
        expected.stat_dirty.insert(stat_dirty);
        assert_eq!(walked(root.path(), &listings), Some(expected));
    }

    #[test]
    fn what_nothing_lists_is_told_with_all_it_holds() {
        let (root, listings) = scene();
        for directory in ["new/inner", "sub/empty", "sub/deep/skipped"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("new/inner/x"), "").unwrap();
        symlink("nowhere", root.path().join("sub/link")).unwrap();
        let found = walked(root.path(), &listings).unwrap();
        let names = |found: BTreeSet<Vec<u8>>| {
            let names = found
                .into_iter()
                .map(|name| String::from_utf8(name).unwrap());
            names.collect::<Vec<_>>()
        };
        let tops = ["new/", "sub/deep/skipped/", "sub/empty/", "sub/link"];
        assert_eq!(names(found.tops), tops);
        let beside = [&tops[..1], &["new/inner/", "new/inner/x"], &tops[1..]].concat();
        assert_eq!(names(found.beside), beside);
    }

    #[test]
    fn what_is_gone_or_another_kind_of_thing_is_no_answer() {
        type Harm = fn(&Path);
        let harms: [Harm; 5] = [
            |root| fs::remove_file(root.join("a")).unwrap(),
            |root| fs::remove_dir_all(root.join("sub/deep")).unwrap(),
            |root| {
                fs::rename(root.join("sub"), root.join("moved")).unwrap();
                symlink("moved", root.join("sub")).unwrap();
            },
            |root| {
                fs::remove_file(root.join("sub/b")).unwrap();
                fs::create_dir(root.join("sub/b")).unwrap();
            },
            |root| fs::write(root.join("a"), "longer than it was").unwrap(),
        ];
        for harm in harms {
            let (root, listings) = scene();
            harm(root.path());
            assert_eq!(walked(root.path(), &listings), None);
        }
    }
}
