//! The pure core of Baton: values in, values out. No git, no file, no clock, no environment, so that a forge or an
//! editor can embed it.
//!
//! - [`model`]: the values that the judge works on; [`policy`]: the policy that a base carries.
//! - [`rules`]: the judge, a pure function from a policy and a change to a verdict; [`report`]: a verdict as text.
//! - [`handoff`]: the handoff document as bytes; [`protocol`]: the log of a session.
//! - [`claims`]: the paths that sessions keep for themselves.
//! - [`layout`]: text in columns.
//! - [`plan`]: the tasks of agents in groups that run in parallel.

pub mod claims;
pub mod confine;
pub mod handoff;
pub mod layout;
pub mod model;
pub mod plan;
pub mod policy;
pub mod protocol;
pub mod report;
pub mod rules;
