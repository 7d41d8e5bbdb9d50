//! The record of a run: files in the tree of `refs/baton/runs/<id>`, each change a commit on
//! top of the one before, so that a push and a fetch are all that another machine needs.

use std::collections::BTreeMap;

use bstr::{BStr, BString, ByteSlice};
use miette::Diagnostic;
use thiserror::Error;

use crate::ref_moves::{self, RefUpdate};
use baton_core::model::{Entry, Oid, RefName};
use baton_git::{GitError, Repo, StoreError};
use baton_sys::clock;

pub mod approvals;

/// The prefix of the references of runs.
pub const PREFIX: &str = "refs/baton/runs/";

/// The file that holds a run's state.
pub const STATE: &str = "state.json";

/// The number of times a run asks for the next free id.
const ATTEMPTS: usize = 200;

/// The record of a run as it was last read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The run's id, such as `2025-12-18-1`.
    pub id: String,
    tip: Oid,
    files: BTreeMap<String, Oid>,
}

/// Why a run cannot be recorded or read.
#[derive(Debug, Error, Diagnostic)]
pub enum RecordError {
    /// Another conductor has written to the record since it was read.
    #[error("run {0} is conducted by somebody else as well")]
    #[diagnostic(help("look at it with `git baton orchestrator status {0}`"))]
    Raced(String),

    /// No run has this id.
    #[error("there is no run {0}")]
    #[diagnostic(help("`git baton orchestrator status` names the runs that there are"))]
    Unknown(String),

    /// The record lacks something, or holds what this version does not understand.
    #[error("the record of run {run} cannot be read: {reason}")]
    #[diagnostic(help(
        "an intact clone has another copy: `git fetch <remote> 'refs/baton/runs/{run}:refs/baton/runs/{run}' --force`; \
         `git update-ref -d refs/baton/runs/{run}` gives it up"
    ))]
    Unreadable {
        /// The run's id.
        run: String,
        /// The fault.
        reason: String,
    },

    /// The ids of a day are claimed faster than this process can ask.
    #[error("no free id for a run was found in {ATTEMPTS} attempts")]
    #[diagnostic(help("run the command again when fewer others begin runs"))]
    Crowded,

    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The reference does not move.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(StoreError),
}

impl Record {
    /// Begins the record of a run on this day (`YYYY-MM-DD`) with these files, whose names hold
    /// no `/`.
    pub fn begin(repo: &Repo, day: &str, files: &[(&str, &[u8])]) -> Result<Self, RecordError> {
        let mut number = 1 + last_of(day, &ids(repo)?);
        for _ in 0..ATTEMPTS {
            let id = format!("{day}-{number}");
            let all = blobs(repo, files)?;
            match Change::new(&id, None, "begun").store(repo, &all, files) {
                Ok(tip) => {
                    return Ok(Self {
                        id,
                        tip,
                        files: all,
                    });
                }
                Err(StoreError::Raced(_)) => number += 1,
                Err(error) => return Err(RecordError::Store(error)),
            }
        }
        Err(RecordError::Crowded)
    }

    /// The record of this run.
    pub fn open(repo: &Repo, id: &str) -> Result<Self, RecordError> {
        let unknown = || RecordError::Unknown(id.to_owned());
        if !is_id(id) {
            return Err(unknown());
        }
        let tip = repo.refs().resolve(format!("{PREFIX}{id}"))?;
        let tip = tip.ok_or_else(unknown)?;
        let mut files = BTreeMap::new();
        let mut read = || {
            let tree = repo.objects().commit(tip, &mut Vec::new())?.tree;
            repo.objects().tree(tree, &mut Vec::new(), |name, entry| {
                files.insert(name.to_str_lossy().into_owned(), entry.oid);
            })
        };
        read().map_err(|error| unreadable(id, &error))?;
        Ok(Self {
            id: id.to_owned(),
            tip,
            files,
        })
    }

