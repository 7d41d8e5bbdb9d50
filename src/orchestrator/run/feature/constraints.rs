//! What no agent may do, as the repository's own files say it.

use bstr::ByteSlice;

use super::FeatureError;
use crate::git::Repo;
use crate::git::tree::Trees;
use crate::model::{EntryKind, Oid};

/// How many bytes the constraints may take together: they stand in every prompt.
const MAX_BYTES: usize = 256 * 1024;

/// A file of constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its path.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// The files at these paths as a commit has them.
///
/// # Errors
/// When one of them is not there, every such one being named, or when they are too large.
pub fn load(repo: &Repo, base: Oid, paths: &[String]) -> Result<Vec<Constraint>, FeatureError> {
    let tree = repo.objects().commit(base, &mut Vec::new())?.tree;
    let trees = Trees::new(repo.objects());
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in paths {
        let entry = trees.entry(tree, path.as_str().into())?;
        match entry.filter(|entry| entry.kind() == EntryKind::File) {
            Some(entry) => found.push(Constraint {
                path: path.clone(),
                text: repo.objects().blob(entry.oid)?.to_str_lossy().into_owned(),
            }),
            None => missing.push(path.clone()),
        }
    }
    if !missing.is_empty() {
        return Err(FeatureError::Constraints { base, missing });
    }
    let bytes = found.iter().map(|one| one.text.len()).sum();
    match bytes > MAX_BYTES {
        true => Err(FeatureError::LargeConstraints(bytes)),
        false => Ok(found),
    }
}
