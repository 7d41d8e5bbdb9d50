//! The handoff document as bytes, and the entries that aggregate commits add to it.
//!
//! `docs/aggregate-format.md` describes both, and how to verify one by hand.

mod archive;
mod canonical;
mod document;
mod entry;
pub(crate) mod lines;
mod markdown;
mod parse;
mod summary;
mod tidy;

pub use archive::{Limits, Trimmed, archived, entry_count, surplus, take_oldest};
pub use canonical::{canonical_summary, canonical_title};
pub use document::{ExtractError, aggregated_sessions, carried_sessions, extract, insert};
pub use entry::{Entry, RenderError, SessionSection, render_entry};
pub use parse::{ParseError, parse_entry};
pub use summary::{SummaryError, digest};
pub use tidy::tidied;
