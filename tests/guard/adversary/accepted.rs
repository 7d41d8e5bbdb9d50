//! What maintainers have accepted, as far as the model can tell whether it counts.

use std::collections::BTreeSet;
use std::ops::Deref;

use crate::adversary::model::{Governed, History, Key, Oid, POLICY, Policy, SIGNERS};
use crate::adversary::oracle::{Broken, Word};

/// A history to judge in, and where acceptances are looked for.
pub struct Case<'a> {
    history: &'a History,
    /// What leads to what is judged and to what that is judged against.
    seen: BTreeSet<Oid>,
    /// What leads to all else that may be looked at.
    nearby: BTreeSet<Oid>,
    /// Whether no commit of either lists other signers than the first policy did.
    steady: bool,
    /// What counts as accepted besides.
    granted: Vec<(Oid, &'static str)>,
}

impl Deref for Case<'_> {
    type Target = History;

    fn deref(&self) -> &History {
        self.history
    }
}

impl<'a> Case<'a> {
    /// What is judged, and what that is judged against.
    pub fn new<'b>(history: &'a History, places: impl IntoIterator<Item = &'b str>) -> Self {
        let seen = history.reachable(places);
        let nearby = BTreeSet::new();
        let steady = is_steady(history, &seen);
        Self {
            history,
            seen,
            nearby,
            steady,
            granted: Vec::new(),
        }
    }

    /// The same, as if these were accepted as well.
    pub fn granting(mut self, names: &[(Oid, &'static str)]) -> Self {
        self.granted.extend_from_slice(names);
        self
    }

    /// The same, where other commits may be looked at as well.
    pub fn beside<'b>(mut self, places: impl IntoIterator<Item = &'b str>) -> Self {
        let places = self.history.reachable(places);
        self.steady = self.steady && is_steady(self.history, &places);
        self.nearby.extend(places);
        self
    }

    /// Whether no commit lists other signers than the first policy did.
    pub fn is_steady(&self) -> bool {
        self.steady
    }

    /// What to say of a commit that breaks each of these rules.
    pub fn forbid(
        &self,
        policy: &Policy,
        commit: &str,
        rules: &'static [&'static str],
        reason: impl Into<String>,
    ) -> Word {
        let accepted = rules.iter().map(|rule| self.accepts(policy, commit, rule));
        let accepted: BTreeSet<_> = accepted.collect();
        if accepted == BTreeSet::from([Some(true)]) {
            return Word::Allowed;
        }
        if accepted != BTreeSet::from([Some(false)]) {
            return Word::Open("accepted, perhaps");
        }
        Word::Forbidden(Broken {
            reason: reason.into(),
            commit: commit.to_owned(),
            rules,
        })
    }

    /// Whether a maintainer has accepted that the commit breaks the rule; `None` where the model
    /// does not know.
    pub fn accepts(&self, policy: &Policy, commit: &str, rule: &str) -> Option<bool> {
        let name = |names: &[(Oid, &str)]| {
            let mut names = names.iter();
            names.any(|(oid, one)| oid == commit && *one == rule)
        };
        if name(&self.granted) {
            return Some(true);
        }
        let mut accepted = Some(false);
        for (claim, names) in &self.claims {
            let is_near = self.nearby.contains(claim);
            if !name(names) || !(is_near || self.seen.contains(claim)) {
                continue;
            }
            match self.counts(policy, self.signed.get(claim).copied()) {
                Some(false) => {}
                Some(true) if self.seen.contains(claim) => return Some(true),
                _ => accepted = None,
            }
        }
        accepted
    }

    /// Whether a commit that writes the policy or the list of signers is one that somebody accepts.
    pub fn has_accepted_policy(&self) -> bool {
        let mut named = self.claims.values().flatten();
        named.any(|(oid, _)| {
            let written = self.written(oid);
            [POLICY, SIGNERS].iter().any(|path| written.contains(*path))
        })
    }

    /// Whether what is signed with this key counts.
    fn counts(&self, policy: &Policy, key: Option<Key>) -> Option<bool> {
        let Some(key) = key else { return Some(false) };
        let has_key = |oid: &Oid| match self.governed(oid) {
            Governed::By(policy) => policy.keys.contains(&key),
            Governed::No | Governed::Unreadable => false,
        };
        if !self.seen.iter().chain(&self.nearby).any(has_key) {
            return Some(false);
        }
        self.steady.then(|| policy.keys.contains(&key))
    }
}

/// Whether each of these that has a policy lists the signers whom the first one listed.
fn is_steady(history: &History, commits: &BTreeSet<Oid>) -> bool {
    let first = history.governed(&history.adoption);
    let (Governed::By(first), false) = (first, commits.is_empty()) else {
        return true;
    };
    commits.iter().all(|oid| match history.governed(oid) {
        Governed::By(policy) => policy.keys == first.keys,
        Governed::No => true,
        Governed::Unreadable => false,
    })
}
