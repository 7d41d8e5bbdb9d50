//! The laws that the fuzz targets hold against their inputs; the property tests hold the same.

#[path = "../../tests/guard/laws/handoff.rs"]
pub mod handoff;
#[path = "../../tests/guard/laws/hook_input.rs"]
pub mod hook_input;
#[path = "../../tests/guard/laws/index.rs"]
pub mod index;
#[path = "../../tests/guard/laws/policy.rs"]
pub mod policy;
#[path = "../../tests/guard/laws/trailers.rs"]
pub mod trailers;
