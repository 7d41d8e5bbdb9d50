//! Which tasks run together, and which wait.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::graph::TaskGraph;
use super::{Task, TaskList};
use crate::policy::{Conductor, PathGlob};

/// The start of the reasons that are about a number.
pub(super) const TOO_FEW: &str = "Only";

/// The order in which a list of tasks is worked on: every task once, in one lane of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The mode: parallel or sequential.
    pub mode: Mode,
    /// The groups, one after the other.
    pub groups: Vec<Group>,
    /// The most agents that work at once; 1 for a sequential plan.
    pub max_agents: usize,
}

/// The mode: parallel or sequential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The lanes of a group run side by side.
    Parallel,
    /// Every group is one lane.
    Sequential {
        /// Why, in words for people.
        reason: String,
    },
}

/// Lanes that run side by side: no task of one waits for a task of another, and no path may be
/// changed by two of them. There is one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The lanes, the longest work first.
    pub lanes: Vec<Lane>,
}

/// Tasks that one agent carries out one after the other. There is one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Indices into [`TaskList::tasks`].
    pub tasks: Vec<usize>,
}

impl Plan {
    /// The plan for these tasks. A lane stands in the first group with room behind the groups of
    /// all that it waits for; where there is not room for all, those with the most tasks still
    /// to follow go first.
    pub fn new(list: &TaskList, conductor: &Conductor) -> Self {
        let lanes = Lanes::of(&list.graph);
        if let Some(reason) = why_sequential(list, &lanes, conductor) {
            let alone = |tasks| Group {
                lanes: vec![Lane { tasks }],
            };
            return Self {
                mode: Mode::Sequential { reason },
                groups: lanes.chains.into_iter().map(alone).collect(),
                max_agents: 1,
            };
        }
        let groups = lanes.groups(conductor.max_agents).into_iter();
        let lane = |at: usize| Lane {
            tasks: lanes.chains[at].clone(),
        };
        let group = |members: Vec<usize>| Group {
            lanes: members.into_iter().map(lane).collect(),
        };
        Self {
            mode: Mode::Parallel,
            groups: groups.map(group).collect(),
            max_agents: conductor.max_agents,
        }
    }

    /// The lanes in the order of their groups.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.groups.iter().flat_map(|group| &group.lanes)
    }

    /// The number of agents in the group with the most.
    pub fn agents(&self) -> usize {
        let sizes = self.groups.iter().map(|group| group.lanes.len());
        sizes.max().unwrap_or(0)
    }

    /// True if a lane waits for an agent and for nothing else.
    pub fn is_limited(&self, list: &TaskList) -> bool {
        let waits = |lane: &Lane, group: &Group| {
            let mut before = group.lanes.iter().flat_map(|lane| &lane.tasks);
            let first = lane.tasks.first();
            first.is_some_and(|&own| before.any(|&task| list.graph.comes_before(task, own)))
        };
        self.mode == Mode::Parallel
            && self.groups.windows(2).any(|pair| match pair {
                [group, next] => !next.lanes.iter().all(|lane| waits(lane, group)),
                _ => false,
            })
    }
}

impl TaskList {
    /// The number of lanes that could run at once with an agent for each.
    pub fn independent(&self) -> usize {
        Lanes::of(&self.graph).width()
    }
}

/// The chains of a graph and which waits for which.
struct Lanes {
    /// In an order in which each stands behind all that it waits for.
    chains: Vec<Vec<usize>>,
    waits: Vec<Vec<usize>>,
}

impl Lanes {
    fn of(graph: &TaskGraph) -> Self {
        let chains = graph.chains();
        // Only the first of a chain waits for others, and others wait for the last alone.
        let waits = |later: usize| {
            let behind = |&earlier: &usize| match (chains[earlier].last(), chains[later].first()) {
                (Some(&last), Some(&first)) => graph.comes_before(last, first),
                _ => false,
            };
            (0..later).filter(behind).collect()
        };
        let waits = (0..chains.len()).map(waits).collect();
        Self { chains, waits }
    }

