//! Directories as trees, byte for byte, `.git` and all.

use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::super::WorkError;
use baton_core::model::{Entry, EntryKind, Oid};
use baton_git::{Repo, ScratchIndex};
use baton_sys::dir_ops::{self, Kind};
use baton_sys::file;

/// The modes of a tree's entries.
const FILE: u32 = 0o100_644;
const EXECUTABLE: u32 = 0o100_755;
const LINK: u32 = 0o120_000;

/// A directory that is taken over.
pub struct Source<'a> {
    /// Where it goes in the tree, without a `/` at the end.
    pub prefix: BString,
    /// Where it is.
    pub directory: PathBuf,
    /// Which paths in it are taken over, a directory with all it holds.
    pub wanted: &'a dyn Fn(&[u8]) -> bool,
}

/// Writes what some directories hold, and some further entries, as one tree.
pub fn tree(
    repo: &Repo,
    sources: &[Source<'_>],
    further: Vec<(BString, Entry)>,
) -> Result<Oid, WorkError> {
    let mut entries = further;
    for source in sources {
        let directory = &source.directory;
        let found = dir_ops::below(directory, source.wanted).map_err(WorkError::io(directory))?;
        let mut files = Vec::new();
        for one in found {
            let name = escaped(bstr::join(b"/", [&source.prefix, &one.path]).as_bstr());
            let mut entry = |mode, oid| entries.push((name.clone(), Entry { mode, oid }));
            match one.kind {
                Kind::Directory => {}
                Kind::Link(target) => entry(LINK, repo.store().blob(&target)?),
                Kind::File { executable } => {
                    let mode = if executable { EXECUTABLE } else { FILE };
                    files.push((directory.join(one.path.to_path_lossy()), name, mode));
                }
            }
        }
        let paths: Vec<_> = files.iter().map(|(path, ..)| path.as_path()).collect();
        let blobs = repo.store().blobs_of_files(&paths)?;
        let files = files.into_iter().zip(blobs);
        entries.extend(files.map(|((_, name, mode), oid)| (name, Entry { mode, oid })));
    }
    let index = ScratchIndex::empty(repo)?;
    index.set(entries.into_iter())?;
    Ok(index.write_tree()?)
}

/// Writes the files of such a tree into a directory, where none of them may be yet.
pub fn write(repo: &Repo, from: Oid, directory: &Path) -> Result<(), WorkError> {
    let mut entries = Vec::new();
    repo.objects().tree(from, &mut Vec::new(), |name, entry| {
        entries.push((unescaped(name), entry));
    })?;
    for (name, entry) in entries {
        let path = directory.join(name.to_path_lossy());
        match entry.kind() {
            EntryKind::Tree => write(repo, entry.oid, &path)?,
            EntryKind::Symlink => {
                let target = repo.objects().blob(entry.oid)?;
                dir_ops::new_link(&path, &target.to_path_lossy()).map_err(WorkError::io(&path))?;
            }
            EntryKind::File | EntryKind::Submodule => {
                let bytes = repo.objects().blob(entry.oid)?;
                let executable = entry.mode == EXECUTABLE;
                dir_ops::new_file(&path, &bytes, executable).map_err(WorkError::io(&path))?;
            }
        }
    }
    if file::is_taken(&directory.join("HEAD")) && directory.ends_with(".git") {
        // Without these, however empty, git takes it for no repository.
        for name in ["refs", "objects"] {
            let path = directory.join(name);
            dir_ops::make_directory(&path).map_err(WorkError::io(&path))?;
        }
    }
    Ok(())
}

/// Git's trees hold no `.git`: such a name, in any case and with any number of `%` behind it,
/// gets one `%` more.
fn escaped(path: &bstr::BStr) -> BString {
    let parts = path.split(|byte| *byte == b'/').map(|part| {
        let mut part = part.to_vec();
        if is_reserved(&part) {
            part.push(b'%');
        }
        part
    });
    bstr::join(b"/", parts).into()
}

fn unescaped(part: &bstr::BStr) -> BString {
    match part.strip_suffix(b"%") {
        Some(bare) if is_reserved(part) => bare.into(),
        _ => part.to_owned(),
    }
}

fn is_reserved(part: &[u8]) -> bool {
    let bare = part.trim_end_with(|c| c == '%');
    bare.eq_ignore_ascii_case(b".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_reserves_are_written_otherwise() {
        for (name, written) in [
            ("a/.git/b", "a/.git%/b"),
            (".GIT", ".GIT%"),
            (".git%", ".git%%"),
            (".gitignore", ".gitignore"),
            ("a%", "a%"),
        ] {
            assert_eq!(escaped(name.into()), written);
            let back: Vec<_> = written
                .split('/')
                .map(|one| unescaped(one.into()))
                .collect();
            assert_eq!(bstr::join("/", back), name.as_bytes());
        }
    }
}
