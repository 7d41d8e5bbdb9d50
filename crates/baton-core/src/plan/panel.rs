//! A plan as text for people: the mode and the groups in a box, and the progress of the agents.

mod end_to_end;

use super::groups::{TOO_FEW, noun};
use super::{Group, Lane, Mode, Plan, Task, TaskList};
use crate::layout::{self, Screen, padded, width};
use crate::policy::PathGlob;
use crate::report::escape::visible;

pub use end_to_end::{EndToEndReport, EndToEndStatus, end_to_end};

/// The columns that a box takes where there is room.
const WIDEST: usize = 63;
/// The columns that a box takes at least: fewer say nothing.
pub const NARROWEST: usize = 30;
/// The cells of a bar.
const CELLS: usize = 16;

/// The progress of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// It has not begun.
    Waiting,
    /// It works.
    Running,
    /// Its work is done.
    Done,
    /// It failed for good.
    Failed,
    /// A task that it waited for failed.
    Skipped,
}

/// The box that says how the tasks will be carried out, and why.
pub fn panel(list: &TaskList, plan: &Plan, screen: Screen) -> String {
    let mut panel = Panel::new(&plan.mode, screen);
    match &plan.mode {
        Mode::Parallel => parallel(&mut panel, list, plan),
        Mode::Sequential { reason } => sequential(&mut panel, list, plan, reason),
    }
    panel.close()
}

/// One agent's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentLine {
    /// Its progress.
    pub mark: Mark,
    /// Its name and its work, such as `Agent 2: sidebar.tsx`.
    pub text: String,
    /// A remark behind the mark's word; empty for none.
    pub more: String,
}

/// The box that says how far the agents are: a line for each, and a bar for `done` of `all`.
pub fn progress(
    mode: &Mode,
    lines: &[AgentLine],
    (done, all): (usize, usize),
    screen: Screen,
) -> String {
    let mut panel = Panel::new(mode, screen);
    panel.line(3, &format!("Progress: {}", bar(done, all, screen.ascii)));
    panel.line(0, "");
    for AgentLine { mark, text, more } in lines {
        let comma = if more.is_empty() { "" } else { ", " };
        panel.clipped(
            3,
            &format!("{} ", mark.sign(screen.ascii)),
            text,
            &format!(" ({}{comma}{more})", mark.word()),
        );
    }
    panel.close()
}

/// `[████████░░░░░░░░] 3/5 agents complete`; the bar grows by eighths.
pub fn bar(done: usize, all: usize, ascii: bool) -> String {
    let eighths = done.saturating_mul(8).checked_div(all).unwrap_or(0).min(8);
    let full = eighths * CELLS / 8;
    let (on, off) = if ascii { ("#", ".") } else { ("█", "░") };
    let agents = if all == 1 { "agent" } else { "agents" };
    format!(
        "[{}{}] {done}/{all} {agents} complete",
        on.repeat(full),
        off.repeat(CELLS - full)
    )
}

/// The work of a lane's agent: the titles of its tasks, or their files' names.
pub fn label(list: &TaskList, lane: &Lane) -> String {
    let names: Vec<_> = lane.tasks.iter().map(|&at| name(&list.tasks[at])).collect();
    names.join(", ")
}

/// A task's title where it was given one, else its files, else its id.
fn name(task: &Task) -> String {
    let text = if task.title != task.id.as_str() || task.files.is_empty() {
        task.title.clone()
    } else {
        let files: Vec<_> = task.files.iter().map(|file| file_name(file)).collect();
        files.join(", ")
    };
    visible(text.as_bytes())
}

/// The last part of a plain path; a pattern as it is.
fn file_name(pattern: &str) -> &str {
    let plain = PathGlob::parse(pattern).is_ok_and(|glob| glob.is_one_path());
    let last = pattern.rsplit('/').next();
    last.filter(|_| plain).unwrap_or(pattern)
}

fn parallel(panel: &mut Panel, list: &TaskList, plan: &Plan) {
    let (tasks, independent) = (list.tasks.len(), list.independent());
    let what = match plan.lanes().count() == independent {
        true => {
            let all = match tasks == independent {
                true => String::new(),
                false => format!(", {tasks} in all"),
            };
            format!("{independent} independent {}", noun(list, independent)) + " detected" + &all
        }
        false => {
            format!("{tasks} {} detected, ", noun(list, tasks))
                + &format!("{independent} independent")
        }
    };
    panel.line(3, &format!("Tasks: {what}"));
    let limited = match plan.is_limited(list) {
        true => " (limited by max_agents config)",
        false => "",
    };
    panel.line(3, &format!("Agents: {}{limited}", plan.agents()));
    panel.line(0, "");
    let mut agent = 0;
    for (at, group) in plan.groups.iter().enumerate() {
        let after = match at {
            0 => String::new(),
            _ => format!(" (after Group {at})"),
        };
        panel.line(3, &format!("Parallel Group {}{after}:", at + 1));
        self::group(panel, list, group, &mut agent);
        panel.line(0, "");
    }
    panel.line(3, &format!("Progress: {}", bar(0, agent, panel.ascii)));
}

