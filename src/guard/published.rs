//! What a remote has already published, asked of the remote itself.

use std::cell::OnceCell;

use bstr::ByteSlice;

use super::{GuardError, range};
use crate::git::{Repo, history};
use crate::model::Oid;

/// The commits that remotes advertise. A remote-tracking branch is a claim, which anybody can
/// write; so the remote is asked, once, and only when the answer matters.
pub struct Published<'a> {
    repo: &'a Repo,
    advertised: OnceCell<Vec<Oid>>,
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

    /// Whether a remote advertises a commit from which this one can be reached.
    pub fn holds(&self, commit: Oid) -> Result<bool, GuardError> {
        let tips = self.tips()?;
        Ok(!tips.is_empty() && history::reachable(self.repo, &[commit], tips)?.is_empty())
    }

    /// Whether some branch or tag, of whatever origin, leads to this commit.
    pub fn is_named(&self, commit: Oid) -> Result<bool, GuardError> {
        if self.named.get().is_none() {
            self.named.set(range::everything(self.repo)?.tips).ok();
        }
        let tips = self.named.get().map_or(&[][..], Vec::as_slice);
        Ok(history::reachable(self.repo, &[commit], tips)?.is_empty())
    }

    /// The advertised commits that are here. A remote that does not answer advertises nothing.
    pub fn tips(&self) -> Result<&[Oid], GuardError> {
        if let Some(tips) = self.advertised.get() {
            return Ok(tips);
        }
        let claims = self.repo.refs().below("refs/remotes/")?;
        let mut remotes: Vec<_> = claims
            .iter()
            .filter_map(|(name, _)| name.strip_prefix(b"refs/remotes/")?.split_str("/").next())
            .collect();
        remotes.dedup();
        let mut tips: Vec<Oid> = remotes
            .into_iter()
            .flat_map(|remote| self.ask(remote))
            .collect();
        tips.sort();
        tips.dedup();
        Ok(self.advertised.get_or_init(|| tips))
    }

    fn ask(&self, remote: &[u8]) -> Vec<Oid> {
        let Ok(remote) = remote.to_os_str() else {
            return Vec::new();
        };
        let args = [
            "ls-remote".as_ref(),
            "--heads".as_ref(),
            "--".as_ref(),
            remote,
        ];
        let answer = self.repo.program().output(args).unwrap_or_default();
        let tips = answer.lines().filter_map(|line| {
            let (oid, _) = line.split_once_str("\t")?;
            Oid::from_hex(oid).ok()
        });
        tips.filter(|oid| self.repo.objects().contains(*oid))
            .collect()
    }
}
