//! `prepare-commit-msg`: names the worktree's session in the message.

use std::path::PathBuf;

use bstr::{BStr, ByteSlice};

use super::{Call, HookError};
use baton_core::model::trailers;
use baton_git::Repo;
use baton_git::operation::Operation;
use baton_guard::Judgement;
use baton_guard::base::Bases;
use baton_guard::binding;
use baton_sys::{GitEnv, file};

/// Adds the session's trailer to a new message that has none. It judges nothing.
pub(super) fn answer(repo: &Repo, env: &GitEnv, call: &Call) -> Result<Judgement, HookError> {
    let nothing = Ok(Judgement::default());
    let amends = call.args.get(1).is_some_and(|source| source == "commit");
    // Commits that are replayed are not this session's own.
    if amends || Operation::in_progress(repo)?.is_some_and(Operation::replays) {
        return nothing;
    }
    let Some(session) = binding::session(repo)? else {
        return nothing;
    };
    let base = match repo.head()? {
        Some(head) => Bases::new(repo.objects()).adopted(head)?,
        None => None,
    };
    let Some(base) = base else {
        return nothing;
    };
    let keys = &base.policy.trailers;
    let path = env
        .current_dir
        .join(PathBuf::from(super::argument(call, 0, "the message file")?));
    let failed = |path: PathBuf| move |source| HookError::Message { path, source };
    let whole = file::read(&path).map_err(failed(path.clone()))?;
    let text = super::message::without_comments(&whole);
    if trailers::values(text.as_ref(), &keys.session)
        .next()
        .is_some()
    {
        return nothing;
    }
    let trailer = format!("--trailer={}: {session}", keys.session);
    let args = [
        "interpret-trailers".as_ref(),
        "--in-place".as_ref(),
        "--no-divider".as_ref(),
        "--if-exists=doNothing".as_ref(),
        trailer.as_ref(),
        path.as_os_str(),
    ];
    repo.program().output(args)?;
    if text.trim().is_empty() {
        // Room for the subject, apart from the trailer.
        let prepared = file::read(&path).map_err(failed(path.clone()))?;
        let spaced = [b"\n", &prepared[..]].concat();
        file::write_atomically(&path, &spaced).map_err(failed(path))?;
    }
    nothing
}

/// True if the message, without its comments, is the trailer alone.
pub(super) fn wrote_all(repo: &Repo, message: &BStr) -> Result<bool, HookError> {
    let line = message.trim();
    if line.is_empty() || line.contains(&b'\n') {
        return Ok(false);
    }
    let (Some(session), Some(head)) = (binding::session(repo)?, repo.head()?) else {
        return Ok(false);
    };
    let base = Bases::new(repo.objects()).adopted(head)?;
    Ok(base.is_some_and(|base| {
        line == format!("{}: {session}", base.policy.trailers.session).as_bytes()
    }))
}
