//! The session protocol: the content of a session's log, and the checks that it must pass.
//!
//! [`parse`] finds the rows of compliance in a log, [`check`] reports the problems in them, [`render`] writes
//! the log that a session begins with, and [`bind_summary`] the line that binds it to the session's summary.
//! [`settle`] and [`fill`] put in what the conductor of the session has seen, and [`claims`] lists what the
//! evidence names.

mod binding;
mod check;
mod evidence;
mod fill;
mod finding;
mod parse;
mod settle;
mod table;
mod template;

pub use binding::{bind_summary, named_summaries, summary_line};
pub use check::{check, missing_rows};
pub use evidence::{Claim, Named, claims};
pub use fill::{fill, put_part, set_field};
pub use finding::{Code, Finding, Severity};
pub use parse::{Evidence, Level, Log, Row, Section, Status, parse};
pub use settle::{Settlement, settle};
pub use template::{Blank, render};
