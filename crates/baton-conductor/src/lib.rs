//! The conductor: agents' sessions as they are recorded below `refs/baton/`.

pub mod aggregate;
pub mod carried;
pub mod checkouts;
pub mod claim;
pub mod conflicts;
pub mod edit;
mod error;
pub mod finish;
pub mod handoff;
mod history;
pub mod merge;
pub mod number;
pub mod output;
pub mod pool;
mod remote;
pub mod run;
pub mod session;
pub mod start;
pub mod store;

pub use error::SessionError;
pub use session::{Session, State};
