//! The log that a session begins with, which is no work while it is as Baton wrote it.

use bstr::BString;

use super::PoolError;
use crate::session::{SessionError, start, store};
use baton_git::Repo;
use baton_sys::worktree_file;

/// The path of the log of this slot's session, when the file still says what it began with.
pub fn untouched(slot: &Repo) -> Result<Option<BString>, PoolError> {
    let Some(root) = slot.work_tree() else {
        return Ok(None);
    };
    let session = match store::bound(slot) {
        Err(SessionError::Unknown(_)) => None,
        bound => bound?,
    };
    let Some(session) = session else {
        return Ok(None);
    };
    let Ok(Some(text)) = worktree_file::read(root, &session.log_path) else {
        return Ok(None);
    };
    let began = start::log(&session, &store::policy(slot)?);
    Ok((text == began.as_bytes()).then(|| session.log_path.into()))
}
