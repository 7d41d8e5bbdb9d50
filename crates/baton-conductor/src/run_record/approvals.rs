//! The approvals of the gates of runs, read from the runs' records: of the work of a run, nothing else lands unless
//! it is named.
//!
//! Work is known as a run's by the branches that its tasks had, and by the sessions that its commits name: what became of
//! worktrees, leases and sessions since then decides nothing. A record that cannot be read tells of no work.

use std::collections::HashSet;

use bstr::ByteSlice;
use serde::Deserialize;

use super::{Record, STATE, ids};
use baton_core::model::{BranchName, Oid, SessionId, trailers};
use baton_git::{GitError, Repo};

/// The approvals of the gates of all runs.
pub struct Approvals {
    /// The tasks, those of the latest run first.
    tasks: Vec<Task>,
    /// The key of the trailer that names a commit's session.
    trailer: String,
}

/// A branch that may land.
pub struct Asked<'a> {
    /// Its name.
    pub branch: &'a BranchName,
    /// The commit that it names.
    pub tip: Oid,
    /// The commits that it brings.
    pub commits: &'a HashSet<Oid>,
}

/// A task of a run.
struct Task {
    run: String,
    is_over: bool,
    recorded: RecordedTask,
}

/// The part of a run's state that tells what was approved, in the records of any version.
#[derive(Deserialize)]
struct RecordedRun {
    phase: RecordedPhase,
    tasks: Vec<RecordedTask>,
}

#[derive(Deserialize)]
struct RecordedPhase {
    name: String,
}

#[derive(Deserialize)]
struct RecordedTask {
    id: String,
    #[serde(default)]
    place: Option<RecordedPlace>,
    #[serde(default)]
    former: Vec<RecordedPlace>,
    #[serde(default)]
    approved: Option<Oid>,
}

#[derive(Deserialize)]
struct RecordedPlace {
    branch: BranchName,
    #[serde(default)]
    session: Option<SessionId>,
}

impl Approvals {
    /// The approvals that are recorded; `trailer` is the key by which commits name their session.
    pub fn read(repo: &Repo, trailer: &str) -> Result<Self, GitError> {
        let mut tasks = Vec::new();
        for run in ids(repo)?.into_iter().rev() {
            let Some(recorded) = recorded(repo, &run) else {
                continue;
            };
            let is_over = recorded.is_over();
            tasks.extend(recorded.tasks.into_iter().map(|recorded| Task {
                run: run.clone(),
                is_over,
                recorded,
            }));
        }
        Ok(Self {
            tasks,
            trailer: trailer.to_owned(),
        })
    }

    /// The reason why a branch does not land unless it is named: it is a run's, or brings a run's work, and no gate has
    /// approved that.
    pub fn objection(&self, repo: &Repo, asked: &Asked<'_>) -> Result<Option<String>, GitError> {
        if self.is_approved(asked.tip) {
            return Ok(None);
        }
        if let Some(objection) = self.objection_to(asked.branch, asked.tip) {
            return Ok(Some(objection));
        }
        let found = self.work_without(repo, asked.commits, |commit, approved| {
            Ok(repo.objects().contains(approved)
                && repo.merge_base(commit, approved)? == Some(commit))
        })?;
        Ok(found.map(|(_, task)| task.objection(asked.branch)))
    }

    /// The same for a branch of a run, whatever it brings.
    pub fn objection_to(&self, branch: &BranchName, tip: Oid) -> Option<String> {
        let mut owners = self.tasks.iter().filter(|task| task.had(branch));
        let owner = owners.next().filter(|_| !self.is_approved(tip))?;
        Some(owner.objection(branch))
    }

    fn is_approved(&self, tip: Oid) -> bool {
        let mut tasks = self.tasks.iter();
        tasks.any(|task| task.recorded.approved == Some(tip))
    }

