//! From a commit object to the value that the rules judge.

use std::collections::{BTreeMap, HashSet};

use bstr::{BStr, BString, ByteSlice};

use super::GuardError;
use baton_core::model::{
    AggregateEvidence, ArchiveFile, Change, CommitChange, CommitRef, Entry, EntryKind, Oid,
    PathChange, PolicyEdit, SessionId, SessionLog, SessionRecords, trailers,
};
use baton_core::policy::{POLICY_PATH, Policy, Writer};
use baton_core::rules;
use baton_git::tree::{Changes, Everything, TreeReader, Trees};
use baton_git::{Commit, GitError, Objects};

/// The number of commits up to which all of their new trees are read.
const FEW: usize = 100;

/// Reads commits as changes to what one policy watches.
pub struct ChangeReader<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    trees: Trees<'a>,
    everywhere: bool,
    buffer: Vec<u8>,
}

impl<'a> ChangeReader<'a> {
    /// A reader of commits among these objects.
    pub fn new(objects: &'a Objects, policy: &'a Policy) -> Self {
        Self::over(objects, Trees::new(objects), policy)
    }

    /// A reader that shares a memory of trees.
    pub fn over(objects: &'a Objects, trees: Trees<'a>, policy: &'a Policy) -> Self {
        Self {
            objects,
            policy,
            trees,
            everywhere: false,
            buffer: Vec::new(),
        }
    }

    /// The same, one of so many commits: where they are few, it looks for trees that git would not
    /// write where nothing is watched as well.
    pub fn among(self, commits: usize) -> Self {
        Self {
            everywhere: commits <= FEW,
            ..self
        }
    }

    /// The paths that the commit changes against every parent. `tree_of` may know the tree of a parent; the
    /// parent is read where it does not.
    fn compare(
        &mut self,
        commit: &Commit,
        tree_of: &dyn Fn(Oid) -> Option<Oid>,
    ) -> Result<Changes, GitError> {
        let mut parents = Vec::with_capacity(commit.parents.len());
        for parent in &commit.parents {
            parents.push(match tree_of(*parent) {
                Some(tree) => tree,
                None => self.objects.commit(*parent, &mut self.buffer)?.tree,
            });
        }
        let reader = TreeReader::over(self.trees.clone(), self.policy);
        reader.compare(commit.tree, &parents, self.everywhere)
    }

    /// The commit as a change, with all the evidence that a rule may ask for.
    pub fn change(
        &mut self,
        oid: Oid,
        commit: &Commit,
        tree_of: &dyn Fn(Oid) -> Option<Oid>,
    ) -> Result<Change, GuardError> {
        let Changes { paths, malformed } = self.compare(commit, tree_of)?;
        let claims = rules::claims_aggregate(self.policy, commit.message.as_ref());
        let by_maintainers =
            |change: &PathChange| rules::writer(self.policy, change) == Some(Writer::Maintainers);
        let overrides = rules::claims_override(self.policy, commit.message.as_ref());
        let judged_by_signature = claims || overrides || paths.iter().any(by_maintainers);
        let signature = match commit.signed && judged_by_signature {
            true => self.objects.signature(oid)?,
            false => None,
        };
        let aggregate = match claims && malformed.is_empty() {
            true => Some(self.evidence(oid, commit)?),
            false => None,
        };
        let mut change = CommitChange {
            subject: CommitRef::Commit(oid),
            parents: commit.parents.clone(),
            message: Some(commit.message.clone()),
            paths,
            malformed,
            aggregate,
            signature,
            signs_as_maintainer: false,
            records: Vec::new(),
            policy: None,
        };
        self.add_policy(&mut change)?;
        self.add_records(&mut change)?;
        Ok(Change::Commit(change))
    }

    /// Reads the texts of the policy, if the commit changes it and nothing else about its entry.
    pub fn add_policy(&self, change: &mut CommitChange) -> Result<(), GitError> {
        let mut paths = change.paths.iter();
        let Some(changed) = paths.find(|changed| changed.path == POLICY_PATH) else {
            return Ok(());
        };
        let Some(after) = changed
            .after
            .filter(|entry| entry.kind() == EntryKind::File)
        else {
            return Ok(());
        };
        let mut before = Vec::new();
        for entry in &changed.before {
            match entry {
                Some(entry) if entry.mode == after.mode => {
                    before.push(self.objects.blob(entry.oid)?);
                }
                _ => return Ok(()),
            }
        }
        let after = self.objects.blob(after.oid)?;
        change.policy = Some(PolicyEdit { before, after });
        Ok(())
    }

