//! The moves of a reference, each with its mover.

use bstr::{BString, ByteSlice};

use super::Repo;
use baton_core::model::Oid;

/// The number of moves that are looked back at.
const LAST: &str = "100";

/// A move of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The object that it names since.
    pub to: Oid,
    /// The mover's address.
    pub by: BString,
}

/// The last moves of a reference, the latest first; none where git keeps no log of it, or where
/// it is gone.
pub fn moves(repo: &Repo, name: &str) -> Vec<Move> {
    let args = [
        "log",
        "--walk-reflogs",
        "-n",
        LAST,
        "--format=%H %ge",
        name,
        "--",
    ];
    // A name that is gone is an error to git.
    let out = repo.program().output(args).unwrap_or_default();
    let moved = |line: &[u8]| {
        let (hex, by) = line.split_once_str(" ")?;
        let (to, by) = (Oid::from_hex(hex).ok()?, by.into());
        Some(Move { to, by })
    };
    out.lines().filter_map(moved).collect()
}
