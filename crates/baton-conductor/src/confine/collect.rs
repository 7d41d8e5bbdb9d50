//! Brings what a confined command did in its private git directory into the repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bstr::BString;

use super::record::Record;
use super::report::BranchFate;
use super::{ConfinedError, Place, Report};
use crate::session::{end, store};
use baton_core::model::{Oid, RefName};
use baton_core::report::escape;
use baton_git::private_git_dir::{self as private, PrivateGitDir, Stashed};
use baton_git::{GitError, RefEdit, Repo, StoreError};
use baton_guard::branch_moves::{self, Witness};
use baton_guard::{GuardError, binding, updates, updates::RefUpdate};
use baton_hooks::install::{Layout, Manifest};
use baton_sys::confine::Room;
use baton_sys::file;

/// Below what references are kept that a confined command made.
const KEPT: &str = "refs/baton/confined/";

/// Baton's own references, of which a private git directory has copies.
const RECORDS: &str = "refs/baton/";

/// The list of stashes.
const STASH: &str = "refs/stash";

/// The file with the references that a private git directory began with.
pub(super) fn first_refs(place: &Place) -> PathBuf {
    place.directory().join("refs")
}

/// The entries of a private git directory that were not there when it was made. Nothing of it is believed.
struct Found {
    /// The commit of the worktree's branch.
    own: Option<Oid>,
    /// Other branches and tags.
    others: Vec<(RefName, Oid)>,
    /// The branch that is checked out, and its commit.
    head: (Option<RefName>, Option<Oid>),
    staged: Option<Oid>,
    stashes: Vec<Stashed>,
    /// True while an operation of git waits to be finished.
    is_in_operation: bool,
    /// True if there is more that cannot be brought over.
    holds_more: bool,
    /// The summary that the session was given.
    summary: Option<BString>,
    /// True if the session was ended.
    has_ended: bool,
    pack: BString,
}

/// Takes over all there is. What the judge refuses stays where it is, and is kept under a name.
pub(super) fn collect(
    place: &Place,
    room: &Room,
    private: &PrivateGitDir,
    record: &mut Record,
) -> Result<Report, ConfinedError> {
    let repo = &place.repo;
    let branch = record.branch();
    let first = first_refs(place);
    let first = file::read_if_exists(&first).map_err(ConfinedError::io(first))?;
    let first: BTreeMap<_, _> = private::parse_packed(&first.unwrap_or_default())
        .into_iter()
        .collect();
    let session = binding::session(repo)?;
    let session = session.map(|session| store::reference(session.number()));
    let found = room.within(|| {
        find(
            private,
            &branch,
            &first,
            session.as_deref(),
            &record.stashes,
        )
    })??;
    let tips = found.tips();
    if !tips.is_empty() {
        private::receive(repo, &found.pack, &tips)?;
    }
    let mut report = Report::unmoved(branch.clone());
    report.fate = move_branch(repo, record, found.own)?;
    let kept = keep(place, &branch, &found, &report.fate);
    for stashed in &found.stashes {
        private::add_stash(repo, stashed)?;
        record.stashes.push(stashed.commit.to_string());
    }
    report.stays = found.stays(&branch, &report.fate);
    match kept {
        Ok(kept) => report.kept = kept,
        Err(error) => {
            report.told.push(format!(
                "what was made beside the branch is not kept: {error}"
            ));
            report.stays = report.stays.or(Some("it is inside still"));
        }
    }
    if let (None, Some(tree)) = (report.stays, found.staged) {
        private::stage(repo, tree)?;
    }
    report.told.extend(hand_in(repo, &found));
    Ok(report)
}

fn find(
    private: &PrivateGitDir,
    branch: &RefName,
    first: &BTreeMap<RefName, Oid>,
    session: Option<&str>,
    known: &[String],
) -> Result<Found, GitError> {
    let refs = private.refs()?;
    let own = refs.iter().find(|(name, _)| name == branch);
    let own = own.map(|(_, commit)| *commit);
    let changed = refs.iter().filter(|(name, id)| first.get(name) != Some(id));
    let mut found = Found {
        own,
        others: Vec::new(),
        head: private.head()?,
        staged: private.staged(),
        stashes: Vec::new(),
        is_in_operation: private.is_in_operation(),
        holds_more: private.holds_more(),
        summary: None,
        has_ended: session.is_some() && !file::is_taken(&private.path().join("baton/session")),
        pack: BString::default(),
    };
    for (name, id) in changed {
        if Some(&name.to_string()[..]) == session {
            found.summary = private.file(*id, "summary.md");
        } else if *name == STASH {
            let is_new = |one: &Stashed| !known.contains(&one.commit.to_string());
            found.stashes = private.stashes()?.into_iter().filter(is_new).collect();
        } else if name != branch && !name.starts_with(RECORDS.as_bytes()) {
            found.others.push((name.clone(), *id));
        }
    }
    found.pack = private.pack(&found.tips())?;
    Ok(found)
}

impl Found {
    /// All that is to be brought over.
    fn tips(&self) -> Vec<Oid> {
        let others = self.others.iter().map(|(_, id)| *id);
        let stashes = self.stashes.iter().map(|stashed| stashed.commit);
        let single = [self.own, self.head.1, self.staged].into_iter().flatten();
        let mut tips: Vec<_> = single.chain(others).chain(stashes).collect();
        tips.sort();
        tips.dedup();
        tips
    }