    /// A commit among these that is work for a task of which no gate has approved anything, and the task.
    pub fn unapproved(
        &self,
        repo: &Repo,
        commits: &HashSet<Oid>,
    ) -> Result<Option<(Oid, String)>, GitError> {
        let found = self.work_without(repo, commits, |_, _| Ok(true))?;
        Ok(found.map(|(commit, task)| (commit, task.recorded.id.clone())))
    }

    /// A commit among these that names a session of a task, and has nothing that a gate has approved for such a task
    /// and that covers it.
    fn work_without(
        &self,
        repo: &Repo,
        commits: &HashSet<Oid>,
        covers: impl Fn(Oid, Oid) -> Result<bool, GitError>,
    ) -> Result<Option<(Oid, &Task)>, GitError> {
        if self.tasks.is_empty() {
            return Ok(None);
        }
        for commit in commits {
            let sessions = self.sessions_of(repo, *commit)?;
            let worked = |task: &&Task| sessions.iter().any(|one| task.worked_in(one));
            let tasks: Vec<_> = self.tasks.iter().filter(worked).collect();
            let mut is_approved = tasks.is_empty();
            for approved in tasks.iter().filter_map(|task| task.recorded.approved) {
                is_approved |= covers(*commit, approved)?;
            }
            if let Some(task) = tasks.first().filter(|_| !is_approved) {
                return Ok(Some((*commit, task)));
            }
        }
        Ok(None)
    }

    /// The sessions that a commit names.
    fn sessions_of(&self, repo: &Repo, commit: Oid) -> Result<Vec<SessionId>, GitError> {
        let mut buffer = Vec::new();
        let commit = repo.objects().commit(commit, &mut buffer)?;
        let values = trailers::values(commit.message.as_bstr(), &self.trailer);
        Ok(values
            .filter_map(|value| SessionId::parse(value.to_str().ok()?))
            .collect())
    }
}

/// The run that has a task at work in this session and is not over.
pub fn open_run_of(repo: &Repo, session: &SessionId) -> Result<Option<String>, GitError> {
    let mut runs = ids(repo)?.into_iter().rev();
    let works_in = |run: &String| {
        recorded(repo, run).is_some_and(|recorded| {
            let mut places = recorded.tasks.iter().filter_map(|task| task.place.as_ref());
            !recorded.is_over()
                && places.any(|place| {
                    let own = place.session.as_ref();
                    own.is_some_and(|own| own.agrees_with(session))
                })
        })
    };
    Ok(runs.find(works_in))
}

impl RecordedRun {
    fn is_over(&self) -> bool {
        matches!(self.phase.name.as_str(), "done" | "failed")
    }
}

impl Task {
    fn places(&self) -> impl Iterator<Item = &RecordedPlace> {
        self.recorded.place.iter().chain(&self.recorded.former)
    }

    fn had(&self, branch: &BranchName) -> bool {
        self.places().any(|place| place.branch == *branch)
    }

    fn worked_in(&self, session: &SessionId) -> bool {
        let mut sessions = self.places().filter_map(|place| place.session.as_ref());
        sessions.any(|own| own.agrees_with(session))
    }

    fn objection(&self, branch: &BranchName) -> String {
        let (id, run) = (&self.recorded.id, &self.run);
        let last = self.recorded.place.as_ref().map(|place| &place.branch);
        let said = match self.recorded.approved {
            Some(approved) if last.is_some_and(|last| *last == *branch) => format!(
                "it is not {} any more, which a gate of run {run} has approved for task {id}",
                approved.short()
            ),
            _ => format!("it has work for task {id} of run {run} that no gate has approved"),
        };
        let next = match self.is_over {
            true => String::new(),
            false => format!("`git baton orchestrator resume {run}` goes on with the run, "),
        };
        format!(
            "{said}; {next}`git log -p HEAD..{branch}` shows it, `git baton orchestrator merge {branch}` lands it all \
             the same"
        )
    }
}

/// The state of a run; `None` where it cannot be read.
fn recorded(repo: &Repo, run: &str) -> Option<RecordedRun> {
    let json = Record::open(repo, run).ok()?.file(repo, STATE).ok()??;
    serde_json::from_slice(&json).ok()
}
