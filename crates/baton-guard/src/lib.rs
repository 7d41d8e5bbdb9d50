//! Between git and the judge: the policy of the base, the commits to judge, and the journal of
//! the commits that were judged.

pub mod acceptance;
mod adoption;
pub mod audit;
pub mod base;
pub mod binding;
pub mod branch_moves;
pub mod change;
pub mod claims;
mod error;
mod guards;
mod joining;
pub mod journal;
mod judged_commits;
mod keyring;
pub mod landings;
mod lines;
mod pipeline;
mod provenance;
mod published;
pub mod range;
mod ref_update;
pub mod reference;
pub mod rev_range;
mod sanction;
pub mod staged;
pub mod superseded_aggregates;
mod unreadable;
pub mod updates;

pub use error::GuardError;
pub use unreadable::{PolicyFault, UnreadablePolicy};

use baton_core::model::{Oid, Verdict};
use baton_core::policy::Policy;
use baton_git::Repo;

/// The judge's answer to several changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// All that is broken.
    pub verdict: Verdict,
    /// The number of judged commits.
    pub commits: usize,
    /// The number of judged moves of a branch.
    pub tips: usize,
    /// The number of commits that break a rule and came in because a remote had published them.
    pub published: usize,
    /// The commits whose policies cannot be read, where none before them could judge instead, and why.
    pub unreadable: Vec<(Oid, String)>,
}

impl Judgement {
    /// Takes over what was judged elsewhere.
    pub fn absorb(&mut self, other: Self) {
        self.verdict.absorb(other.verdict);
        self.commits += other.commits;
        self.tips += other.tips;
        self.published += other.published;
        self.unreadable.extend(other.unreadable);
    }
}

/// True if the rules hold for what is committed in this worktree now: on its branch, or, while
/// its `HEAD` is detached, on the branch that a rebase will put there.
pub fn applies_here(repo: &Repo, policy: &Policy) -> Result<bool, GuardError> {
    Ok(match repo.head_branch()? {
        Some(branch) => policy.applies_to(&branch),
        None => policy.applies_everywhere(),
    })
}
