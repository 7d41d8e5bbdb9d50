//! The judge: what each rule is, and how it decides.

pub mod aggregate;
pub mod info;
