//! What may land, told from the model alone. Where the rules leave it open, or the model does not
//! know, it says so, and nothing is asserted.

use std::collections::{BTreeMap, BTreeSet};

use crate::adversary::accepted::Case;
use crate::adversary::model::{Governed, HANDOFF, Key, Oid, POLICY, Policy, SIGNERS, Writer};
use crate::adversary::writers::{
    begins_policy, is_policy_file, may_write, might_write, protected, was_taken_away,
};

/// What a server has: its branches by name.
pub type Branches = BTreeMap<String, Oid>;

/// What the rules say of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Allowed,
    Forbidden(Broken),
    Open(&'static str),
}

/// The commit that breaks rules, or from which a branch goes that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub reason: String,
    pub commit: Oid,
    pub rules: &'static [&'static str],
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
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
}

/// A branch of the server goes from one commit to another, or comes, or goes.
pub fn of_update(
    case: &Case<'_>,
    server: &Branches,
    default: &str,
    branch: &str,
    new: Option<&str>,
    remaining: &Branches,
) -> Word {
    let old = server.get(branch);
    match (old, new) {
        (Some(old), Some(new)) => of_move(case, branch, old, new),
        (None, Some(new)) => of_new(case, server, default, branch, new),
        (Some(old), None) => of_deletion(case, server.get(default), branch, old, remaining),
        (None, None) => Word::Allowed,
    }
}

/// A branch goes from `old` to `new`.
pub fn of_move(case: &Case<'_>, branch: &str, old: &str, new: &str) -> Word {
    let policy = match case.governed(old) {
        Governed::No => return Word::Open("the old tip has no policy"),
        Governed::Unreadable => return Word::Open("the old tip's policy cannot be read"),
        Governed::By(policy) if !policy.applies_to(branch) => {
            return Word::Open("the policy does not hold on the branch");
        }
        Governed::By(policy) => policy,
    };
    let before = case.ancestors(old);
    let brought: BTreeSet<Oid> = &*case.ancestors(new) - &*before;
    of_commits(case, &policy, &brought)
        .and(|| of_tips(case, branch, &policy, old, new))
        .and(|| match case.governed(new) {
            Governed::By(_) => Word::Allowed,
            Governed::No => Word::Open("a maintainer took the policy away"),
            Governed::Unreadable => Word::Open("the new policy cannot be read"),
        })
}

/// A branch begins at `new`.
fn of_new(case: &Case<'_>, server: &Branches, default: &str, branch: &str, new: &str) -> Word {
    let mut known = BTreeSet::new();
    for (name, tip) in server {
        match case.governed(tip) {
            Governed::By(policy) if policy.applies_to(name) => {
                known.extend(case.reachable([&**tip]))
            }
            _ => {}
        }
    }
    if let Some(head) = server.get(default)
        && let Governed::By(policy) = case.governed(head)
        && policy.applies_to(branch)
        && let Some(begun) = other_beginning(case, head, new)
    {
        let reason = format!("{begun} begins another policy");
        return case
            .forbid(&policy, &begun, &["policy-change"], reason)
            .and(|| Word::Open("a policy of its own, accepted"));
    }
    if known.contains(new) {
        return Word::Allowed;
    }
    let Some(head) = server.get(default) else {
        return Word::Open("there is no default branch");
    };
    let policy = match case.governed(head) {
        Governed::By(policy) if policy.applies_to(branch) => policy,
        _ => return Word::Open("the default branch does not guard the name"),
    };
    let brought: BTreeSet<Oid> = &*case.ancestors(new) - &known;
    let foreign = [POLICY, SIGNERS].into_iter().find_map(|path| {
        let writers = case.writers(new, path, &|_| false);
        let mut own = writers.intersection(&brought);
        let writer = own.find(|one| !may_write(case, &policy, one, Writer::Maintainers));
        Some((path, writer?.clone()))
    });
    if let Some((path, writer)) = foreign {
        let is_apart = case.writers(new, path, &|_| false).is_disjoint(&known);
        if !is_apart || case.entry(new, path).is_none() {
            return Word::Open("the same policy twice");
        }
        let reason = format!("{path} of a history of its own");
        return case
            .forbid(&policy, &writer, &["policy-change"], reason)
            .and(|| Word::Open("a policy of its own, accepted"));
    }
    of_commits(case, &policy, &brought).and(|| {
        let mut at = new;
        while brought.contains(at) {
            match case.commit(at).parents.first() {
                Some(parent) => at = parent,
                None => return Word::Open("a root of its own"),
            }
        }
        match of_move(case, branch, at, new) {
            Word::Forbidden(broken) if broken.reason.starts_with("given up") => {
                Word::Open("a new branch that gives an entry up")
            }
            word => word,
        }
    })
}

