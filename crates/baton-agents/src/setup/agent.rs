use baton_core::policy::MissingProgram;

/// A coding agent in whose settings Baton can be a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Copilot CLI.
    Copilot,
    /// Cursor.
    Cursor,
    /// opencode.
    Opencode,
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Claude,
        Self::Codex,
        Self::Gemini,
        Self::Copilot,
        Self::Cursor,
        Self::Opencode,
    ];

    /// The name of the agent, as a user types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Copilot => "copilot",
            Self::Cursor => "cursor",
            Self::Opencode => "opencode",
        }
    }

    /// The names of its program.
    pub fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Cursor => &["cursor-agent", "cursor"],
            Self::Claude => &["claude"],
            Self::Codex => &["codex"],
            Self::Gemini => &["gemini"],
            Self::Copilot => &["copilot"],
            Self::Opencode => &["opencode"],
        }
    }

    /// The files and directories of a repository that say that this agent works there.
    pub fn signs(self) -> &'static [&'static str] {
        match self {
            Self::Claude => &[".claude", "CLAUDE.md"],
            Self::Codex => &[".codex"],
            Self::Gemini => &[".gemini", "GEMINI.md"],
            Self::Copilot => &[".github/hooks", ".github/copilot-instructions.md"],
            Self::Cursor => &[".cursor", ".cursorrules"],
            Self::Opencode => &[".opencode", "opencode.json", "opencode.jsonc"],
        }
    }

    /// Returns the answer to a call when the program `git-baton` is not there, where the policy does not say:
    /// what the agent does by itself with a hook that fails.
    pub fn missing_program(self) -> MissingProgram {
        match self {
            Self::Claude | Self::Codex | Self::Opencode => MissingProgram::Allow,
            Self::Gemini | Self::Copilot | Self::Cursor => MissingProgram::Deny,
        }
    }
}

/// The command line that an agent runs as its hook.
pub(super) fn command(missing: MissingProgram) -> &'static str {
    match missing {
        MissingProgram::Allow => "git baton agent-hook || exit 0",
        MissingProgram::Deny => {
            "git baton agent-hook || { echo 'git-baton is not installed here: ask the person you work for' >&2; exit 2; }"
        }
    }
}

/// The events at which an agent asks Baton, and what becomes of each without the program: an agent begins and stops all the same.
pub(super) fn events(agent: Agent, missing: MissingProgram) -> Vec<(&'static str, MissingProgram)> {
    let (judged, told): (&[_], &[_]) = match agent {
        Agent::Claude | Agent::Codex => (&["PreToolUse"], &["SessionStart", "Stop"]),
        Agent::Gemini => (&["BeforeTool"], &["SessionStart", "AfterAgent"]),
        Agent::Copilot => (&["preToolUse"], &["sessionStart", "agentStop"]),
        Agent::Cursor => (&["preToolUse", "beforeShellExecution"], &[]),
        Agent::Opencode => (&[], &[]),
    };
    let judged = judged.iter().map(|event| (*event, missing));
    let told = told.iter().map(|event| (*event, MissingProgram::Allow));
    judged.chain(told).collect()
}

/// True if Baton wrote this command line, or would.
pub(super) fn is_written(line: &str) -> bool {
    let missing = [MissingProgram::Allow, MissingProgram::Deny];
    missing.map(command).contains(&line)
}

/// True if a hook's command line runs Baton.
pub(super) fn is_own(command: &str) -> bool {
    ["git baton agent-hook", "git-baton agent-hook"]
        .iter()
        .any(|call| command.contains(call))
}
