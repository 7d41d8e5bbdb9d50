//! What may land, told from the model alone. Where the rules leave it open, or the model does not
//! know, it says so, and nothing is asserted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Governed, History, Oid, Policy, Writer};

/// What a server has: its branches by name.
pub type Branches = BTreeMap<String, Oid>;

/// What the rules say of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Allowed,
    Forbidden(String),
    Open(&'static str),
}

impl Word {
    /// Both hold: what one forbids is forbidden, what one leaves open is open.
    pub fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Allowed => other(),
            Self::Forbidden(_) => self,
            Self::Open(_) => match other() {
                Self::Forbidden(reason) => Self::Forbidden(reason),
                _ => self,
            },
        }
    }

    fn forbid(reason: impl Into<String>) -> Self {
        Self::Forbidden(reason.into())
    }
}

/// A branch of the server goes from one commit to another, or comes, or goes.
pub fn of_update(
    history: &History,
    server: &Branches,
    default: &str,
    branch: &str,
    new: Option<&str>,
    remaining: &Branches,
) -> Word {
    let old = server.get(branch);
    match (old, new) {
        (Some(old), Some(new)) => of_move(history, branch, old, new),
        (None, Some(new)) => of_new(history, server, default, branch, new),
        (Some(old), None) => of_deletion(history, branch, old, remaining),
        (None, None) => Word::Allowed,
    }
}

/// A branch goes from `old` to `new`.
pub fn of_move(history: &History, branch: &str, old: &str, new: &str) -> Word {
    let policy = match history.governed(old) {
        Governed::No => return Word::Open("the old tip has no policy"),
        Governed::Unreadable => return Word::Open("the old tip's policy cannot be read"),
        Governed::By(policy) if !policy.applies_to(branch) => {
            return Word::Open("the policy does not hold on the branch");
        }
        Governed::By(policy) => policy,
    };
    let before = history.ancestors(old);
    let brought: BTreeSet<Oid> = &history.ancestors(new) - &before;
    of_commits(history, &policy, &brought)
        .and(|| of_tips(history, &policy, old, new))
        .and(|| match history.governed(new) {
            Governed::By(_) => Word::Allowed,
            Governed::No => Word::forbid("the policy is gone"),
            Governed::Unreadable => Word::Open("the new policy cannot be read"),
        })
}

/// A branch begins at `new`.
fn of_new(history: &History, server: &Branches, default: &str, branch: &str, new: &str) -> Word {
    let mut known = BTreeSet::new();
    for (name, tip) in server {
        match history.governed(tip) {
            Governed::By(policy) if policy.applies_to(name) => known.extend(history.ancestors(tip)),
            _ => {}
        }
    }
    if known.contains(new) {
        return Word::Allowed;
    }
    let Some(head) = server.get(default) else {
        return Word::Open("there is no default branch");
    };
    let policy = match history.governed(head) {
        Governed::By(policy) if policy.applies_to(branch) => policy,
        _ => return Word::Open("the default branch does not guard the name"),
    };
    let brought: BTreeSet<Oid> = &history.ancestors(new) - &known;
    of_commits(history, &policy, &brought).and(|| {
        let mut at = new;
        while brought.contains(at) {
            match history.commit(at).parents.first() {
                Some(parent) => at = parent,
                None => return Word::Open("a root of its own"),
            }
        }
        match of_move(history, branch, at, new) {
            Word::Forbidden(reason) if reason.starts_with("given up") => {
                Word::Open("a new branch that gives an entry up")
            }
            word => word,
        }
    })
}

/// A branch goes: what was written on it is still on another one.
fn of_deletion(history: &History, branch: &str, old: &str, remaining: &Branches) -> Word {
    let policy = match history.governed(old) {
        Governed::By(policy) if policy.applies_to(branch) => policy,
        _ => return Word::Open("the old tip does not guard the branch"),
    };
    let kept: BTreeSet<Oid> = remaining
        .values()
        .flat_map(|tip| history.ancestors(tip))
        .collect();
    for path in protected(history, &policy, [old]) {
        let writers = history.writers(old, &path, &|_| false);
        if let Some(writer) = writers.iter().find(|one| !kept.contains(*one)) {
            return Word::forbid(format!("given up: {path} of {writer}"));
        }
    }
    Word::Allowed
}

