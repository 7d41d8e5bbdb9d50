//! Files that git ignores and agents need, copied from the main worktree into a slot.

mod manifest;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::{BString, ByteSlice};

use super::WorkError;
use baton_git::{Repo, status};
use baton_sys::dir_ops::{self, Kind};
use baton_sys::reflink::{self, Copied, Copier, Stamp};
use baton_sys::{file, process};
use manifest::Manifest;
pub(super) use manifest::without_copies;

/// The file at the root of the main worktree whose patterns, written as in `.gitignore`, say
/// which ignored files slots get.
pub const FILE: &str = ".worktreeinclude";

/// The most threads that copy at once: beyond that a disk is not faster.
const MAX_THREADS: usize = 8;

/// The outcome for the files that a slot should get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Included {
    /// The number of files that were copied.
    pub copied: usize,
    /// The number of files that were there already, as the main worktree has them.
    pub up_to_date: usize,
    /// Those in whose place the slot has something of its own, which was left alone. Sorted.
    pub left: Vec<BString>,
}

/// Copies what git ignores in the main worktree, and these patterns or those in [`FILE`] name,
/// into the slot.
///
/// Nothing is overwritten but what an earlier call copied and has not changed since; nothing is written
/// outside the slot, nothing of a `.git`. Files that go meanwhile are no error. Killed, it can be called
/// again.
pub fn copy(main: &Repo, slot: &Repo, patterns: &[String]) -> Result<Included, WorkError> {
    let (Some(from), Some(to)) = (main.work_tree(), slot.work_tree()) else {
        return Ok(Included::default());
    };
    let mut rules: Vec<u8> = patterns.join("\n").into_bytes();
    let path = from.join(FILE);
    let listed = file::read_if_exists(&path).map_err(WorkError::io(path))?;
    if rules.is_empty() && listed.is_none() {
        return Ok(Included::default());
    }
    rules.push(b'\n');
    rules.extend(listed.unwrap_or_default());
    let wanted = wanted(main, from, &rules)?;
    let plan = Plan::new(wanted, from, to, Manifest::read(slot)?)?;
    Manifest::copying(&plan.manifest()).write(slot)?;
    let included = plan.carry_out(from, to)?;
    Manifest::done(plan.written(to)?).write(slot)?;
    Ok(included)
}

/// The files that are both ignored and named by the rules, from the root on. Sorted.
fn wanted(main: &Repo, root: &Path, rules: &[u8]) -> Result<BTreeSet<BString>, WorkError> {
    let ignored = Covered::new(status::ignored(main)?);
    let named = Covered::new(status::untracked_named(main, rules)?);
    let mut files = BTreeSet::new();
    let of_ignored = ignored.listed.iter().filter(|path| named.has(path));
    let of_named = named.listed.iter().filter(|path| ignored.has(path));
    for path in of_ignored.chain(of_named) {
        match path.strip_suffix(b"/") {
            None => drop(files.insert(path.clone())),
            Some(directory) => files.extend(files_below(root, directory)?),
        }
    }
    files.retain(|path| !is_of_git(path));
    Ok(files)
}

fn is_of_git(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    parts.any(|part| part.eq_ignore_ascii_case(b".git"))
}

/// The files and links in a directory of the main worktree, without other worktrees' in it.
fn files_below(root: &Path, directory: &[u8]) -> Result<Vec<BString>, WorkError> {
    let at = root.join(directory.to_path_lossy());
    let is_worktree = |path: &Path| file::is_file(&path.join(".git"));
    if is_worktree(&at) {
        return Ok(Vec::new());
    }
    let enter = |path: &[u8]| !is_of_git(path) && !is_worktree(&at.join(path.to_path_lossy()));
    let found = dir_ops::below(&at, &enter).map_err(WorkError::io(&at))?;
    let files = found.into_iter().filter(|one| one.kind != Kind::Directory);
    Ok(files
        .map(|one| BString::from(bstr::join(b"/", [directory, &one.path])))
        .collect())
}

/// Paths as git lists them: files, and directories, which end with `/`, for all they hold.
struct Covered {
    listed: Vec<BString>,
    set: HashSet<BString>,
}

impl Covered {
    fn new(listed: Vec<BString>) -> Self {
        let set = listed.iter().cloned().collect();
        Self { listed, set }
    }

    /// Returns true if the path, or a directory above it, is listed.
    fn has(&self, path: &[u8]) -> bool {
        let above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        self.set.contains(path.as_bstr())
            || above
                .into_iter()
                .any(|(at, _)| self.set.contains(path[..=at].as_bstr()))
    }
}

/// The plan for each of the wanted files.
struct Plan {
    /// To copy, and whether an old copy goes first.
    copies: Vec<(BString, Stamp, bool)>,
    up_to_date: Vec<(BString, Stamp)>,
    left: Vec<BString>,
    /// The files that were copied before and are not wanted any more.
    former: Vec<(BString, Stamp)>,
}

