//! `pre-push`: the commits that a push would publish.

use bstr::ByteSlice;

use super::ref_lines;
use super::{Call, HookError};
use crate::git::Repo;
use crate::guard::Judgement;
use crate::guard::span::{self, Span};

/// Judges, for each branch, what the remote does not have there by the policy of what it has.
pub(super) fn answer(repo: &Repo, call: &Call) -> Result<Judgement, HookError> {
    let remote = super::argument(call, 0, "the remote's name")?
        .to_string_lossy()
        .into_owned();
    let tracked = repo
        .refs()
        .below(&format!("refs/remotes/{remote}/"))
        .unwrap_or_default();
    let tracked: Vec<_> = tracked.into_iter().map(|(_, oid)| oid).collect();
    let mut judgement = Judgement::default();
    for line in ref_lines::parse_push(&call.input)? {
        let Some(tip) = line
            .local
            .object()
            .filter(|_| line.reference.starts_with(b"refs/heads/"))
        else {
            continue;
        };
        let old = line
            .remote
            .object()
            .filter(|oid| repo.objects().contains(*oid));
        let hidden = old.map_or_else(|| tracked.clone(), |old| vec![old]);
        let span = Span {
            reference: Some(line.reference.as_bstr().to_owned()),
            tips: vec![tip],
            hidden,
            old,
        };
        judgement.absorb(span::judge(repo, &span)?);
    }
    Ok(judgement)
}
