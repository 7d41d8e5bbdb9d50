//! The holder of the lease.

use serde::{Deserialize, Serialize};

/// The process that holds the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The committer's name and address.
    pub owner: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// When the process began, in a unit of its system.
    pub process_started: Option<u64>,
    /// Since when it holds the lease, RFC 3339.
    pub since: String,
}
