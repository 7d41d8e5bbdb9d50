//! The base of an aggregate commit: its parent, the policy there, and the date.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bstr::{BString, ByteSlice};
use jiff::{Timestamp, tz::Offset};

use super::AggregateError;
use crate::landing::transaction::{Kind, Landing};
use crate::session::aggregated;
use crate::settings;
use baton_core::model::{BranchName, Entry, EntryKind, Oid, RefName, SessionId};
use baton_core::policy::{Policy, Subjects};
use baton_git::tree::{TreeReader, Trees};
use baton_git::{Repo, is_reference_name, signing};
use baton_guard::base::{BasePolicy, Bases};

/// The base of an aggregate: a branch, its tip, and what the tip's tree holds.
#[derive(Clone)]
pub struct AggregateBase {
    /// The branch, full name.
    pub branch: RefName,
    /// The commit that it names.
    pub tip: Oid,
    /// That commit's tree.
    pub tree: Oid,
    /// The handoff file's entry.
    pub handoff: Option<Entry>,
    /// The handoff file's text.
    pub document: Option<BString>,
    /// Every session log, by path, with its blob.
    pub logs: Vec<(SessionId, BString, Oid)>,
    /// Every committed summary.
    pub summaries: Vec<(SessionId, BString, Oid)>,
    /// The sessions that the handoff file or an archive carries, by number, each with the
    /// summaries that stand there.
    pub aggregated: BTreeMap<String, Vec<BString>>,
    /// The sessions of aggregates that are to be made again, each with its summary.
    pub superseded: Vec<(String, BString)>,
    /// The committer and the date, as git writes them.
    pub committer: BString,
    /// The subjects of the commits that Baton makes.
    pub subjects: Subjects,
    base: Rc<BasePolicy>,
}

impl AggregateBase {
    /// Reads the branch of this full or short name, or the one that is checked out.
    pub fn of(repo: &Repo, branch: Option<&str>) -> Result<Self, AggregateError> {
        let branch = match branch {
            Some(name) => full_name(name)?,
            None => repo.head_branch()?.ok_or(AggregateError::Detached)?,
        };
        let tip = repo.refs().resolve(&branch)?;
        let tip = tip.ok_or_else(|| AggregateError::NoBranch(branch.clone()))?;
        Self::at(repo, branch, tip)
    }

    /// The branch of this full name as it would be with this tip.
    pub fn at(repo: &Repo, branch: RefName, tip: Oid) -> Result<Self, AggregateError> {
        let objects = repo.objects();
        let base = Bases::new(objects).at(tip)?;
        let base = base.ok_or_else(|| AggregateError::NoPolicy(branch.clone()))?;
        let tree = objects.commit(tip, &mut Vec::new())?.tree;
        let policy = &base.policy;
        let handoff = Trees::new(objects).entry(tree, policy.handoff.path.as_ref())?;
        let handoff = handoff.filter(|entry| entry.kind() == EntryKind::File);
        let document = handoff.map(|entry| objects.blob(entry.oid)).transpose()?;
        let entries = TreeReader::new(objects, policy).entries(tree)?;
        let named = |of: &dyn Fn(&BString) -> Option<SessionId>| {
            let files = entries
                .iter()
                .filter(|(_, entry)| entry.kind() == EntryKind::File);
            let sessions =
                files.filter_map(|(path, entry)| Some((of(path)?, path.clone(), entry.oid)));
            sessions.collect::<Vec<_>>()
        };
        let logs = named(&|path| policy.log_session(path.as_ref()));
        let summaries = named(&|path| policy.summary_session(path.as_ref()));
        let aggregated = aggregated::sessions(repo, policy, tree)?;
        Ok(Self {
            branch,
            tip,
            tree,
            handoff,
            document,
            logs,
            summaries,
            aggregated,
            superseded: Vec::new(),
            committer: signing::committer(repo)?,
            subjects: settings::of_base(repo, Some(&base))?.subjects,
            base,
        })
    }

    /// A commit that is to land on it.
    pub fn landing(&self, new: Oid) -> Landing {
        Landing {
            branch: self.branch.clone(),
            old: self.tip,
            new,
            kind: Kind::Aggregate,
            branches: Vec::new(),
            begun: BTreeSet::new(),
        }
    }

    /// The policy that the tip carries, by which a commit on top of it is judged.
    pub fn policy(&self) -> &Policy {
        &self.base.policy
    }

    /// The committer's day, in the committer's own zone.
    pub fn day(&self) -> Result<String, AggregateError> {
        let text = self.committer.to_str_lossy();
        let day = || {
            let (_, date) = text.rsplit_once("> ")?;
            let (seconds, zone) = date.split_once(' ')?;
            let zone: i32 = zone.parse().ok()?;
            let offset = Offset::from_seconds((zone / 100 * 60 + zone % 100) * 60).ok()?;
            let time = Timestamp::from_second(seconds.parse().ok()?).ok()?;
            Some(offset.to_datetime(time).date().to_string())
        };
        day().ok_or_else(|| AggregateError::Committer(text.clone().into_owned()))
    }
}

/// The full name of the branch of this full or short name.
fn full_name(name: &str) -> Result<RefName, AggregateError> {
    let branch = match name.starts_with("refs/") {
        true => RefName::new(name).branch(),
        false => Some(BranchName::new(name)),
    };
    let full = branch.map(|branch| branch.full());
    let full = full.filter(|full| is_reference_name(&full.to_string()));
    full.ok_or_else(|| AggregateError::BranchName(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_branchs_name_is_looked_up() {
        for name in ["main", "refs/heads/main", "a/b"] {
            assert!(full_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "../../HEAD",
            "a..b",
            "refs/tags/x",
            "refs/heads/",
            "a b",
        ] {
            assert!(full_name(name).is_err(), "{name}");
        }
    }
}
