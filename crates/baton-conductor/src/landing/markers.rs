//! The marks that git leaves in files in conflict.

use bstr::{BStr, BString, ByteSlice};

use super::report::Hunk;
use baton_core::model::{EntryKind, Oid};
use baton_git::tree::Trees;
use baton_git::{GitError, Repo, diff};

/// The most bytes of one place that are quoted.
const MAX_QUOTED: usize = 2000;

/// Returns true if any of these files of a tree holds a marker.
pub fn any(repo: &Repo, tree: Oid, paths: &[BString]) -> Result<bool, GitError> {
    for path in paths {
        if !hunks(repo, tree, path.as_bstr())?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true if the merge was undone instead of resolved: the tree is that of one of the two sides,
/// while in what was shown the other side had changed more than these paths.
pub fn is_undone(
    repo: &Repo,
    tree: Oid,
    shown: Oid,
    sides: [Oid; 2],
    paths: &[BString],
) -> Result<bool, GitError> {
    for side in sides {
        let is_side = repo.objects().commit(side, &mut Vec::new())?.tree == tree;
        if is_side {
            let brought = diff::changed_paths(repo, side, shown)?;
            return Ok(brought.iter().any(|path| !paths.contains(path)));
        }
    }
    Ok(false)
}

/// The places in a file of a tree that are between markers; none where there is no such file.
pub fn hunks(repo: &Repo, tree: Oid, path: &BStr) -> Result<Vec<Hunk>, GitError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let entry = Trees::new(repo.objects()).entry(tree, path)?;
    match entry.filter(|entry| entry.kind() == EntryKind::File) {
        Some(entry) => Ok(find(repo.objects().blob(entry.oid)?.as_bstr())),
        None => Ok(Vec::new()),
    }
}

/// The places in a text that are between markers, those that a user has left by half too.
fn find(text: &BStr) -> Vec<Hunk> {
    let mut found: Vec<(usize, BString)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines_with_terminator().enumerate() {
        let begins = is_marker(line, b'<');
        let ends = is_marker(line, b'>');
        if begins || (ends && !is_open) {
            found.push((number + 1, BString::default()));
        }
        is_open |= begins;
        if let Some((_, quoted)) = found.last_mut().filter(|_| is_open || ends)
            && quoted.len() < MAX_QUOTED
        {
            quoted.extend_from_slice(&line[..line.len().min(MAX_QUOTED)]);
        }
        is_open &= !ends;
    }
    let hunk = |(line, text): (usize, BString)| Hunk {
        line,
        text: text.to_str_lossy().into_owned(),
    };
    found.into_iter().map(hunk).collect()
}

/// Seven of a kind and a space, as git writes them in front of a name (`xdl_fill_merge_buffer`).
fn is_marker(line: &[u8], kind: u8) -> bool {
    line.len() > 7 && line[..7].iter().all(|byte| *byte == kind) && line[7] == b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_found_with_its_line() {
        let text = "a\n<<<<<<< main\nx\n=======\ny\n>>>>>>> b\nc\n<<<<<<< main\n>>>>>>> b\n";
        let found = find(text.into());
        let lines: Vec<_> = found.iter().map(|hunk| hunk.line).collect();
        assert_eq!(lines, [2, 8]);
        assert_eq!(found[0].text, "<<<<<<< main\nx\n=======\ny\n>>>>>>> b\n");
    }

    #[test]
    fn what_somebody_left_by_half_is_found_and_underlined_titles_are_not() {
        assert_eq!(find("x\n>>>>>>> b\n".into()).len(), 1);
        assert_eq!(find("<<<<<<< a\nx\n".into()).len(), 1);
        assert!(find("Title\n=======\n<<<<<<<\n".into()).is_empty());
    }
}
