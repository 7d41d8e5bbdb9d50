//! A system without Landlock.

use super::ConfineError;
use baton_core::confine::Confinement;

/// A confinement that there cannot be.
#[derive(Debug)]
pub struct Room {}

impl Room {
    /// Fails.
    pub fn new(_: &Confinement) -> Result<Self, ConfineError> {
        Err(ConfineError::Unsupported(
            "this system has no Landlock".to_owned(),
        ))
    }

    /// Fails.
    pub fn enter(&self) -> Result<(), ConfineError> {
        Self::new(&Confinement::default()).map(drop)
    }
}

/// False.
pub fn keeps_signals() -> bool {
    false
}
