//! Merging without a checkout, beside what `git merge` does.

#[path = "../sandbox/mod.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod sandbox;

mod forecast;
mod forecast_schema;
mod gits;
mod side_by_side;
