//! The conductor: agents' sessions as they are recorded below `refs/baton/`.

pub mod aggregate;
mod error;
mod number;
mod remote;
pub mod session;
pub mod store;

pub use error::SessionError;
pub use session::{Session, State};
