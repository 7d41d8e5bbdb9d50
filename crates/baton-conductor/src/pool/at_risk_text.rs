//! The work that would be lost if a slot were reset, in words.

use bstr::{BString, ByteSlice};

use super::at_risk::{self, AtRisk};
use super::{PoolError, start_log};
use baton_core::model::Oid;
use baton_git::operation::Operation;
use baton_git::{Repo, slot};

/// The number of paths that a sentence names.
const NAMED: usize = 3;

/// The work that would be lost with a slot, and the work that only its branch keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRiskText {
    /// The work that is neither committed nor ignored, and the operation that git was in the middle of.
    pub at_risk: AtRisk,
    /// The commit that the slot is at, when no branch and no tag keeps it.
    pub unkept: Option<Oid>,
}

impl AtRiskText {
    /// Returns what would be lost with this slot; `target` is the commit that has taken up finished work.
    pub fn of(slot: &Repo, target: Oid) -> Result<Self, PoolError> {
        let mut at_risk = at_risk::at_risk(slot, target)?;
        if let Some(log) = start_log::untouched(slot)? {
            at_risk.untracked.retain(|path| *path != log);
        }
        let head = match (at_risk.unmerged.is_empty(), slot.head_branch()?) {
            (false, None) => slot.head()?,
            _ => None,
        };
        let unkept = match head {
            Some(head) if !slot::is_kept(slot, head)? => Some(head),
            _ => None,
        };
        Ok(Self { at_risk, unkept })
    }

    /// Returns true if a reset would lose nothing: the branches stay.
    pub fn is_none(&self) -> bool {
        self.unkept.is_none()
            && self.at_risk.uncommitted.is_empty()
            && self.at_risk.untracked.is_empty()
            && self.at_risk.operation.is_none()
    }

    /// Returns true if the target has all that was committed.
    pub fn is_merged(&self) -> bool {
        self.at_risk.unmerged.is_empty()
    }

    /// Describes what would be lost, such as `1 uncommitted change (a), 2 untracked files (b, c)`.
    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        let listed = |paths: &[&BString]| {
            let named: Vec<_> = paths.iter().take(NAMED).map(|path| shown(path)).collect();
            let more = if paths.len() > NAMED { ", …" } else { "" };
            format!("{}{more}", named.join(", "))
        };
        let AtRisk {
            uncommitted,
            untracked,
            operation,
            ..
        } = &self.at_risk;
        let (repositories, files) = parted(untracked);
        for (paths, one, more) in [
            (
                uncommitted.iter().collect(),
                "uncommitted change",
                "uncommitted changes",
            ),
            (files, "untracked file", "untracked files"),
            (repositories, "repository inside", "repositories inside"),
        ] {
            match &paths[..] {
                [] => {}
                [path] => parts.push(format!("1 {one} ({})", shown(path))),
                paths => parts.push(format!("{} {more} ({})", paths.len(), listed(paths))),
            }
        }
        if let Some(operation) = operation {
            let article = if *operation == Operation::Am {
                "an"
            } else {
                "a"
            };
            parts.push(format!("{article} {} under way", operation.name()));
        }
        if let Some(commit) = self.unkept {
            parts.push(format!(
                "commits up to {} that are on no branch",
                commit.short()
            ));
        }
        parts.join(", ")
    }

    /// The error that tells a user who would lose this.
    pub fn refusal(&self, slot: &str, directory: &str, verb: &str) -> PoolError {
        let mut steps = vec![];
        let (repositories, files) = parted(&self.at_risk.untracked);
        if !self.at_risk.uncommitted.is_empty() || !files.is_empty() {
            steps.push(format!(
                "commit it (`git -C {directory} add -A`, then `git -C {directory} commit`)"
            ));
        }
        if let Some(path) = repositories.first() {
            steps.push(format!(
                "push what the repository {} holds, or move it elsewhere",
                shown(path)
            ));
        }
        if let Some(operation) = &self.at_risk.operation {
            steps.push(format!("finish or abort the {}", operation.name()));
        }
        if self.unkept.is_some() {
            steps.push(format!(
                "give the commits a branch (`git -C {directory} branch NAME`)"
            ));
        }
        PoolError::AtRisk {
            slot: slot.to_owned(),
            what: self.describe(),
            instead: format!(
                "{}, and run the command again; or have it saved below refs/baton/trash/ and taken \
                 away: `git baton orchestrator pool {verb} --force`",
                steps.join(", ")
            ),
        }
    }
}

/// A path as a sentence names it.
fn shown(path: &BString) -> String {
    path.to_str_lossy().escape_debug().to_string()
}

/// The repositories among what nothing tracks, and the files.
fn parted(untracked: &[BString]) -> (Vec<&BString>, Vec<&BString>) {
    untracked.iter().partition(|path| path.ends_with(b"/"))
}
