//! The policy by which a change is judged: the one that its base carries.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BStr, ByteSlice};

use super::{GuardError, PolicyFault, UnreadablePolicy};
use baton_core::model::{Entry, EntryKind, Oid};
use baton_core::policy::{POLICY_PATH, Policy};
use baton_git::Objects;
use baton_git::tree::Trees;
use baton_sys::warnings;

/// Which policy it is: the blobs of `baton.toml` and of the list of signers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyKey {
    pub(super) policy: Oid,
    pub(super) signers: Option<Oid>,
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signers {
            Some(signers) => write!(f, "{}+{signers}", self.policy),
            None => self.policy.fmt(f),
        }
    }
}

/// A policy and its key.
#[derive(Debug)]
pub struct BasePolicy {
    /// Which one it is.
    pub key: PolicyKey,
    /// The policy itself.
    pub policy: Policy,
}

impl BasePolicy {
    /// The blob of its `baton.toml`.
    pub fn blob(&self) -> Oid {
        self.key.policy
    }
}

/// Finds the policies of commits, and reads each only once.
pub struct Bases<'a> {
    objects: &'a Objects,
    trees: Trees<'a>,
    by_commit: RefCell<HashMap<Oid, Option<Rc<BasePolicy>>>>,
    read: RefCell<Vec<Rc<BasePolicy>>>,
    broken: RefCell<HashMap<PolicyKey, Arc<PolicyFault>>>,
}

impl<'a> Bases<'a> {
    /// Bases among these objects.
    pub fn new(objects: &'a Objects) -> Self {
        Self::over(objects, Trees::new(objects))
    }

    /// Bases that share a memory of trees.
    pub fn over(objects: &'a Objects, trees: Trees<'a>) -> Self {
        Self {
            objects,
            trees,
            by_commit: RefCell::default(),
            read: RefCell::default(),
            broken: RefCell::default(),
        }
    }

    /// The policy that judges what is made on this commit: its own or, where that cannot be read,
    /// the newest readable one along first parents. `None` when it carries none.
    ///
    /// # Errors
    /// [`GuardError::Unreadable`] where none along first parents can be read, back to a commit
    /// without one.
    pub fn at(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        if let Some(known) = self.by_commit.borrow().get(&commit) {
            return Ok(known.clone());
        }
        let found = self.at_tree(commit, self.tree_of(commit)?)?;
        self.by_commit.borrow_mut().insert(commit, found.clone());
        Ok(found)
    }

    /// [`Self::at`] for a commit whose tree is known.
    pub fn at_tree(&self, commit: Oid, tree: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        let unreadable = match self.own_at_tree(commit, tree) {
            Err(GuardError::Unreadable(unreadable)) => unreadable,
            found => return found,
        };
        if let Some(known) = self.by_commit.borrow().get(&commit) {
            return Ok(known.clone());
        }
        self.before(*unreadable).map(Some)
    }

    /// [`Self::at`], and `None` where no policy could ever be read: none is adopted then.
    pub fn adopted(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        none_if_unreadable(self.at(commit))
    }

