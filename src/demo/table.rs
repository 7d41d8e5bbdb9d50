use anstyle::{AnsiColor, Style};

use super::outcome::{Row, Stop};
use baton_core::layout::{padded, wrapped_hard};

/// The widths of the sign and the first two columns, in characters, with the blank after each.
const SIGN: usize = 2;
const ATTEMPT: usize = 43;
const STOPPED_BY: usize = 22;
/// The width of the last column: lines are no longer than 100 characters.
const STATE: usize = 100 - SIGN - ATTEMPT - STOPPED_BY;

/// The legend of the last column.
const LEGEND: &str = "as before: HEAD, index, files, and every branch here and on the forge";

/// A table that grows row by row.
pub struct Table {
    heading: Style,
    good: Style,
    bad: Style,
    group: &'static str,
}

impl Table {
    /// A table without rows.
    pub fn new(colour: bool) -> Self {
        let mark = |style: Style| if colour { style } else { Style::new() };
        Self {
            heading: mark(Style::new().bold()),
            good: mark(AnsiColor::Green.on_default()),
            bad: mark(AnsiColor::Red.on_default().bold()),
            group: "",
        }
    }

    /// The columns' titles.
    pub fn head(&self) -> String {
        let titles = line("", "attempt", "stopped by", "the repository after");
        let heading = self.heading;
        format!("{LEGEND}\n\n{heading}{}{heading:#}\n", titles.trim_end())
    }

    /// One row, below the heading of its group where a group begins. Below a row that is not as
    /// it ought to be stands what was expected.
    pub fn row(&mut self, row: &Row) -> String {
        let mut text = String::new();
        if self.group != row.group {
            let heading = self.heading;
            self.group = row.group;
            text = format!("\n{heading}{}{heading:#}\n", row.group);
        }
        let (style, sign) = match row.holds() {
            true => (self.good, "✓"),
            false => (self.bad, "✗"),
        };
        let (stop, state) = &row.seen;
        let seen = line(sign, row.attempt, &stopper(stop), &state.to_string());
        text += &seen.replacen(sign, &format!("{style}{sign}{style:#}"), 1);
        if !row.holds() {
            let (stop, state) = &row.expected;
            let title = "  and this was expected:";
            text += &line("", title, &stopper(stop), &state.to_string());
        }
        text
    }
}

fn stopper(stop: &Stop) -> String {
    match stop {
        Stop::Nothing => "—".to_owned(),
        other => other.to_string(),
    }
}

/// The cells beside each other; those that are too long go on below.
fn line(sign: &str, attempt: &str, stop: &str, state: &str) -> String {
    let stops = wrapped_hard(stop, STOPPED_BY - 1);
    let states = wrapped_hard(state, STATE);
    let mut text = String::new();
    for at in 0..stops.len().max(states.len()) {
        let (sign, attempt) = if at == 0 { (sign, attempt) } else { ("", "") };
        let cell = |cells: &[String]| cells.get(at).cloned().unwrap_or_default();
        let (stop, state) = (cell(&stops), cell(&states));
        let cells = [
            padded(sign, SIGN),
            padded(attempt, ATTEMPT),
            padded(&stop, STOPPED_BY),
            state,
        ];
        let whole = cells.concat();
        text += whole.trim_end();
        text.push('\n');
    }
    text
}

/// One sentence about all rows.
pub fn summary(rows: &[Row]) -> String {
    let (honest, hostile): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| row.expected.0 == Stop::Nothing);
    let wrong = rows.iter().filter(|row| !row.holds()).count();
    match wrong {
        0 => format!(
            "{} hostile attempts stopped where the table says, {} honest ones let through",
            hostile.len(),
            honest.len()
        ),
        some => format!(
            "{some} of {} attempts did not end as they ought to",
            rows.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::State;
    use baton_hooks::Hook;

    fn row(seen: (Stop, State)) -> Row {
        Row {
            group: "Commits",
            attempt: "commit -n",
            expected: (Stop::Hook(Hook::ReferenceTransaction), State::Staged),
            seen,
        }
    }

    fn right() -> Row {
        row((Stop::Hook(Hook::ReferenceTransaction), State::Staged))
    }

    #[test]
    fn a_row_that_differs_says_what_was_expected() {
        let wrong = row((Stop::Nothing, State::Moved("agent-a".into())));
        let mut table = Table::new(false);
        let first = table.row(&right());
        assert!(first.starts_with("\nCommits\n✓ commit -n  "), "{first}");
        let second = table.row(&wrong);
        let lines: Vec<_> = second.lines().collect();
        assert!(lines[0].starts_with("✗ commit -n  "), "{second}");
        assert!(lines[0].contains("—   ") && lines[0].ends_with("moved: agent-a"));
        assert!(lines[1].contains("expected") && lines[1].contains("reference-transaction"));
        assert_eq!(
            summary(&[right(), wrong]),
            "1 of 2 attempts did not end as they ought to"
        );
        assert!(summary(&[right()]).starts_with("1 hostile"));
    }

    #[test]
    fn the_same_layer_with_another_state_does_not_hold() {
        let hook = Stop::Hook(Hook::ReferenceTransaction);
        assert!(!row((hook, State::Clean)).holds());
        assert!(right().holds());
    }

    #[test]
    fn no_line_is_longer_than_100_characters() {
        let long = "fatal: a path of some length ".repeat(9) + &"/x".repeat(70);
        let wrong = row((Stop::Other(long.clone().into()), State::Other(long.into())));
        let text = Table::new(false).row(&wrong);
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        assert_eq!(text.matches('/').count(), 2 * 70, "{text}");
    }

    #[test]
    fn colour_is_asked_for() {
        assert!(!Table::new(false).row(&right()).contains('\u{1b}'));
        assert!(Table::new(true).row(&right()).contains('\u{1b}'));
    }
}