    /// The record of the run that began last among those whose record has this file.
    pub fn latest(repo: &Repo, with: &str) -> Result<Option<Self>, RecordError> {
        for id in ids(repo)?.iter().rev() {
            let record = Self::open(repo, id)?;
            if record.files.contains_key(with) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// A file of the record; `None` where it has none of this name.
    pub fn file(&self, repo: &Repo, name: &str) -> Result<Option<BString>, RecordError> {
        let blob = self.files.get(name).map(|blob| repo.objects().blob(*blob));
        blob.transpose()
            .map_err(|error| unreadable(&self.id, &error))
    }

    /// The names of its files, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Writes these files into the record, in place of what has their names; `what` says in a
    /// line what happened.
    ///
    /// # Errors
    /// [`RecordError::Raced`] when another process has written since this was read; nothing is
    /// written then.
    pub fn save(
        &mut self,
        repo: &Repo,
        files: &[(&str, &[u8])],
        what: &str,
    ) -> Result<(), RecordError> {
        let mut all = self.files.clone();
        all.extend(blobs(repo, files)?);
        if all == self.files {
            return Ok(());
        }
        let change = Change::new(&self.id, Some(self.tip), what);
        self.tip = match change.store(repo, &all, files) {
            Ok(tip) => tip,
            Err(StoreError::Raced(_)) => return Err(RecordError::Raced(self.id.clone())),
            Err(error) => return Err(RecordError::Store(error)),
        };
        self.files = all;
        Ok(())
    }
}

fn unreadable(run: &str, error: &GitError) -> RecordError {
    RecordError::Unreadable {
        run: run.to_owned(),
        reason: error.to_string(),
    }
}

/// The ids of all runs, in the order in which they began.
pub fn ids(repo: &Repo) -> Result<Vec<String>, GitError> {
    let mut ids: Vec<_> = repo
        .refs()
        .below(PREFIX)?
        .into_iter()
        .filter_map(|(name, _)| {
            let id = name.strip_prefix(PREFIX.as_bytes())?.to_str().ok()?;
            is_id(id).then(|| id.to_owned())
        })
        .collect();
    ids.sort_by_key(|id| {
        let (day, number) = parts(id).unwrap_or_default();
        (day.to_owned(), number)
    });
    Ok(ids)
}

fn parts(id: &str) -> Option<(&str, u64)> {
    let (day, number) = id.rsplit_once('-')?;
    Some((day, number.parse().ok()?))
}

fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || c == '-';
    id.chars().all(plain) && parts(id).is_some()
}

/// The greatest number among the runs of a day.
fn last_of(day: &str, ids: &[String]) -> u64 {
    let numbers = ids.iter().filter_map(|id| parts(id));
    let of_day = numbers.filter(|(its, _)| *its == day);
    of_day.map(|(_, number)| number).max().unwrap_or(0)
}

fn blobs(repo: &Repo, files: &[(&str, &[u8])]) -> Result<BTreeMap<String, Oid>, GitError> {
    let blob =
        |(name, content): &(&str, &[u8])| Ok(((*name).to_owned(), repo.store().blob(content)?));
    files.iter().map(blob).collect()
}

/// A change of a record, to be written.
struct Change<'a> {
    id: &'a str,
    parent: Option<Oid>,
    message: String,
    at: i64,
}

impl<'a> Change<'a> {
    fn new(id: &'a str, parent: Option<Oid>, what: &str) -> Self {
        Self {
            id,
            parent,
            message: format!("Run {id}: {what}\n"),
            at: clock::now(),
        }
    }

    /// Has the record name all of these files. Those in `files` have just been written, and are again where they are gone.
    fn store(
        &self,
        repo: &Repo,
        all: &BTreeMap<String, Oid>,
        files: &[(&str, &[u8])],
    ) -> Result<Oid, StoreError> {
        let write = || {
            let new: Vec<_> = files.iter().map(|(name, _)| all[*name]).collect();
            if !new.iter().all(|blob| repo.objects().contains(*blob)) {
                blobs(repo, files)?;
            }
            let (tree, tip) = self.commit(repo, all)?;
            Ok((tip, new.into_iter().chain([tree]).collect()))
        };
        let name = RefName::new(format!("{PREFIX}{}", self.id));
        let update = RefUpdate {
            name,
            old: self.parent,
            beside: Vec::new(),
        };
        ref_moves::record(repo, &update, &write, "baton: run")
    }

    /// Writes the tree of these files, and its commit, the same each time.
    fn commit(&self, repo: &Repo, files: &BTreeMap<String, Oid>) -> Result<(Oid, Oid), GitError> {
        let entry = |oid: &Oid| Entry {
            mode: 0o100_644,
            oid: *oid,
        };
        let entries: Vec<_> = files
            .iter()
            .map(|(name, oid)| (BStr::new(name), entry(oid)))
            .collect();
        let tree = repo.store().tree(&entries)?;
        let parents: Vec<_> = self.parent.into_iter().collect();
        let message = self.message.as_bytes();
        let commit = repo.store().commit(tree, &parents, message, self.at)?;
        Ok((tree, commit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_a_day_and_counted_as_numbers() {
        let ids = ["2025-12-18-9", "2025-12-18-10", "2025-12-17-30"].map(str::to_owned);
        assert_eq!(last_of("2025-12-18", &ids), 10);
        assert_eq!(last_of("2025-12-19", &ids), 0);
        assert!(is_id("2025-12-18-9"));
        for odd in ["", "-", "a-1", "../x-1", "2025-12-18-", "2025"] {
            assert!(!is_id(odd), "{odd}");
        }
    }
}
