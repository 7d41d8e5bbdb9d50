//! Files in a slot that its commit does not have.

use std::io::ErrorKind;

use bstr::{BString, ByteSlice};

use crate::{GitError, Repo, status};
use baton_sys::{dir_ops, file};

/// True if index and files are as `HEAD` has them, ignored files apart.
pub fn is_pristine(slot: &Repo) -> Result<bool, GitError> {
    let args = ["status", "--porcelain", "--untracked-files=normal"];
    Ok(status::ask(slot.program(), &args)?.is_empty())
}

/// Removes just this; returns something that had to stay.
pub(super) fn remove_leftovers(
    slot: &Repo,
    leftovers: &[BString],
) -> Result<Option<BString>, GitError> {
    let Some(root) = slot.work_tree().filter(|_| !leftovers.is_empty()) else {
        return Ok(None);
    };
    let mut removed = dir_ops::remove_listed(root, leftovers);
    if matches!(&removed, Err(error) if error.kind() == ErrorKind::PermissionDenied) {
        file::make_directories_writable(root).map_err(GitError::io(root))?;
        removed = dir_ops::remove_listed(root, leftovers);
    }
    let stayed = removed.map_err(GitError::io(root))?;
    Ok(stayed.first().map(|path| BString::from(*path)))
}

/// Takes away the files of these submodules, where they were fetched: git leaves them behind, be it
/// another commit or something else that comes in their place. What was fetched stays in the git
/// directory.
pub(super) fn empty_submodules(slot: &Repo, paths: &[BString]) -> Result<(), GitError> {
    let Some(root) = slot.work_tree() else {
        return Ok(());
    };
    for path in paths {
        let directory = root.join(path.to_path_lossy());
        let is_own = file::is_below(&directory, root) && !file::is_link(&directory);
        if is_own && file::is_taken(&directory.join(".git")) {
            file::make_directories_writable(&directory).map_err(GitError::io(&directory))?;
            file::remove_all_if_exists(&directory).map_err(GitError::io(&directory))?;
            dir_ops::make_directory(&directory).map_err(GitError::io(&directory))?;
        }
    }
    Ok(())
}
