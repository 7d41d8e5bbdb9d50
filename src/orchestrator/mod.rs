//! The conductor: agents' sessions as they are recorded below `refs/baton/`.

mod error;
pub mod finish;
mod number;
pub mod output;
mod remote;
pub mod session;
pub mod start;
pub mod store;

pub use error::SessionError;
pub use session::{Session, State};
