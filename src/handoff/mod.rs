//! The handoff document as bytes, and the entries that aggregate commits add to it.
//!
//! `docs/aggregate-format.md` describes both for somebody who verifies one by hand.

mod archive;
mod document;
mod entry;
pub(crate) mod lines;
mod markdown;
mod summary;
mod tidy;

pub use archive::{Limits, Trimmed, archived, entry_count, surplus, take_oldest};
pub use document::{ExtractError, aggregated_sessions, carried_sessions, extract, insert};
pub use entry::{Entry, ParseError, RenderError, SessionSection, parse_entry, render_entry};
pub use summary::{SummaryError, canonical_summary, canonical_title, digest};
pub use tidy::tidied;
