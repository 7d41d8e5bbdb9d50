//! The commits that a remote has published, asked of the remote itself.

use std::cell::OnceCell;

use super::{GuardError, range};
use baton_core::model::{BranchName, Oid, RefName};
use baton_core::policy::Policy;
use baton_git::{Branches, GitError, Remote, Repo, history};
use baton_sys::warnings;

/// The commits that remotes advertise. A remote-tracking branch is a claim, which anybody can
/// write, and so is the configuration: the remotes that were there when Baton was installed are asked
/// where they were then, once, and only when the answer matters.
pub struct Published<'a> {
    repo: &'a Repo,
    advertised: OnceCell<Advertised>,
    strangers: OnceCell<Vec<Doubt>>,
    named: OnceCell<Vec<Oid>>,
}

/// The remotes' answers.
struct Advertised {
    branches: Branches,
    /// Those that said nothing.
    silent: Vec<Doubt>,
}

/// A remote that may have published something and does not count.
struct Doubt {
    /// Its name.
    remote: String,
    /// Why it does not count, and what to do, a sentence.
    why: String,
}

impl<'a> Published<'a> {
    /// Nothing is asked yet.
    pub fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            advertised: OnceCell::new(),
            strangers: OnceCell::new(),
            named: OnceCell::new(),
        }
    }

    /// True if a remote advertises a branch, among those on which the policy holds, from which
    /// this commit can be reached. An unguarded branch publishes nothing. Where a remote that
    /// does not count is said to have it, warns of that.
    pub fn holds(&self, commit: Oid, policy: &Policy) -> Result<bool, GuardError> {
        let tips = self.tips(policy)?;
        let holds = !tips.is_empty() && self.reach(&tips, commit)?;
        if !holds {
            self.explain(commit, &|name| policy.applies_to(name))?;
        }
        Ok(holds)
    }

    /// True if any remote, one that does not count too, has this commit on a branch: to be careful with it, never to
    /// let it come in.
    pub fn may_hold(&self, commit: Oid, policy: &Policy) -> Result<bool, GuardError> {
        let mut tips = self.tips(policy)?;
        for remote in self.repo.remotes()? {
            if !claims(self.repo, &remote.name).is_empty() {
                let found = self.repo.branches_now(&remote).unwrap_or_default();
                tips.extend(found.into_iter().map(|(_, oid)| oid));
            }
        }
        tips.retain(|oid| self.repo.objects().contains(*oid));
        Ok(!tips.is_empty() && self.reach(&tips, commit)?)
    }

    /// True if some branch or tag, of whatever origin, leads to this commit.
    pub fn is_named(&self, commit: Oid) -> Result<bool, GuardError> {
        if self.named.get().is_none() {
            self.named.set(range::everything(self.repo)?.tips).ok();
        }
        self.reach(self.named.get().map_or(&[][..], Vec::as_slice), commit)
    }

    /// The tips of the advertised branches on which the policy holds, as far as they are here.
    pub fn tips(&self, policy: &Policy) -> Result<Vec<Oid>, GuardError> {
        let branches = self.advertised()?.branches.iter();
        let mut tips: Vec<_> = branches
            .filter(|(name, _)| policy.applies_to(name))
            .map(|(_, oid)| *oid)
            .collect();
        tips.sort();
        tips.dedup();
        Ok(tips)
    }

    /// The tips that remotes advertise at the branch of this full name, as far as they are here.
    pub fn at(&self, reference: &RefName) -> Result<Vec<Oid>, GuardError> {
        let branches = self.advertised()?.branches.iter();
        let named = branches.filter(|(name, _)| name == reference);
        Ok(named.map(|(_, oid)| *oid).collect())
    }

    /// Warns of the remotes that do not count and whose remote-tracking branches, of such names, lead to the
    /// commit.
    pub fn explain(
        &self,
        commit: Oid,
        is_meant: &dyn Fn(&RefName) -> bool,
    ) -> Result<(), GuardError> {
        for doubt in self.advertised()?.silent.iter().chain(self.strangers()?) {
            let claims = claims(self.repo, &doubt.remote)
                .into_iter()
                .filter(|(name, _)| is_meant(name));
            let claims: Vec<_> = claims.map(|(_, oid)| oid).collect();
            if !claims.is_empty() && self.reach(&claims, commit)? {
                warnings::warn(doubt.why.clone());
            }
        }
        Ok(())
    }

    fn reach(&self, tips: &[Oid], commit: Oid) -> Result<bool, GuardError> {
        Ok(history::reachable(self.repo, &[commit], tips)?.is_empty())
    }

    /// The advertised branches that are here. A remote that does not answer advertises nothing.
    fn advertised(&self) -> Result<&Advertised, GuardError> {
        if let Some(advertised) = self.advertised.get() {
            return Ok(advertised);
        }
        let recorded = self.repo.recorded();
        let remotes = match &recorded.remotes {
            Some(remotes) => remotes.clone(),
            None => self.repo.remotes()?,
        };
        let (mut branches, mut silent) = (Vec::new(), Vec::new());
        for remote in &remotes {
            if claims(self.repo, &remote.name).is_empty() {
                continue;
            }
            let answer = match recorded.remotes {
                Some(_) => self.repo.branches_of(&recorded, remote),
                None => self.repo.branches_now(remote),
            };
            match answer {
                Ok(found) => branches.extend(found),
                Err(error) => silent.push(Doubt::silent(remote, &error)),
            }
        }
        branches.retain(|(_, oid)| self.repo.objects().contains(*oid));
        let advertised = Advertised { branches, silent };
        Ok(self.advertised.get_or_init(|| advertised))
    }

    /// The remotes that were added or led elsewhere after Baton was installed.
    fn strangers(&self) -> Result<&[Doubt], GuardError> {
        if let Some(strangers) = self.strangers.get() {
            return Ok(strangers);
        }
        let recorded = self.repo.recorded();
        let remotes = self.repo.remotes()?;
        let strangers = remotes.iter().filter(|remote| !recorded.knows(remote));
        let strangers = strangers.map(Doubt::stranger).collect();
        Ok(self.strangers.get_or_init(|| strangers))
    }
}

impl Doubt {
    fn stranger(remote: &Remote) -> Self {
        Self {
            remote: remote.name.clone(),
            why: format!(
                "what the remote `{}` has published is judged like anything else, for {} is not what it was when Baton was installed; if that is to be trusted, run `git baton install`",
                remote.name,
                remote.address()
            ),
        }
    }

    fn silent(remote: &Remote, error: &GitError) -> Self {
        let reason = match error {
            GitError::Program { reason, .. } => reason.clone(),
            other => other.to_string(),
        };
        Self {
            remote: remote.name.clone(),
            why: format!(
                "the remote `{}` does not say what it has published: {}: {reason}; it is asked as when Baton was installed, so that `git baton install` has to be run again where that has changed",
                remote.name,
                remote.address()
            ),
        }
    }
}

/// The remote-tracking branches of a remote, by the names that the branches have there.
fn claims(repo: &Repo, remote: &str) -> Branches {
    let below = format!("refs/remotes/{remote}/");
    let tracked = repo.refs().below(&below).unwrap_or_default();
    let claims = tracked.into_iter().filter_map(|(name, oid)| {
        let branch = name.strip_prefix(below.as_bytes())?;
        let is_here = branch != b"HEAD" && repo.objects().contains(oid);
        is_here.then(|| (BranchName::new(branch).full(), oid))
    });
    claims.collect()
}
