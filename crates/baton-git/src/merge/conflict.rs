//! The result of a merge, as `git merge-tree` prints it.

use std::collections::VecDeque;

use bstr::{BStr, BString, ByteSlice};

use baton_core::model::{Entry, Oid};

/// The result of a merge of two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The tree. Where there are conflicts, its files hold git's markers.
    pub tree: Oid,
    /// The conflicts, by path; empty when the merge is clean.
    pub conflicts: Vec<Conflict>,
}

/// One path that git could not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path; empty where the conflict is about none in particular.
    pub path: BString,
    /// The kind of the conflict.
    pub kind: ConflictKind,
    /// The entries that the index would hold for the path: of the base, of ours, of theirs.
    pub stages: [Option<Entry>; 3],
    /// Git's message, in one line.
    pub message: String,
}

/// The kinds of conflict that git tells apart (`merge-ort.c`, `type_short_descriptions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConflictKind {
    /// Both sides changed the same lines.
    Content,
    /// Both sides added the path, with different content.
    AddAdd,
    /// Both sides changed a file that has no lines, or whose driver gave up.
    Binary,
    /// One side changed what the other deleted.
    ModifyDelete,
    /// Both sides renamed one file, or renamed two to one name.
    RenameRename,
    /// One side renamed what the other deleted.
    RenameDelete,
    /// A rename ends where the other side has something else.
    RenameCollision,
    /// One side has a file where the other has a directory.
    FileDirectory,
    /// One side renamed a directory to which the other added.
    DirectoryRename,
    /// The path is of another kind on each side: a file, a symbolic link, a submodule.
    DistinctModes,
    /// Both sides moved a submodule, and git cannot say which commit has both.
    Submodule,
    /// The two commits share no history: git merges them only when it is told to.
    Unrelated,
    /// A kind that this version of Baton does not know.
    Other,
}

impl ConflictKind {
    /// The name for people and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::AddAdd => "add/add",
            Self::Binary => "binary",
            Self::ModifyDelete => "modify/delete",
            Self::RenameRename => "rename/rename",
            Self::RenameDelete => "rename/delete",
            Self::RenameCollision => "rename/collision",
            Self::FileDirectory => "file/directory",
            Self::DirectoryRename => "directory rename",
            Self::DistinctModes => "distinct modes",
            Self::Submodule => "submodule",
            Self::Unrelated => "unrelated",
            Self::Other => "other",
        }
    }

    /// By the type that git prints before a message; `None` for a message about no conflict.
    fn of_type(kind: &BStr, message: &BStr) -> Option<Self> {
        let kind = kind.strip_prefix(b"CONFLICT")?;
        let has = |word: &str| kind.contains_str(word);
        Some(match () {
            () if has("submodule") => Self::Submodule,
            () if has("directory rename") => Self::DirectoryRename,
            () if message.starts_with(b"CONFLICT (add/add)") => Self::AddAdd,
            () if has("contents") => Self::Content,
            () if has("binary") => Self::Binary,
            () if has("file/directory") => Self::FileDirectory,
            () if has("distinct modes") => Self::DistinctModes,
            () if has("modify/delete") => Self::ModifyDelete,
            () if has("rename/rename") => Self::RenameRename,
            () if has("rename/delete") => Self::RenameDelete,
            () if has("rename involved in collision") => Self::RenameCollision,
            () => Self::Other,
        })
    }
}

impl std::fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Git's message about one conflict, and its paths.
struct Told {
    kind: ConflictKind,
    paths: Vec<BString>,
    message: String,
}

/// Reads the answers of `git merge-tree --write-tree --stdin`, one after the other; see OUTPUT
/// and INPUT FORMAT in git-merge-tree(1).
pub(super) struct Answers<'a> {
    words: VecDeque<&'a [u8]>,
}

impl<'a> Answers<'a> {
    pub fn new(out: &'a [u8]) -> Self {
        let mut words: VecDeque<_> = out.split(|byte| *byte == 0).collect();
        // What is behind the last NUL is no word.
        words.pop_back();
        Self { words }
    }

    /// The next answer; `None` when there is none, or none that is whole.
    pub fn next(&mut self) -> Option<Merged> {
        let clean = match self.words.pop_front()? {
            b"1" => true,
            b"0" => false,
            _ => return None,
        };
        let tree = Oid::from_hex(self.words.pop_front()?).ok()?;
        let mut conflicts = Vec::new();
        loop {
            match self.words.pop_front()? {
                b"" => break,
                word => stage(&mut conflicts, word)?,
            }
        }
        if clean {
            return conflicts.is_empty().then_some(Merged { tree, conflicts });
        }
        let told = self.messages()?;
        attribute(&mut conflicts, told);
        Some(Merged { tree, conflicts })
    }

