//! What may land, told from the model alone. Where the rules leave it open, or the model does not
//! know, it says so, and nothing is asserted.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Governed, History, Key, Oid, POLICY, Policy, SIGNERS, Writer};

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
        (Some(old), None) => of_deletion(history, server.get(default), branch, old, remaining),
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
    let brought: BTreeSet<Oid> = &*history.ancestors(new) - &*before;
    of_commits(history, &policy, &brought)
        .and(|| of_tips(history, branch, &policy, old, new))
        .and(|| match history.governed(new) {
            Governed::By(_) => Word::Allowed,
            Governed::No => Word::Open("a maintainer took the policy away"),
            Governed::Unreadable => Word::Open("the new policy cannot be read"),
        })
}

/// A branch begins at `new`.
fn of_new(history: &History, server: &Branches, default: &str, branch: &str, new: &str) -> Word {
    let mut known = BTreeSet::new();
    for (name, tip) in server {
        match history.governed(tip) {
            Governed::By(policy) if policy.applies_to(name) => {
                known.extend(history.reachable([&**tip]))
            }
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
    let brought: BTreeSet<Oid> = &*history.ancestors(new) - &known;
    let foreign = [POLICY, SIGNERS].into_iter().find(|path| {
        let writers = history.writers(new, path, &|_| false);
        let mut own = writers.intersection(&brought);
        own.any(|one| !may_write(history, &policy, one, Writer::Maintainers))
    });
    if let Some(path) = foreign {
        return match history.writers(new, path, &|_| false).is_disjoint(&known) {
            true if history.entry(new, path).is_some() => {
                Word::forbid(format!("{path} of a history of its own"))
            }
            _ => Word::Open("the same policy twice"),
        };
    }
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
fn of_deletion(
    history: &History,
    head: Option<&Oid>,
    branch: &str,
    old: &str,
    remaining: &Branches,
) -> Word {
    let by = |tip: &str| match history.governed(tip) {
        Governed::By(policy) if policy.applies_to(branch) => Some(policy),
        _ => None,
    };
    let Some(policy) = head.and_then(|head| by(head)).or_else(|| by(old)) else {
        return Word::Open("no policy guards the branch");
    };
    let stay = remaining.iter().filter(|(name, _)| policy.applies_to(name));
    let kept = history.reachable(stay.map(|(_, tip)| &**tip));
    for path in protected(history, &policy, [old]) {
        let writers = history.writers(old, &path, &|_| false);
        let lost = |one: &&Oid| !kept.contains(*one) && might_write(history, &policy, one, &path);
        if let Some(writer) = writers.iter().find(lost) {
            return Word::forbid(format!("given up: {path} of {writer}"));
        }
    }
    Word::Allowed
}

/// Each of these commits writes only what it may under this policy.
fn of_commits(history: &History, policy: &Policy, commits: &BTreeSet<Oid>) -> Word {
    let mut word = Word::Allowed;
    for oid in commits {
        word = word
            .and(|| of_commit(history, policy, oid))
            .and(|| of_merge(history, policy, oid));
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
            let by = history.signed.get(oid);
            word = word.and(|| match by.is_some_and(|key| policy.keys.contains(key)) {
                true => Word::Open("an alias, by a maintainer"),
                false => Word::forbid(format!("{oid} writes {path}, an alias")),
            });
        }
        let Some(writer) = policy.writer(path) else {
            continue;
        };
        let begins = is_policy_file(path) && begins_policy(history, oid);
        word = word.and(|| match history.signed.get(oid) {
            Some(key) if was_taken_away(history, *key, oid) => {
                Word::Open("signed by a key that was taken away on the way")
            }
            _ if may_write(history, policy, oid, writer) => Word::Allowed,
            // What comes of it shows at the tips.
            _ if begins => Word::Open("a policy of another history"),
            Some(Key::Ann | Key::Bob) if writer == Writer::Maintainers => {
                Word::Open("signed by a key that is or was a maintainer's elsewhere")
            }
            _ => Word::forbid(format!("{oid} writes {path}")),
        });
    }
    word.and(|| of_sessions(history, oid, &written))
}

/// A merge that keeps one side's entry and gives up what the other had is judged from each parent,
/// though what it gives up may never have landed.
fn of_merge(history: &History, policy: &Policy, oid: &str) -> Word {
    let parents = &history.commit(oid).parents;
    let gives_up = |parent: &Oid| {
        let word = of_tips(history, "main", policy, parent, oid);
        word != Word::Allowed
    };
    match parents.len() > 1 && parents.iter().any(gives_up) {
        true => Word::Open("a merge that gives up what one side had"),
        false => Word::Allowed,
    }
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
fn of_tips(history: &History, branch: &str, policy: &Policy, old: &str, new: &str) -> Word {
    let chooses = |oid: &str| {
        let signer = history.signed.get(oid);
        signer.is_some_and(|key| policy.keys.contains(key))
    };
    let mut word = Word::Allowed;
    for path in protected(history, policy, [old, new]) {
        let after = history.writers(new, &path, &chooses);
        for writer in history.writers(old, &path, &chooses) {
            if !might_write(history, policy, &writer, &path)
                || after.iter().any(|one| history.leads_to(&writer, one))
            {
                continue;
            }
            let same = history.entry(old, &path) == history.entry(new, &path);
            word = word.and(|| match same && branch != "main" {
                true => Word::Open("the same entry, written once more"),
                false => Word::forbid(format!("given up: {path} of {writer}")),
            });
        }
    }
    word
}

/// Whether what the commit wrote counts: it was allowed to, now or when it was made, or no rule held
/// yet. What broke a rule may be given up.
fn might_write(history: &History, policy: &Policy, oid: &str, path: &str) -> bool {
    let parents = &history.commit(oid).parents;
    let Some(writer) = policy.writer(path) else {
        return false;
    };
    parents
        .iter()
        .all(|one| history.governed(one) == Governed::No)
        || may_write(history, policy, oid, writer)
        || was_sanctioned(history, oid, path)
}

/// Whether the commit might write the path under the policy of its first parent, which has come down
/// from the first policy in this very way.
fn was_sanctioned(history: &History, oid: &str, path: &str) -> bool {
    let key = (oid.to_owned(), path.to_owned());
    if let Some(known) = history.sanctioned.borrow().get(&key) {
        return *known;
    }
    let found = is_sanctioned_by_parent(history, oid, path);
    history.sanctioned.borrow_mut().insert(key, found);
    found
}

fn is_sanctioned_by_parent(history: &History, oid: &str, path: &str) -> bool {
    if oid == history.adoption {
        return true;
    }
    let Some(parent) = history.commit(oid).parents.first() else {
        return false;
    };
    let Governed::By(policy) = history.governed(parent) else {
        return false;
    };
    let come_down = |file: &&str| {
        let writers = history.writers(parent, file, &|_| false);
        writers.iter().all(|one| was_sanctioned(history, one, file))
    };
    let writer = policy.writer(path);
    writer.is_some_and(|writer| may_write(history, &policy, oid, writer))
        && [POLICY, SIGNERS].iter().all(come_down)
}

/// Whether the list of signers on which the commit was made has the key no more.
fn was_taken_away(history: &History, key: Key, oid: &str) -> bool {
    let mut parents = history.commit(oid).parents.iter();
    parents.any(|one| match history.governed(one) {
        Governed::By(policy) => !policy.keys.contains(&key),
        Governed::No | Governed::Unreadable => false,
    })
}

fn is_policy_file(path: &str) -> bool {
    [POLICY, SIGNERS].contains(&path)
}

/// Whether the commit has a policy and no parent has one.
fn begins_policy(history: &History, oid: &str) -> bool {
    let mut parents = history.commit(oid).parents.iter();
    history.governed(oid) != Governed::No
        && parents.all(|one| history.governed(one) == Governed::No)
}

fn may_write(history: &History, policy: &Policy, oid: &str, writer: Writer) -> bool {
    match writer {
        Writer::Aggregate => history.aggregates.contains(oid),
        Writer::Maintainers => {
            let by = history.signed.get(oid);
            by.is_some_and(|key| policy.keys.contains(key))
        }
        Writer::Nobody => false,
    }
}

/// The protected paths that any commit leading to these has.
fn protected<const N: usize>(
    history: &History,
    policy: &Policy,
    tips: [&str; N],
) -> BTreeSet<String> {
    let commits = history.reachable(tips);
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
    for oid in &*history.ancestors(tip) - &*older {
        word = word.and(|| match history.commit(&oid).parents.first() {
            None => Word::Open("a root of its own"),
            Some(parent) => of_move(history, branch, parent, &oid),
        });
    }
    word
}
