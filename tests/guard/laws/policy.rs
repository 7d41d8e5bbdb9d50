//! Laws of `baton.toml` and of the list of signers.

use std::sync::LazyLock;

use baton_core::handoff::{
    Entry, SessionSection, aggregated_sessions, insert, parse_entry, render_entry,
};
use baton_core::model::{BranchName, Signature, Watch};
use baton_core::policy::{AllowedSigners, Policy, SignatureError, fold};
use bstr::{BStr, ByteSlice};
use miette::Diagnostic;

/// Those who signed the commits of `tests/fixtures/signed`.
static SIGNERS: LazyLock<AllowedSigners> = LazyLock::new(|| {
    let list = include_bytes!("../../fixtures/signed/allowed_signers");
    AllowedSigners::parse("signers", list).expect("a list of signers")
});
/// When they signed, seconds since the epoch.
const COMMITTED_AT: i64 = 1_766_059_200;

/// A file is a policy or an error that points into it; a policy written out reads back the same.
pub fn a_policy_reads_back(toml: &[u8]) -> Option<Policy> {
    let policy = match Policy::parse("baton.toml", toml) {
        Ok(policy) => policy,
        Err(error) => {
            assert_points_into_its_source(&error);
            return None;
        }
    };
    let written = policy.effective_toml();
    match Policy::parse("effective", written.as_bytes()) {
        Ok(again) => assert_eq!(again, policy, "{written}"),
        Err(error) => panic!("{:?} in\n{written}", error.problem()),
    }
    Some(policy)
}

/// Readers that pass over directories and stop at the bound still find what is watched.
pub fn what_is_watched_is_found(policy: &Policy, path: &BStr) {
    let names = &mut path.split_str("/");
    if names.any(|name| matches!(name, b"" | b"." | b"..")) || !policy.watches(path) {
        return;
    }
    for directory in path.find_iter("/").map(|slash| path[..slash].as_bstr()) {
        assert!(
            policy.may_watch_below(directory),
            "{path:?} below {directory:?}"
        );
        assert!(
            policy.writer_of(path).is_none() || policy.may_protect_below(directory),
            "{path:?} below {directory:?}"
        );
    }
    assert!(policy.may_watch_below(b"".into()));
    let plain = **fold(path) == *path.to_ascii_lowercase();
    if let Some(bound) = policy.scan_bound().filter(|_| plain) {
        assert!(path <= bound, "{path:?} after {bound:?}");
    }
}

/// What only some may write is watched, and every question takes any path.
pub fn what_is_protected_is_watched(policy: &Policy, path: &BStr) {
    let matters = policy.writer_of(path).is_some()
        || policy.is_handoff(path)
        || policy.is_policy_file(path)
        || policy.session_of(path).is_some()
        || policy.log_session(path).is_some();
    assert!(!matters || policy.watches(path), "{path:?} is not watched");
    policy.applies_to(&BranchName::new(path).full());
}

/// An entry that goes under the policy's heading is found under it again.
pub fn an_entry_stands_under_the_heading(policy: &Policy) {
    let (heading, wording) = (&policy.handoff.heading, &policy.handoff.wording);
    let entry = Entry {
        date: "2025-12-18".to_owned(),
        orchestrator: Some("8".to_owned()),
        sessions: vec![SessionSection {
            number: "7".to_owned(),
            title: "T".to_owned(),
            summary: "s\n".into(),
        }],
    };
    let text = render_entry(&entry, wording).expect("it fits any wording");
    assert_eq!(parse_entry(text.as_ref(), wording).as_ref(), Ok(&entry));
    let document = insert(None, heading, text.as_ref());
    let sessions = aggregated_sessions(document.as_ref(), heading, wording);
    assert_eq!(sessions, ["7"], "{document}");
}

/// A list of signers is one or an error that points into it.
pub fn signers_or_an_error(list: &[u8]) {
    if let Err(error) = AllowedSigners::parse("signers", list) {
        assert_points_into_its_source(&error);
    }
}

/// A signature that holds holds for its payload alone and by the list alone. The input is a commit
/// object with its signature, as git stores it. Gives whether the signature holds.
pub fn a_signature_holds_for_its_payload(commit: &[u8]) -> bool {
    let (head, message) = commit.split_once_str("\n\n").unwrap_or((commit, b""));
    let (before, armoured) = head.split_once_str("\ngpgsig ").unwrap_or((b"", head));
    let mut signature = Signature {
        armoured: armoured.replace("\n ", "\n").into(),
        payload: [before, message].join(&b"\n\n"[..]).into(),
        committed_at: COMMITTED_AT,
    };
    let holds = SIGNERS.verify(&signature, &[]).is_ok();
    assert!(AllowedSigners::default().verify(&signature, &[]).is_err());
    if holds {
        signature.payload.push(b'\n');
        assert_eq!(
            SIGNERS.verify(&signature, &[]),
            Err(SignatureError::Mismatch)
        );
    }
    holds
}

/// All that concerns a policy. The input is the file, and behind each NUL, which TOML does not
/// have, a path.
pub fn all(data: &[u8]) {
    let mut parts = data.split_str("\0");
    let Some(policy) = parts.next().and_then(a_policy_reads_back) else {
        return;
    };
    an_entry_stands_under_the_heading(&policy);
    for path in parts {
        what_is_watched_is_found(&policy, path.as_bstr());
        what_is_protected_is_watched(&policy, path.as_bstr());
    }
}

fn assert_points_into_its_source(error: &dyn Diagnostic) {
    let source = error.source_code();
    for label in error.labels().into_iter().flatten() {
        let read = source.map(|source| source.read_span(label.inner(), 0, 0).is_ok());
        assert_eq!(read, Some(true), "{error} at {:?}", label.inner());
    }
}
