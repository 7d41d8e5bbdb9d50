//! The operations of git that wait to be finished, and the files that each keeps in the git directory of its
//! worktree: the one table of it (`wt-status.c`, `branch.c` and `sequencer.c` of git, `gitrepository-layout(5)`).

use std::path::Path;

use bstr::ByteSlice;

use super::{GitError, Repo};
use baton_core::model::Oid;
use baton_sys::file;

/// An operation of git that waits to be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Am,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git merge`.
    Merge,
    /// `git bisect`.
    Bisect,
}

/// A file of an operation in the git directory of its worktree.
struct StateFile {
    /// The path below the git directory, of a file or a directory.
    name: &'static str,
    /// Which operation is in progress when it exists; `None` when it exists without one. The first marker that exists
    /// counts: a rebase keeps the others' files for its own steps.
    marker: Option<Marker>,
    /// Its worth for bringing the operation back.
    worth: Worth,
}

/// The worth of an operation's file without the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// Nothing: git makes it anew, or what it names is among [`remembered_commits`].
    Nothing,
    /// It is to be kept, to be read: it names a branch to move, or references of its worktree.
    Here,
    /// It means the same in another worktree.
    Anywhere,
}

/// The way in which a file shows the operation in progress.
#[derive(Clone, Copy)]
enum Marker {
    /// Its existence shows this one.
    Is(Operation),
    /// `rebase-apply/applying` exists for `git am` alone.
    RebaseOrAm,
    /// The first line of `sequencer/todo` begins with what it does.
    PickOrRevert,
}

const STATE: [StateFile; 22] = [
    marking("rebase-merge", Marker::Is(Operation::Rebase)),
    marking("rebase-apply", Marker::RebaseOrAm),
    movable(marking(
        "CHERRY_PICK_HEAD",
        Marker::Is(Operation::CherryPick),
    )),
    movable(marking("REVERT_HEAD", Marker::Is(Operation::Revert))),
    marking("sequencer", Marker::PickOrRevert),
    movable(marking("MERGE_HEAD", Marker::Is(Operation::Merge))),
    marking("BISECT_LOG", Marker::Is(Operation::Bisect)),
    movable(plain("MERGE_MODE")),
    movable(plain("MERGE_MSG")),
    worthless("MERGE_RR"),
    worthless("MERGE_AUTOSTASH"),
    plain("SQUASH_MSG"),
    worthless("AUTO_MERGE"),
    plain("REBASE_HEAD"),
    plain("BISECT_START"),
    plain("BISECT_TERMS"),
    plain("BISECT_NAMES"),
    plain("BISECT_EXPECTED_REV"),
    plain("BISECT_ANCESTORS_OK"),
    plain("BISECT_FIRST_PARENT"),
    plain("BISECT_RUN"),
    worthless("refs/bisect"),
];

/// The files in which an operation remembers commits.
const REMEMBERED: [&str; 11] = [
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "rebase-merge/orig-head",
    "rebase-merge/onto",
    "rebase-apply/orig-head",
    "rebase-apply/onto",
    "BISECT_START",
    // What was not committed before it began (`--autostash`): nothing else keeps it.
    "rebase-merge/autostash",
    "rebase-apply/autostash",
    "MERGE_AUTOSTASH",
];

const fn plain(name: &'static str) -> StateFile {
    StateFile {
        name,
        marker: None,
        worth: Worth::Here,
    }
}

const fn worthless(name: &'static str) -> StateFile {
    StateFile {
        worth: Worth::Nothing,
        ..plain(name)
    }
}

const fn marking(name: &'static str, marker: Marker) -> StateFile {
    StateFile {
        marker: Some(marker),
        ..plain(name)
    }
}

const fn movable(file: StateFile) -> StateFile {
    StateFile {
        worth: Worth::Anywhere,
        ..file
    }
}

