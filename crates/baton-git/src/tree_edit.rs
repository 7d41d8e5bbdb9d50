//! Trees made from other trees, path by path, without anybody's index.

use bstr::{BStr, BString, ByteSlice};

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

/// The mode of a directory in a tree.
const TREE: u32 = 0o040_000;

/// The tree with these files in the place of those it had.
///
/// # Errors
/// When a file's directory is no directory in the tree.
pub fn tree_with(repo: &Repo, tree: Oid, files: &[(BString, Entry)]) -> Result<Oid, GitError> {
    files.iter().try_fold(tree, |tree, (path, entry)| {
        replaced(repo, Some(tree), path.as_ref(), *entry)
    })
}

fn replaced(repo: &Repo, tree: Option<Oid>, path: &BStr, entry: Entry) -> Result<Oid, GitError> {
    let mut entries: Vec<(BString, Entry)> = Vec::new();
    if let Some(tree) = tree {
        repo.objects().tree(tree, &mut Vec::new(), |name, entry| {
            entries.push((name.to_owned(), entry));
        })?;
    }
    let (name, rest) = match path.split_once_str("/") {
        Some((name, rest)) => (name.as_bstr(), Some(rest.as_bstr())),
        None => (path, None),
    };
    let at = entries.iter().position(|(one, _)| one.as_bstr() == name);
    let new = match rest {
        None => entry,
        Some(rest) => {
            let below = match at.map(|at| entries[at].1) {
                Some(below) if below.kind() == EntryKind::Tree => Some(below.oid),
                Some(other) => {
                    return Err(GitError::Corrupt {
                        oid: other.oid,
                        reason: format!("{name} is no directory where one is needed"),
                    });
                }
                None => None,
            };
            Entry {
                mode: TREE,
                oid: replaced(repo, below, rest, entry)?,
            }
        }
    };
    match at {
        Some(at) => entries[at].1 = new,
        None => entries.push((name.to_owned(), new)),
    }
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, entry)| (name.as_bstr(), *entry))
        .collect();
    repo.store().tree(&entries)
}

/// The tree with this patch applied, or git's complaint.
pub fn tree_patched(repo: &Repo, tree: Oid, patch: &[u8]) -> Result<Oid, GitError> {
    let directory = repo.baton_dir();
    let index = file::temporary_directory(&directory);
    let index = index.map_err(GitError::io(directory))?;
    let run = |args: &[&str], input: Option<&[u8]>| {
        let mut command = repo.program().command();
        command.env("GIT_INDEX_FILE", index.path().join("index"));
        repo.program().run(command, args, input)
    };
    run(&["read-tree", &tree.to_string()], None)?;
    run(
        &["apply", "--cached", "--whitespace=nowarn", "-"],
        Some(patch),
    )?;
    let args = ["write-tree"];
    let out = run(&args, None)?;
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.join(" "),
        reason: error.to_string(),
    })
}
