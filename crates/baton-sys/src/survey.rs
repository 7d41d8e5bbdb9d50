//! A tree of files held against a list of what should be there, several directories at a time.

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

use super::file::Seen;
use super::tree;

/// What should be in one directory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Listing<'n> {
    /// Where it is, from the root on; it ends with `/`, and is empty for the root itself.
    pub path: Vec<u8>,
    /// The names of its files and links, sorted, each with what the caller knows it by.
    pub files: Vec<(Cow<'n, [u8]>, usize)>,
    /// The names of its directories, sorted. Each has a listing of its own.
    pub directories: Vec<Vec<u8>>,
}

/// What was found where everything listed is there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The listed files that are not as they were noted: the path, and the caller's number.
    pub doubtful: BTreeSet<(Vec<u8>, usize)>,
    /// What no listing names, in directories that are listed; the names of directories end with
    /// `/`.
    pub tops: BTreeSet<Vec<u8>>,
    /// The same, and all that is in those directories.
    pub beside: BTreeSet<Vec<u8>>,
}

/// How many directories make a second thread worth its start.
const FOR_A_THREAD: usize = 64;

/// Looks at everything below `root`, links not followed. `is_noted` says whether a file is as the
/// caller noted it under this number. What is called `apart` at the root is passed over; it has to be there.
///
/// `None` where something listed is not there or is no directory where it should be one, where
/// more than `most` files are not as they were noted, and where a directory cannot be read.
pub fn survey(
    root: &Path,
    apart: &[u8],
    listings: &[Listing<'_>],
    is_noted: &(dyn Fn(usize, &Seen) -> bool + Sync),
    most: usize,
) -> Option<Survey> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
    let ground = Ground {
        path: root,
        root: open(root, flags, Mode::empty()).ok()?,
        apart,
        is_noted,
        most,
    };
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        let mut found = Survey::default();
        while !over.load(Ordering::Relaxed) {
            let Some(listing) = listings.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return Some(found);
            };
            if !ground.look(listing, &mut found).unwrap_or(false) {
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
    found.filter(|found| found.doubtful.len() <= most)
}

impl Survey {
    fn and(mut self, mut other: Self) -> Self {
        self.doubtful.append(&mut other.doubtful);
        self.tops.append(&mut other.tops);
        self.beside.append(&mut other.beside);
        self
    }
}

struct Ground<'a> {
    path: &'a Path,
    root: OwnedFd,
    apart: &'a [u8],
    is_noted: &'a (dyn Fn(usize, &Seen) -> bool + Sync),
    most: usize,
}

impl Ground<'_> {
    /// Looks at one directory; whether all is there that is listed, and not too much has changed.
    /// Whether a directory in it is one shows when that is looked at.
    fn look(&self, listing: &Listing<'_>, survey: &mut Survey) -> io::Result<bool> {
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
            let seen = Seen::from(statat(directory, &**name, AtFlags::SYMLINK_NOFOLLOW)?);
            if FileType::from_raw_mode(seen.mode) == FileType::Directory {
                return Ok(false);
            }
            if !(self.is_noted)(*number, &seen) {
                let path = [&listing.path, &**name].concat();
                survey.doubtful.insert((path, *number));
            }
        }
        let is_root = listing.path.is_empty();
        let listed = listing.files.len() + listing.directories.len() + usize::from(is_root);
        // Mostly so, and then all that is there is listed.
        if count(directory)? != listed {
            self.look_for_more(listing, directory, survey)?;
        }
        Ok(survey.doubtful.len() <= self.most)
    }

    /// Tells of what is in a directory and not listed.
    fn look_for_more(
        &self,
        listing: &Listing<'_>,
        directory: BorrowedFd<'_>,
        survey: &mut Survey,
    ) -> io::Result<()> {
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            let is_apart = listing.path.is_empty() && name == self.apart;
            let file = |(one, _): &(Cow<'_, [u8]>, usize)| (**one).cmp(name);
            let directory_there = |one: &Vec<u8>| one.as_slice().cmp(name);
            if matches!(name, b"." | b"..")
                || is_apart
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
                self.take_directory(&listing.path, name, survey)?;
            } else {
                let path = [&listing.path, name].concat();
                survey.tops.insert(path.clone());
                survey.beside.insert(path);
            }
        }
        Ok(())
    }

    fn take_directory(&self, above: &[u8], name: &[u8], survey: &mut Survey) -> io::Result<()> {
        let path = [above, name, b"/"].concat();
        let below = tree::names_below(&self.path.join(OsStr::from_bytes(&path)))?;
        let below = below.into_iter().map(|name| [&path[..], &name].concat());
        survey.beside.extend(below);
        survey.beside.insert(path.clone());
        survey.tops.insert(path);
        Ok(())
    }
}

/// How many names a directory holds.
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

/// How many names a directory holds.
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

    /// `a`, `apart`, `sub/b` and `sub/deep/c`, and what lists all but `apart`.
    fn ground() -> (tempfile::TempDir, Vec<Listing<'static>>) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("sub/deep")).unwrap();
        for path in ["a", "apart", "sub/b", "sub/deep/c"] {
            fs::write(root.path().join(path), path).unwrap();
        }
        let listings = vec![
            listing("", &["a"], &["sub"]),
            listing("sub/", &["b"], &["deep"]),
            listing("sub/deep/", &["c"], &[]),
        ];
        (root, listings)
    }

    fn look(root: &Path, listings: &[Listing<'_>]) -> Option<Survey> {
        survey(root, b"apart", listings, &|_, seen| seen.size < 6, 1)
    }

    #[test]
    fn what_is_listed_and_no_more_is_nothing_to_tell() {
        let (root, listings) = ground();
        let mut expected = Survey::default();
        let doubtful = (b"sub/deep/c".to_vec(), 0);
        expected.doubtful.insert(doubtful);
        assert_eq!(look(root.path(), &listings), Some(expected));
    }

    #[test]
    fn what_nothing_lists_is_told_with_all_it_holds() {
        let (root, listings) = ground();
        for directory in ["new/inner", "sub/empty", "sub/deep/apart"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("new/inner/x"), "").unwrap();
        symlink("nowhere", root.path().join("sub/link")).unwrap();
        let found = look(root.path(), &listings).unwrap();
        let names = |found: BTreeSet<Vec<u8>>| {
            let names = found
                .into_iter()
                .map(|name| String::from_utf8(name).unwrap());
            names.collect::<Vec<_>>()
        };
        let tops = ["new/", "sub/deep/apart/", "sub/empty/", "sub/link"];
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
            let (root, listings) = ground();
            harm(root.path());
            assert_eq!(look(root.path(), &listings), None);
        }
    }
}
