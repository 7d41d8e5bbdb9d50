//! Linked worktrees, and whether they and their git directories name each other.

use bstr::ByteSlice;

use super::{DoctorError, Finding, Id};
use baton_git::{Repo, Worktree};
use baton_sys::file;

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) -> Result<(), DoctorError> {
    for worktree in repo.worktrees()? {
        let Some(id) = worktree.id.clone() else {
            continue;
        };
        let broken = |what: String| Finding {
            id: Id::WorktreeBroken,
            what,
            place: worktree.git_dir.display().to_string(),
            remedy: "run `git worktree repair` with the worktree's path".to_owned(),
        };
        let Some(link) = &worktree.link else {
            findings.push(broken(format!("nothing says where the worktree {id} is")));
            continue;
        };
        if !file::is_taken(&worktree.git_dir.join("HEAD")) {
            findings.push(broken(format!("the worktree {id} has no HEAD")));
        } else if !file::is_taken(link) {
            if !file::is_taken(&worktree.git_dir.join("locked")) {
                findings.push(Finding {
                    id: Id::WorktreeMissing,
                    what: format!("the worktree {id} is not where git expects it"),
                    place: link.display().to_string(),
                    remedy: format!("`git worktree repair <path>` where it was moved, `git worktree remove {id}` where it is gone"),
                });
            }
        } else if !leads_back(&worktree) {
            findings.push(broken(format!(
                "{} does not lead back to the worktree's git directory",
                link.display()
            )));
        }
    }
    Ok(())
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
