//! What a remote has already published, asked of the remote itself.

use std::cell::OnceCell;

use bstr::{BStr, BString, ByteSlice};

use super::{GuardError, range};
use crate::git::{Repo, history};
use crate::model::Oid;
use crate::policy::Policy;

/// The commits that remotes advertise. A remote-tracking branch is a claim, which anybody can
/// write; so the remote is asked, once, and only when the answer matters.
pub struct Published<'a> {
    repo: &'a Repo,
    advertised: OnceCell<Vec<(BString, Oid)>>,
    named: OnceCell<Vec<Oid>>,
}

impl<'a> Published<'a> {
    /// Nothing is asked yet.
    pub fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            advertised: OnceCell::new(),
            named: OnceCell::new(),
        }
    }

    /// Whether a remote advertises a branch, among those on which the policy holds, from which
    /// this commit can be reached. A branch that nobody guards publishes nothing.
    pub fn holds(&self, commit: Oid, policy: &Policy) -> Result<bool, GuardError> {
        let tips = self.tips(policy)?;
        Ok(!tips.is_empty() && history::reachable(self.repo, &[commit], &tips)?.is_empty())
    }

    /// Whether some branch or tag, of whatever origin, leads to this commit.
    pub fn is_named(&self, commit: Oid) -> Result<bool, GuardError> {
        if self.named.get().is_none() {
            self.named.set(range::everything(self.repo)?.tips).ok();
        }
        let tips = self.named.get().map_or(&[][..], Vec::as_slice);
        Ok(history::reachable(self.repo, &[commit], tips)?.is_empty())
    }

    /// The tips of the advertised branches on which the policy holds, as far as they are here.
    pub fn tips(&self, policy: &Policy) -> Result<Vec<Oid>, GuardError> {
        let branches = self.branches()?.iter();
        let mut tips: Vec<_> = branches
            .filter(|(name, _)| policy.applies_to(name.as_ref()))
            .map(|(_, oid)| *oid)
            .collect();
        tips.sort();
        tips.dedup();
        Ok(tips)
    }

    /// What remotes advertise at the branch of this full name, as far as it is here.
    pub fn at(&self, reference: &BStr) -> Result<Vec<Oid>, GuardError> {
        let branches = self.branches()?.iter();
        let named = branches.filter(|(name, _)| name == reference);
        Ok(named.map(|(_, oid)| *oid).collect())
    }

    /// The advertised branches that are here. A remote that does not answer advertises nothing, and
    /// a remote-tracking branch whose remote is not configured is nobody's: its name is not an
    /// address to ask.
    fn branches(&self) -> Result<&[(BString, Oid)], GuardError> {
        if let Some(branches) = self.advertised.get() {
            return Ok(branches);
        }
        let claims = self.repo.refs().below("refs/remotes/")?;
        let mut remotes: Vec<_> = claims
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(b"refs/remotes/")?.split_str("/").next())
            .collect();
        remotes.dedup();
        let configured = match remotes.is_empty() {
            true => BString::default(),
            false => self.repo.program().output(["remote"])?,
        };
        remotes.retain(|remote| configured.lines().any(|name| name == *remote));
        let branches = remotes
            .into_iter()
            .flat_map(|remote| self.ask(remote))
            .collect();
        Ok(self.advertised.get_or_init(|| branches))
    }

    fn ask(&self, remote: &[u8]) -> Vec<(BString, Oid)> {
        let Ok(remote) = remote.to_os_str() else {
            return Vec::new();
        };
        let args = [
            "ls-remote".as_ref(),
            "--heads".as_ref(),
            "--".as_ref(),
            remote,
        ];
        let program = self.repo.program_for_remote(&remote.to_string_lossy());
        let answer = program.and_then(|program| program.output(args));
        let answer = answer.unwrap_or_default();
        let branches = answer.lines().filter_map(|line| {
            let (oid, name) = line.split_once_str("\t")?;
            Some((BString::from(name), Oid::from_hex(oid).ok()?))
        });
        branches
            .filter(|(_, oid)| self.repo.objects().contains(*oid))
            .collect()
    }
}
