//! What a slot of the pool holds, and what is kept of it.

#[path = "../sandbox/mod.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod sandbox;

#[path = "../support/gits.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod gits;

mod at_risk;
mod contained;
mod include;
mod look;
mod steps;
mod support;
mod trash;