impl Operation {
    /// Git's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rebase => "rebase",
            Self::Am => "am",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Merge => "merge",
            Self::Bisect => "bisect",
        }
    }

    /// The command that ends it with everything as it was before.
    pub fn abort_command(self) -> String {
        match self {
            Self::Bisect => "git bisect reset".to_owned(),
            other => format!("git {} --abort", other.name()),
        }
    }

    /// True if it replays commits that exist already.
    pub fn replays(self) -> bool {
        match self {
            Self::Rebase | Self::Am | Self::CherryPick | Self::Revert => true,
            Self::Merge | Self::Bisect => false,
        }
    }

    /// The one in progress in a worktree.
    ///
    /// # Errors
    /// When the list of steps of a cherry-pick or a revert cannot be read.
    pub fn in_progress(worktree: &Repo) -> Result<Option<Self>, GitError> {
        let is_there = |name: &str| file::is_taken(&worktree.git_dir().join(name));
        let mut markers = STATE
            .iter()
            .filter_map(|one| Some((one.name, one.marker?)))
            .filter(|(name, _)| is_there(name));
        Ok(match markers.next() {
            None => None,
            Some((_, Marker::Is(operation))) => Some(operation),
            Some((_, Marker::RebaseOrAm)) => Some(match is_there("rebase-apply/applying") {
                true => Self::Am,
                false => Self::Rebase,
            }),
            Some((_, Marker::PickOrRevert)) => Some(sequence(worktree)?),
        })
    }
}

/// True while any waits to be finished in the worktree with this git directory.
pub fn is_in_progress(git_dir: &Path) -> bool {
    let mut markers = STATE.iter().filter(|file| file.marker.is_some());
    markers.any(|file| file::is_taken(&git_dir.join(file.name)))
}

/// The operation of a sequence of steps, of which one has just been committed.
fn sequence(worktree: &Repo) -> Result<Operation, GitError> {
    let path = worktree.git_dir().join("sequencer").join("todo");
    let steps = file::read_if_exists(&path).map_err(GitError::io(path))?;
    Ok(match steps {
        Some(steps) if steps.trim_start().starts_with(b"revert") => Operation::Revert,
        _ => Operation::CherryPick,
    })
}

/// The paths below a worktree's git directory that operations leave there.
pub fn state_files() -> impl Iterator<Item = &'static str> {
    STATE.iter().map(|file| file.name)
}

/// Those of [`state_files`] that are worth to be kept, each with whether it means the same in another worktree.
pub fn kept_state_files() -> impl Iterator<Item = (&'static str, bool)> {
    let kept = STATE.iter().filter(|file| file.worth != Worth::Nothing);
    kept.map(|file| (file.name, file.worth == Worth::Anywhere))
}

/// The commits that an operation in progress in the worktree stands on, goes back to or has put by.
pub fn remembered_commits(worktree: &Repo) -> Result<Vec<Oid>, GitError> {
    let mut all = Vec::new();
    for name in REMEMBERED {
        all.extend(worktree.listed_ids(name)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The operation that these files of a git directory show.
    fn in_progress(files: &[(&str, &str)]) -> Option<&'static str> {
        let place = tempfile::tempdir().unwrap();
        baton_testkit::git(place.path(), &["init", "-q"], b"");
        for (name, content) in files {
            let path = place.path().join(".git").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let repo = crate::worktrees::open_worktree(place.path()).unwrap();
        Operation::in_progress(&repo).unwrap().map(Operation::name)
    }

    #[test]
    fn an_operation_is_known_by_its_files() {
        for (files, name) in [
            (&[][..], None),
            (&[("MERGE_MSG", "x")], None),
            (&[("MERGE_HEAD", "x")], Some("merge")),
            (
                &[("rebase-merge/done", "x"), ("CHERRY_PICK_HEAD", "x")],
                Some("rebase"),
            ),
            (&[("rebase-apply/next", "1")], Some("rebase")),
            (&[("rebase-apply/applying", "")], Some("am")),
            (
                &[("CHERRY_PICK_HEAD", "x"), ("sequencer/todo", "pick a b")],
                Some("cherry-pick"),
            ),
            (&[("sequencer/todo", "pick a b")], Some("cherry-pick")),
            (
                &[("REVERT_HEAD", "x"), ("sequencer/todo", "revert a b")],
                Some("revert"),
            ),
            (&[("sequencer/todo", "revert a b\n")], Some("revert")),
            (&[("BISECT_LOG", "x")], Some("bisect")),
        ] {
            assert_eq!(in_progress(files), name, "{files:?}");
        }
    }

    #[test]
    fn each_operation_has_a_command_that_ends_it() {
        assert_eq!(Operation::Revert.abort_command(), "git revert --abort");
        assert_eq!(Operation::Bisect.abort_command(), "git bisect reset");
    }
}