    /// Why the private git directory is needed still.
    fn stays(&self, branch: &RefName, fate: &BranchFate) -> Option<&'static str> {
        if self.is_in_operation {
            return Some("an operation of git waits to be finished inside");
        }
        if self.head.0.as_ref() != Some(branch) {
            return Some("another branch is checked out inside");
        }
        if self.staged.is_none() {
            return Some("what is staged inside is no tree, as in a conflict");
        }
        match fate {
            _ if self.holds_more => Some(
                "submodules were set up, or objects of git-lfs made, and both are inside alone",
            ),
            BranchFate::Refused { .. } => Some("what was refused is there to be mended"),
            _ => None,
        }
    }
}

/// The rules that the branch's new commits break, a line each. The judge is asked here, too: a process that has outlived the
/// command could take the hooks' permissions away again before git looks for them.
fn broken_rules(repo: &Repo, branch: &RefName, old: Oid, new: Oid) -> Result<String, GuardError> {
    // A record that cannot be read is one.
    if let Ok(None) = Manifest::read(&Layout::of(repo)) {
        return Ok(String::new());
    }
    let updates = [RefUpdate {
        reference: branch.clone(),
        old: Some(old),
        new: Some(new),
    }];
    let mut judgement = updates::judge(repo, &updates, updates::Place::Clone)?;
    judgement.absorb(branch_moves::judge(repo, &updates, Witness::Clone)?);
    let violations = judgement.verdict.violations.into_iter();
    let broken = violations.map(|one| format!("{}: {}; {}", one.rule, one.message, one.help));
    let unreadable = judgement.unreadable.into_iter();
    let unreadable = unreadable
        .map(|(commit, why)| format!("the policy of {} cannot be read: {why}", commit.short()));
    Ok(broken.chain(unreadable).collect::<Vec<_>>().join("\n"))
}

/// Moves the branch as anybody would: the hooks judge it.
fn move_branch(
    repo: &Repo,
    record: &mut Record,
    new: Option<Oid>,
) -> Result<BranchFate, ConfinedError> {
    let (Some(old), Some(new)) = (record.tip(), new) else {
        return Ok(BranchFate::Unmoved);
    };
    if old == new {
        return Ok(BranchFate::Unmoved);
    }
    let reason = "baton: what a confined command committed";
    let refused = |reason: String| BranchFate::Refused {
        commit: new,
        reason,
    };
    let broken = broken_rules(repo, &record.branch(), old, new)?;
    if !broken.is_empty() {
        return Ok(refused(broken));
    }
    match repo.store().move_branch(&record.branch(), old, new, reason) {
        Ok(()) => {
            record.tip = new.to_string();
            Ok(BranchFate::Moved(new))
        }
        Err(StoreError::Raced(_)) => Ok(refused("another process moved it meanwhile".to_owned())),
        Err(StoreError::Git(GitError::Program { reason, .. })) => Ok(refused(reason)),
        Err(error) => Err(error.into()),
    }
}

/// Keeps what else there is under names of Baton's, and lets go of what is on the branch by now.
fn keep(
    place: &Place,
    branch: &RefName,
    found: &Found,
    fate: &BranchFate,
) -> Result<Vec<RefName>, ConfinedError> {
    let name_of = |name: &[u8]| {
        let below = name.strip_prefix(b"refs/").unwrap_or(name);
        let prefix = format!("{KEPT}{}/", place.id);
        RefName::new([prefix.as_bytes(), below].concat())
    };
    let mut kept: Vec<_> = found
        .others
        .iter()
        .map(|(name, id)| (name_of(name), Some(*id)))
        .collect();
    let refused = match fate {
        BranchFate::Refused { commit, .. } => Some(*commit),
        _ => None,
    };
    kept.push((name_of(branch), refused));
    let detached = found.head.1.filter(|_| found.head.0.is_none());
    kept.push((name_of(b"HEAD"), detached));
    let mut edits = Vec::new();
    for (name, new) in kept {
        let old = place.repo.refs().resolve(&name)?;
        if old != new {
            edits.push(RefEdit { name, old, new });
        }
    }
    if !edits.is_empty() {
        let reason = "baton: made by a confined command";
        place.repo.store().transact(&edits, reason)?;
    }
    let made = edits.into_iter().filter(|edit| edit.new.is_some());
    Ok(made.map(|edit| edit.name).collect())
}

/// Hands in the summary, and ends the session, as the command did inside. Returns what is to be told.
fn hand_in(repo: &Repo, found: &Found) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(text) = &found.summary
        && let Err(error) = end::hand_in(repo, None, Some(text.clone()))
    {
        told.push(format!("the session's summary was not handed in: {error}"));
    }
    if found.has_ended {
        match end::end(repo) {
            Ok(ending) if !end::is_refused(&ending.findings) => {}
            Ok(ending) => {
                let lines = ending.findings.iter().map(|finding| finding.to_line());
                told.push("the session cannot end yet:".to_owned());
                told.extend(lines.map(|line| escape::visible(line.as_bytes())));
            }
            Err(error) => told.push(format!("the session was not ended: {error}")),
        }
    }
    told
}
