use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use bstr::BString;

/// Why an index does not say what a commit of it would hold.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum IndexError {
    /// The index, the shared index it builds on, or the directory they are in cannot be read.
    #[error("cannot read git's index at {}", file.display())]
    #[diagnostic(help(
        "see that you may read it, then run `git status`; if that fails too, `git read-tree HEAD` writes a new index from the last commit: stage your changes again"
    ))]
    Read {
        /// The file that cannot be read.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bytes are not those of an index.
    #[error("git's index at {} is damaged: {what} (at byte {offset})", file.display())]
    #[diagnostic(help(
        "run `git status`; if it fails too, `git read-tree HEAD` writes a new index from the last commit: stage your changes again"
    ))]
    Damaged {
        /// The damaged file.
        file: PathBuf,
        /// The fault.
        what: &'static str,
        /// The offset in the file at which it was noticed.
        offset: usize,
    },
    /// The index uses something of which this program does not know what it means.
    #[error("git's index at {} has {what}, which is not understood", file.display())]
    #[diagnostic(help(
        "a newer git wrote this index: update git-baton, or run `git update-index --index-version 2` to have git rewrite the index"
    ))]
    Unsupported {
        /// The index.
        file: PathBuf,
        /// The unknown version or extension.
        what: String,
    },
    /// A watched path is in the middle of a merge.
    #[error("`{path}` is unmerged")]
    #[diagnostic(help("resolve the conflict, then `git add` the path"))]
    Unmerged {
        /// The path.
        path: BString,
    },
    /// The tree behind a directory that a sparse index leaves folded cannot be read.
    #[error("cannot read the tree of `{directory}`, which the sparse index leaves folded")]
    #[diagnostic(help(
        "run `git fsck`; in a partial clone, fetch the missing trees: `git sparse-checkout reapply --no-sparse-index`"
    ))]
    Tree {
        /// The directory, with a trailing slash.
        directory: BString,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Why reading the entries of one file ended, before it is known which file that is.
#[derive(Debug)]
pub(super) enum Fault {
    Damaged {
        what: &'static str,
        offset: usize,
    },
    Unsupported(String),
    /// A fault that does not depend on the file.
    Other(IndexError),
}

impl Fault {
    pub(super) fn damaged(what: &'static str, offset: usize) -> Self {
        Self::Damaged { what, offset }
    }

    /// The error to report when it was found in `file`.
    pub(super) fn of(self, file: &Path) -> IndexError {
        let file = file.to_owned();
        match self {
            Self::Damaged { what, offset } => IndexError::Damaged { file, what, offset },
            Self::Unsupported(what) => IndexError::Unsupported { file, what },
            Self::Other(error) => error,
        }
    }
}
