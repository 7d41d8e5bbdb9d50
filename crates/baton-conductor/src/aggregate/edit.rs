//! A maintainer's edit of the handoff file by hand: a commit with its reason, and a signature.

use bstr::{BString, ByteSlice};

use super::landing;
use super::{AggregateBase, AggregateError, build, lease::Lease};
use crate::landing::checkouts::Shown;
use baton_core::model::{Entry, Oid, RefName};
use baton_git::commit_object::NewCommit;
use baton_git::signing::{self, Signing};
use baton_git::{GitError, Repo, diff, editor, tree_edit};
use baton_hooks::team::TeamHooks;
use baton_sys::file;

/// The kind of edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// This patch.
    Patch(Vec<u8>),
    /// The text that the maintainer makes of the file in git's editor.
    Editor,
}

/// An edit to commit.
#[derive(Debug, Clone)]
pub struct Request {
    /// The branch; `None` for the one that is checked out.
    pub branch: Option<String>,
    /// Why the file is edited by hand.
    pub reason: String,
    /// The edit.
    pub how: How,
    /// The maintainer's key.
    pub signing: Signing,
}

/// An edit, committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The branch, full name.
    pub branch: RefName,
    /// The commit.
    pub commit: Oid,
    /// The result that the worktrees show.
    pub shown: Vec<Shown>,
}

/// Commits the edit without touching anybody's index or other files.
pub fn run(repo: &Repo, request: &Request) -> Result<Edited, AggregateError> {
    let reason = request.reason.split_whitespace().collect::<Vec<_>>();
    let reason = reason.join(" ");
    if reason.is_empty() {
        return Err(AggregateError::NoReason);
    }
    let base = AggregateBase::of(repo, request.branch.as_deref())?;
    let policy = base.policy();
    let branch = base.branch.readable();
    let values = [("reason", reason.as_str()), ("branch", &branch)];
    let message = BString::from(format!(
        "{}\n\n{reason}\n\n{}: {reason}\n",
        base.subjects.edit.render(&values),
        policy.trailers.overriding
    ));
    // Found before somebody edits in vain.
    let message = TeamHooks::of(repo)?.commit(message.as_bstr(), "edit")?;
    if request.how == How::Editor {
        check_signing(repo, &base, request)?;
    }
    let who = base.committer.as_bstr();
    let tree = match &request.how {
        How::Patch(patch) => tree_edit::tree_patched(repo, base.tree, patch)?,
        How::Editor => edited(repo, &base)?,
    };
    check_paths(repo, &base, tree)?;
    let lease = Lease::take(repo)?;
    landing::recover(repo)?;
    let commit = build::commit(repo, tree, &base, &message, who, &request.signing)?;
    let Some(shown) = landing::land(repo, &base.landing(commit))? else {
        return Err(AggregateError::Moved(base.branch));
    };
    lease.release();
    Ok(Edited {
        branch: base.branch,
        commit,
        shown,
    })
}

/// Fails where the commit could not be signed: signs one that changes nothing and that no reference names.
fn check_signing(
    repo: &Repo,
    base: &AggregateBase,
    request: &Request,
) -> Result<(), AggregateError> {
    let new = NewCommit {
        tree: base.tree,
        parents: &[base.tip],
        author: base.committer.as_bstr(),
        committer: base.committer.as_bstr(),
        encoding: None,
        message: "Baton can sign\n".into(),
    };
    signing::write(repo, &new, &request.signing)?;
    Ok(())
}

fn edited(repo: &Repo, base: &AggregateBase) -> Result<Oid, AggregateError> {
    let path = repo.baton_dir().join("edit").join("HANDOFF.md");
    let before = base.document.clone().unwrap_or_default();
    file::write_atomically(&path, &before).map_err(GitError::io(&path))?;
    editor::open(repo, &path)?;
    let after = file::read(&path).map_err(GitError::io(&path))?;
    let entry = Entry {
        mode: base.handoff.map_or(0o100_644, |entry| entry.mode),
        oid: repo.store().blob(&after)?,
    };
    let handoff = base.policy().handoff.path.clone();
    Ok(tree_edit::tree_with(repo, base.tree, &[(handoff, entry)])?)
}

fn check_paths(repo: &Repo, base: &AggregateBase, tree: Oid) -> Result<(), AggregateError> {
    let changed = diff::changed_paths(repo, base.tree, tree)?;
    if changed.is_empty() {
        return Err(AggregateError::NoEdit);
    }
    let table = &base.policy().handoff;
    let other = |path: &&BString| **path != table.path && !table.archive.matches(path.as_bstr());
    match changed.iter().find(other) {
        Some(path) => Err(AggregateError::OtherPath(path.to_string())),
        None => Ok(()),
    }
}
