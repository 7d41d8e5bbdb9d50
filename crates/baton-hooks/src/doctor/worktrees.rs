//! Linked worktrees, and whether they and their git directories name each other.

use bstr::ByteSlice;

use super::{DoctorError, Finding, Id};
use baton_git::{Repo, Worktree};
use baton_sys::file;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    for worktree in repo.worktrees()? {
        if let Some(id) = &worktree.id {
            findings.extend(finding(&worktree, id));
        }
    }
    Ok(())
}

fn finding(worktree: &Worktree, id: &str) -> Option<Finding> {
    let has = |name| file::is_taken(&worktree.git_dir.join(name));
    let is_whole = has("HEAD") && worktree.link.is_some();
    let link = worktree.link.as_ref().filter(|link| file::is_taken(link));
    // git locks a worktree while it adds it, and removes the files of one before its git directory.
    let finding = match (is_whole, link) {
        (true, Some(_)) if leads_back(worktree) => return None,
        (true, Some(link)) => broken(format!(
            "{} does not lead back to the worktree's git directory",
            link.display()
        )),
        _ if has("locked") => return None,
        (false, Some(_)) => broken(format!("the worktree {id} has no HEAD")),
        (false, None) => missing(
            format!("of the worktree {id} only a part is there"),
            "`git worktree prune` removes what is left of it".to_owned(),
        ),
        (true, None) => missing(
            format!("the worktree {id} is not where git expects it"),
            format!(
                "`git worktree repair <path>` where it was moved, `git worktree remove {id}` where it is gone"
            ),
        ),
    };
    let (id, what, remedy) = finding;
    let place = match (id, &worktree.link) {
        (Id::WorktreeMissing, Some(link)) => link,
        _ => &worktree.git_dir,
    };
    Some(Finding {
        id,
        what,
        place: place.display().to_string(),
        remedy,
    })
}

fn broken(what: String) -> (Id, String, String) {
    let remedy = "run `git worktree repair` with the worktree's path";
    (Id::WorktreeBroken, what, remedy.to_owned())
}

fn missing(what: String, remedy: String) -> (Id, String, String) {
    (Id::WorktreeMissing, what, remedy)
}

fn leads_back(worktree: &Worktree) -> bool {
    let Some(link) = &worktree.link else {
        return false;
    };
    let bytes = file::read_if_exists(link).ok().flatten();
    let named = bytes
        .as_deref()
        .and_then(|bytes| bytes.strip_prefix(b"gitdir: "));
    let root = link.parent().zip(named);
    root.is_some_and(|(root, named)| {
        file::is_same_place(
            &root.join(named.trim_end().to_path_lossy()),
            &worktree.git_dir,
        )
    })
}
