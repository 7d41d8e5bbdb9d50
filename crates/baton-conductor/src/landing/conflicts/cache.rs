//! The results of earlier runs, by pairs of commits.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::forecast::ConflictingFile;
use baton_core::model::Oid;
use baton_git::{GitError, Repo, merge};
use baton_sys::file;

/// The name of the file in Baton's directory.
const NAME: &str = "merge-cache";

/// The version of its format.
const FORMAT: u32 = 1;

/// The maximum number of pairs that are kept.
const LIMIT: usize = 20_000;

/// The results of merges. Nothing depends on it but time: a file that is gone, damaged or of
/// another format is the same as an empty one.
pub struct Cache {
    path: PathBuf,
    settings: String,
    known: HashMap<(Oid, Oid), Vec<ConflictingFile>>,
    used: HashSet<(Oid, Oid)>,
    grown: bool,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct Stored {
    format: u32,
    /// The settings on which the results depend beside the commits.
    settings: String,
    pairs: Vec<Pair>,
}

#[derive(Serialize, Deserialize)]
struct Pair {
    ours: String,
    theirs: String,
    files: Vec<ConflictingFile>,
}

impl Cache {
    /// Reads the results known of merges under the repository's present settings.
    pub fn read(repo: &Repo) -> Result<Self, GitError> {
        let path = repo.baton_dir().join(NAME);
        let settings = merge::settings_digest(repo)?;
        let stored = file::read_if_exists(&path).ok().flatten();
        let stored: Option<Stored> = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let stored = stored.filter(|it| it.format == FORMAT && it.settings == settings);
        let pairs = stored.into_iter().flat_map(|stored| stored.pairs);
        let known = pairs.filter_map(|pair| {
            let ids = (pair.ours.parse().ok()?, pair.theirs.parse().ok()?);
            Some((ids, pair.files))
        });
        Ok(Self {
            path,
            settings,
            known: known.collect(),
            used: HashSet::new(),
            grown: false,
        })
    }

    /// Returns true if the result of this pair is known.
    pub fn knows(&self, pair: &(Oid, Oid)) -> bool {
        self.known.contains_key(pair)
    }

    /// Takes a result in.
    pub fn add(&mut self, pair: (Oid, Oid), files: Vec<ConflictingFile>) {
        self.known.insert(pair, files);
        self.grown = true;
    }

    /// The result of this pair, which is worth keeping as long as others are not asked for.
    pub fn used(&mut self, pair: &(Oid, Oid)) -> Option<Vec<ConflictingFile>> {
        self.used.insert(*pair);
        self.known.get(pair).cloned()
    }

    /// Writes it for the next run: first what this one used. Where it cannot be written, the next
    /// run takes longer.
    pub fn write(mut self) {
        if !self.grown {
            return;
        }
        let mut pairs: Vec<_> = self.known.drain().collect();
        pairs.sort_by_key(|(pair, _)| (!self.used.contains(pair), *pair));
        pairs.truncate(LIMIT);
        let pairs = pairs.into_iter().map(|((ours, theirs), files)| Pair {
            ours: ours.to_string(),
            theirs: theirs.to_string(),
            files,
        });
        let stored = Stored {
            format: FORMAT,
            settings: self.settings,
            pairs: pairs.collect(),
        };
        if let Ok(bytes) = serde_json::to_vec(&stored) {
            file::write_atomically(&self.path, &bytes).ok();
        }
    }
}
