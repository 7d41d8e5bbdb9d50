//! What a history is, read from git's raw objects without any of Baton's code: the commits, the
//! entries of their trees, who wrote each entry, and the policies that the test can write.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// The hexadecimal id of an object.
pub type Oid = String;

/// A mode and an object id.
pub type Entry = (String, Oid);

/// The handoff document of the default policy.
pub const HANDOFF: &str = ".agents/HANDOFF.md";
pub const POLICY: &str = "baton.toml";
pub const SIGNERS: &str = ".baton/allowed_signers";

/// A commit as git stores it.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    pub parents: Vec<Oid>,
    pub entries: BTreeMap<String, Entry>,
    /// A tree of it that `git fsck` calls an error.
    pub malformed: bool,
}

/// Whose keys the test holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Ann,
    Bob,
    Mallory,
}

/// Who may write a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Aggregate,
    Maintainers,
    Nobody,
}

/// What one of the test's policies says beyond the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub contracts: bool,
    pub license: bool,
    /// The rules hold on `main` and `release/*` alone.
    pub scoped: bool,
    pub keys: BTreeSet<Key>,
}

impl Policy {
    pub fn applies_to(&self, branch: &str) -> bool {
        !self.scoped || branch == "main" || branch.starts_with("release/")
    }

    pub fn writer(&self, path: &str) -> Option<Writer> {
        match path {
            POLICY | SIGNERS => Some(Writer::Maintainers),
            HANDOFF => Some(Writer::Aggregate),
            "LICENSE" if self.license => Some(Writer::Nobody),
            _ if self.contracts && path.starts_with("contracts/") => Some(Writer::Maintainers),
            _ => None,
        }
    }

    /// Whether a file system without case may take the path for a protected one.
    pub fn is_alias(&self, path: &str) -> bool {
        let folded = path.to_ascii_lowercase();
        let spellings = [
            folded.replace("handoff.md", "HANDOFF.md"),
            folded.replace("license", "LICENSE"),
        ];
        let mut names = spellings.iter().chain([&folded]);
        self.writer(path).is_none() && names.any(|name| self.writer(name).is_some())
    }
}

/// What is known of a commit's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Governed {
    No,
    By(Policy),
    /// `baton.toml` or the list of signers is there and cannot be read.
    Unreadable,
}

/// All commits that the test has seen, and what it knows about them because it made them.
#[derive(Default)]
pub struct History {
    pub commits: HashMap<Oid, Commit>,
    /// The policies by the blob of `baton.toml`, without keys; `None` for one that no one can read.
    pub policies: HashMap<Oid, Option<Policy>>,
    /// The keys by the blob of the list of signers.
    pub signers: HashMap<Oid, BTreeSet<Key>>,
    /// The commit that brought the first policy.
    pub adoption: Oid,
    /// The commits that were signed as they are.
    pub signed: HashMap<Oid, Key>,
    /// The aggregates that the program itself made.
    pub aggregates: HashSet<Oid>,
    /// What commits in the form of an acceptance name: commits and rules.
    pub claims: HashMap<Oid, Vec<(Oid, &'static str)>>,
    /// What leads to a commit, once it was asked for.
    pub known: RefCell<HashMap<Oid, Rc<BTreeSet<Oid>>>>,
    /// What was found of a commit and a path, which later commits do not change.
    pub sanctioned: RefCell<HashMap<(Oid, String), bool>>,
}

impl History {
    pub fn commit(&self, oid: &str) -> &Commit {
        &self.commits[oid]
    }

    /// The commit and all that leads to it.
    pub fn ancestors(&self, tip: &str) -> Rc<BTreeSet<Oid>> {
        if let Some(known) = self.known.borrow().get(tip) {
            return Rc::clone(known);
        }
        let mut seen = BTreeSet::new();
        let mut pending = vec![tip.to_owned()];
        while let Some(oid) = pending.pop() {
            if seen.insert(oid.clone()) {
                pending.extend(self.commit(&oid).parents.iter().cloned());
            }
        }
        let seen = Rc::new(seen);
        let mut known = self.known.borrow_mut();
        known.insert(tip.to_owned(), Rc::clone(&seen));
        seen
    }

    /// These commits and all that leads to them.
    pub fn reachable<'a>(&self, tips: impl IntoIterator<Item = &'a str>) -> BTreeSet<Oid> {
        let mut all = BTreeSet::new();
        for tip in tips {
            all.extend(self.ancestors(tip).iter().cloned());
        }
        all
    }

    pub fn leads_to(&self, old: &str, new: &str) -> bool {
        self.ancestors(new).contains(old)
    }

    pub fn entry(&self, oid: &str, path: &str) -> Option<&Entry> {
        self.commit(oid).entries.get(path)
    }

    /// The paths at which the commit differs from each of its parents.
    pub fn written(&self, oid: &str) -> BTreeSet<String> {
        let commit = self.commit(oid);
        let trees = commit.parents.iter().map(|parent| self.commit(parent));
        let mut paths: BTreeSet<&String> = commit.entries.keys().collect();
        paths.extend(trees.flat_map(|parent| parent.entries.keys()));
        let writes = |path: &&String| {
            let same = |parent: &Oid| self.entry(parent, path) == self.entry(oid, path);
            !commit.parents.iter().any(same)
        };
        paths.into_iter().filter(writes).cloned().collect()
    }

    /// The commits that wrote what this one has at the path. A merge that `chooses` is a writer
    /// where it gives up what does not lead to what it keeps.
    pub fn writers(&self, oid: &str, path: &str, chooses: &dyn Fn(&str) -> bool) -> BTreeSet<Oid> {
        let (mut found, mut seen) = (BTreeSet::new(), HashSet::new());
        let mut pending = vec![oid.to_owned()];
        while let Some(oid) = pending.pop() {
            if !seen.insert(oid.clone()) {
                continue;
            }
            let parents = &self.commit(&oid).parents;
            let own = self.entry(&oid, path);
            let same = parents.iter().filter(|it| self.entry(it, path) == own);
            let same: Vec<_> = same.cloned().collect();
            let settles = || {
                let left = parents.iter().filter(|it| !same.contains(it));
                let mut given_up = left.flat_map(|it| self.writers(it, path, &|_| false));
                given_up.any(|writer| !same.iter().any(|kept| self.leads_to(&writer, kept)))
            };
            if same.is_empty() || (same.len() < parents.len() && chooses(&oid) && settles()) {
                found.insert(oid);
            } else {
                pending.extend(same);
            }
        }
        let all = found.clone();
        found.retain(|one| {
            let mut others = all.iter().filter(|other| *other != one);
            !others.any(|other| self.leads_to(one, other))
        });
        found
    }

    pub fn governed(&self, oid: &str) -> Governed {
        let file = |entry: &Entry| entry.0.starts_with("100");
        let Some(policy) = self.entry(oid, POLICY) else {
            return Governed::No;
        };
        let Some(Some(policy)) = self.policies.get(&policy.1).filter(|_| file(policy)) else {
            return Governed::Unreadable;
        };
        let keys = match self.entry(oid, SIGNERS) {
            None => BTreeSet::new(),
            Some(signers) => match self.signers.get(&signers.1).filter(|_| file(signers)) {
                Some(keys) => keys.clone(),
                None => return Governed::Unreadable,
            },
        };
        Governed::By(Policy {
            keys,
            ..policy.clone()
        })
    }
}
