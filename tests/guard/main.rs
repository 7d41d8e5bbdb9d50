//! The guard with real git: hooks, the server hook, `verify` and CI, `accept`, installation and diagnosis, and the laws of
//! what it reads.

mod accept;
mod adversary;
mod branch_move;
mod ci;
mod doctor_schema;
mod hooks;
mod install;
mod laws;
mod policy_docs;
mod report_schema;
mod verify;
