use std::borrow::Cow;
use std::fmt;

use baton_hooks::Hook;

/// The layer that stops an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing: it went through, and neither `verify` nor `doctor` has anything to say of the
    /// result.
    Nothing,
    /// This hook refused it by a rule.
    Hook(Hook),
    /// This command of Baton itself, and it says why.
    Command(&'static str),
    /// No hook was asked; `doctor` finds what came of it, and `verify` refuses it.
    Later,
    /// No rule is broken; `doctor` finds what would keep the guard from guarding.
    Doctor,
    /// Something else, such as git itself or a hook that could not decide.
    Other(Cow<'static, str>),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Hook(hook) => hook.name(),
            Self::Command(name) => name,
            Self::Later => "doctor and verify",
            Self::Doctor => "doctor",
            Self::Other(what) => what,
        })
    }
}

/// The state of the repositories after an attempt, compared with before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As before: every reference, `HEAD`, the index and the files; the change that was to be
    /// committed is still staged.
    Staged,
    /// As before, and the change is still there, not staged.
    Unstaged,
    /// As before, and the worktree clean.
    Clean,
    /// Every reference as before; index and files were not, until this command put them back.
    Restored(Cow<'static, str>),
    /// These references have moved, sorted by name.
    Moved(Cow<'static, str>),
    /// None of that.
    Other(Cow<'static, str>),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("as before, still staged"),
            Self::Unstaged => f.write_str("as before, still not staged"),
            Self::Clean => f.write_str("as before, clean"),
            Self::Restored(command) => write!(f, "{command} restores"),
            Self::Moved(names) => write!(f, "moved: {names}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// One attempt: what ought to be seen, and what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The heading that it stands under.
    pub group: &'static str,
    /// The attempt.
    pub attempt: &'static str,
    /// The layer that ought to stop it, and the state that ought to be left.
    pub expected: (Stop, State),
    /// The layer that stopped it, and the state that was left.
    pub seen: (Stop, State),
}

impl Row {
    /// True if it was as it ought to be.
    pub fn holds(&self) -> bool {
        self.expected == self.seen
    }
}