/// An unsigned commit that began the policy of `new` and not that of the default branch, into which
/// no maintainer has merged anything.
fn other_beginning(case: &Case<'_>, head: &str, new: &str) -> Option<Oid> {
    let before = case.ancestors(head);
    let is_signed_merge =
        |oid: &Oid| case.signed.contains_key(oid) && case.commit(oid).parents.len() > 1;
    if before.iter().any(is_signed_merge) {
        return None;
    }
    [POLICY, SIGNERS].iter().find_map(|path| {
        let own = case.writers(head, path, &|_| false);
        let is_other = |one: &Oid| {
            begins_policy(case, one)
                && !case.signed.contains_key(one)
                && !own.iter().any(|other| case.leads_to(one, other))
        };
        let writers = case.writers(new, path, &|_| false);
        let is_there = case.entry(new, path).is_some();
        (is_there && writers.iter().all(is_other)).then(|| writers.first().cloned())?
    })
}

/// A branch goes: what was written on it is still on another one.
fn of_deletion(
    case: &Case<'_>,
    head: Option<&Oid>,
    branch: &str,
    old: &str,
    remaining: &Branches,
) -> Word {
    let by = |tip: &str| match case.governed(tip) {
        Governed::By(policy) if policy.applies_to(branch) => Some(policy),
        _ => None,
    };
    let Some(policy) = head.and_then(|head| by(head)).or_else(|| by(old)) else {
        return Word::Open("no policy guards the branch");
    };
    let stay = remaining.iter().filter(|(name, _)| policy.applies_to(name));
    let kept = case.reachable(stay.map(|(_, tip)| &**tip));
    for path in protected(case, &policy, [old]) {
        let writers = case.writers(old, &path, &|_| false);
        let lost = |one: &&Oid| !kept.contains(*one) && might_write(case, &policy, one, &path);
        if let Some(writer) = writers.iter().find(lost) {
            let reason = format!("given up: {path} of {writer}");
            return case.forbid(&policy, old, &["handoff-rollback"], reason);
        }
    }
    Word::Allowed
}

/// Each of these commits writes only what it may under this policy.
fn of_commits(case: &Case<'_>, policy: &Policy, commits: &BTreeSet<Oid>) -> Word {
    let mut word = Word::Allowed;
    for oid in commits {
        word = word
            .and(|| of_commit(case, policy, oid))
            .and(|| of_merge(case, policy, oid));
    }
    word
}

fn of_commit(case: &Case<'_>, policy: &Policy, oid: &str) -> Word {
    if case.commit(oid).malformed {
        let reason = format!("{oid} has a tree that git would not write");
        return case.forbid(policy, oid, &["protected-path"], reason);
    }
    let mut word = Word::Allowed;
    let written = case.written(oid);
    for path in &written {
        let at = case.entry(oid, path);
        if policy.is_alias(path) && at.is_some() {
            let by = case.signed.get(oid);
            word = word.and(|| match by.is_some_and(|key| policy.keys.contains(key)) {
                true => Word::Open("an alias, by a maintainer"),
                false => {
                    let reason = format!("{oid} writes {path}, an alias");
                    case.forbid(policy, oid, rules_of(path), reason)
                }
            });
        }
        let Some(writer) = policy.writer(path) else {
            continue;
        };
        let begins = is_policy_file(path) && begins_policy(case, oid);
        word = word.and(|| match case.signed.get(oid) {
            Some(key) if was_taken_away(case, *key, oid) => {
                Word::Open("signed by a key that was taken away on the way")
            }
            _ if may_write(case, policy, oid, writer) => Word::Allowed,
            // What comes of it shows at the tips.
            _ if begins => Word::Open("a policy of another history"),
            Some(Key::Ann | Key::Bob) if writer == Writer::Maintainers => {
                Word::Open("signed by a key that is or was a maintainer's elsewhere")
            }
            _ => case.forbid(policy, oid, rules_of(path), format!("{oid} writes {path}")),
        });
    }
    word.and(|| of_sessions(case, policy, oid, &written))
}

