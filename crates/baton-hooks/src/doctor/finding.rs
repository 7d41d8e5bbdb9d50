use std::fmt;

use baton_core::report::escape;

/// The kind of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Id {
    /// Baton's hooks are not in this repository.
    NotInstalled,
    /// A bare repository that only receives pushes is guarded as one in which commits are made.
    GuardedAsClone,
    /// The record of the installation cannot be read.
    RecordBroken,
    /// A hook is gone.
    HookMissing,
    /// Git passes over a hook that it may not run.
    HookNotExecutable,
    /// Another file has a hook's place.
    HookReplaced,
    /// A hook is a link that leads nowhere, which git passes over in silence.
    HookDangling,
    /// The hooks start a program that is not this repository's.
    HookMoved,
    /// Git looks for hooks elsewhere.
    HooksBypassed,
    /// A hook of the directory that `core.hooksPath` named, or of one that an earlier hook ran, does
    /// not run any more.
    EarlierHookSilent,
    /// A hook of the directory that `core.hooksPath` named asks git for that directory, and is told another.
    EarlierHookMisled,
    /// A copy of Baton's hook lies where other clones may find it, and names this repository's program.
    HookCopied,
    /// The program of which the hooks are further names is gone.
    ProgramMissing,
    /// That program is not what was installed.
    ProgramAltered,
    /// The program installed here is older than this one.
    ProgramOlder,
    /// The program installed here is newer than this one.
    ProgramNewer,
    /// The program installed here is of this version, and another build of it.
    ProgramOtherBuild,
    /// A policy cannot be read.
    PolicyInvalid,
    /// No worktree's next commit is judged by any rule.
    PolicyMissing,
    /// Git does not call the hook that sees every commit.
    GitTooOld,
    /// The record of what was judged is gone.
    JournalMissing,
    /// The record of what was judged cannot be added to.
    JournalReadOnly,
    /// Baton's own files lack the permissions of a shared repository.
    NotShared,
    /// The guard never saw a commit.
    CommitUnjudged,
    /// A commit on a local branch breaks a rule.
    CommitBreaksRule,
    /// A branch follows a reference that no rule guards.
    BranchSymbolic,
    /// The commits of a remote do not count as published.
    RemoteUnrecorded,
    /// The hooks start whatever git their caller's environment names.
    GitUnrecorded,
    /// Git shows another object in place of one that is guarded.
    ObjectReplaced,
    /// The settings cannot be read.
    SettingsInvalid,
    /// A worktree's directory is not where git expects it.
    WorktreeMissing,
    /// A worktree and its git directory do not name each other.
    WorktreeBroken,
    /// A record of a session or a run lacks an object.
    RecordUnreadable,
    /// An agent that works here does not ask Baton before it acts.
    AgentUnasked,
}

