//! From the text of `tasks.toml` to tasks that can be run.

use std::collections::HashMap;

use toml::Spanned;

use super::error::{Fault, PlanError, PlanProblem};
use super::graph::TaskGraph;
use super::schema::{MAX_TASKS, MAX_TASKS_BYTES, TaskTable, TasksFile, VERSION};
use super::{Because, NotAnId, Task, TaskId, Wait};
use crate::policy::toml_file::{self, TomlFault};
use crate::policy::{Neighbours, POLICY_PATH, PathGlob, PathSet, Policy};

/// The tasks of a valid file and what comes before what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskList {
    /// The tasks in the order of the file.
    pub tasks: Vec<Task>,
    /// The order they are bound to, by index.
    pub graph: TaskGraph,
}

type Checked<T> = Result<T, Fault>;

impl TaskList {
    /// Reads the text of a task file for a repository with this policy; `name` is how errors
    /// call the file.
    ///
    /// # Errors
    /// When the file is too large, no UTF-8 or no TOML, says what no task can say, names two tasks
    /// alike, names tasks that do not exist or wait for each other, or lets a task change what
    /// the policy protects.
    pub fn parse(name: &str, toml: &[u8], policy: &Policy) -> Result<Self, PlanError> {
        if toml.len() > MAX_TASKS_BYTES {
            let fault = Fault {
                problem: PlanProblem::TooLarge(toml.len()),
                labels: Vec::new(),
                help: Some("put what is long into files that the prompts name".to_owned()),
            };
            return Err(fault.in_file(name, String::new()));
        }
        let text = std::str::from_utf8(toml).map_err(|error| {
            let lossy = String::from_utf8_lossy(toml).into_owned();
            let start = error.valid_up_to();
            let mark = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
            Fault::at(mark, PlanProblem::NotUtf8, "write the file in UTF-8").in_file(name, lossy)
        })?;
        read(text, policy).map_err(|fault| fault.in_file(name, text.to_owned()))
    }

    /// The task with this id.
    pub fn get(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id.as_str() == id)
    }
}

impl From<TomlFault> for Fault {
    fn from(fault: TomlFault) -> Self {
        Self {
            problem: fault.problem.into(),
            labels: vec![(fault.span, "here".to_owned())],
            help: fault.help,
        }
    }
}

fn read(text: &str, policy: &Policy) -> Checked<TaskList> {
    let file: TasksFile = toml_file::read(text)?;
    if *file.version.get_ref() != VERSION {
        let problem = PlanProblem::Version(*file.version.get_ref());
        let help = format!("this git-baton reads version {VERSION}");
        return Err(Fault::at(file.version.span(), problem, help));
    }
    check_number(&file)?;
    let ids = ids(&file.task)?;
    let mut owned = Vec::with_capacity(file.task.len());
    let protected = protected(policy);
    for table in &file.task {
        check_values(table, policy)?;
        owned.push(own_paths(table, &protected)?);
    }
    let waits = waits(&file.task)?;
    let graph = TaskGraph::new(waits).map_err(|cycle| cycle_fault(&file.task, &cycle))?;
    let neighbours = Neighbours::of(&owned);
    let meeting = |a: usize, b: usize| {
        let near = neighbours.has(a, b);
        near.then(|| owned[a].meeting(&owned[b])).flatten()
    };
    let (graph, overlaps) = graph.put_in_order(|a, b| meeting(a, b).is_some());
    let mut tasks: Vec<Task> = std::iter::zip(&file.task, &ids)
        .map(|(table, id)| task(table, id, policy))
        .collect();
    for (earlier, later) in overlaps {
        let Some((theirs, own)) = meeting(earlier, later) else {
            continue;
        };
        tasks[later].waits_for.push(Wait {
            task: ids[earlier].clone(),
            because: Because::Overlap {
                theirs: theirs.as_str().to_owned(),
                own: own.as_str().to_owned(),
            },
        });
    }
    Ok(TaskList { tasks, graph })
}

fn check_number(file: &TasksFile) -> Checked<()> {
    let (problem, help) = match file.task.len() {
        0 => (PlanProblem::NoTask, "begin each task with `[[task]]`"),
        1..=MAX_TASKS => return Ok(()),
        number => (PlanProblem::TooMany(number), "make several files of it"),
    };
    Err(Fault {
        problem,
        labels: Vec::new(),
        help: Some(help.to_owned()),
    })
}