    /// Looks up what the parents say of the sessions that the commit touches, if they are more
    /// than it may carry.
    pub fn add_records(&mut self, change: &mut CommitChange) -> Result<(), GitError> {
        let sessions = rules::sessions(self.policy, change);
        if sessions.len() <= self.policy.sessions.max_per_commit {
            return Ok(());
        }
        let numbers = sessions.iter().map(|id| id.number().to_owned()).collect();
        for parent in &change.parents {
            let tree = self.objects.commit(*parent, &mut self.buffer)?.tree;
            let mut logs = self.logs(tree, &numbers)?;
            logs.retain(|log| log.text.is_some());
            let mut handoff = Vec::from_iter(self.file(tree, self.policy.handoff.path.as_ref())?);
            let archives = self.archives(None, tree)?;
            handoff.extend(archives.into_iter().filter_map(|archive| archive.after));
            change.records.push(SessionRecords { logs, handoff });
        }
        Ok(())
    }

    fn evidence(&mut self, oid: Oid, commit: &Commit) -> Result<AggregateEvidence, GitError> {
        let parent = match commit.parents.first() {
            Some(parent) => Some(self.objects.commit(*parent, &mut self.buffer)?.tree),
            None => None,
        };
        let handoff = |tree: Oid| self.file(tree, self.policy.handoff.path.as_ref());
        let changed = TreeReader::over(self.trees.clone(), &Everything)
            .changes(commit.tree, parent.as_slice())?
            .into_iter()
            .map(|change| change.path)
            .collect();
        Ok(AggregateEvidence {
            handoff_before: parent.map(handoff).transpose()?.flatten(),
            handoff_after: handoff(commit.tree)?,
            changed_paths: changed,
            logs: match parent {
                Some(tree) => self.logs(tree, &self.named(commit.message.as_ref()))?,
                None => Vec::new(),
            },
            archives: self.archives(parent, commit.tree)?,
            object: self.objects.unsigned(oid)?,
        })
    }

    fn archives(&mut self, before: Option<Oid>, after: Oid) -> Result<Vec<ArchiveFile>, GitError> {
        let pattern = &self.policy.handoff.archive;
        let mut reader = TreeReader::new(self.objects, pattern);
        let before = match before {
            Some(tree) => reader.entries(tree)?,
            None => Vec::new(),
        };
        let after = reader.entries(after)?;
        let text = |entry: Option<Entry>| match entry {
            Some(entry) if entry.kind() == EntryKind::File => {
                self.objects.blob(entry.oid).map(Some)
            }
            _ => Ok(None),
        };
        let mut both: BTreeMap<BString, (Option<Entry>, Option<Entry>)> = BTreeMap::new();
        for (path, entry) in before {
            both.entry(path).or_default().0 = Some(entry);
        }
        for (path, entry) in after {
            both.entry(path).or_default().1 = Some(entry);
        }
        both.into_iter()
            .map(|(path, (before, after))| {
                Ok(ArchiveFile {
                    path,
                    before: text(before)?,
                    after: text(after)?,
                    mode_before: before.map(|entry| entry.mode),
                    mode_after: after.map(|entry| entry.mode),
                })
            })
            .collect()
    }

    fn file(&self, tree: Oid, path: &BStr) -> Result<Option<BString>, GitError> {
        match self.trees.entry(tree, path)? {
            Some(entry) if entry.kind() == EntryKind::File => {
                Ok(Some(self.objects.blob(entry.oid)?))
            }
            _ => Ok(None),
        }
    }

    /// The numbers of the sessions that the message names.
    fn named(&self, message: &BStr) -> HashSet<String> {
        trailers::values(message, &self.policy.trailers.session)
            .filter_map(|value| SessionId::parse(value.to_str().ok()?))
            .map(|id| id.number().to_owned())
            .collect()
    }

    /// The logs below this tree, with the text of those whose session has one of these numbers.
    fn logs(&self, tree: Oid, named: &HashSet<String>) -> Result<Vec<SessionLog>, GitError> {
        let entries = TreeReader::over(self.trees.clone(), self.policy).entries(tree)?;
        let mut logs = Vec::new();
        for (path, entry) in entries {
            let session = self.policy.log_session(path.as_ref());
            let Some(session) = session.filter(|_| entry.kind() == EntryKind::File) else {
                continue;
            };
            let text = match named.contains(session.number()) {
                true => Some(self.objects.blob(entry.oid)?),
                false => None,
            };
            logs.push(SessionLog {
                session,
                path,
                text,
            });
        }
        Ok(logs)
    }
}
