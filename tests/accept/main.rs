//! `git baton accept`: what a maintainer has accepted passes everywhere, and nothing else does.

mod forgeries;
mod keys;
mod layers;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod ways_out;
mod world;
