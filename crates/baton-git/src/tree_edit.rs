//! Trees made from other trees, path by path, without anybody's index.

use bstr::BString;

use super::{GitError, Repo, ScratchIndex};
use baton_core::model::{Entry, EntryKind, Oid};
use baton_sys::file;

/// The tree with these entries at these paths, or none where there is none.
pub fn tree_edited(
    repo: &Repo,
    tree: Oid,
    edits: &[(BString, Option<Entry>)],
) -> Result<Oid, GitError> {
    let mut input = Vec::new();
    let zeros = "0".repeat(2 * repo.objects().id_len());
    for (path, entry) in edits {
        let head = match entry {
            Some(entry) => format!("{:06o} {} 0\t", entry.mode, entry.oid),
            None => format!("0 {zeros} 0\t"),
        };
        input.extend_from_slice(head.as_bytes());
        input.extend_from_slice(path);
        input.push(0);
    }
    let index = ScratchIndex::empty(repo)?;
    index.git(["read-tree", &tree.to_string()], None)?;
    index.git(["update-index", "-z", "--index-info"], Some(&input))?;
    index.write_tree()
}

/// A file with the lines that both sides of a conflict add to the base's, which may be none.
/// `None` where a side has no file.
pub fn union(repo: &Repo, stages: [Option<Entry>; 3]) -> Result<Option<Entry>, GitError> {
    let [base, Some(ours), Some(theirs)] = stages else {
        return Ok(None);
    };
    let is_file = |entry: &Entry| entry.kind() == EntryKind::File;
    if !is_file(&ours) || !is_file(&theirs) {
        return Ok(None);
    }
    let directory = repo.baton_dir();
    let temporary = file::temporary_directory(&directory).map_err(GitError::io(directory))?;
    let put = |name: &str, entry: Option<Entry>| {
        let path = temporary.path().join(name);
        let content = match entry.filter(is_file) {
            Some(entry) => repo.objects().blob(entry.oid)?,
            None => BString::default(),
        };
        file::write_atomically(&path, &content).map_err(GitError::io(&path))?;
        Ok::<_, GitError>(path)
    };
    let paths = [
        put("ours", Some(ours))?,
        put("base", base)?,
        put("theirs", Some(theirs))?,
    ];
    let mut command = repo.program().command();
    command.args(["merge-file", "-p", "--union"]);
    let merged = match repo.program().run(command, paths, None) {
        Ok(merged) => merged,
        // Git refuses what has no lines.
        Err(GitError::Program { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let oid = repo.store().blob(&merged)?;
    Ok(Some(Entry {
        mode: ours.mode,
        oid,
    }))
}
