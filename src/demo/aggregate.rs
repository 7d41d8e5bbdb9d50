use bstr::ByteSlice;

use super::DemoError;
use crate::handoff::{self, Entry, SessionSection};
use crate::policy::Policy;
use crate::rules::aggregate::FORMAT_VERSION;

/// Where the default policy expects the handoff file.
pub(super) const HANDOFF: &str = ".agents/HANDOFF.md";

/// A session whose work is to be told in the handoff file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    /// Its number.
    pub(super) number: &'static str,
    /// Its title in the entry.
    pub(super) title: &'static str,
    /// The path of its summary.
    pub(super) summary: &'static str,
}

/// What makes an aggregate commit.
pub(super) struct Aggregate {
    /// The new text of the handoff file.
    pub(super) handoff: String,
    /// The message with its trailers.
    pub(super) message: String,
}

/// The aggregate of these sessions under the default policy, over this handoff file,
/// on the commit `base`.
pub(super) fn make(
    handoff: &str,
    base: &str,
    sessions: &[Session],
    summary_of: impl Fn(&Session) -> Result<String, DemoError>,
) -> Result<Aggregate, DemoError> {
    let policy = Policy::default();
    let keys = &policy.trailers;
    let mut sections = Vec::new();
    let mut trailers = format!(
        "{}: {FORMAT_VERSION}\n{}: {base}\n",
        keys.aggregate, keys.base
    );
    for session in sessions {
        let summary = handoff::canonical_summary(summary_of(session)?.as_bytes().as_bstr());
        let (number, digest) = (session.number, handoff::digest(summary.as_ref()));
        trailers += &format!("{}: {number}\n", keys.session);
        trailers += &format!("{}: {number} {digest}\n", keys.summary);
        sections.push(SessionSection {
            number: number.to_owned(),
            title: session.title.to_owned(),
            summary,
        });
    }
    let entry = handoff::render_entry(&Entry {
        date: "2026-01-05".to_owned(),
        orchestrator: None,
        sessions: sections,
    })
    .map_err(|error| DemoError::Preparation {
        command: "the entry of an aggregate commit".to_owned(),
        said: error.to_string(),
    })?;
    let handoff = handoff::insert(
        Some(handoff.into()),
        &policy.handoff.heading,
        entry.as_ref(),
    );
    let numbers: Vec<_> = sessions.iter().map(|session| session.number).collect();
    Ok(Aggregate {
        handoff: handoff.to_string(),
        message: format!("Aggregate sessions {}\n\n{trailers}", numbers.join(", ")),
    })
}
