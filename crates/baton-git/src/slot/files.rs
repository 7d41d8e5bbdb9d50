//! The files and the index of a slot: shared, checked, cleaned and brought back.

use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::difference::Difference;
use super::leftovers::empty_submodules;
use super::{detach, run, run_unhooked};
use crate::tree::{Everything, TreeReader};
use crate::{GitError, Repo, operation, settings, status};
use baton_core::model::Oid;
use baton_sys::file;
use baton_sys::reflink::Copier;

/// Makes the worktree what a fresh checkout of `base` on no branch would be, but for ignored files
/// that match one of the patterns `keep`. Whatever else is there is lost.
pub fn restore(slot: &Repo, base: Oid, keep: &[String], reason: &str) -> Result<(), GitError> {
    // First, so that what happens to index and files is on no branch's account.
    detach(slot, slot.head()?.unwrap_or(base), reason)?;
    if settings::bring_back(slot)? || has_other_attributes(slot, base)? {
        // It says of files that they are as they should be, by rules that are no more.
        let index = slot.git_dir().join("index");
        file::remove_if_exists(&index).map_err(GitError::io(index))?;
    }
    clear_operations(slot)?;
    if file::is_taken(&slot.git_dir().join("modules")) {
        empty_submodules(slot, &status::of(slot)?.submodules)?;
    }
    clean(slot, keep)?;
    slot.unhide()?;
    let base = base.to_string();
    run_unhooked(slot, &["reset", "--quiet", "--hard", &base])?;
    slot.drop_changed_submodules()
}

/// True if files may be there that were written by other attributes than this commit's.
fn has_other_attributes(slot: &Repo, commit: Oid) -> Result<bool, GitError> {
    let mut command = slot.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env("GIT_LITERAL_PATHSPECS", "0");
    let (commit, files) = (commit.to_string(), ":(top,glob)**/.gitattributes");
    let args = ["diff-index", "--name-only", &commit, "--", files];
    Ok(!slot.program().run(command, args, None)?.is_empty())
}

/// Gives a worktree without files those of `commit` that are in another, sharing their blocks; where
/// the file system cannot, or anything else stands in the way, some or all are not there. The
/// index knows those that are as the commit has them: [`restore`] need only write the others.
pub fn share_files(slot: &Repo, from: &Path, commit: Oid) -> Result<(), GitError> {
    let Some(root) = slot.work_tree() else {
        return Ok(());
    };
    let tree = slot.objects().peel_to_tree(commit)?;
    let copier = Copier::default();
    let mut directory = PathBuf::new();
    for (path, _) in TreeReader::new(slot.objects(), &Everything).entries(tree)? {
        let path = path.to_path_lossy();
        if let Some(parent) = path.parent().filter(|parent| *parent != directory) {
            directory = parent.to_owned();
            let place = root.join(parent);
            file::make_directory(&place).map_err(GitError::io(place))?;
        }
        // A file that is not there, or a submodule, is left to the check-out.
        if let Ok(false) = copier.share_new(&from.join(&path), &root.join(&path)) {
            return Ok(());
        }
    }
    run(slot, ["read-tree", &commit.to_string()])?;
    // It says by its exit status that some files are not as the commit has them.
    drop(run(slot, ["update-index", "-q", "--refresh"]));
    Ok(())
}

/// The result of bringing a worktree back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recycled {
    /// It is what a fresh checkout would be.
    Whole,
    /// Another process wrote in it meanwhile.
    Disturbed {
        /// The commit that `HEAD` names.
        at: Oid,
        /// Something of theirs, which was left alone.
        path: BString,
    },
}

/// Like [`restore`], where every tracked file is as `HEAD` has it and nothing else is there than
/// `leftovers`: only they and the difference between the two commits are touched. What was
/// written since that was found out is not lost.
///
/// # Errors
/// Where something is in the way; what was in the worktree besides the leftovers is still there.
pub fn recycle(
    slot: &Repo,
    base: Oid,
    leftovers: &[BString],
    keep: &[String],
    reason: &str,
) -> Result<Recycled, GitError> {
    let Some(tip) = slot.head()? else {
        restore(slot, base, keep, reason)?;
        return Ok(Recycled::Whole);
    };
    if settings::have_changed(slot)? {
        restore(slot, base, keep, reason)?;
        return Ok(Recycled::Whole);
    }
    let difference = Difference::between(slot.objects(), tip, base)?;
    // First, so that what happens to index and files is on no branch's account.
    detach(slot, base, reason)?;
    clear_operations(slot)?;
    let leftovers = status::not_kept(slot, leftovers, keep)?;
    let found = difference.found(slot, &leftovers);
    let checked_out = difference.check_out(slot, found.as_ref(), &leftovers);
    let stayed = match checked_out {
        Ok(stayed) => stayed,
        Err(error) => {
            detach(slot, tip, reason)?;
            let path = disturbed(slot, &error)?.ok_or(error)?;
            return Ok(Recycled::Disturbed { at: tip, path });
        }
    };
    slot.drop_changed_submodules()?;
    Ok(match stayed {
        None => Recycled::Whole,
        Some(path) => Recycled::Disturbed { at: base, path },
    })
}

/// The path that git found in its way before it had touched anything (`unpack-trees.c`), where that is
/// uncommitted work.
fn disturbed(slot: &Repo, error: &GitError) -> Result<Option<BString>, GitError> {
    let is_refusal = |reason: &str| {
        ["not uptodate", "would be"]
            .iter()
            .any(|said| reason.contains(said))
    };
    match error {
        GitError::Program { reason, .. } if is_refusal(reason) => {
            let found = status::of(slot)?;
            Ok(found.changed.into_iter().chain(found.untracked).next())
        }
        _ => Ok(None),
    }
}

/// Ends whatever git was in the middle of, without touching files.
fn clear_operations(slot: &Repo) -> Result<(), GitError> {
    for name in operation::state_files() {
        let path = slot.git_dir().join(name);
        file::remove_all_if_exists(&path).map_err(GitError::io(path))?;
    }
    Ok(())
}

/// Removes what nothing tracks, other repositories too.
fn clean(slot: &Repo, keep: &[String]) -> Result<(), GitError> {
    let mut args = vec!["clean", "--quiet", "-d", "-x", "--force", "--force"];
    for pattern in keep {
        args.extend(["--exclude", pattern]);
    }
    let Err(error) = run(slot, &args) else {
        return Ok(());
    };
    let Some(root) = slot.work_tree().filter(|root| file::is_directory(root)) else {
        return Err(error);
    };
    file::make_directories_writable(root).map_err(GitError::io(root))?;
    run(slot, &args)
}