    fn messages(&mut self) -> Option<Vec<Told>> {
        let mut told = Vec::new();
        loop {
            let count = self.words.pop_front()?;
            // Git 2.39 may print advice about submodules there, for people to read.
            let count = count
                .to_str()
                .ok()
                .and_then(|count| count.parse::<usize>().ok());
            let Some(count) = count else {
                return Some(told);
            };
            let paths = (0..count).map(|_| Some(self.words.pop_front()?.into()));
            let paths = paths.collect::<Option<Vec<_>>>()?;
            let kind = self.words.pop_front()?.as_bstr();
            let message = self.words.pop_front()?.trim_end().as_bstr();
            if let Some(kind) = ConflictKind::of_type(kind, message) {
                told.push(Told {
                    kind,
                    paths,
                    message: message.to_str_lossy().into_owned(),
                });
            }
        }
    }
}

/// Adds `<mode> <id> <stage>\t<path>` to the conflict of its path.
fn stage(conflicts: &mut Vec<Conflict>, word: &[u8]) -> Option<()> {
    let (head, path) = word.split_once_str("\t")?;
    let mut parts = head.to_str().ok()?.split(' ');
    let entry = Entry {
        mode: u32::from_str_radix(parts.next()?, 8).ok()?,
        oid: Oid::from_hex(parts.next()?.as_bytes()).ok()?,
    };
    let number: usize = parts.next()?.parse().ok()?;
    if conflicts.last().is_none_or(|last| last.path != path) {
        conflicts.push(Conflict::undescribed(path));
    }
    let stages = &mut conflicts.last_mut()?.stages;
    *stages.get_mut(number.checked_sub(1)?)? = Some(entry);
    Some(())
}

impl Conflict {
    fn undescribed(path: &[u8]) -> Self {
        Self {
            path: path.into(),
            kind: ConflictKind::Other,
            stages: [None; 3],
            message: String::new(),
        }
    }
}

/// Gives each path the first message that is about it, and each message without such a path, or
/// a merge without any conflict told, an entry of its own.
fn attribute(conflicts: &mut Vec<Conflict>, told: Vec<Told>) {
    for one in told {
        let about = |conflict: &Conflict| one.paths.contains(&conflict.path);
        let described = conflicts.iter().any(about);
        for conflict in conflicts.iter_mut().filter(|conflict| about(conflict)) {
            if conflict.message.is_empty() {
                conflict.kind = one.kind;
                conflict.message = one.message.clone();
            }
        }
        if !described {
            conflicts.push(Conflict {
                kind: one.kind,
                message: one.message,
                ..Conflict::undescribed(one.paths.first().map_or(b"".as_slice(), |path| path))
            });
        }
    }
    if conflicts.is_empty() {
        conflicts.push(Conflict::undescribed(b""));
    }
    conflicts.sort_by(|a, b| a.path.cmp(&b.path));
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "92b5cfcc086cafb10a9d4005d8b0557097aeefb8";

    fn answers(text: &str) -> Vec<Merged> {
        let text = text.replace('|', "\0").replace("ID", A);
        let mut answers = Answers::new(text.as_bytes());
        std::iter::from_fn(|| answers.next()).collect()
    }

    #[test]
    fn answers_follow_each_other() {
        let conflicted = "0|ID|100644 ID 1\tf|100755 ID 3\tf||1|f|Auto-merging|Auto-merging f\n|\
             1|f|CONFLICT (modify/delete)|CONFLICT (modify/delete): f deleted in HEAD\n||";
        let found = answers(&format!("1|ID||{conflicted}1|ID||"));
        assert_eq!(found.len(), 3);
        assert!(found[0].conflicts.is_empty() && found[2].conflicts.is_empty());
        let [conflict] = &found[1].conflicts[..] else {
            panic!("{found:?}");
        };
        assert_eq!(conflict.path, "f");
        assert_eq!(conflict.kind, ConflictKind::ModifyDelete);
        assert_eq!(
            conflict.message,
            "CONFLICT (modify/delete): f deleted in HEAD"
        );
        let modes = conflict.stages.map(|stage| stage.map(|entry| entry.mode));
        assert_eq!(modes, [Some(0o100_644), None, Some(0o100_755)]);
    }

    #[test]
    fn a_conflict_without_a_path_or_a_message_is_a_conflict() {
        let split = "0|ID||2|a|b|CONFLICT(directory rename unclear split)|CONFLICT (x): y\n||";
        let found = answers(split);
        assert_eq!(found[0].conflicts[0].kind, ConflictKind::DirectoryRename);
        assert_eq!(answers("0|ID|||")[0].conflicts.len(), 1);
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = "0|ID|100644 ID 1\tf||1|f|Auto-merging|Auto-merging f\n||";
        assert_eq!(answers(whole).len(), 1);
        for cut in 0..whole.len() {
            assert!(answers(&whole[..cut]).is_empty(), "{}", &whole[..cut]);
        }
        for odd in [
            "2|ID||",
            "1|xyz||",
            "1|ID|100644 ID 1\tf||",
            "0|ID|100644 ID 4\tf|||",
        ] {
            assert!(answers(odd).is_empty(), "{odd}");
        }
    }
}
