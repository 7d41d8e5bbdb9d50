use std::fmt;
use std::str::FromStr;

use bstr::BString;

use super::{Oid, RefName, SessionId};

/// The name of a rule, as reports and documentation write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleId {
    /// A protected path is written without permission.
    ProtectedPath,
    /// One commit carries the work of several sessions.
    BundledSessions,
    /// The policy, or the list of signers, changes without a maintainer's signature.
    PolicyChange,
    /// A commit claims to be an aggregate and its content does not prove it.
    AggregateCommit,
    /// A branch loses the newest protected entry.
    HandoffRollback,
    /// A branch is moved, rewritten or deleted without permission.
    BranchMove,
    /// A path that another session claims is about to be committed.
    ClaimedPath,
}

impl RuleId {
    /// Every rule, in the order in which they are reported.
    pub const ALL: [Self; 7] = [
        Self::ProtectedPath,
        Self::BundledSessions,
        Self::PolicyChange,
        Self::AggregateCommit,
        Self::HandoffRollback,
        Self::BranchMove,
        Self::ClaimedPath,
    ];

    /// The kebab-case id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProtectedPath => "protected-path",
            Self::BundledSessions => "bundled-sessions",
            Self::PolicyChange => "policy-change",
            Self::AggregateCommit => "aggregate-commit",
            Self::HandoffRollback => "handoff-rollback",
            Self::BranchMove => "branch-move",
            Self::ClaimedPath => "claimed-path",
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RuleId {
    type Err = UnknownRule;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|rule| rule.as_str() == id).ok_or(UnknownRule)
    }
}

/// No rule has this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no rule has this id; the rules are {}", RuleId::ALL.map(RuleId::as_str).join(", "))]
pub struct UnknownRule;

/// One way in which a change breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Violation {
    /// The rule that is broken.
    pub rule: RuleId,
    /// The commit that breaks it, or to which a branch moves; `None` for a commit not made yet and
    /// for a branch that is deleted.
    pub commit: Option<Oid>,
    /// The branch, full name, when the rule is about a branch that moves.
    pub reference: Option<RefName>,
    /// The commit that the branch leaves, when the rule is about a branch that moves.
    pub old: Option<Oid>,
    /// The path it is about, if it is about one.
    pub path: Option<BString>,
    /// The sessions involved, sorted.
    pub sessions: Vec<SessionId>,
    /// The breach, in a sentence.
    pub message: String,
    /// The remedy, in a sentence.
    pub help: String,
}

impl Violation {
    /// The commit by whose id a maintainer accepts it: the one that breaks the rule, or the one
    /// that a branch leaves. `None` while there is none.
    pub fn accepted_as(&self) -> Option<Oid> {
        match self.reference {
            Some(_) => self.old,
            None => self.commit,
        }
    }
}

/// A broken rule that a maintainer has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Accepted {
    /// The violation.
    pub violation: Violation,
    /// The commit that records the acceptance.
    pub acceptance: Oid,
    /// The maintainer, as the list of signers names them.
    pub by: String,
    /// The reason that the acceptance gives.
    pub reason: BString,
}

/// A rule that a maintainer's signature set aside: not broken, and not to be overlooked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Override {
    /// The rule.
    pub rule: RuleId,
    /// The commit.
    pub commit: Oid,
    /// The path that it writes.
    pub path: BString,
    /// The maintainer, as the list of signers names them.
    pub by: String,
    /// The reason that the commit's message gives.
    pub reason: BString,
}

/// The judge's answer about one change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The violations; empty when the change may land.
    pub violations: Vec<Violation>,
    /// The rules that this stage cannot decide yet and a later one must.
    pub deferred: Vec<RuleId>,
    /// The violations that a maintainer's signature set aside.
    pub overrides: Vec<Override>,
    /// The violations that a maintainer has accepted.
    pub accepted: Vec<Accepted>,
    /// True if a commit changes the policy and has a permitted signer.
    pub changes_policy: bool,
    /// True if there are maintainers who could accept what is broken.
    pub acceptable: bool,
}

impl Verdict {
    /// True if nothing is broken, as far as this stage can know.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Leaves a rule to a later stage.
    pub fn defer(&mut self, rule: RuleId) {
        if !self.deferred.contains(&rule) {
            self.deferred.push(rule);
        }
    }

    /// Takes over what another verdict found.
    pub fn absorb(&mut self, other: Self) {
        self.violations.extend(other.violations);
        self.overrides.extend(other.overrides);
        self.accepted.extend(other.accepted);
        self.changes_policy |= other.changes_policy;
        self.acceptable |= other.acceptable;
        other.deferred.into_iter().for_each(|rule| self.defer(rule));
    }
}
