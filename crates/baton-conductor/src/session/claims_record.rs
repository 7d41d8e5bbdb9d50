//! Changes of the record that holds the claims of all sessions.

use baton_core::claims::{Claim, record};
use baton_core::model::{Oid, RefName, SessionId};
use baton_git::{RefEdit, Repo};
use baton_guard::GuardError;
use baton_guard::claims::{REFERENCE, recorded};

use super::SessionError;

/// The change of the record that takes this session's claims out of it, or holds it where it has none: no claim comes in
/// between. `None` where the record cannot be read, which claims nothing.
pub(super) fn dropped(repo: &Repo, session: &SessionId) -> Result<Option<RefEdit>, SessionError> {
    let before = match recorded(repo) {
        Err(GuardError::Claims(_)) => return Ok(None),
        before => before?,
    };
    let mut claims = before.claims.clone();
    claims.retain(|claim| !claim.session.agrees_with(session));
    if claims.len() < before.claims.len() {
        return edit(repo, before.blob, &claims).map(Some);
    }
    Ok(Some(RefEdit {
        name: RefName::new(REFERENCE),
        old: before.blob,
        new: before.blob,
    }))
}

/// The change from one record to that of these claims; without a claim there is none.
pub(super) fn edit(
    repo: &Repo,
    old: Option<Oid>,
    claims: &[Claim],
) -> Result<RefEdit, SessionError> {
    let new = match claims.is_empty() {
        true => None,
        false => Some(repo.store().blob(record::write(claims).as_bytes())?),
    };
    Ok(RefEdit {
        name: RefName::new(REFERENCE),
        old,
        new,
    })
}