/// A merge that keeps one side's entry and gives up what the other had is judged from each parent,
/// though what it gives up may never have landed.
fn of_merge(case: &Case<'_>, policy: &Policy, oid: &str) -> Word {
    let parents = &case.commit(oid).parents;
    let gives_up = |parent: &Oid| {
        let word = of_tips(case, "main", policy, parent, oid);
        word != Word::Allowed
    };
    match parents.len() > 1 && parents.iter().any(gives_up) {
        true => Word::Open("a merge that gives up what one side had"),
        false => Word::Allowed,
    }
}

/// A commit carries the logs of one session.
fn of_sessions(case: &Case<'_>, policy: &Policy, oid: &str, written: &BTreeSet<String>) -> Word {
    let logs = written.iter().filter(|path| path.contains("-session-"));
    let logs: Vec<_> = logs
        .filter(|path| case.entry(oid, path).is_some())
        .collect();
    let before = case.ancestors(oid);
    let is_new = |path: &&&String| {
        let mut earlier = before.iter().filter(|one| *one != oid);
        !earlier.any(|one| case.entry(one, path).is_some())
    };
    match (logs.len(), logs.iter().filter(is_new).count()) {
        (0 | 1, _) => Word::Allowed,
        (_, 0 | 1) => Word::Open("old logs of several sessions"),
        _ => {
            let reason = format!("{oid} bundles sessions");
            case.forbid(policy, oid, &["bundled-sessions"], reason)
        }
    }
}

/// Each protected entry at `new` descends from the writers of the one at `old`.
fn of_tips(case: &Case<'_>, branch: &str, policy: &Policy, old: &str, new: &str) -> Word {
    let chooses = |oid: &str| {
        let signer = case.signed.get(oid);
        signer.is_some_and(|key| policy.keys.contains(key))
    };
    let mut word = Word::Allowed;
    for path in protected(case, policy, [old, new]) {
        let after = case.writers(new, &path, &chooses);
        for writer in case.writers(old, &path, &chooses) {
            if after.iter().any(|one| case.leads_to(&writer, one)) {
                continue;
            }
            if !might_write(case, policy, &writer, &path) {
                word = word.and(|| match case.has_accepted_policy() {
                    true => Word::Open("given up, under a policy that was accepted"),
                    false => Word::Allowed,
                });
                continue;
            }
            let same = case.entry(old, &path) == case.entry(new, &path);
            word = word.and(|| match same && branch != "main" {
                true => Word::Open("the same entry, written once more"),
                // A merge that gives it up may be accepted by its own name.
                false if case.accepts(policy, new, "handoff-rollback") != Some(false) => {
                    Word::Open("a merge that may be accepted")
                }
                false => {
                    let reason = format!("given up: {path} of {writer}");
                    case.forbid(policy, old, &["handoff-rollback"], reason)
                }
            });
        }
    }
    word
}

/// The history of a branch since its policy was adopted, commit by commit.
pub fn since_adoption(case: &Case<'_>, branch: &str, adoption: &str, tip: &str) -> Word {
    if !case.leads_to(adoption, tip) {
        return Word::Open("the adoption is not in the history");
    }
    let older = case.ancestors(adoption);
    let mut word = Word::Allowed;
    for oid in &*case.ancestors(tip) - &*older {
        word = word.and(|| match case.commit(&oid).parents.first() {
            None => Word::Open("a root of its own"),
            Some(parent) => of_move(case, branch, parent, &oid),
        });
    }
    word
}

/// The rules that guard the path, or what it is an alias of.
fn rules_of(path: &str) -> &'static [&'static str] {
    match path {
        HANDOFF => &["protected-path", "aggregate-commit"],
        POLICY | SIGNERS => &["policy-change"],
        _ if path.starts_with("contracts/") || path == "LICENSE" => &["protected-path"],
        _ => &["protected-path", "policy-change"],
    }
}