/// The ids. Two that differ by case alone would share a branch on some systems.
fn ids(tables: &[TaskTable]) -> Checked<Vec<TaskId>> {
    let mut seen: HashMap<String, &Spanned<String>> = HashMap::new();
    let mut ids = Vec::with_capacity(tables.len());
    for table in tables {
        let text = &table.id;
        let id = TaskId::parse(text.get_ref()).map_err(|NotAnId(id)| {
            let help = "an id is at most 64 letters, digits, `-`, `_` and `.`, such as `task-1`";
            Fault::at(text.span(), PlanProblem::Id(id), help)
        })?;
        if let Some(first) = seen.insert(id.as_str().to_ascii_lowercase(), text) {
            let problem = PlanProblem::SameId(id.to_string());
            let help = "give each task a name of its own; upper and lower case are the same";
            let fault = Fault::at(first.span(), problem, help);
            return Err(fault.and("first here", text.span(), "and again here"));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn check_values(table: &TaskTable, policy: &Policy) -> Checked<()> {
    let id = table.id.get_ref();
    if let Some(title) = &table.title {
        let text = title.get_ref();
        if text.trim().is_empty() || text.contains(char::is_control) {
            let problem = PlanProblem::Title(id.clone());
            let help = "write one line; what the agent is told stands in `prompt`";
            return Err(Fault::at(title.span(), problem, help));
        }
    }
    if let Some(agent) = &table.agent {
        let (name, staff) = (agent.get_ref(), &policy.conductor.staff);
        if staff.agent(name).is_none() {
            let problem = PlanProblem::Agent {
                task: id.clone(),
                agent: name.clone(),
            };
            let help = toml_file::suggestion(name, &staff.names(), "the agents are");
            return Err(Fault::at(agent.span(), problem, help));
        }
    }
    match &table.attempts {
        Some(attempts) if *attempts.get_ref() == 0 => Err(Fault::at(
            attempts.span(),
            PlanProblem::NoAttempt(id.clone()),
            "write 1 or more",
        )),
        _ => Ok(()),
    }
}

/// The patterns of what the task may change, none of which meets what is protected.
fn own_paths(table: &TaskTable, protected: &PathSet) -> Checked<PathSet> {
    let mut globs = Vec::with_capacity(table.files.len());
    for text in &table.files {
        let pattern = text.get_ref();
        let glob = PathGlob::parse(pattern).map_err(|why| {
            let pattern = pattern.clone();
            let problem = PlanProblem::Files { pattern, why };
            let help = "paths look like `src/main.rs`, `src/api/` or `src/**/*.css`";
            Fault::at(text.span(), problem, help)
        })?;
        globs.push(glob);
    }
    let owned = PathSet::new(globs);
    let Some((own, covered)) = owned.meeting(protected) else {
        return Ok(owned);
    };
    let mut texts = table.files.iter();
    let text = texts.find(|text| text.get_ref() == own.as_str());
    let problem = PlanProblem::Protected {
        task: table.id.get_ref().clone(),
        pattern: own.as_str().to_owned(),
        protected: covered.as_str().to_owned(),
    };
    let help = "name the files and directories that the task is about, and no others";
    let span = text.map_or(0..0, Spanned::span);
    Err(Fault::at(span, problem, help))
}

/// The paths that only some may write.
fn protected(policy: &Policy) -> PathSet {
    let files = [POLICY_PATH.into(), policy.signing.allowed_signers.clone()];
    let own = files.iter();
    let own = own.filter_map(|path| PathGlob::parse(&path.to_string()).ok());
    let others = policy.protected.iter().flat_map(|entry| &entry.paths);
    PathSet::new(own.chain(others.cloned()).collect())
}

fn waits(tables: &[TaskTable]) -> Checked<Vec<Vec<usize>>> {
    let by_id: HashMap<&str, usize> = tables
        .iter()
        .enumerate()
        .map(|(at, table)| (table.id.get_ref().as_str(), at))
        .collect();
    let known = |table: &TaskTable, id: &Spanned<String>| match by_id.get(id.get_ref().as_str()) {
        Some(at) => Ok(*at),
        None => Err(unknown(tables, table, id)),
    };
    tables
        .iter()
        .map(|table| table.after.iter().map(|id| known(table, id)).collect())
        .collect()
}

fn unknown(tables: &[TaskTable], table: &TaskTable, id: &Spanned<String>) -> Fault {
    let problem = PlanProblem::UnknownTask {
        task: table.id.get_ref().clone(),
        unknown: id.get_ref().clone(),
    };
    let others = tables.iter().map(|other| other.id.get_ref().as_str());
    let others: Vec<_> = others
        .filter(|other| *other != table.id.get_ref())
        .collect();
    let help = match others.is_empty() {
        true => "there is no other task in this file".to_owned(),
        false => toml_file::suggestion(id.get_ref(), &others, "the other tasks are"),
    };
    Fault::at(id.span(), problem, help)
}

/// Points at every `after` on the cycle.
fn cycle_fault(tables: &[TaskTable], cycle: &[usize]) -> Fault {
    let name = |at: usize| tables[at].id.get_ref().clone();
    let followed = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let labels = followed.filter_map(|(&task, &next)| {
        let id = name(next);
        let wait = tables[task]
            .after
            .iter()
            .find(|wait| *wait.get_ref() == id)?;
        Some((wait.span(), format!("`{}` waits for `{id}`", name(task))))
    });
    let mut path: Vec<_> = cycle.iter().map(|at| name(*at)).collect();
    path.extend(cycle.first().map(|at| name(*at)));
    Fault {
        labels: labels.collect(),
        problem: PlanProblem::Cycle(path),
        help: Some("take one of these ids out of its `after`".to_owned()),
    }
}

fn task(table: &TaskTable, id: &TaskId, policy: &Policy) -> Task {
    let title = table.title.as_ref().map(|title| title.get_ref().trim());
    let mut waits_for: Vec<Wait> = Vec::new();
    for before in &table.after {
        let before = TaskId::parse(before.get_ref()).expect("it is the id of a task");
        if waits_for.iter().all(|wait| wait.task != before) {
            waits_for.push(Wait {
                task: before,
                because: Because::After,
            });
        }
    }
    let again = policy.conductor.retry_on_failure;
    Task {
        id: id.clone(),
        title: title.unwrap_or(id.as_str()).to_owned(),
        prompt: table.prompt.clone(),
        files: table
            .files
            .iter()
            .map(|text| text.get_ref().clone())
            .collect(),
        verify: table.verify.clone(),
        attempts: table
            .attempts
            .as_ref()
            .map_or(again.saturating_add(1), |it| *it.get_ref()),
        timeout_seconds: table.timeout.as_ref().map(|it| it.get_ref().seconds),
        kind: table.kind,
        agent: table.agent.as_ref().map(|name| name.get_ref().clone()),
        waits_for,
    }
}

#[cfg(test)]
mod tests;
