//! Who may write what is protected, and whose writing counts.

use std::collections::BTreeSet;

use crate::adversary::model::{Governed, History, Key, POLICY, Policy, SIGNERS, Writer};

/// Whether what the commit wrote counts: it was allowed to, now or when it was made, or no rule held
/// yet. What broke a rule may be given up.
pub fn might_write(history: &History, policy: &Policy, oid: &str, path: &str) -> bool {
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
pub fn was_taken_away(history: &History, key: Key, oid: &str) -> bool {
    let mut parents = history.commit(oid).parents.iter();
    parents.any(|one| match history.governed(one) {
        Governed::By(policy) => !policy.keys.contains(&key),
        Governed::No | Governed::Unreadable => false,
    })
}

pub fn is_policy_file(path: &str) -> bool {
    [POLICY, SIGNERS].contains(&path)
}

/// Whether the commit has a policy and no parent has one.
pub fn begins_policy(history: &History, oid: &str) -> bool {
    let mut parents = history.commit(oid).parents.iter();
    history.governed(oid) != Governed::No
        && parents.all(|one| history.governed(one) == Governed::No)
}

pub fn may_write(history: &History, policy: &Policy, oid: &str, writer: Writer) -> bool {
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
pub fn protected<const N: usize>(
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
