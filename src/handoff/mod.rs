//! The handoff document as bytes, and the entries that aggregate commits add to it.
//!
//! `docs/aggregate-format.md` describes both for somebody who verifies one by hand.

mod document;
mod entry;
pub(crate) mod lines;
mod summary;

pub use document::{ExtractError, aggregated_sessions, extract, insert};
pub use entry::{Entry, ParseError, RenderError, SessionSection, parse_entry, render_entry};
pub use summary::{SummaryError, canonical_summary, digest};
