//! Conflicts that wait to be resolved, as far as they concern what is merged now.

use super::MergeError;
use super::candidates::Candidate;
use super::context::MergeContext;
use super::markers;
use super::report::{BranchReport, ConflictFile, Outcome};
use super::stuck::Resolution;
use super::waiting::{self, Progress, Waiting};
use baton_git::Repo;

/// Conflicts that wait to be resolved.
pub struct PendingConflicts {
    /// Those that were resolved.
    pub resolutions: Vec<Resolution>,
    unresolved: Vec<(Waiting, String)>,
}

impl PendingConflicts {
    /// Reads those of these branches. What was begun for another commit of a branch is given up.
    pub fn read(
        repo: &Repo,
        context: &MergeContext,
        candidates: &[Candidate],
    ) -> Result<Self, MergeError> {
        let mut pending = Self {
            resolutions: Vec::new(),
            unresolved: Vec::new(),
        };
        for waiting in waiting::all(repo)? {
            let mut same = candidates.iter().filter(|one| one.name == waiting.branch);
            let Some(candidate) = same.next() else {
                continue;
            };
            if candidate.tip != waiting.tip {
                waiting::give_up(repo, &waiting)?;
                continue;
            }
            if waiting.into != context.into {
                let why = format!("it waits to land on {}", waiting.into);
                pending.unresolved.push((waiting, why));
                continue;
            }
            match waiting.progress(repo)? {
                Progress::Resolved(made) => pending.resolutions.extend(made),
                Progress::Open(why) => pending.unresolved.push((waiting, why)),
                Progress::Gone => waiting::close(repo, &waiting.branch)?,
            }
        }
        Ok(pending)
    }

    /// Returns the reports on the branches that go on waiting.
    pub fn reports(&self, repo: &Repo) -> Result<Vec<BranchReport>, MergeError> {
        let report = |(waiting, why): &(Waiting, String)| {
            let file = |path: &String| {
                Ok(ConflictFile {
                    path: path.clone(),
                    kind: "open".to_owned(),
                    message: why.clone(),
                    hunks: markers::hunks(repo, waiting.shown, path.as_str().into())?,
                })
            };
            let outcome = Outcome::Conflict {
                files: waiting
                    .files
                    .iter()
                    .map(file)
                    .collect::<Result<_, MergeError>>()?,
                with: Vec::new(),
                worktree: Some(waiting.worktree.display().to_string()),
                next: waiting.next(),
            };
            Ok(BranchReport::new(&waiting.branch, waiting.tip, outcome))
        };
        self.unresolved.iter().map(report).collect()
    }

    /// The candidates without those that are not resolved.
    pub fn closed_to(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        let is_open = |name: &str| self.unresolved.iter().any(|(one, _)| one.branch == name);
        candidates.retain(|one| !is_open(&one.name));
        candidates
    }
}
