//! Names of branches in the place of commits' ids, in all that a conflict shows: git writes what it was asked for.

use bstr::{BStr, BString, ByteSlice, ByteVec};

use super::changes::Changed;
use super::{Merged, apply};
use crate::tree::Trees;
use crate::{GitError, Repo, tree_edit};
use baton_core::model::{EntryKind, Oid};

/// The commits that were merged, ours and theirs, each with the name that stands for it.
pub(super) type Sides<'n> = [(Oid, &'n str); 2];

/// The merge with these names in its markers, in the names of its files and in its messages.
pub(super) fn named(repo: &Repo, mut merged: Merged, sides: Sides<'_>) -> Result<Merged, GitError> {
    let ids = sides.map(|(id, name)| (id.to_string(), name));
    let trees = Trees::new(repo.objects());
    let mut edits = Vec::new();
    for conflict in &mut merged.conflicts {
        for (id, name) in &ids {
            conflict.message = conflict.message.replace(id, name);
        }
        if conflict.path.is_empty() {
            continue;
        }
        let path = conflict.path.clone();
        let entry = trees.entry(merged.tree, path.as_bstr())?;
        let renamed = file_name(path.as_bstr(), &ids);
        let is_free = trees.entry(merged.tree, renamed.as_bstr())?.is_none();
        let Some(before) = entry.filter(|entry| entry.kind() != EntryKind::Tree) else {
            continue;
        };
        let mut entry = before;
        let mut text = None;
        if entry.kind() == EntryKind::File {
            text = marked(repo.objects().blob(entry.oid)?.as_bstr(), &ids);
        }
        if let Some(text) = &text {
            entry.oid = repo.store().blob(text)?;
        }
        let change = |path, before, after| Changed {
            path,
            before,
            after,
        };
        if renamed != path && is_free {
            edits.push(change(path, Some(before), None));
            edits.push(change(renamed.clone(), None, Some(entry)));
            conflict.path = renamed;
        } else if text.is_some() {
            edits.push(change(path, Some(before), Some(entry)));
        }
    }
    if edits.is_empty() {
        return Ok(merged);
    }
    merged.tree = match apply::apply(repo.objects(), &trees, merged.tree, &edits)? {
        Some(tree) => tree,
        None => {
            let edits: Vec<_> = edits.into_iter().map(|one| (one.path, one.after)).collect();
            tree_edit::tree_edited(repo, merged.tree, &edits)?
        }
    };
    Ok(merged)
}

/// The name that git gives a file for which there is no place under its own (`unique_path` in `merge-ort.c`).
fn file_name(path: &BStr, ids: &[(String, &str); 2]) -> BString {
    let mut path = path.to_vec();
    for (id, name) in ids {
        path = path.replace(format!("~{id}"), format!("~{}", name.replace('/', "_")));
    }
    path.into()
}

/// A text with the names behind its markers; `None` where it has no marker with an id.
fn marked(text: &BStr, ids: &[(String, &str); 2]) -> Option<BString> {
    let mut made = BString::default();
    let mut is_other = false;
    for line in text.lines_with_terminator() {
        let side = b"<>".iter().zip(ids).find_map(|(sign, (id, name))| {
            let length = line.iter().take_while(|byte| *byte == sign).count();
            let label = line[length..].strip_prefix(b" ")?;
            let rest = label.strip_prefix(id.as_bytes()).filter(|_| length > 0)?;
            Some((&line[..=length], name, rest))
        });
        match side {
            Some((marker, name, rest)) => {
                is_other = true;
                made.push_str(marker);
                made.push_str(name);
                made.push_str(rest);
            }
            None => made.push_str(line),
        }
    }
    is_other.then_some(made)
}