impl Id {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::NotInstalled,
        Self::GuardedAsClone,
        Self::RecordBroken,
        Self::HookMissing,
        Self::HookNotExecutable,
        Self::HookReplaced,
        Self::HookDangling,
        Self::HookMoved,
        Self::HooksBypassed,
        Self::EarlierHookSilent,
        Self::EarlierHookMisled,
        Self::HookCopied,
        Self::ProgramMissing,
        Self::ProgramAltered,
        Self::ProgramOlder,
        Self::ProgramNewer,
        Self::ProgramOtherBuild,
        Self::PolicyInvalid,
        Self::PolicyMissing,
        Self::GitTooOld,
        Self::JournalMissing,
        Self::JournalReadOnly,
        Self::NotShared,
        Self::CommitUnjudged,
        Self::CommitBreaksRule,
        Self::BranchSymbolic,
        Self::RemoteUnrecorded,
        Self::GitUnrecorded,
        Self::ObjectReplaced,
        Self::SettingsInvalid,
        Self::WorktreeMissing,
        Self::WorktreeBroken,
        Self::AgentUnasked,
        Self::RecordUnreadable,
    ];

    /// The name that users and machines see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInstalled => "not-installed",
            Self::GuardedAsClone => "guarded-as-clone",
            Self::RecordBroken => "record-broken",
            Self::HookMissing => "hook-missing",
            Self::HookNotExecutable => "hook-not-executable",
            Self::HookReplaced => "hook-replaced",
            Self::HookDangling => "hook-dangling",
            Self::HookMoved => "hook-moved",
            Self::HooksBypassed => "hooks-bypassed",
            Self::EarlierHookSilent => "earlier-hook-silent",
            Self::EarlierHookMisled => "earlier-hook-misled",
            Self::HookCopied => "hook-copied",
            Self::ProgramMissing => "program-missing",
            Self::ProgramAltered => "program-altered",
            Self::ProgramOlder => "program-older",
            Self::ProgramNewer => "program-newer",
            Self::ProgramOtherBuild => "program-other-build",
            Self::PolicyInvalid => "policy-invalid",
            Self::PolicyMissing => "policy-missing",
            Self::GitTooOld => "git-too-old",
            Self::JournalMissing => "journal-missing",
            Self::JournalReadOnly => "journal-read-only",
            Self::NotShared => "not-shared",
            Self::CommitUnjudged => "commit-unjudged",
            Self::CommitBreaksRule => "commit-breaks-rule",
            Self::BranchSymbolic => "branch-symbolic",
            Self::RemoteUnrecorded => "remote-unrecorded",
            Self::GitUnrecorded => "git-unrecorded",
            Self::ObjectReplaced => "object-replaced",
            Self::SettingsInvalid => "settings-invalid",
            Self::WorktreeMissing => "worktree-missing",
            Self::WorktreeBroken => "worktree-broken",
            Self::RecordUnreadable => "record-unreadable",
            Self::AgentUnasked => "agent-unasked",
        }
    }

    /// True if the guard does not guard while this is so.
    pub fn severity(self) -> Severity {
        match self {
            Self::EarlierHookSilent
            | Self::EarlierHookMisled
            | Self::HookCopied
            | Self::GuardedAsClone
            | Self::ProgramOlder
            | Self::ProgramNewer
            | Self::ProgramOtherBuild
            | Self::PolicyMissing
            | Self::SettingsInvalid
            | Self::JournalReadOnly
            | Self::NotShared
            | Self::CommitUnjudged
            | Self::RemoteUnrecorded
            | Self::GitUnrecorded
            | Self::ObjectReplaced
            | Self::WorktreeMissing
            | Self::RecordUnreadable
            | Self::AgentUnasked => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// The weight of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Something can land unjudged, or has.
    Error,
    /// Something is not as it should be; what lands is judged all the same.
    Warning,
}

impl Severity {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub id: Id,
    /// The case at hand, a sentence.
    pub what: String,
    /// The file, the commit or the setting.
    pub place: String,
    /// The next step.
    pub remedy: String,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The findings, in the order in which they were looked for.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// True if no finding is an error.
    pub fn is_healthy(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.id.severity() == severity)
            .count()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inert = |text: &str| escape::inert(text.as_bytes());
        for finding in &self.findings {
            let severity = finding.id.severity().as_str();
            let id = finding.id.as_str();
            writeln!(f, "{severity}[{id}]: {}", inert(&finding.what))?;
            writeln!(f, "  where: {}", inert(&finding.place))?;
            writeln!(f, "  do: {}", inert(&finding.remedy))?;
        }
        match (self.count(Severity::Error), self.count(Severity::Warning)) {
            (0, 0) => writeln!(f, "healthy: the guard sees every commit that lands here"),
            (0, warnings) => writeln!(f, "healthy, with {}", counted(warnings, "warning")),
            (errors, 0) => writeln!(f, "not healthy: {}", counted(errors, "error")),
            (errors, warnings) => writeln!(
                f,
                "not healthy: {} and {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_listed_once() {
        let names: std::collections::BTreeSet<_> = Id::ALL.map(Id::as_str).into_iter().collect();
        assert_eq!(names.len(), Id::ALL.len());
    }

    #[test]
    fn what_others_wrote_steers_no_terminal() {
        let diagnosis = Diagnosis {
            findings: vec![Finding {
                id: Id::HooksBypassed,
                what: "\u{1b}[2J".to_owned(),
                place: "a\nb".to_owned(),
                remedy: String::new(),
            }],
        };
        let text = diagnosis.to_string();
        assert!(
            !text.contains('\u{1b}') && text.lines().count() == 4,
            "{text}"
        );
    }
}
