//! The only place that names gix or runs the git program.

pub mod checkout;
pub mod commit_object;
pub mod config;
pub mod contained;
mod error;
pub mod exclude;
pub mod history;
pub mod index;
pub mod landing;
mod layout;
pub mod merge;
mod objects;
pub mod own_worktree;
mod program;
pub mod reflog;
mod refs;
mod repo;
mod restore;
pub mod revision;
mod scratch_index;
pub mod slot;
pub mod status;
mod store;
pub mod stream;
pub mod tree;
pub mod tree_edit;
mod tree_object;
mod worktrees;

pub use error::GitError;
pub use objects::{Commit, Objects};
pub use program::{GitVersion, Program};
pub use refs::{Refs, is_reference_name};
pub use repo::Repo;
pub use scratch_index::{Conflict, ScratchIndex};
pub use store::{RefEdit, Store, StoreError};
pub use worktrees::Worktree;
