//! The state that neither a tree of files nor an index has a place for: conflicts, the state of an operation
//! under way, repositories inside.

use bstr::{BString, ByteSlice};

use super::super::WorkError;
use super::raw::{self, Source};
use baton_core::model::{Entry, Oid};
use baton_git::worktrees::open_worktree;
use baton_git::{Repo, ScratchIndex, operation};
use baton_sys::{clock, file};

const CONFLICTS: &str = "conflicts";
const CONFLICT_OBJECTS: &str = "conflict-objects";
const OPERATION: &str = "operation";
const NESTED: &str = "nested";
const NESTED_PATHS: &str = "nested-paths";

const BLOB: u32 = 0o100_644;

/// Writes the commit that keeps the rest; `None` where there is none. `index` is the slot's,
/// `nested` the repositories inside it, `tips` are further commits to keep.
pub fn write(
    slot: &Repo,
    index: &ScratchIndex<'_>,
    nested: &[BString],
    tips: &[Oid],
) -> Result<Option<Oid>, WorkError> {
    let store = slot.store();
    let blob = |oid| Entry { mode: BLOB, oid };
    let conflicts = index.conflicts()?;
    let mut entries: Vec<(BString, Entry)> = Vec::new();
    if !conflicts.is_empty() {
        let lines: Vec<_> = conflicts.iter().map(|one| one.line.as_slice()).collect();
        let lines = store.blob(&bstr::join(b"\0", lines))?;
        entries.push((CONFLICTS.into(), blob(lines)));
        let objects = conflicts.iter().map(|one| one.entry.oid);
        entries.extend(objects.map(|oid| (format!("{CONFLICT_OBJECTS}/{oid}").into(), blob(oid))));
    }
    let is_state = |path: &[u8]| {
        let first = path.split(|byte| *byte == b'/').next();
        operation::kept_state_files().any(|(name, _)| first == Some(name.as_bytes()))
    };
    let mut sources = vec![Source {
        prefix: OPERATION.into(),
        directory: slot.git_dir().to_owned(),
        wanted: &is_state,
    }];
    let is_not_link = |path: &[u8]| path != b".git";
    for (number, path) in nested.iter().enumerate() {
        let directory = slot.program().directory().join(path.to_path_lossy());
        let repo = open_worktree(&directory)?;
        if repo.git_dir() != repo.common_dir() {
            return Err(WorkError::ForeignWorktree(directory));
        }
        let prefix = format!("{NESTED}/{number}");
        sources.push(Source {
            prefix: format!("{prefix}/.git").into(),
            directory: repo.git_dir().to_owned(),
            wanted: &|_| true,
        });
        sources.push(Source {
            prefix: prefix.into(),
            directory,
            wanted: &is_not_link,
        });
    }
    if !nested.is_empty() {
        let paths = store.blob(&bstr::join(b"\0", nested))?;
        entries.push((NESTED_PATHS.into(), blob(paths)));
    }
    let has_state =
        operation::kept_state_files().any(|(name, _)| file::is_taken(&slot.git_dir().join(name)));
    if entries.is_empty() && tips.is_empty() && !has_state {
        return Ok(None);
    }
    let tree = raw::tree(slot, &sources, entries)?;
    let message = b"What is kept beside files and index\n";
    Ok(Some(store.commit(tree, tips, message, clock::now())?))
}

/// Puts the rest back into a worktree that has the files and the index; says what it left out.
pub fn put_back(worktree: &Repo, rest: Oid) -> Result<Vec<String>, WorkError> {
    let objects = worktree.objects();
    let tree = objects.commit(rest, &mut Vec::new())?.tree;
    let entries = entries(worktree, tree)?;
    let find = |wanted: &str| entries.iter().find(|(name, _)| name == wanted);
    if let Some((_, lines)) = find(CONFLICTS) {
        let lines = objects.blob(lines.oid)?;
        worktree.set_conflicts(&lines)?;
    }
    let mut left_out = Vec::new();
    if let Some((_, state)) = find(OPERATION) {
        for (name, entry) in self::entries(worktree, state.oid)? {
            let name = name.to_str_lossy();
            match operation::kept_state_files().any(|kept| kept == (&name, true)) {
                true => {
                    let path = worktree.git_dir().join(&*name);
                    let bytes = objects.blob(entry.oid)?;
                    file::write_atomically(&path, &bytes).map_err(WorkError::io(path))?;
                }
                false => left_out.push(format!("{rest}:{OPERATION}/{name}")),
            }
        }
    }
    if let (Some((_, trees)), Some((_, paths))) = (find(NESTED), find(NESTED_PATHS)) {
        let paths = objects.blob(paths.oid)?;
        let paths: Vec<_> = paths.split(|byte| *byte == 0).collect();
        for (number, entry) in self::entries(worktree, trees.oid)? {
            let number = number
                .to_str()
                .ok()
                .and_then(|text| text.parse::<usize>().ok());
            let Some(path) = number.and_then(|number| paths.get(number)) else {
                continue;
            };
            let directory = worktree.program().directory().join(path.to_path_lossy());
            raw::write(worktree, entry.oid, &directory)?;
            worktree.forget_work_tree_of(&directory.join(".git"))?;
        }
    }
    Ok(left_out)
}

fn entries(repo: &Repo, tree: Oid) -> Result<Vec<(BString, Entry)>, WorkError> {
    let mut entries = Vec::new();
    let visit = |name: &bstr::BStr, entry| entries.push((name.to_owned(), entry));
    repo.objects().tree(tree, &mut Vec::new(), visit)?;
    Ok(entries)
}
