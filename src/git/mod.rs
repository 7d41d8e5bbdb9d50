//! The only place that names gix or runs the git program.

pub mod checkout;
pub mod config;
mod error;
pub mod history;
pub mod index;
pub mod landing;
mod layout;
mod objects;
mod program;
mod refs;
mod repo;
pub mod revision;
mod store;
pub mod stream;
pub mod tree;
mod tree_object;
mod worktrees;

pub use error::GitError;
pub use objects::{Commit, Objects};
pub use program::{GitVersion, Program};
pub use refs::Refs;
pub use repo::Repo;
pub use store::{RefEdit, Store, StoreError};
pub use worktrees::Worktree;
