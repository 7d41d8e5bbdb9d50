//! What a slot of the pool holds, and what is kept of it.

mod at_risk;
mod contained;
mod include;
mod look;
mod steps;
mod support;
mod trash;