fn group(panel: &mut Panel, list: &TaskList, group: &Group, agent: &mut usize) {
    for (at, lane) in group.lanes.iter().enumerate() {
        *agent += 1;
        let is_last = at + 1 == group.lanes.len();
        let branch = match (is_last, panel.ascii) {
            (false, false) => "├──",
            (true, false) => "└──",
            (false, true) => "|--",
            (true, true) => "`--",
        };
        let head = format!("{branch} Agent {agent}: [worktree-{agent}] ");
        panel.clipped(5, &head, &label(list, lane), "");
    }
}

fn sequential(panel: &mut Panel, list: &TaskList, plan: &Plan, reason: &str) {
    panel.clipped(3, "Reason: ", reason, "");
    let arrow = if panel.ascii { " -> " } else { " → " };
    let order: Vec<_> = plan
        .lanes()
        .flat_map(|lane| &lane.tasks)
        .map(|&at| name(&list.tasks[at]))
        .collect();
    let mut line = "Order: ".to_owned();
    for (at, name) in order.iter().enumerate() {
        if at > 0 && width(&line) + width(arrow) + width(name) > panel.inside - 5 {
            panel.clipped(3, "", &line, "");
            line = " ".repeat("Order:".len());
        }
        if at > 0 {
            line.push_str(arrow);
        }
        line.push_str(name);
    }
    panel.clipped(3, "", &line, "");
    panel.line(0, "");
    let why = match reason.starts_with(TOO_FEW) {
        true => " (threshold not met)",
        false => "",
    };
    panel.line(3, &format!("Skipping parallel orchestration{why}"));
}

impl Mark {
    /// One sign, two columns wide.
    pub fn sign(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Waiting, false) => "⏸\u{fe0f}",
            (Self::Running, false) => "⏳",
            (Self::Done, false) => "✅",
            (Self::Failed, false) => "❌",
            (Self::Skipped, false) => "⏭\u{fe0f}",
            (Self::Waiting, true) => "  ",
            (Self::Running, true) => "..",
            (Self::Done, true) => "ok",
            (Self::Failed, true) => "!!",
            (Self::Skipped, true) => "--",
        }
    }

    /// The same in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "in progress",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A box under construction.
struct Panel {
    ascii: bool,
    /// The columns between the walls.
    inside: usize,
    text: String,
}

impl Panel {
    fn open(screen: Screen) -> Self {
        let mut panel = Self {
            ascii: screen.ascii,
            inside: screen.columns.clamp(NARROWEST, WIDEST) - 2,
            text: String::new(),
        };
        panel.rule('┌', '┐');
        panel
    }

    fn new(mode: &Mode, screen: Screen) -> Self {
        let ascii = screen.ascii;
        let mut panel = Self::open(screen);
        let (sign, name) = match mode {
            Mode::Parallel => ("⚡ ", "PARALLEL"),
            Mode::Sequential { .. } => ("⏸\u{fe0f} ", "SEQUENTIAL"),
        };
        let sign = if ascii { "" } else { sign };
        panel.line(0, &format!("{sign}Execution Mode: {name}"));
        panel
    }

    fn close(mut self) -> String {
        self.rule('└', '┘');
        self.text
    }

    fn rule(&mut self, left: char, right: char) {
        let line = match self.ascii {
            true => format!("+{}+\n", "-".repeat(self.inside)),
            false => format!("{left}{}{right}\n", "─".repeat(self.inside)),
        };
        self.text.push_str(&line);
    }

    /// A line, cut where there is no room for all of it.
    fn line(&mut self, indent: usize, text: &str) {
        let wall = if self.ascii { '|' } else { '│' };
        let text = layout::clipped(text, self.inside - indent - 2, self.ellipsis());
        let line = padded(&format!(" {}{text}", " ".repeat(indent)), self.inside);
        self.text.push_str(&format!("{wall}{line}{wall}\n"));
    }

    /// A line whose middle is cut where there is no room for it.
    fn clipped(&mut self, indent: usize, head: &str, middle: &str, tail: &str) {
        let fixed = 2 + indent + width(head) + width(tail);
        let room = self.inside.saturating_sub(fixed);
        let middle = match self.ascii {
            true => layout::clipped(&to_ascii(middle), room, self.ellipsis()),
            false => layout::clipped(middle, room, self.ellipsis()),
        };
        self.line(indent, &format!("{head}{middle}{tail}"));
    }

    fn ellipsis(&self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }
}

fn to_ascii(text: &str) -> String {
    let plain = |c: char| if c.is_ascii() { c } else { '?' };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests;
