//! The laws that the fuzz targets hold against their inputs; the property tests hold the same.

#[path = "../../tests/laws/handoff.rs"]
pub mod handoff;
#[path = "../../tests/laws/hook_input.rs"]
pub mod hook_input;
#[path = "../../tests/laws/index.rs"]
pub mod index;
#[path = "../../tests/laws/policy.rs"]
pub mod policy;
#[path = "../../tests/laws/trailers.rs"]
pub mod trailers;
