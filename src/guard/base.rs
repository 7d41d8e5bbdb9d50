//! The policy by which a change is judged: the one that its base carries.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use bstr::{BStr, ByteSlice};

use super::GuardError;
use crate::git::Objects;
use crate::git::tree::Trees;
use crate::model::{EntryKind, Oid};
use crate::policy::{POLICY_PATH, Policy};

/// Which policy it is: the blobs of `baton.toml` and of the list of signers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyKey {
    policy: Oid,
    signers: Option<Oid>,
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
    /// What it says.
    pub policy: Policy,
}

/// Finds the policies of commits, and reads each only once.
pub struct Bases<'a> {
    objects: &'a Objects,
    trees: Trees<'a>,
    by_commit: RefCell<HashMap<Oid, Option<Rc<BasePolicy>>>>,
    read: RefCell<Vec<Rc<BasePolicy>>>,
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
        }
    }

    /// The policy that this commit's tree carries; `None` when it carries none.
    pub fn at(&self, commit: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        if let Some(known) = self.by_commit.borrow().get(&commit) {
            return Ok(known.clone());
        }
        let tree = self.objects.commit(commit, &mut Vec::new())?.tree;
        let found = self.at_tree(commit, tree)?;
        self.by_commit.borrow_mut().insert(commit, found.clone());
        Ok(found)
    }

    /// The policy that the tree of this commit carries; `None` when it carries none.
    pub fn at_tree(&self, commit: Oid, tree: Oid) -> Result<Option<Rc<BasePolicy>>, GuardError> {
        let Some(policy_blob) = self.file(commit, tree, POLICY_PATH.into())? else {
            return Ok(None);
        };
        let known = self.known(|known| known.policy == policy_blob);
        let parsed;
        let policy = match &known {
            Some(known) => &known.policy,
            None => {
                let name = format!("{}:{POLICY_PATH}", commit.short());
                parsed = Policy::parse(&name, &self.objects.blob(policy_blob)?)?;
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
        let signers = key
            .signers
            .map(|blob| self.objects.blob(blob))
            .transpose()?;
        let name = format!("{}:{signers_path}", commit.short());
        let policy = policy
            .clone()
            .with_signers(&name, &signers.unwrap_or_default())?;
        let base = Rc::new(BasePolicy { key, policy });
        self.read.borrow_mut().push(Rc::clone(&base));
        Ok(Some(base))
    }

    fn known(&self, wanted: impl Fn(&PolicyKey) -> bool) -> Option<Rc<BasePolicy>> {
        let read = self.read.borrow();
        read.iter().find(|base| wanted(&base.key)).map(Rc::clone)
    }

    fn file(&self, commit: Oid, tree: Oid, path: &BStr) -> Result<Option<Oid>, GuardError> {
        match self.trees.entry(tree, path)? {
            None => Ok(None),
            Some(entry) if entry.kind() == EntryKind::File => Ok(Some(entry.oid)),
            Some(_) => Err(GuardError::PolicyNoFile {
                path: path.to_str_lossy().into_owned(),
                commit,
            }),
        }
    }
}
