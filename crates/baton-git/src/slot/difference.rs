//! The difference of two commits, and the way of a slot from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};

use super::leftovers::{empty_submodules, is_pristine, remove_leftovers};
use super::{detach, run, run_with};
use crate::objects::Objects;
use crate::scratch_index::nul_ended;
use crate::tree::{Everything, TreeReader};
use crate::{GitError, Repo, index};
use baton_core::model::{Entry, EntryKind, Oid};
use baton_sys::file::{self, FileStat};
use baton_sys::{both, dir_ops};

/// Brings index and files from one commit to another, and `HEAD`, which is on no branch, unless
/// something is not as the first commit has it: then it says so. Nothing of anybody's is
/// overwritten.
pub fn advance(slot: &Repo, old: Oid, new: Oid, reason: &str) -> Result<bool, GitError> {
    let difference = Difference::between(slot.objects(), old, new)?;
    let seen = difference.found(slot, &[]);
    if seen.is_none() && !is_pristine(slot)? {
        return Ok(false);
    }
    if difference.check_out(slot, seen.as_ref(), &[])?.is_some() {
        return Ok(false);
    }
    detach(slot, new, reason)?;
    Ok(true)
}

/// The steps that bring index and files from one commit to another.
pub struct Difference {
    old: Oid,
    new: Oid,
    /// The paths at which the old commit has something that goes or is written anew.
    there: BTreeSet<BString>,
    /// Those at which it has nothing.
    absent: Vec<BString>,
    /// The new commit's entry at each; `None` where it has nothing.
    entries: BTreeMap<BString, Option<Entry>>,
    /// True if a submodule is among them.
    has_submodules: bool,
    /// True if files are among them that both commits have, to be written by other attributes.
    has_other_attributes: bool,
    /// The submodules that the old commit has at them.
    submodules: Vec<BString>,
}

/// The files that go or are written anew, as they were found.
pub type Found = BTreeMap<BString, FileStat>;

impl Difference {
    /// The difference of the trees of two commits. Where a `.gitattributes` differs, all files below
    /// its directory do: by their attributes, line ends and filters may.
    pub fn between(objects: &Objects, old: Oid, new: Oid) -> Result<Self, GitError> {
        let (before, after) = (objects.peel_to_tree(old)?, objects.peel_to_tree(new)?);
        let changes = TreeReader::new(objects, &Everything).changes(after, &[before])?;
        let mut difference = Self {
            old,
            new,
            there: BTreeSet::new(),
            absent: Vec::new(),
            entries: BTreeMap::new(),
            has_submodules: false,
            has_other_attributes: false,
            submodules: Vec::new(),
        };
        let mut ruled = Vec::new();
        for change in changes {
            let is_one = |entry: &Option<Entry>| {
                entry.is_some_and(|entry| entry.kind() == EntryKind::Submodule)
            };
            if change.before.iter().any(is_one) {
                difference.submodules.push(change.path.clone());
            }
            difference.has_submodules |= change.before.iter().any(is_one) || is_one(&change.after);
            let above = change.path.strip_suffix(ATTRIBUTES);
            let above = above.filter(|above| above.is_empty() || above.ends_with(b"/"));
            ruled.extend(above.map(BString::from));
            let path = change.path.clone();
            match change.before.iter().all(Option::is_some) {
                true => drop(difference.there.insert(path)),
                false => difference.absent.push(path),
            }
            difference.entries.insert(change.path, change.after);
        }
        if !ruled.is_empty() {
            let all = TreeReader::new(objects, &Everything).entries(after)?;
            difference.add_ruled(all, &ruled);
        }
        Ok(difference)
    }

    /// Adds the files of the new commit that both have and that are in these directories.
    fn add_ruled(&mut self, all: Vec<(BString, Entry)>, directories: &[BString]) {
        for (path, entry) in all {
            let is_ruled = directories.iter().any(|above| path.starts_with(above));
            let is_file = entry.kind() == EntryKind::File;
            if is_ruled && is_file && !self.entries.contains_key(&path) {
                self.has_other_attributes = true;
                self.there.insert(path.clone());
                self.entries.insert(path, Some(entry));
            }
        }
    }

    /// As [`Self::untouched`]; git is asked about files of the same moment as the index before they
    /// would keep line ends that are not the new commit's.
    pub(super) fn found(&self, slot: &Repo, leftovers: &[BString]) -> Option<Found> {
        let found = self.untouched(slot, leftovers);
        if found.is_some() || !self.has_other_attributes {
            return found;
        }
        // If it fails, less is known.
        drop(run(
            slot,
            ["update-index", "-q", "--refresh", "--force-write-index"],
        ));
        self.untouched(slot, leftovers)
    }

