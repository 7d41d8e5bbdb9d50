//! The kinds of things that can be wrong with the pool.

use schemars::JsonSchema;
use serde::Serialize;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The kind of finding.
    pub code: Code,
    /// The worktree; absent where it is about the whole pool.
    pub slot: Option<String>,
    /// The problem.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// True if `--fix` can repair it.
    pub fixable: bool,
}

/// The kinds of things that can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The pool's record was lost.
    RecordLost,
    /// There are fewer slots than there shall be.
    SlotsMissing,
    /// The directory of a slot is gone.
    DirectoryGone,
    /// The links of a slot lead nowhere.
    Moved,
    /// Git knows nothing of a slot whose files are there.
    Forgotten,
    /// The directory belongs to another repository.
    Foreign,
    /// The slot has a lock that is not the pool's.
    LockedByOther,
    /// Nothing locks the slot.
    Unlocked,
    /// A git command is at work, or has left its lock.
    InUse,
    /// The process that was at it is gone.
    Interrupted,
    /// A ready slot is not as it was left.
    Unfit,
    /// The holder seems to be gone.
    StaleLease,
    /// Its holder is not known.
    UnknownHolder,
}

impl Code {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordLost => "record-lost",
            Self::SlotsMissing => "slots-missing",
            Self::DirectoryGone => "directory-gone",
            Self::Moved => "moved",
            Self::Forgotten => "forgotten",
            Self::Foreign => "foreign",
            Self::LockedByOther => "locked-by-other",
            Self::Unlocked => "unlocked",
            Self::InUse => "in-use",
            Self::Interrupted => "interrupted",
            Self::Unfit => "unfit",
            Self::StaleLease => "stale-lease",
            Self::UnknownHolder => "unknown-holder",
        }
    }
}
