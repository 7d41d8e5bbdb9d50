//! The progress of a run: a box that is drawn again on a terminal, below what was said
//! so far; lines elsewhere; or JSON for programs.

use crate::cli::orchestrator::RunFormat;
use crate::commands::{print, screen, tell};
use baton_conductor::run::conduct::Watcher;
use baton_conductor::run::state::{Event, Phase, RunState};
use baton_conductor::run::{event_text, lanes};
use baton_core::layout::Screen;
use baton_core::plan::{self, Plan, TaskList, end_to_end, overlaps, panel, progress};
use baton_sys::{clock, terminal};

/// Tells what happens.
pub struct ProgressPrinter {
    format: RunFormat,
    ascii: bool,
    /// True if a box showed what happened last.
    is_live: bool,
    /// The box as it stands on the terminal; empty where none does.
    drawn: String,
}

impl ProgressPrinter {
    /// Tells in this way.
    pub fn new(format: RunFormat) -> Self {
        Self {
            format,
            ascii: screen().ascii,
            is_live: false,
            drawn: String::new(),
        }
    }

    /// Says how it ended, and what comes next.
    pub fn conclude(&mut self, run: &str, state: &RunState) -> miette::Result<()> {
        match self.format {
            RunFormat::Human => print(&event_text::conclusion(run, state)),
            RunFormat::Json => Ok(()),
        }
    }

    /// The terminal, which may have got another size.
    fn screen(&self) -> Screen {
        Screen {
            ascii: self.ascii,
            ..screen()
        }
    }

    /// The agents' progress, in a box.
    fn progress(&self, state: &RunState) -> String {
        let lines = lanes::agents(state, clock::now_millis());
        let complete = lanes::complete(state);
        progress(&event_text::mode(state), &lines, complete, self.screen())
    }

    /// Puts `above` where the box stands, and this box below it.
    fn draw(&mut self, above: &str, text: String) {
        if !above.is_empty() || text != self.drawn {
            self.clear();
            self.put(&format!("{above}{text}"));
            self.drawn = text;
        }
    }

    /// Takes the box off the terminal.
    fn clear(&self) {
        terminal::steer(&self.away());
    }

    /// The bytes that do so: up to its first line, and nothing from there on.
    fn away(&self) -> String {
        match self.drawn.lines().count() {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A\u{1b}[J"),
        }
    }

    /// The lines that tell an event: what the end-to-end check saw in a box of its own.
    fn line(&self, run: &str, state: &RunState, event: &Event) -> String {
        let line = event_text::line(run, state, event);
        let line = line.map_or(String::new(), |line| line + "\n");
        match event {
            Event::EndToEnd { report, .. } => line + &end_to_end(report, self.screen()),
            _ => line,
        }
    }

    /// The lines that tell an event, and a bar where it brought the run on.
    fn lines(&self, run: &str, state: &RunState, event: &Event) -> String {
        let mut text = self.line(run, state, event);
        let is_mile = matches!(event, Event::Approved { .. } | Event::AttemptFailed { .. });
        if is_mile && matches!(state.phase, Phase::Parallelize | Phase::Integrate) {
            let (done, all) = lanes::complete(state);
            let bar = plan::bar(done, all, self.ascii);
            text.push_str(&format!("   {bar}\n"));
        }
        text
    }

    /// The reader may be gone; the run goes on.
    fn put(&self, text: &str) {
        drop(print(text));
    }
}

/// True if the terminal has room for a box: it could not be taken off again if its lines were
/// broken or its top scrolled away.
fn fits(text: &str) -> bool {
    terminal::size().is_some_and(|(columns, rows)| {
        columns >= plan::NARROWEST_BOX && text.lines().count() < rows
    })
}

/// True if the box does not show it.
fn is_beside_the_box(event: &Event) -> bool {
    !matches!(
        event,
        Event::Begin { .. }
            | Event::Dispatched { .. }
            | Event::Worked { .. }
            | Event::GateBegan { .. }
            | Event::Approved { .. }
            | Event::CleanedUp
            | Event::Pause(_)
    )
}

impl Watcher for ProgressPrinter {
    fn planned(&mut self, tasks: &TaskList, plan: &Plan) {
        if self.format == RunFormat::Human {
            self.put(&(panel(tasks, plan, self.screen()) + &overlaps(tasks)));
        }
    }

