//! `git baton accept`: what a maintainer has accepted passes everywhere, and nothing else does.

mod forgeries;
mod keys;
mod layers;
#[path = "../support/mod.rs"]
mod support;
mod world;
