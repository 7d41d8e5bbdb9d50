//! A feature's record: the state and what goes with it, in the record of its run.

use bstr::{BString, ByteSlice};

use super::FeatureError;
use super::state::{State, VERSION};
use crate::run::files;
use crate::run_record::{Record, ids};
use baton_git::Repo;
use baton_sys::{clock, file};

/// The state's name in the record.
const STATE: &str = "feature.json";
/// The name of the bundled findings, in the record and among the run's files.
pub const CONTEXT: &str = "context.md";
/// The name of the task file that is run.
pub const TASKS: &str = "tasks.toml";

/// A feature as it was last read or written.
#[derive(Debug)]
pub struct Feature {
    record: Record,
    /// Its progress.
    pub state: State,
}

impl Feature {
    /// Records a feature that begins.
    pub fn begin(repo: &Repo, state: State) -> Result<Self, FeatureError> {
        let json = json(&state);
        let record = Record::begin(repo, &clock::today(), &[(STATE, json.as_bytes())])?;
        Ok(Self { record, state })
    }

    /// The feature whose run this is; `None` when that run began with a task file.
    pub fn open(repo: &Repo, id: &str) -> Result<Option<Self>, FeatureError> {
        let record = Record::open(repo, id)?;
        let Some(json) = record.file(repo, STATE)? else {
            return Ok(None);
        };
        let unreadable = |reason: String| FeatureError::Unreadable {
            run: id.to_owned(),
            reason,
        };
        let state: State =
            serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))?;
        match state.version {
            VERSION => Ok(Some(Self { record, state })),
            other => Err(unreadable(format!("version {other} is not known here"))),
        }
    }

    /// The feature that began last among those that are not over.
    pub fn latest(repo: &Repo) -> Result<Option<Self>, FeatureError> {
        for id in ids(repo)?.iter().rev() {
            match Self::open(repo, id)? {
                Some(feature) if !feature.state.phase.is_over() => return Ok(Some(feature)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// A file of the record.
    pub fn file(&self, repo: &Repo, name: &str) -> Result<Option<BString>, FeatureError> {
        Ok(self.record.file(repo, name)?)
    }

    /// A file of the record as text; empty where there is none.
    pub fn text(&self, repo: &Repo, name: &str) -> Result<String, FeatureError> {
        let bytes = self.file(repo, name)?.unwrap_or_default();
        Ok(bytes.to_str_lossy().into_owned())
    }

    /// Writes the state, and these files with it; they are put among the run's files on this
    /// machine too, for people to read.
    pub fn save(
        &mut self,
        repo: &Repo,
        with: &[(&str, &[u8])],
        what: &str,
    ) -> Result<(), FeatureError> {
        for (name, bytes) in with {
            let path = files::of_run(repo, self.id()).join(name);
            file::write_atomically(&path, bytes).map_err(FeatureError::io(&path))?;
        }
        let json = json(&self.state);
        let mut all = vec![(STATE, json.as_bytes())];
        all.extend_from_slice(with);
        Ok(self.record.save(repo, &all, what)?)
    }

    /// Reads the record anew: another process has written to it as agreed.
    pub fn refresh(&mut self, repo: &Repo) -> Result<(), FeatureError> {
        self.record = Record::open(repo, self.id())?;
        Ok(())
    }
}

fn json(state: &State) -> String {
    let json = serde_json::to_string_pretty(state).expect("plain values are JSON");
    json + "\n"
}
