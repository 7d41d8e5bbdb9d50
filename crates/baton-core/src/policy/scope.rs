use bstr::{BStr, BString};

use super::alias::{fold, is_above};
use super::glob::PathGlob;
use super::lookalike::{Guarded, Likeness};
use super::{Handoff, POLICY_PATH, Protected, Sessions, Signing, Writer};

/// The facts that a policy knows beforehand about the paths it watches.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scope {
    /// The policy and the list of signers, folded.
    policy_files: [BString; 2],
    /// The handoff document, folded.
    handoff: BString,
    /// The protected paths that others can be like; first the policy and the list of signers.
    guarded: Vec<Guarded>,
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
            .chain(patterns().map(|pattern| pattern.literal_prefix().bound()));
        let bounds: Option<Vec<_>> = bounds.collect();

        let guarded = guarded(policy_files, handoff, protected);
        let first_bytes: Option<Vec<_>> = plain
            .iter()
            .map(|path| fold(path).first().copied().filter(u8::is_ascii))
            .chain(globs().map(PathGlob::first_byte))
            .chain(patterns().map(|pattern| pattern.literal_prefix().first_byte()))
            .chain(guarded.iter().flat_map(Guarded::first_bytes).map(Some))
            .collect();
        // Aliases that begin as the path does may have anything behind that.
        let after_first = first_bytes
            .iter()
            .flatten()
            .map(|byte| vec![byte + 1].into());
        let bound = bounds.and_then(|all| all.into_iter().chain(after_first).max());
        Self {
            policy_files: policy_files.map(|path| fold(path).into_owned()),
            handoff: fold(handoff.path.as_ref()).into_owned(),
            guarded,
            bound,
            first_bytes,
        }
    }

    /// Returns the way in which this path, otherwise not protected, is like a protected one, and the writer
    /// of that one.
    pub(super) fn like(&self, path: &BStr, folded: &BStr) -> Option<(Likeness, Writer)> {
        let found = |wanted| {
            let mut guarded = self.guarded.iter();
            guarded.find(|one| one.likeness(path, folded) == Some(wanted))
        };
        let same = found(Likeness::Same).map(|one| (Likeness::Same, one.writer()));
        same.or_else(|| Some((Likeness::Beside, found(Likeness::Beside)?.writer())))
    }

    /// Returns true if a path may take the place of the policy or of the list of signers, though it folds otherwise.
    pub(super) fn is_like_policy_file(&self, path: &BStr, folded: &BStr) -> bool {
        let files = &mut self.guarded[..self.policy_files.len()].iter();
        files.any(|one| one.likeness(path, folded) == Some(Likeness::Same))
    }

    /// Returns true if a path below this directory may be like a protected one.
    pub(super) fn has_likeness_below(&self, directory: &BStr, folded: &BStr) -> bool {
        self.guarded.iter().any(|one| one.enters(directory, folded))
    }

    /// Returns true if the first byte alone shows that `path` and what it aliases are not watched.
    pub(super) fn rules_out(&self, path: &BStr) -> bool {
        let (Some(bytes), Some(first)) = (&self.first_bytes, path.first()) else {
            return false;
        };
        first.is_ascii_alphanumeric() && !bytes.contains(&first.to_ascii_lowercase())
    }

    /// Returns true if a folded path is the policy or the list of signers, or takes the place of a directory
    /// above one of them.
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

    /// Returns true if a path named outright lies below this folded directory.
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

fn guarded(policy_files: [&BStr; 2], handoff: &Handoff, protected: &[Protected]) -> Vec<Guarded> {
    let files = policy_files.map(|path| Guarded::new(path, true, Writer::Maintainers));
    let entries = protected.iter().flat_map(|entry| {
        let globs = entry.paths.iter().map(PathGlob::fixed_part);
        globs.map(|(path, is_file)| Guarded::new(path, is_file, entry.writer))
    });
    let path = handoff.path.as_ref();
    let writer = protected
        .iter()
        .find(|entry| entry.paths.iter().any(|glob| glob.matches(path)))
        .map_or(Writer::Aggregate, |entry| entry.writer);
    let handoff = Guarded::new(path, true, writer);
    files.into_iter().chain(entries).chain([handoff]).collect()
}

fn is_strictly_above(folded: &[u8], path: &[u8]) -> bool {
    !folded.is_empty() && is_above(folded, path)
}
