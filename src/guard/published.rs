//! What a remote has already published, asked of the remote itself.

use std::cell::OnceCell;

use bstr::ByteSlice;

use super::GuardError;
use crate::git::{Repo, history};
use crate::model::Oid;

/// The commits that remotes advertise. A remote-tracking branch is a claim, which anybody can
/// write; so the remote is asked, once, and only when the answer matters.
pub struct Published<'a> {
    repo: &'a Repo,
    advertised: OnceCell<Vec<Oid>>,
}

impl<'a> Published<'a> {
    /// Nothing is asked yet.
    pub fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            advertised: OnceCell::new(),
        }
    }

    /// Whether a remote advertises a commit from which this one can be reached.
    pub fn holds(&self, commit: Oid) -> Result<bool, GuardError> {
        let claims: Vec<_> = self.repo.refs().below("refs/remotes/")?;
        if claims.is_empty() {
            return Ok(false);
        }
        let advertised = self.advertised(&claims);
        if advertised.is_empty() {
            return Ok(false);
        }
        Ok(history::reachable(self.repo, &[commit], advertised)?.is_empty())
    }

    /// The advertised commits that are here. A remote that does not answer advertises nothing.
    fn advertised(&self, claims: &[(bstr::BString, Oid)]) -> &[Oid] {
        self.advertised.get_or_init(|| {
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
            tips
        })
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
