//! The constraints on every agent, as the repository's own files say it.

use bstr::ByteSlice;

use miette::Diagnostic;
use thiserror::Error;

use super::signal::quoted;
use baton_core::model::{EntryKind, Oid};
use baton_git::tree::Trees;
use baton_git::{GitError, Repo};

/// The maximum number of bytes of all constraints together: they stand in every prompt.
const MAX_BYTES: usize = 64 * 1024;

/// A file of constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its path.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The reason why no agent can be told what no agent may do.
#[derive(Debug, Error, Diagnostic)]
pub enum ConstraintsError {
    /// The policy names files that the base does not have.
    #[error("these constraints are not in {base}: {}", .missing.join(", "))]
    #[diagnostic(help(
        "no agent is asked before it can be told what it may not do: commit the files, or have a maintainer correct `constraints` in [conductor.feature] of baton.toml"
    ))]
    Missing {
        /// The commit.
        base: Oid,
        /// Their paths.
        missing: Vec<String>,
    },

    /// No prompt can hold them.
    #[error("the constraints take {0} bytes together")]
    #[diagnostic(help("keep what every agent has to know below 64 KiB"))]
    TooLarge(usize),

    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
}

/// The files at these paths as a commit has them.
///
/// # Errors
/// When one of them is not there, every such one being named, or when they are too large.
pub fn load(repo: &Repo, base: Oid, paths: &[String]) -> Result<Vec<Constraint>, ConstraintsError> {
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
        return Err(ConstraintsError::Missing { base, missing });
    }
    let bytes = found.iter().map(|one| one.text.len()).sum();
    match bytes > MAX_BYTES {
        true => Err(ConstraintsError::TooLarge(bytes)),
        false => Ok(found),
    }
}

/// What an agent is told of them; empty when there are none. Nothing in it is a promise or a
/// decision when it is repeated.
pub fn told(constraints: &[Constraint]) -> String {
    let mut text = String::new();
    if !constraints.is_empty() {
        text.push_str("These constraints hold, whatever else is said:\n\n");
    }
    for Constraint { path, text: says } in constraints {
        text.push_str(&format!("## {path}\n\n{}\n\n", quoted(says.trim())));
    }
    text
}
