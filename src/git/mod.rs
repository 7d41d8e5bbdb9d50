//! The only place that names gix or runs the git program.

mod error;
pub mod history;
pub mod index;
pub mod landing;
mod objects;
mod program;
mod refs;
mod repo;
mod store;
pub mod tree;

pub use error::GitError;
pub use objects::{Commit, Objects};
pub use program::Program;
pub use refs::Refs;
pub use repo::Repo;
pub use store::{RefEdit, Store, StoreError};