/// Each of these commits writes only what it may under this policy.
fn of_commits(history: &History, policy: &Policy, commits: &BTreeSet<Oid>) -> Word {
    let mut word = Word::Allowed;
    for oid in commits {
        word = word.and(|| of_commit(history, policy, oid));
    }
    word
}

fn of_commit(history: &History, policy: &Policy, oid: &str) -> Word {
    if history.commit(oid).malformed {
        return Word::forbid(format!("{oid} has a tree that git would not write"));
    }
    let mut word = Word::Allowed;
    let written = history.written(oid);
    for path in &written {
        let at = history.entry(oid, path);
        if policy.is_alias(path) && at.is_some() {
            return Word::forbid(format!("{oid} writes {path}, an alias"));
        }
        let Some(writer) = policy.writer(path) else {
            continue;
        };
        let by_maintainer = history.signed.get(oid);
        let sanctioned = match writer {
            Writer::Maintainers => by_maintainer.is_some_and(|key| policy.keys.contains(key)),
            Writer::Aggregate => history.aggregates.contains(oid),
            Writer::Nobody => false,
        };
        word = word.and(|| match by_maintainer {
            _ if sanctioned => Word::Allowed,
            Some(key) if *key != crate::model::Key::Mallory && writer == Writer::Maintainers => {
                Word::Open("signed by a key that is or was a maintainer's elsewhere")
            }
            _ => Word::forbid(format!("{oid} writes {path}")),
        });
    }
    word.and(|| of_sessions(history, oid, &written))
}

/// A commit carries the logs of one session.
fn of_sessions(history: &History, oid: &str, written: &BTreeSet<String>) -> Word {
    let logs = written.iter().filter(|path| path.contains("-session-"));
    let logs: Vec<_> = logs
        .filter(|path| history.entry(oid, path).is_some())
        .collect();
    let before = history.ancestors(oid);
    let is_new = |path: &&&String| {
        let mut earlier = before.iter().filter(|one| *one != oid);
        !earlier.any(|one| history.entry(one, path).is_some())
    };
    match (logs.len(), logs.iter().filter(is_new).count()) {
        (0 | 1, _) => Word::Allowed,
        (_, 0 | 1) => Word::Open("old logs of several sessions"),
        _ => Word::forbid(format!("{oid} bundles sessions")),
    }
}

/// Each protected entry at `new` descends from the writers of the one at `old`.
fn of_tips(history: &History, policy: &Policy, old: &str, new: &str) -> Word {
    let chooses = |oid: &str| {
        let signer = history.signed.get(oid);
        signer.is_some_and(|key| policy.keys.contains(key))
    };
    for path in protected(history, policy, [old, new]) {
        let after = history.writers(new, &path, &chooses);
        for writer in history.writers(old, &path, &chooses) {
            if !after.iter().any(|one| history.leads_to(&writer, one)) {
                return Word::forbid(format!("given up: {path} of {writer}"));
            }
        }
    }
    Word::Allowed
}

/// The protected paths that any commit leading to these has.
fn protected<const N: usize>(
    history: &History,
    policy: &Policy,
    tips: [&str; N],
) -> BTreeSet<String> {
    let commits: BTreeSet<_> = tips
        .into_iter()
        .flat_map(|tip| history.ancestors(tip))
        .collect();
    let paths = commits
        .iter()
        .flat_map(|oid| history.commit(oid).entries.keys());
    paths
        .filter(|path| policy.writer(path).is_some())
        .cloned()
        .collect()
}

/// The history of a branch since its policy was adopted, commit by commit.
pub fn since_adoption(history: &History, branch: &str, adoption: &str, tip: &str) -> Word {
    if !history.leads_to(adoption, tip) {
        return Word::Open("the adoption is not in the history");
    }
    let older = history.ancestors(adoption);
    let mut word = Word::Allowed;
    for oid in &history.ancestors(tip) - &older {
        word = word.and(|| match history.commit(&oid).parents.first() {
            None => Word::Open("a root of its own"),
            Some(parent) => of_move(history, branch, parent, &oid),
        });
    }
    word
}
