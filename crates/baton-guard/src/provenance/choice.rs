//! The paths that provenance watches: those between which a merge chooses, and all that are protected.

use bstr::{BStr, ByteSlice};

use crate::GuardError;
use baton_core::model::{Oid, PathChange, TipEntry, TipFault, Watch};
use baton_core::policy::Policy;
use baton_git::stream::Step;
use baton_git::tree::{TreeReader, Trees};

/// The parents whose entries a merge keeps at some paths, and those whose entries it does not.
pub(super) struct Choice {
    pub kept: Vec<Oid>,
    pub left: Vec<Oid>,
    pub entries: Vec<PathChange>,
}

impl Choice {
    /// The change of one path, with this fault.
    pub fn entry(&self, change: &PathChange, fault: TipFault) -> TipEntry {
        let left = change.before.iter().find(|before| **before != change.after);
        TipEntry {
            path: change.path.clone(),
            old: left.copied().flatten(),
            new: change.after,
            fault,
        }
    }
}

impl Watch for Choice {
    fn watches(&self, path: &BStr) -> bool {
        self.entries.iter().any(|change| change.path == path)
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let is_below = |change: &PathChange| {
            let rest = change.path.strip_prefix(directory.as_bytes());
            directory.is_empty() || rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        self.entries.iter().any(is_below)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}

/// Watches the protected paths alone.
pub(super) struct Protected<'a>(pub &'a Policy);

impl Watch for Protected<'_> {
    fn watches(&self, path: &BStr) -> bool {
        self.0.writer_of(path).is_some()
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        self.0.may_protect_below(directory)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        self.0.scan_bound()
    }
}

/// True if a merge of these trees keeps some protected entry of one parent and not of another.
pub(crate) fn chooses(
    trees: &Trees<'_>,
    policy: &Policy,
    merge: &Step,
) -> Result<bool, GuardError> {
    let watch = Protected(policy);
    let mut reader = TreeReader::over(trees.clone(), &watch);
    let choices = reader.choices(merge.commit.tree, &merge.parent_trees)?;
    Ok(!choices.is_empty())
}
