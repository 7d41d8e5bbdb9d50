//! One agent's session: its number, its log, its summary, and how it ends.
//!
//! **Promises.** No two sessions have the same number, across all worktrees and all clones of the remote that the policy
//! names (`allocate`, `remote`). A session that has ended has a log that follows the protocol, a summary whose digest the log
//! names, evidence that is there, and no commit that breaks a rule (`end`, `evidence`, `history`). A summary can be replaced until a branch carries it
//! (`aggregated`).
//!
//! **Stores.** `refs/baton/sessions/<number>`: a commit whose tree holds `session.json` and `summary.md`; each change is a
//! commit on the one before, by compare-and-swap ([`store`]). The log is a file of the worktree, at the path that the policy
//! gives. `refs/baton/claims` names the paths that sessions keep for themselves (`claims`); one transaction ends a session and
//! drops its claims. `baton_guard::binding` records the session of a worktree. Two locks keep processes from interfering
//! with each other, and nothing depends on them: `allocate.lock` in Baton's directory and `session.lock` in the worktree's.
//!
//! **A kill** leaves a number that is claimed and not used: [`start::start`] with that number continues from there. A claim
//! that only the remote knows is lost: its number stays unused.

pub mod abandon;
pub mod aggregated;
pub mod allocate;
pub mod claims;
mod claims_record;
pub mod end;
mod error;
mod evidence;
mod history;
mod location;
pub mod notice;
pub mod number;
pub mod output;
mod record;
mod remote;
pub mod start;
pub mod store;

pub use error::SessionError;
pub use location::Location;
pub use record::{Session, State};