    /// The files that there are, where each is as the index has noted it and nothing but these
    /// leftovers is where there should be none. What cannot be read here is for git to look at.
    pub fn untouched(&self, slot: &Repo, leftovers: &[BString]) -> Option<Found> {
        let root = slot.work_tree().filter(|_| !self.has_submodules)?;
        let index = slot.git_dir().join("index");
        let id_len = slot.objects().id_len();
        let found =
            index::files_matching_stat(&index, slot.git_dir(), id_len, root, &self.there).ok()?;
        let goes = |path: &BString| {
            let mut directory = path.clone();
            directory.push(b'/');
            [path, &directory]
                .iter()
                .any(|name| leftovers.binary_search(name).is_ok())
        };
        let is_free =
            |path: &BString| !file::is_taken(&root.join(path.to_path_lossy())) || goes(path);
        let is_open = |directory: &&BStr| {
            !dir_ops::is_file_or_link(&root.join(directory.to_path_lossy()))
                || self.there.contains(*directory)
                || goes(&BString::from(*directory))
        };
        let are_free =
            || self.absent.iter().all(is_free) && directories_of(&self.absent).iter().all(is_open);
        found.filter(|_| are_free())
    }

    /// Removes the leftovers, and takes index and files to the new commit. `HEAD` is left alone,
    /// and so is what is not as it was found or as the old commit has it: of that, one path is
    /// told.
    pub(super) fn check_out(
        &self,
        slot: &Repo,
        found: Option<&Found>,
        leftovers: &[BString],
    ) -> Result<Option<BString>, GitError> {
        let is_sparse = slot.is_sparse();
        let (Some(found), Some(root), false) = (found, slot.work_tree(), is_sparse) else {
            let stayed = remove_leftovers(slot, leftovers)?;
            empty_submodules(slot, &self.submodules)?;
            let (old, new) = (self.old.to_string(), self.new.to_string());
            run(slot, ["read-tree", "-m", "-u", &old, &new])?;
            return Ok(stayed);
        };
        if self.entries.is_empty() {
            return remove_leftovers(slot, leftovers);
        }
        let id_len = slot.objects().id_len();
        let (program, staged) = (slot.program(), self.staged(id_len));
        // `read-tree` compares both trees with the index, and `restore` each entry of the index with
        // each path: of a few files among many, these two make half the work. The second writes
        // the index again, with the checksum that takes the first most of its time.
        let settings = ["-c", "index.skipHash=true"];
        let stage = settings
            .into_iter()
            .chain(["update-index", "-z", "--index-info"]);
        let (staged, (left, changed)) = both(
            || run_with(program, stage, &staged),
            || {
                let left = remove_leftovers(slot, leftovers);
                (left, dir_ops::remove_unchanged(root, found))
            },
        );
        staged?;
        let changed = changed.map_err(GitError::io(root))?;
        let is_written = |(path, entry): &(&BString, &Option<Entry>)| {
            entry.is_some() && !changed.contains(&path.as_slice())
        };
        let written = self.entries.iter().filter(is_written);
        let written: Vec<_> = written.map(|(path, _)| path).collect();
        let check_out = ["checkout-index", "-u", "-z", "--stdin"];
        let blocked = match run_with(program, check_out, &nul_ended(&written)) {
            Ok(()) => None,
            Err(error) => Some(in_the_way(&error).ok_or(error)?),
        };
        let gone = self.entries.iter().filter(|(_, entry)| entry.is_none());
        dir_ops::remove_emptied(root, gone.map(|(path, _)| path.as_slice()));
        let changed = changed.first().map(|path| BString::from(*path));
        Ok(left?.or(changed).or(blocked))
    }

    /// The input of `git update-index --index-info -z`.
    fn staged(&self, id_len: usize) -> Vec<u8> {
        let null = "0".repeat(2 * id_len);
        let mut lines = Vec::new();
        for (path, entry) in &self.entries {
            let line = match entry {
                Some(entry) => format!("{:o} {}\t", entry.mode, entry.oid),
                None => format!("0 {null}\t"),
            };
            lines.extend_from_slice(line.as_bytes());
            lines.extend_from_slice(path);
            lines.push(0);
        }
        lines
    }
}

/// The directories in which these paths are, and those above.
fn directories_of(paths: &[BString]) -> BTreeSet<&BStr> {
    let mut directories = BTreeSet::new();
    for path in paths {
        let mut path = path.as_bstr();
        while let Some(at) = path.rfind_byte(b'/') {
            path = path[..at].as_bstr();
            if !directories.insert(path) {
                break;
            }
        }
    }
    directories
}

/// The name of a directory's file of attributes (`gitattributes(5)`).
const ATTRIBUTES: &[u8] = b".gitattributes";

/// A file that `git checkout-index` left alone because it did not make it (`entry.c`).
fn in_the_way(error: &GitError) -> Option<BString> {
    let left = |line: &str| {
        Some(BString::from(
            line.strip_suffix(" already exists, no checkout")?,
        ))
    };
    match error {
        GitError::Program { reason, .. } => reason.lines().find_map(left),
        _ => None,
    }
}
