use bstr::{BString, ByteSlice};

use super::super::WorkError;
use super::super::at_risk::{self, AtRisk};
use super::{PREFIX, Record, Saved, operation_state};
use crate::ref_moves;
use baton_core::model::{BranchName, Oid, RefName};
use baton_git::{RefEdit, Repo, ScratchIndex, StoreError, status};
use baton_sys::clock;

/// The work that is to be saved, and its name.
#[derive(Debug, Clone)]
pub struct Parcel<'a> {
    /// The slot's name.
    pub slot: &'a str,
    /// Why, in one line.
    pub reason: &'a str,
    /// True if files that the repository ignores are saved too.
    pub with_ignored: bool,
}

/// Saves all that `slot` holds and `target` does not: files, index, commits, conflicts, the state
/// of an operation under way, repositories inside. `None` where there is nothing.
///
/// Once this returns, the reference is there and every object that it needs has been read back.
///
/// # Errors
/// When anything cannot be saved, or changes meanwhile: then the slot must stay as it is.
pub fn save(slot: &Repo, target: Oid, parcel: &Parcel<'_>) -> Result<Option<Saved>, WorkError> {
    let risk = at_risk::at_risk(slot, target)?;
    let ignored = match parcel.with_ignored {
        true => status::all_untracked(slot)?,
        false => Vec::new(),
    };
    if risk.is_empty() && ignored.is_empty() {
        return Ok(None);
    }
    let store = slot.store();
    let now = clock::now();
    let head = match slot.head()? {
        Some(head) => head,
        None => store.commit(store.tree(&[])?, &[], b"No commit yet\n", now)?,
    };
    let index = ScratchIndex::copy(slot)?;
    let (nested, files) = sorted_out(slot, &risk, ignored)?;
    let tips: Vec<_> = at_risk::tips(slot)?
        .into_iter()
        .filter(|tip| *tip != head)
        .collect();
    let rest = operation_state::write(slot, &index, &nested, &tips)?;
    let files_tree = files_tree(slot, &files)?;
    index.drop_conflicts()?;
    let index = store.commit(index.write_tree()?, &[head], b"The index\n", now)?;
    let record = Record {
        slot: parcel.slot.to_owned(),
        reason: parcel.reason.to_owned(),
        branch: slot.head_branch()?,
        head,
        index,
        rest,
    };
    let parents: Vec<_> = [head, index].into_iter().chain(rest).collect();
    let commit = store.commit(files_tree, &parents, record.message().as_bytes(), now)?;
    verify(slot, head, commit)?;
    let name = name(slot, parcel.slot, commit)?;
    Ok(Some(Saved {
        name,
        commit,
        saved_at: now,
        record,
    }))
}

/// The reference, which is still to be made, and the commit that keep the tip of a branch: what is
/// saved of one that is to be deleted.
pub fn branch_tip(
    repo: &Repo,
    branch: &str,
    tip: Oid,
    reason: &str,
) -> Result<(String, Oid), WorkError> {
    let tree = repo.objects().commit(tip, &mut Vec::new())?.tree;
    let record = Record {
        slot: branch.to_owned(),
        reason: reason.to_owned(),
        branch: Some(BranchName::new(branch).full()),
        head: tip,
        index: tip,
        rest: None,
    };
    let message = record.message();
    let commit = repo
        .store()
        .commit(tree, &[tip], message.as_bytes(), clock::now())?;
    let name = format!(
        "{PREFIX}{}-{}-{}",
        clock::today(),
        tip.short(),
        part(branch)
    );
    Ok((name, commit))
}

/// The repositories inside the slot that hold work, and the files that nothing tracks.
fn sorted_out(
    slot: &Repo,
    risk: &AtRisk,
    ignored: Vec<BString>,
) -> Result<(Vec<BString>, Vec<BString>), WorkError> {
    let untracked = risk.untracked.iter().cloned().chain(ignored);
    let (mut nested, mut files): (Vec<_>, Vec<_>) =
        untracked.partition(|path| path.ends_with(b"/"));
    let submodules = status::of(slot)?.submodules;
    nested.extend(
        submodules
            .into_iter()
            .filter(|path| risk.uncommitted.contains(path)),
    );
    for list in [&mut nested, &mut files] {
        list.sort();
        list.dedup();
    }
    Ok((nested, files))
}

/// Writes the slot's files as a tree: the tracked ones as they are now, and these.
fn files_tree(slot: &Repo, untracked: &[BString]) -> Result<Oid, WorkError> {
    let index = ScratchIndex::copy(slot)?;
    index.unhide(&status::hidden(slot)?)?;
    index.take_tracked()?;
    index.take_files(untracked)?;
    match index.changed()?.into_iter().next() {
        Some(path) => Err(WorkError::Changing(path)),
        None => Ok(index.write_tree()?),
    }
}

/// Reads back all that the commit needs beyond those that the slot stood on.
fn verify(slot: &Repo, head: Oid, commit: Oid) -> Result<(), WorkError> {
    let mut buffer = Vec::new();
    for object in status::objects_between(slot, head, commit)? {
        slot.objects().verify(object, &mut buffer)?;
    }
    Ok(())
}

/// As a part of a reference's name.
fn part(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect()
}

/// Gives the commit the first free name of the day.
fn name(repo: &Repo, slot: &str, commit: Oid) -> Result<String, WorkError> {
    let day = clock::today();
    let slot = part(slot);
    let of_day = format!("{PREFIX}{day}-");
    loop {
        let taken = repo.refs().below(PREFIX)?;
        let number = |(name, _): &(RefName, Oid)| {
            let rest = name.strip_prefix(of_day.as_bytes())?.to_str().ok()?;
            rest.split('-').next()?.parse::<u64>().ok()
        };
        let number = taken.iter().filter_map(number).max().unwrap_or(0) + 1;
        let name = format!("{day}-{number}-{slot}");
        let edit = RefEdit {
            name: RefName::new(format!("{PREFIX}{name}")),
            old: None,
            new: Some(commit),
        };
        match ref_moves::transact(repo, &[edit], "baton: slot saved") {
            Ok(()) => return Ok(name),
            Err(StoreError::Raced(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
