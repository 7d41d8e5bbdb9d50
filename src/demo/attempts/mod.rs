//! The attempts of the demonstration, as data.

mod aggregate;
mod commits;
mod history;
mod honest;
mod server;

use super::outcome::{State, Stop};
use super::scene::Place;
use baton_hooks::Hook;

/// One thing that an agent tries.
pub(super) struct Attempt {
    /// The heading that it stands under.
    pub(super) group: &'static str,
    /// The attempt, in a few words.
    pub(super) name: &'static str,
    /// Where it is tried.
    pub(super) place: Place,
    /// The steps before it, which nothing stops.
    pub(super) first: &'static [Step],
    /// The command line that is tried.
    pub(super) tries: &'static str,
    /// The layer that ought to stop it, and the state that ought to be left.
    pub(super) expected: (Stop, State),
    /// A command line, run afterwards, and what it ought to print; for what references do not
    /// show.
    pub(super) shows: Option<(&'static str, &'static str)>,
    /// The answer of a command of Baton that declines.
    pub(super) because: Option<&'static str>,
}

/// A step that prepares an attempt. Every text may name words in braces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Runs a command line.
    Run(&'static str),
    /// Runs a command line in another place.
    At(Place, &'static str),
    /// Gives what a command line prints a name among the words.
    Let(&'static str, &'static str),
    /// Writes a file.
    Write(&'static str, &'static str),
    /// Adds to a file.
    Append(&'static str, &'static str),
    /// Deletes a file.
    Remove(&'static str),
    /// Replaces a file by a symbolic link to another.
    Link(&'static str, &'static str),
}

impl Attempt {
    fn new(
        name: &'static str,
        first: &'static [Step],
        tries: &'static str,
        stop: Stop,
        left: State,
    ) -> Self {
        Self {
            group: "",
            name,
            place: Place::AgentA,
            first,
            tries,
            expected: (stop, left),
            shows: None,
            because: None,
        }
    }

    /// An attempt that a hook has to refuse.
    fn refused(
        name: &'static str,
        first: &'static [Step],
        tries: &'static str,
        hook: Hook,
        left: State,
    ) -> Self {
        Self::new(name, first, tries, Stop::Hook(hook), left)
    }

    /// An attempt that this command of Baton has to decline, saying why.
    fn declined(
        name: &'static str,
        tries: &'static str,
        command: &'static str,
        why: &'static str,
    ) -> Self {
        let attempt = Self::new(name, &[], tries, Stop::Command(command), State::Clean);
        Self {
            because: Some(why),
            ..attempt
        }
    }

    /// An attempt that has to go through, moving these references.
    fn allowed(
        name: &'static str,
        first: &'static [Step],
        tries: &'static str,
        moved: &'static str,
    ) -> Self {
        Self::new(
            name,
            first,
            tries,
            Stop::Nothing,
            State::Moved(moved.into()),
        )
    }

    fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    fn shows(mut self, command: &'static str, printed: &'static str) -> Self {
        self.shows = Some((command, printed));
        self
    }
}

/// When something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// While three sessions are active.
    AtWork,
    /// After their aggregate.
    Aggregated,
}

/// Every attempt of this act, in the order of the table.
pub(super) fn of(act: Act) -> Vec<Attempt> {
    let groups = match act {
        Act::AtWork => at_work(),
        Act::Aggregated => vec![("After the aggregate", aggregate::afterwards())],
    };
    let named = groups.into_iter().flat_map(|(group, attempts)| {
        attempts
            .into_iter()
            .map(move |attempt| Attempt { group, ..attempt })
    });
    named.collect()
}

fn at_work() -> Vec<(&'static str, Vec<Attempt>)> {
    vec![
        ("Honest work", honest::all()),
        (
            "Sessions and aggregates out of turn",
            aggregate::out_of_turn(),
        ),
        ("Commits that write the handoff file", commits::handoff()),
        (
            "Commits of several sessions, and the rules",
            commits::sessions(),
        ),
        ("Commits from elsewhere", history::foreign()),
        ("Branches that lose or launder", history::branches()),
        (
            "Without the hooks of the clone, and the server",
            server::all(),
        ),
    ]
}

/// Where the default policy expects the handoff file.
pub(super) const HANDOFF: &str = ".agents/HANDOFF.md";

/// Adds a line to the handoff file.
const EDIT: Step = Step::Append(HANDOFF, "- Said by an agent\n");
/// Stages everything.
const ADD: Step = Step::Run("git add -A");
/// Brings the commit of a clone without hooks here, as `FETCH_HEAD`.
const FETCH_BAD: Step = Step::Run("git fetch -q {outside} bad");
/// Makes a commit that breaks a rule, `bad` among the words, on no branch.
const MAKE_BAD: Step = Step::Let(
    "bad",
    "git commit-tree {tree} -p HEAD -m 'Edit by plumbing'",
);
/// Names the staged tree among the words.
const TREE: Step = Step::Let("tree", "git write-tree");
/// Puts index and files back.
const CLEAN: Step = Step::Run("git reset -q --hard");
/// The log of the agent's own session.
const LOG: Step = Step::Append(
    ".agents/sessions/2026-01-05-session-5-say-where-it-hurts.md",
    "More to do.\n",
);
/// Commits what is staged for the agent's own session.
const WORK: Step = Step::Run("git commit -q -m 'Go on with the errors'");
/// The log of another session.
const OTHER_LOG: Step = Step::Write(".agents/sessions/2026-01-05-session-06.md", "# Session 6\n");
