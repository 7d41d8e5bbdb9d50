//! The hidden commits that cannot reach a visible one, whatever their dates claim.
//!
//! A visible commit leads down to a *bottom*: a visible commit none of whose parents is visible.
//! A commit that reaches a visible one reaches a bottom below it. So a commit is harmless when it
//! reaches no bottom; and it reaches none that reaches it, and none of a higher generation.

use std::collections::HashMap;

use super::{Generation, Walk};
use crate::{Commit, GitError};
use baton_core::model::Oid;

/// The number of bottoms in one pass: a bit each.
const BITS: usize = u64::BITS as usize;

/// The number at which git stops counting generations. 0 stands for one that was not counted.
const GENERATION_LIMIT: u32 = 0x3fff_ffff;

impl<R: FnMut(Oid) -> Result<Commit, GitError>> Walk<'_, R> {
    /// Takes out of the queue, which holds hidden commits only, those that need no further look.
    pub(super) fn drop_harmless(&mut self) {
        let mut suspects: Vec<_> = std::mem::take(&mut self.queue).into_vec();
        let bottoms = match suspects.is_empty() || self.visible.is_empty() {
            true => Vec::new(),
            false => self.bottoms(),
        };
        let mut harmful = Vec::new();
        for chunk in bottoms.chunks(BITS) {
            let above = self.reached_from(chunk);
            suspects.retain(|one| {
                let bits = above.get(&one.1).copied().unwrap_or_default();
                let reaching = chunk.iter().enumerate();
                let mut others = reaching.filter(|(bit, _)| bits & (1 << bit) == 0);
                let is_harmless =
                    others.all(|(_, bottom)| is_below(self.generation, one.1, *bottom));
                if !is_harmless {
                    harmful.push(*one);
                }
                is_harmless
            });
        }
        self.queue = harmful.into();
    }

    fn bottoms(&self) -> Vec<Oid> {
        let is_visible = |oid: &Oid| self.seen.get(oid).is_some_and(|seen| !seen.hidden);
        let visible = self.visible.iter().copied();
        visible
            .filter(|oid| !self.parents(*oid).iter().any(is_visible))
            .collect()
    }

    /// The hidden commits that were seen below these, with a bit for each that reaches them.
    fn reached_from(&self, bottoms: &[Oid]) -> HashMap<Oid, u64> {
        let mut reached: HashMap<Oid, u64> = HashMap::new();
        let mut pending: Vec<(Oid, u64)> = Vec::new();
        for (bit, bottom) in bottoms.iter().enumerate() {
            pending.extend(self.parents(*bottom).iter().map(|one| (*one, 1 << bit)));
        }
        while let Some((oid, bits)) = pending.pop() {
            let known = reached.entry(oid).or_default();
            let more = bits & !*known;
            if more != 0 {
                *known |= more;
                pending.extend(self.parents(oid).iter().map(|one| (*one, more)));
            }
        }
        reached
    }
}

/// True if generations prove that `one` does not reach `other`. What the commit graph holds
/// reaches nothing that it does not hold.
fn is_below(generation: Generation<'_>, one: Oid, other: Oid) -> bool {
    match (generation(one), generation(other)) {
        (Some(one), Some(other)) => (1..GENERATION_LIMIT).contains(&one) && one <= other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}