    /// [`Self::at_tree`], and `None` where no policy could ever be read.
    pub fn adopted_at_tree(
        &self,
        commit: Oid,
        tree: Oid,
    ) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        none_if_unreadable(self.at_tree(commit, tree))
    }

    /// The policy that this commit itself carries; `None` when it carries none.
    ///
    /// # Errors
    /// [`GuardError::Unreadable`] when it cannot be read.
    pub fn own(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        self.own_at_tree(commit, self.tree_of(commit)?)
    }

    /// [`Self::own`] for a commit that comes in.
    ///
    /// # Errors
    /// [`GuardError::Unreadable`] also where no maintainer could ever change the policy again, though it asks for
    /// maintainers.
    pub fn usable(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        let Some(own) = self.own(commit)? else {
            return Ok(None);
        };
        let time = self.objects.commit(commit, &mut Vec::new())?.committed_at;
        let signing = &own.policy.signing;
        match signing.without_maintainer(own.key.signers.is_some(), time) {
            None => Ok(Some(own)),
            Some(fault) => Err(unreadable(commit, Arc::new(fault.into()))),
        }
    }

    /// The policy that this commit itself carries, without a key that this version does not know.
    pub fn strict(&self, commit: Oid) -> Result<Option<Policy>, GuardError> {
        let Some(own) = self.own(commit)? else {
            return Ok(None);
        };
        let name = format!("{}:{POLICY_PATH}", commit.short());
        Policy::parse(&name, &self.objects.blob(own.key.policy)?)
            .map_err(|error| unreadable(commit, Arc::new(error.into())))?;
        Ok(Some(own.policy.clone()))
    }

    /// Fails where `new` carries a policy that cannot be used, and `old` does not carry that very one
    /// under a usable one: it may stay until it is repaired, but it does not come in.
    pub fn check_brought(&self, new: Oid, old: Option<Oid>) -> Result<(), GuardError> {
        let unreadable = match self.usable(new) {
            Err(GuardError::Unreadable(unreadable)) => unreadable,
            other => return other.map(|_| ()),
        };
        if let Some(old) = old
            && self.adopted(old)?.is_some()
            && self.policy_files(old)? == self.policy_files(new)?
        {
            return Ok(());
        }
        Err(GuardError::Unreadable(unreadable))
    }

    /// The newest readable policy along first parents before the commit.
    fn before(&self, unreadable: UnreadablePolicy) -> Result<Rc<BasePolicy>, GuardError> {
        let mut passed = Vec::new();
        let mut buffer = Vec::new();
        let mut at = unreadable.commit;
        let found = loop {
            let parents = self.objects.commit(at, &mut buffer)?.parents;
            let Some(parent) = parents.first().copied() else {
                break None;
            };
            if let Some(known) = self.by_commit.borrow().get(&parent) {
                break known.clone();
            }
            at = parent;
            match self.own(at) {
                Err(GuardError::Unreadable(_)) => passed.push(at),
                found => break found?,
            }
        };
        let Some(base) = found else {
            return Err(GuardError::Unreadable(Box::new(unreadable)));
        };
        passed.push(unreadable.commit);
        let mut known = self.by_commit.borrow_mut();
        known.extend(passed.into_iter().map(|oid| (oid, Some(Rc::clone(&base)))));
        let commit = unreadable.commit.short();
        warnings::warn(format!(
            "{}; until a maintainer repairs it (`git baton policy check --at {commit}` shows \
             where), the policy before it judges",
            unreadable.reason()
        ));
        Ok(base)
    }

    fn tree_of(&self, commit: Oid) -> Result<Oid, GuardError> {
        Ok(self.objects.commit(commit, &mut Vec::new())?.tree)
    }

    /// [`Self::own`] for a commit whose tree is known.
    pub fn own_at_tree(
        &self,
        commit: Oid,
        tree: Oid,
    ) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        let Some(policy_blob) = self.file(commit, tree, POLICY_PATH.into())? else {
            return Ok(None);
        };
        let known = self.known(|known| known.policy == policy_blob);
        let parsed;
        let policy = match &known {
            Some(known) => &known.policy,
            None => {
                parsed = self.parse(commit, policy_blob)?;
                &parsed
            }
        };
        let signers_path = &policy.signing.allowed_signers;
        let key = PolicyKey {
            policy: policy_blob,
            signers: self.file(commit, tree, signers_path.as_ref())?,
        };
        if let Some(known) = self.known(|known| *known == key) {
            return Ok(Some(known));
        }
        let policy = self.with_signers(commit, policy.clone(), &key)?;
        let base = Rc::new(BasePolicy { key, policy });
        self.read.borrow_mut().push(Rc::clone(&base));
        Ok(Some(base))
    }

    fn parse(&self, commit: Oid, blob: Oid) -> Result<Policy, GuardError> {
        let key = PolicyKey {
            policy: blob,
            signers: None,
        };
        self.check_not_broken(commit, &key)?;
        let name = format!("{}:{POLICY_PATH}", commit.short());
        let parsed = Policy::parse_known(&name, &self.objects.blob(blob)?);
        let (policy, unknown) = parsed.map_err(|error| self.broken(commit, key, error.into()))?;
        for error in unknown {
            warnings::warn(error.passed_over());
        }
        Ok(policy)
    }

    fn with_signers(
        &self,
        commit: Oid,
        policy: Policy,
        key: &PolicyKey,
    ) -> Result<Policy, GuardError> {
        let Some(blob) = key.signers else {
            return Ok(policy.without_signers());
        };
        self.check_not_broken(commit, key)?;
        let name = format!("{}:{}", commit.short(), policy.signing.allowed_signers);
        let read = policy.with_signers(&name, &self.objects.blob(blob)?);
        read.map_err(|error| self.broken(commit, key.clone(), error.into()))
    }

    /// Fails where these files are known to be unreadable: a long history may carry them.
    fn check_not_broken(&self, commit: Oid, key: &PolicyKey) -> Result<(), GuardError> {
        match self.broken.borrow().get(key) {
            Some(fault) => Err(unreadable(commit, Arc::clone(fault))),
            None => Ok(()),
        }
    }

    fn broken(&self, commit: Oid, key: PolicyKey, fault: PolicyFault) -> GuardError {
        let fault = Arc::new(fault);
        self.broken.borrow_mut().insert(key, Arc::clone(&fault));
        unreadable(commit, fault)
    }

    /// The entries of the policy and, where it can be read, of its list of signers.
    fn policy_files(&self, commit: Oid) -> Result<[Option<Entry>; 2], GuardError> {
        let tree = self.tree_of(commit)?;
        let entry = |path: &BStr| self.trees.entry(tree, path);
        let Some(file) = entry(POLICY_PATH.into())? else {
            return Ok([None, None]);
        };
        let readable = (file.kind() == EntryKind::File)
            .then(|| self.parse(commit, file.oid).ok())
            .flatten();
        let signers = readable
            .map(|policy| entry(policy.signing.allowed_signers.as_ref()))
            .transpose()?;
        Ok([Some(file), signers.flatten()])
    }

    fn known(&self, wanted: impl Fn(&PolicyKey) -> bool) -> Option<Rc<BasePolicy>> {
        let read = self.read.borrow();
        read.iter().find(|base| wanted(&base.key)).map(Rc::clone)
    }

    fn file(&self, commit: Oid, tree: Oid, path: &BStr) -> Result<Option<Oid>, GuardError> {
        match self.trees.entry(tree, path)? {
            None => Ok(None),
            Some(entry) if entry.kind() == EntryKind::File => Ok(Some(entry.oid)),
            Some(_) => {
                let path = path.to_str_lossy().into_owned();
                Err(unreadable(
                    commit,
                    PolicyFault::NoFile { path, commit }.into(),
                ))
            }
        }
    }
}

fn unreadable(commit: Oid, fault: Arc<PolicyFault>) -> GuardError {
    GuardError::Unreadable(Box::new(UnreadablePolicy { commit, fault }))
}

fn none_if_unreadable(
    found: Result<Option<Rc<BasePolicy>>, GuardError>,
) -> Result<Option<Rc<BasePolicy>>, GuardError> {
    match found {
        Err(GuardError::Unreadable(_)) => Ok(None),
        found => found,
    }
}
