//! `git baton accept`: what a maintainer has accepted passes everywhere, and nothing else does.

mod forgeries;
mod keys;
mod layers;
mod sessions;
mod ways_out;
mod world;