    fn happened(&mut self, run: &str, state: &RunState, event: &Event) {
        if self.format == RunFormat::Json {
            return self.put(&event_text::json(run, state, event));
        }
        let text = self.progress(state);
        self.is_live = fits(&text);
        if self.is_live {
            let above = match is_beside_the_box(event) {
                true => self.line(run, state, event),
                false => String::new(),
            };
            return self.draw(&above, text);
        }
        self.clear();
        self.put(&self.lines(run, state, event));
        self.drawn.clear();
    }

    fn waited(&mut self, state: &RunState) {
        let text = self.progress(state);
        if self.is_live && fits(&text) {
            self.draw("", text);
        }
    }

    fn said(&mut self, sentence: &str) {
        if !self.drawn.is_empty() {
            self.clear();
            self.drawn.clear();
        }
        tell(&format!("{sentence}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_conductor::run::state::{Aggregate, CheckKind, TaskState, WorkCheck};
    use baton_core::model::{BranchName, Oid};

    fn printer() -> ProgressPrinter {
        ProgressPrinter {
            format: RunFormat::Human,
            ascii: true,
            is_live: false,
            drawn: String::new(),
        }
    }

    fn state() -> RunState {
        let task = |id: &str| vec![TaskState::new(id, id, Vec::new(), 2)];
        let groups = vec![vec![task("a"), task("b")]];
        let state = RunState::new(BranchName::new("main"), groups, 2, false, 1);
        state
            .apply(&Event::Begin { one_group: false }, 2)
            .unwrap()
            .0
    }

    fn approved() -> Event {
        Event::Approved {
            task: "a".to_owned(),
            commit: Oid::from_bytes(&[7; 20]).unwrap(),
            pictures: Vec::new(),
            checks: vec![WorkCheck {
                by: CheckKind::Gate,
                what: "codex".to_owned(),
                outcome: "TASK_APPROVED".to_owned(),
            }],
        }
    }

    #[test]
    fn a_bar_follows_what_brought_the_run_on() {
        let (printer, mut state) = (printer(), state());
        let text = printer.lines("r", &state, &approved());
        let bar = plan::bar(0, 2, true);
        assert_eq!(text, format!("a: approved\n   {bar}\n"));
        let begun = Event::GateBegan {
            task: "a".to_owned(),
        };
        assert_eq!(printer.lines("r", &state, &begun), "");
        let interrupted = Event::Interrupted {
            task: "a".to_owned(),
        };
        assert_eq!(printer.lines("r", &state, &interrupted), "a: interrupted\n");
        state.phase = Phase::Done;
        assert_eq!(printer.lines("r", &state, &approved()), "a: approved\n");
    }

    #[test]
    fn a_box_is_taken_away_from_its_first_line_on() {
        let mut printer = printer();
        assert_eq!(printer.away(), "");
        printer.drawn = "one\ntwo\nthree\n".to_owned();
        assert_eq!(printer.away(), "\u{1b}[3A\u{1b}[J");
    }

    #[test]
    fn what_went_wrong_is_said_beside_the_box_that_does_not_show_it() {
        let task = || "a".to_owned();
        let reason = || "no".to_owned();
        for event in [
            Event::AttemptFailed {
                task: task(),
                reason: reason(),
                is_final: false,
            },
            Event::Rejected {
                task: task(),
                reason: reason(),
                pictures: Vec::new(),
            },
            Event::Blocked {
                task: task(),
                reason: reason(),
            },
            Event::Aggregated(Aggregate::Failed { reason: reason() }),
            Event::Landed {
                landed: Vec::new(),
                refused: Vec::new(),
            },
            Event::OneGroup,
        ] {
            assert!(is_beside_the_box(&event), "{event:?}");
        }
        for event in [
            approved(),
            Event::CleanedUp,
            Event::GateBegan { task: task() },
        ] {
            assert!(!is_beside_the_box(&event), "{event:?}");
        }
    }
}
