//! What is told while a run goes on: a box that is drawn again on a terminal, lines elsewhere, or
//! JSON for programs.

use std::io::IsTerminal;

use crate::cli::orchestrator::RunFormat;
use crate::commands::{print, tell};
use crate::orchestrator::run::conduct::Watcher;
use crate::orchestrator::run::state::{Event, Phase, RunState};
use crate::orchestrator::run::telling;
use crate::plan::{Plan, TaskList, panel, progress};
use crate::sys::shows_unicode;

/// Tells what happens.
pub struct Narrator {
    format: RunFormat,
    ascii: bool,
    live: bool,
    /// How many lines the box that is drawn again takes.
    drawn: usize,
    plan: Option<(TaskList, Plan)>,
}

impl Narrator {
    /// Tells in this way.
    pub fn new(format: RunFormat) -> Self {
        Self {
            format,
            ascii: !shows_unicode(),
            live: format == RunFormat::Human && std::io::stdout().is_terminal(),
            drawn: 0,
            plan: None,
        }
    }

    /// Says how it ended, and what comes next.
    pub fn conclude(&mut self, run: &str, state: &RunState) -> miette::Result<()> {
        match self.format {
            RunFormat::Human => print(&telling::conclusion(run, state)),
            RunFormat::Json => Ok(()),
        }
    }

    fn draw(&mut self, state: &RunState) {
        let (lines, done, all) = telling::agents(state);
        let mode = telling::mode(state);
        let text = progress(&mode, &lines, done, all, self.ascii);
        let back = match self.drawn {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A\u{1b}[J"),
        };
        self.drawn = text.lines().count();
        self.put(&format!("{back}{text}"));
    }

    /// Nobody may read any more; the run goes on.
    fn put(&self, text: &str) {
        drop(print(text));
    }
}

impl Watcher for Narrator {
    fn planned(&mut self, tasks: &TaskList, plan: &Plan) {
        if self.format == RunFormat::Human {
            self.put(&panel(tasks, plan, self.ascii));
        }
        self.plan = Some((tasks.clone(), plan.clone()));
    }

    fn happened(&mut self, run: &str, state: &RunState, event: &Event) {
        match self.format {
            RunFormat::Json => self.put(&telling::json(run, state, event)),
            RunFormat::Human if self.live => self.draw(state),
            RunFormat::Human => {
                if let Some(line) = telling::line(run, state, event) {
                    self.put(&format!("{line}\n"));
                }
                let is_mile = matches!(event, Event::Approved { .. } | Event::AttemptFailed { .. });
                if is_mile && matches!(state.phase, Phase::Parallelize | Phase::Integrate) {
                    let (_, done, all) = telling::agents(state);
                    let bar = crate::plan::bar(done, all, self.ascii);
                    self.put(&format!("   {bar}\n"));
                }
            }
        }
    }

    fn said(&mut self, sentence: &str) {
        self.drawn = 0;
        tell(&format!("{sentence}\n"));
    }
}
