//! `git baton exec`: what a confined command can do and what it cannot, with each git. Where the kernel confines nothing,
//! each of these tests says so and ends.

mod hostile;
mod killed;
mod kinds;
mod refused;
mod scene;
mod session;
mod work;
