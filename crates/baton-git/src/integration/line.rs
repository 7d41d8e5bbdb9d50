//! Branches that are one line of commits, as most are: what they did is read without the git
//! program.

use std::collections::BTreeSet;

use bstr::BString;

use super::Listed;
use crate::tree::{Everything, TreeReader};
use crate::{GitError, Repo};
use baton_core::model::Oid;

/// The most commits that are followed.
const MAX_COMMITS: usize = 1000;

/// The commits of a line, and the paths that they change.
pub(super) struct Line {
    /// Newest first.
    pub commits: Vec<Listed>,
    /// Those of the commits that change nothing.
    pub empty: Vec<Oid>,
    /// The paths that any of them changes. Sorted.
    pub touched: Vec<BString>,
}

/// The commits from `tip` back to `base`, the best common ancestor of it and some target; `None`
/// where there is a merge among them, where they are many, or where the history was cut off.
///
/// None of them is in the target's history, or it would be a better common ancestor; and all that
/// the target lacks is among them, since whatever else leads to the tip leads to the base.
pub(super) fn between(repo: &Repo, base: Oid, tip: Oid) -> Result<Option<Line>, GitError> {
    if !repo.shallow_commits()?.is_empty() {
        return Ok(None);
    }
    let mut reader = TreeReader::new(repo.objects(), &Everything);
    let (mut commits, mut empty, mut touched) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut at = tip;
    while at != base {
        let commit = repo.objects().commit(at, &mut Vec::new())?;
        let [parent] = commit.parents[..] else {
            return Ok(None);
        };
        if commits.len() == MAX_COMMITS {
            return Ok(None);
        }
        let before = super::tree_of(repo, parent)?;
        let changes = reader.changes(commit.tree, &[before])?;
        if changes.is_empty() {
            empty.push(at);
        }
        touched.extend(changes.into_iter().map(|change| change.path));
        commits.push(Listed {
            oid: at,
            parents: commit.parents,
        });
        at = parent;
    }
    Ok(Some(Line {
        commits,
        empty,
        touched: touched.into_iter().collect(),
    }))
}
