use bstr::{BStr, BString};

use super::alias::{fold, is_above};
use super::glob::PathGlob;
use super::{Handoff, POLICY_PATH, Protected, Sessions, Signing};

/// What a policy knows beforehand about the paths it watches.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scope {
    /// The policy and the list of signers, folded.
    policy_files: [BString; 2],
    /// The handoff document, folded.
    handoff: BString,
    /// See [`crate::model::Watch::scan_bound`].
    bound: Option<BString>,
    /// The bytes with which watched paths begin once folded; `None` when any may.
    first_bytes: Option<Vec<u8>>,
}

impl Scope {
    pub(super) fn new(
        protected: &[Protected],
        handoff: &Handoff,
        sessions: &Sessions,
        signing: &Signing,
    ) -> Self {
        let policy_files = [POLICY_PATH.into(), signing.allowed_signers.as_ref()];
        let plain = [policy_files[0], policy_files[1], handoff.path.as_ref()];
        let globs = || protected.iter().flat_map(|entry| &entry.paths);
        let patterns = || sessions.logs.iter().chain(&sessions.summaries);

        let bounds = plain
            .iter()
            .map(|path: &&BStr| {
                let written = BString::from(path.to_ascii_lowercase());
                Some(fold(path).into_owned().max(written))
            })
            .chain(globs().map(PathGlob::bound))
            .chain(patterns().map(|pattern| pattern.reach().bound()));
        let bounds: Option<Vec<_>> = bounds.collect();

        let first_bytes = plain
            .iter()
            .map(|path| fold(path).first().copied().filter(u8::is_ascii))
            .chain(globs().map(PathGlob::first_byte))
            .chain(patterns().map(|pattern| pattern.reach().first_byte()))
            .collect();
        Self {
            policy_files: policy_files.map(|path| fold(path).into_owned()),
            handoff: fold(handoff.path.as_ref()).into_owned(),
            bound: bounds.and_then(|all| all.into_iter().max()),
            first_bytes,
        }
    }

    /// Whether the first byte alone shows that `path` and what it aliases are not watched.
    pub(super) fn rules_out(&self, path: &BStr) -> bool {
        let (Some(bytes), Some(first)) = (&self.first_bytes, path.first()) else {
            return false;
        };
        first.is_ascii_alphanumeric() && !bytes.contains(&first.to_ascii_lowercase())
    }

    /// Whether a folded path is the policy or the list of signers, or takes the place of a
    /// directory above one of them.
    pub(super) fn is_policy_file(&self, folded: &BStr) -> bool {
        let files = &mut self.policy_files.iter();
        files.any(|file| file == folded || is_strictly_above(folded, file))
    }

    pub(super) fn is_handoff(&self, folded: &BStr) -> bool {
        self.handoff == folded
    }

    pub(super) fn is_above_handoff(&self, folded: &BStr) -> bool {
        is_strictly_above(folded, &self.handoff)
    }

    /// Whether a path named outright lies below this folded directory.
    pub(super) fn has_file_below(&self, directory: &BStr) -> bool {
        let files = &mut self.policy_files.iter().chain([&self.handoff]);
        files.any(|file| is_above(directory, file))
    }

    pub(super) fn handoff(&self) -> &BStr {
        self.handoff.as_ref()
    }

    pub(super) fn bound(&self) -> Option<&BStr> {
        self.bound.as_ref().map(AsRef::as_ref)
    }
}

fn is_strictly_above(folded: &[u8], path: &[u8]) -> bool {
    !folded.is_empty() && is_above(folded, path)
}