impl Plan {
    fn new(
        wanted: BTreeSet<BString>,
        from: &Path,
        to: &Path,
        before: Manifest,
    ) -> Result<Self, WorkError> {
        let mut plan = Self {
            copies: Vec::new(),
            up_to_date: Vec::new(),
            left: Vec::new(),
            former: Vec::new(),
        };
        let mut directories = HashMap::new();
        let former: HashMap<_, _> = before.entries.into_iter().collect();
        let stamp = |root: &Path, path: &BString| {
            let path = root.join(path.to_path_lossy());
            Stamp::of(&path).map_err(WorkError::io(path))
        };
        for path in &wanted {
            let Some(source) = stamp(from, path)? else {
                continue;
            };
            if !has_place(to, path, &mut directories)? {
                plan.left.push(path.clone());
                continue;
            }
            let own = stamp(to, path)?;
            let recorded = former.get(path);
            match own {
                Some(own) if own == source => {
                    plan.up_to_date.push((path.clone(), source));
                }
                Some(own) if recorded == Some(&own) => {
                    plan.copies.push((path.clone(), source, true));
                }
                Some(_) if recorded.is_some() && before.is_torn => {
                    plan.copies.push((path.clone(), source, true));
                }
                None if !file::is_taken(&to.join(path.to_path_lossy())) => {
                    plan.copies.push((path.clone(), source, false));
                }
                _ => plan.left.push(path.clone()),
            }
        }
        plan.former = former.into_iter().collect();
        plan.former.retain(|(path, _)| !wanted.contains(path));
        Ok(plan)
    }

    /// Every file that came or will come from the main worktree.
    fn manifest(&self) -> Vec<(BString, Stamp)> {
        let copies = self.copies.iter();
        let copies = copies.map(|(path, stamp, _)| (path.clone(), stamp.clone()));
        let kept = self.up_to_date.iter().chain(&self.former).cloned();
        copies.chain(kept).collect()
    }

    /// The same as it has come out: a file may have been written while it was copied.
    fn written(&self, to: &Path) -> Result<Vec<(BString, Stamp)>, WorkError> {
        let mut entries = Vec::new();
        for (path, ..) in &self.copies {
            let at = to.join(path.to_path_lossy());
            let stamp = Stamp::of(&at).map_err(WorkError::io(at))?;
            entries.extend(stamp.map(|stamp| (path.clone(), stamp)));
        }
        entries.extend(self.up_to_date.iter().chain(&self.former).cloned());
        Ok(entries)
    }

    fn carry_out(&self, from: &Path, to: &Path) -> Result<Included, WorkError> {
        let copier = Copier::default();
        let next = AtomicUsize::new(0);
        let copied = AtomicUsize::new(0);
        let left = Mutex::new(self.left.clone());
        let work = || -> Result<(), WorkError> {
            while let Some((path, _, replaces)) =
                self.copies.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let relative = path.to_path_lossy();
                let target = to.join(&relative);
                if *replaces {
                    file::remove_if_exists(&target).map_err(WorkError::io(&target))?;
                }
                match copier
                    .copy_new(&from.join(&relative), &target)
                    .map_err(WorkError::io(&target))?
                {
                    Copied::Yes => drop(copied.fetch_add(1, Ordering::Relaxed)),
                    Copied::NoSource => {}
                    Copied::Taken => {
                        let mut left = left.lock().unwrap_or_else(|held| held.into_inner());
                        left.push(path.clone());
                    }
                }
            }
            Ok(())
        };
        let threads = process::parallelism()
            .min(MAX_THREADS)
            .min(self.copies.len().max(1));
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let own = work();
            let joined = others
                .into_iter()
                .map(|other| other.join().expect("a copy panics never"));
            joined.chain([own]).collect::<Result<(), _>>()
        })?;
        let mut left = left.into_inner().unwrap_or_else(|held| held.into_inner());
        left.sort();
        Ok(Included {
            copied: copied.into_inner(),
            up_to_date: self.up_to_date.len(),
            left,
        })
    }
}

/// Makes the directory in which the file belongs; `false` where something else is in its place.
fn has_place(
    root: &Path,
    path: &BString,
    known: &mut HashMap<BString, bool>,
) -> Result<bool, WorkError> {
    let directory = match path.rfind_byte(b'/') {
        Some(end) => path[..end].as_bstr(),
        None => return Ok(true),
    };
    if let Some(known) = known.get(directory) {
        return Ok(*known);
    }
    let made = reflink::make_directories(root, directory).map_err(WorkError::io(root))?;
    known.insert(directory.to_owned(), made);
    Ok(made)
}