    fn width(&self) -> usize {
        let mut counts = Vec::new();
        let mut levels: Vec<usize> = Vec::with_capacity(self.chains.len());
        for waits in &self.waits {
            let level = waits.iter().map(|&wait| levels[wait] + 1).max();
            let level = level.unwrap_or(0);
            levels.push(level);
            counts.resize(counts.len().max(level + 1), 0);
            counts[level] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    }

    /// The number of tasks that follow one another from each task on.
    fn still_to_follow(&self) -> Vec<usize> {
        let mut own_and_later: Vec<usize> = self.chains.iter().map(Vec::len).collect();
        for later in (0..self.chains.len()).rev() {
            for &earlier in &self.waits[later] {
                let through = self.chains[earlier].len() + own_and_later[later];
                own_and_later[earlier] = own_and_later[earlier].max(through);
            }
        }
        own_and_later
    }

    fn groups(&self, max_agents: usize) -> Vec<Vec<usize>> {
        let follow = self.still_to_follow();
        let mut placed = vec![false; self.chains.len()];
        let mut left: Vec<usize> = (0..self.chains.len()).collect();
        left.sort_by_key(|&lane| Reverse(follow[lane]));
        let mut groups = Vec::new();
        while !left.is_empty() {
            let ready = |lane: &&usize| self.waits[**lane].iter().all(|&wait| placed[wait]);
            let group: Vec<usize> = left
                .iter()
                .filter(ready)
                .take(max_agents.max(1))
                .copied()
                .collect();
            for &lane in &group {
                placed[lane] = true;
            }
            left.retain(|&lane| !placed[lane]);
            groups.push(group);
        }
        groups
    }
}

fn why_sequential(list: &TaskList, lanes: &Lanes, conductor: &Conductor) -> Option<String> {
    let (tasks, width) = (list.tasks.len(), lanes.width());
    let noun = |number: usize| noun(list, number);
    let depend = list.tasks.iter().any(|task| !task.waits_for.is_empty());
    let fewest = conductor.min_tasks.max(2);
    let reason = if !conductor.enabled {
        "Parallelization is disabled in the policy".to_owned()
    } else if is_single_file(&list.tasks) {
        "All changes are in a single file".to_owned()
    } else if tasks < fewest && depend {
        format!("{TOO_FEW} {tasks} {} with dependencies", noun(tasks))
    } else if tasks < fewest {
        format!("{TOO_FEW} {tasks} {}", noun(tasks))
    } else if lanes.chains.len() == 1 && tasks > 1 {
        "All tasks have linear dependencies".to_owned()
    } else if width < conductor.min_tasks {
        format!("{TOO_FEW} {width} of {tasks} {} independent", noun(tasks))
    } else if conductor.max_agents == 1 {
        format!("{TOO_FEW} 1 agent may work at once")
    } else {
        return None;
    };
    Some(reason)
}

fn is_single_file(tasks: &[Task]) -> bool {
    let patterns: BTreeSet<&str> = tasks
        .iter()
        .flat_map(|task| task.files.iter().map(String::as_str))
        .collect();
    match patterns.first() {
        Some(only) => patterns.len() == 1 && tasks.len() > 1 && is_file(only),
        None => false,
    }
}

fn is_file(pattern: &str) -> bool {
    PathGlob::parse(pattern).is_ok_and(|glob| glob.is_one_path())
}

/// The noun for tasks: files, where each is about one file and no other is about the same.
pub(super) fn noun(list: &TaskList, number: usize) -> &'static str {
    let is_file = |task: &Task| matches!(&task.files[..], [only] if is_file(only));
    let files: BTreeSet<_> = list.tasks.iter().flat_map(|task| &task.files).collect();
    let are_files = files.len() == list.tasks.len() && list.tasks.iter().all(is_file);
    match (are_files, number) {
        (true, 1) => "file",
        (true, _) => "files",
        (false, 1) => "task",
        (false, _) => "tasks",
    }
}

#[cfg(test)]
mod tests;
