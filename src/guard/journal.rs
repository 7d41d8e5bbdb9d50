//! Which commits this guard has judged, kept in `<common git dir>/baton/`.
//!
//! "Reachable from another reference" proves nothing: a tag or a branch written by hand can hold
//! anything. What proves it is that this guard has passed the commit itself.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::GuardError;
use super::base::PolicyKey;
use crate::model::Oid;
use crate::sys::file;

/// How the guard came to let a commit be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It broke no rule of the policy.
    Passed,
    /// It was there when a policy came into the repository.
    Adopted,
    /// It breaks a rule, and a remote had already published it.
    Published,
}

impl Mark {
    const ALL: [Self; 3] = [Self::Passed, Self::Adopted, Self::Published];

    fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Adopted => "adopted",
            Self::Published => "published",
        }
    }
}

/// The record. Lines are only ever appended, each in one write; a line cut short by a crash
/// counts as absent, so that its commit is judged again.
pub struct Journal {
    directory: PathBuf,
    baseline: Vec<Oid>,
    began_with: HashSet<Oid>,
    shards: RefCell<HashMap<u8, Shard>>,
}

type Shard = HashMap<Oid, Vec<(String, Mark)>>;

impl Journal {
    /// Opens the journal below Baton's directory; fails when none was begun.
    pub fn open(baton_dir: &Path) -> Result<Self, GuardError> {
        let path = baseline_path(baton_dir);
        let bytes = file::read_if_exists(&path)
            .map_err(journal_error(&path))?
            .ok_or(GuardError::NoJournal(path))?;
        let baseline: Vec<Oid> = bytes
            .lines()
            .filter_map(|line| Oid::from_hex(line.trim()).ok())
            .collect();
        Ok(Self {
            directory: marks_path(baton_dir),
            began_with: baseline.iter().copied().collect(),
            baseline,
            shards: RefCell::default(),
        })
    }

    /// Whether there is a journal.
    pub fn has_begun(baton_dir: &Path) -> bool {
        baseline_path(baton_dir).exists()
    }

    /// The files that make up the journal: its baseline, and the directory of its marks.
    pub fn files(baton_dir: &Path) -> [PathBuf; 2] {
        [baseline_path(baton_dir), marks_path(baton_dir)]
    }

    /// Whether any commit is recorded below Baton's directory.
    pub fn has_entries(baton_dir: &Path) -> bool {
        marks_path(baton_dir).is_dir()
    }

    /// Begins a journal in a repository whose references name these commits, whose history is
    /// thereby taken as it is. Does nothing, and says `false`, where there is one already.
    pub fn begin(
        baton_dir: &Path,
        tips: impl IntoIterator<Item = Oid>,
    ) -> Result<bool, GuardError> {
        let path = baseline_path(baton_dir);
        if path.exists() {
            return Ok(false);
        }
        let distinct: HashSet<_> = tips.into_iter().collect();
        let mut lines: Vec<_> = distinct.iter().map(|oid| format!("{oid}\n")).collect();
        lines.sort();
        file::write_atomically(&path, lines.concat().as_bytes()).map_err(journal_error(&path))?;
        Ok(true)
    }

    /// The commits with whose history the journal began.
    pub fn baseline(&self) -> &[Oid] {
        &self.baseline
    }

    /// Whether the commit was judged under this policy and let be. What was merely adopted was
    /// not judged: anybody can begin a history of their own with a copy of the policy.
    pub fn has_passed(&self, commit: Oid, key: &PolicyKey) -> Result<bool, GuardError> {
        let key = key.to_string();
        self.with_marks(commit, |marks| {
            let mut judged = marks.iter().filter(|(_, mark)| *mark != Mark::Adopted);
            judged.any(|(under, _)| *under == key)
        })
    }

    /// Whether the commit was let be under any policy, or the journal began with it.
    pub fn knows(&self, commit: Oid) -> Result<bool, GuardError> {
        if self.began_with.contains(&commit) {
            return Ok(true);
        }
        self.with_marks(commit, |marks| !marks.is_empty())
    }

    /// How the commit was let be; empty when it was not.
    pub fn marks(&self, commit: Oid) -> Result<Vec<Mark>, GuardError> {
        self.with_marks(commit, |marks| {
            marks.iter().map(|(_, mark)| *mark).collect()
        })
    }

    /// Records these commits.
    pub fn record(
        &self,
        key: &PolicyKey,
        commits: impl IntoIterator<Item = (Oid, Mark)>,
    ) -> Result<(), GuardError> {
        let mut lines: HashMap<u8, String> = HashMap::new();
        for (commit, mark) in commits {
            let line = format!("{commit} {key} {}\n", mark.as_str());
            lines
                .entry(commit.as_bytes()[0])
                .or_default()
                .push_str(&line);
        }
        for (first, lines) in lines {
            let path = self.shard_path(first);
            file::append(&path, lines.as_bytes()).map_err(journal_error(&path))?;
            self.shards.borrow_mut().remove(&first);
        }
        Ok(())
    }

    fn shard_path(&self, first: u8) -> PathBuf {
        self.directory.join(format!("{first:02x}"))
    }

    fn with_marks<T>(
        &self,
        commit: Oid,
        ask: impl FnOnce(&[(String, Mark)]) -> T,
    ) -> Result<T, GuardError> {
        let first = commit.as_bytes()[0];
        let mut shards = self.shards.borrow_mut();
        if let std::collections::hash_map::Entry::Vacant(vacant) = shards.entry(first) {
            let path = self.shard_path(first);
            let bytes = file::read_if_exists(&path).map_err(journal_error(&path))?;
            vacant.insert(parse_shard(&bytes.unwrap_or_default()));
        }
        let marks = shards.get(&first).and_then(|shard| shard.get(&commit));
        Ok(ask(marks.map_or(&[], Vec::as_slice)))
    }
}

fn baseline_path(baton_dir: &Path) -> PathBuf {
    baton_dir.join("baseline")
}

fn marks_path(baton_dir: &Path) -> PathBuf {
    baton_dir.join("journal")
}

fn parse_shard(bytes: &[u8]) -> Shard {
    let mut shard = Shard::new();
    for line in bytes.lines_with_terminator() {
        if let Some((oid, key, mark)) = parse_line(line) {
            shard.entry(oid).or_default().push((key, mark));
        }
    }
    shard
}

fn parse_line(line: &[u8]) -> Option<(Oid, String, Mark)> {
    let line = line.strip_suffix(b"\n")?.to_str().ok()?;
    let mut words = line.split(' ');
    let (oid, key, mark) = (words.next()?, words.next()?, words.next()?);
    let mark = Mark::ALL.into_iter().find(|one| one.as_str() == mark)?;
    words.next().is_none().then_some(())?;
    Some((oid.parse().ok()?, key.to_owned(), mark))
}

fn journal_error(path: &Path) -> impl FnOnce(std::io::Error) -> GuardError {
    let path = path.to_owned();
    move |source| GuardError::Journal { path, source }
}
