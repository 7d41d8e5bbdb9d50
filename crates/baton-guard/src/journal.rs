//! Which commits this guard has judged, kept in `<common git dir>/baton/`.
//!
//! "Reachable from another reference" proves nothing: a tag or a branch written by hand can hold
//! anything. What proves it is that this guard has passed the commit itself.
//!
//! It saves time and decides nothing: what cannot be read counts as absent, and what cannot be
//! written is judged again next time.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::GuardError;
use super::base::PolicyKey;
use baton_core::model::Oid;
use baton_git::Repo;
use baton_sys::file;

/// The reason for which the guard let a commit be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It broke no rule of the policy.
    Passed,
    /// It was there when a policy came into the repository.
    Adopted,
    /// It breaks a rule, and a remote had already published it.
    Published,
    /// It was let be for what stands elsewhere: a maintainer's acceptance, or signers whom commits
    /// before it had changed.
    Excused,
}

impl Mark {
    const ALL: [Self; 4] = [Self::Passed, Self::Adopted, Self::Published, Self::Excused];

    fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Adopted => "adopted",
            Self::Published => "published",
            Self::Excused => "excused",
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
    /// The journal of this repository. Where none was begun, or its baseline cannot be read, it begins with
    /// the branches as they are now.
    pub fn of(repo: &Repo) -> Result<Self, GuardError> {
        let baton_dir = repo.baton_dir();
        let recorded = file::read_if_exists(&baseline_path(&baton_dir));
        let recorded = recorded.ok().flatten();
        let baseline = match recorded.and_then(|bytes| parse_baseline(&bytes)) {
            Some(baseline) => baseline,
            None => branch_tips(repo)?,
        };
        Ok(Self {
            directory: marks_path(&baton_dir),
            began_with: baseline.iter().copied().collect(),
            baseline,
            shards: RefCell::default(),
        })
    }

    /// True if there is a journal.
    pub fn has_begun(baton_dir: &Path) -> bool {
        baseline_path(baton_dir).exists()
    }

    /// The files that make up the journal: its baseline, and the directory of its marks.
    pub fn files(baton_dir: &Path) -> [PathBuf; 2] {
        [baseline_path(baton_dir), marks_path(baton_dir)]
    }

    /// True if any commit is recorded below Baton's directory.
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
        if Self::has_begun(baton_dir) {
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

    /// The mark of a commit that was judged under this policy and let be, wherever it lay: published or passed.
    /// What was merely adopted was not judged: anybody can begin a history of their own with a copy
    /// of the policy. What excuses a commit may not be in force where it comes next.
    pub fn judged(&self, commit: Oid, key: &PolicyKey) -> Option<Mark> {
        let key = key.to_string();
        self.with_marks(commit, |marks| {
            let has = |mark| marks.iter().any(|one| *one == (key.clone(), mark));
            [Mark::Published, Mark::Passed]
                .into_iter()
                .find(|mark| has(*mark))
        })
    }

    /// True if the commit was let be under any policy, or the journal began with it.
    pub fn knows(&self, commit: Oid) -> bool {
        self.began_with.contains(&commit) || self.with_marks(commit, |marks| !marks.is_empty())
    }

    /// The marks of the commit; empty when it was not let be.
    pub fn marks(&self, commit: Oid) -> Vec<Mark> {
        self.with_marks(commit, |marks| {
            marks.iter().map(|(_, mark)| *mark).collect()
        })
    }

    /// Records these commits, as far as that can be written.
    pub fn record(&self, key: &PolicyKey, commits: impl IntoIterator<Item = (Oid, Mark)>) {
        let mut lines: HashMap<u8, String> = HashMap::new();
        for (commit, mark) in commits {
            let line = format!("{commit} {key} {}\n", mark.as_str());
            lines
                .entry(commit.as_bytes()[0])
                .or_default()
                .push_str(&line);
        }
        for (first, lines) in lines {
            file::append(&self.shard_path(first), lines.as_bytes()).ok();
            self.shards.borrow_mut().remove(&first);
        }
    }

    fn shard_path(&self, first: u8) -> PathBuf {
        self.directory.join(format!("{first:02x}"))
    }

    fn with_marks<T>(&self, commit: Oid, ask: impl FnOnce(&[(String, Mark)]) -> T) -> T {
        let first = commit.as_bytes()[0];
        let mut shards = self.shards.borrow_mut();
        let shard = shards.entry(first).or_insert_with(|| {
            let bytes = file::read_if_exists(&self.shard_path(first));
            parse_shard(&bytes.ok().flatten().unwrap_or_default())
        });
        ask(shard.get(&commit).map_or(&[], Vec::as_slice))
    }
}

fn baseline_path(baton_dir: &Path) -> PathBuf {
    baton_dir.join("baseline")
}

fn marks_path(baton_dir: &Path) -> PathBuf {
    baton_dir.join("journal")
}

/// The commits that a baseline lists; `None` where it is damaged.
fn parse_baseline(bytes: &[u8]) -> Option<Vec<Oid>> {
    let lines = bytes.lines();
    lines.map(|line| Oid::from_hex(line.trim()).ok()).collect()
}

fn branch_tips(repo: &Repo) -> Result<Vec<Oid>, GuardError> {
    let mut tips = Vec::new();
    for (_, oid) in repo.refs().branches()? {
        if repo.objects().contains(oid) {
            tips.extend(repo.objects().peel_to_commit(oid)?);
        }
    }
    Ok(tips)
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
