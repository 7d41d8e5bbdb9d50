//! The command that takes a path out of a commit again, written so that it can be typed as it is.

use std::borrow::Cow;

use bstr::{BStr, ByteSlice};

use crate::model::{CommitChange, CommitRef, PathChange};

/// The characters that git may read as a pattern or as magic, and a shell as more than themselves.
const MAGIC: [char; 8] = [':', '*', '?', '[', '\\', '{', '}', '!'];

/// The beginning of a remedy: the command that brings the path back to what the first parent has, in a commit
/// that is about to be made or in one that has to be made again.
pub(super) fn undo_command(commit: &CommitChange, change: &PathChange) -> String {
    let path = pathspec(change.path.as_ref());
    let existed = change.before.first().is_some_and(Option::is_some);
    match (commit.subject, commit.parents.first()) {
        (CommitRef::Pending, _) if is_doubled(commit, change) => {
            format!("restore the file ({})", by_id(change, &path))
        }
        (CommitRef::Pending, _) if existed => {
            format!("restore the file (`git restore --source=HEAD --staged --worktree -- {path}`)")
        }
        (CommitRef::Pending, _) => format!("unstage the file (`git rm --cached -- {path}`)"),
        (CommitRef::Commit(_), Some(parent)) if existed => format!(
            "make the commit again without the change to the file (`git restore --source={} --staged --worktree -- {path}` puts it back)",
            parent.short()
        ),
        (CommitRef::Commit(_), _) => format!(
            "make the commit again without the file (`git rm --cached -- {path}` takes it out)"
        ),
    }
}

/// True if git checks a directory out in the place of the file, from a tree that it would not write.
fn is_doubled(commit: &CommitChange, change: &PathChange) -> bool {
    let mut malformed = commit.malformed.iter();
    malformed.any(|entry| entry.path == change.path)
}

/// The command that puts a file back by its id, where its name leads to a directory as well.
fn by_id(change: &PathChange, path: &str) -> String {
    let entry = change.before.iter().flatten().next();
    let info = entry.map(|entry| format!("{:06o},{},{}", entry.mode, entry.oid, change.path));
    format!(
        "`git rm -rfq --ignore-unmatch -- {path} && git update-index --add --cacheinfo {} && git checkout -- {path}`",
        quoted(&info.unwrap_or_default())
    )
}

/// The path as a word for a shell that git takes for this one path, in whatever directory it is
/// typed; `<path>` where no text can be that.
pub(super) fn pathspec(path: &BStr) -> Cow<'static, str> {
    match path.to_str() {
        Ok(text) if text.contains(char::is_control) => "<path>".into(),
        Ok(text) if text.contains(MAGIC) => quoted(&format!(":(top,literal){text}")),
        Ok(text) if shell_words::quote(text) == text => format!(":/{text}").into(),
        Ok(text) => quoted(&format!(":/{text}")),
        Err(_) => "<path>".into(),
    }
}

fn quoted(word: &str) -> Cow<'static, str> {
    shell_words::quote(word).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_word_that_names_it_from_any_directory() {
        for (path, word) in [
            (&b".agents/HANDOFF.md"[..], ":/.agents/HANDOFF.md"),
            (b"two words", "':/two words'"),
            (b"it's", r"':/it'\''s'"),
            (b"a*.md", "':(top,literal)a*.md'"),
            (b"new\nline", "<path>"),
            (b"\xff", "<path>"),
        ] {
            assert_eq!(pathspec(path.into()), word);
        }
    }
}
