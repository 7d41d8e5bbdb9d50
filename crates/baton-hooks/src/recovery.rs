//! The commands that undo what git changes before it asks `reference-transaction`.

use bstr::{BString, ByteSlice};

use super::HookError;
use super::install::in_shell;
use baton_core::model::{Oid, Verdict};
use baton_git::operation::Operation;
use baton_git::{GitError, Repo, history};
use baton_guard::range;
use baton_guard::updates::RefUpdate;
use baton_sys::file;

/// The greatest number of paths that are compared to learn what git has moved.
const LOOKED_AT: usize = 500;

/// The commands to run after these moves were refused; empty where nothing has changed.
pub(super) fn advice(repo: &Repo, moved: &[RefUpdate]) -> Result<Vec<String>, HookError> {
    match Operation::in_progress(repo)? {
        None | Some(Operation::Bisect) => {}
        Some(operation) => return Ok(lines(&operation.abort_command())),
    }
    let head = repo.head()?;
    let target = moved
        .iter()
        .find(|update| update.old == head)
        .and_then(|update| update.new);
    match (head, target) {
        (_, Some(target)) if is_revert(repo, target)? => Ok(lines("git reset --merge")),
        (Some(head), Some(target)) if was_there_before(repo, head, target)? => {
            moved_files(repo, head, target)
        }
        (Some(head), None) => of_new_branch(repo, head, moved),
        _ => Ok(Vec::new()),
    }
}

/// The commands to run after `git switch -c` or `git checkout -b`, which go to the commit first.
fn of_new_branch(repo: &Repo, head: Oid, moved: &[RefUpdate]) -> Result<Vec<String>, HookError> {
    let mut new = moved.iter().filter(|update| update.old.is_none());
    match new.find_map(|update| update.new) {
        Some(target) if is_reached(repo, target)? => moved_files(repo, head, target),
        _ => Ok(Vec::new()),
    }
}

/// The commands that make commits again that break a rule and are in `HEAD`: whatever stands on them is refused
/// too. Empty where all that breaks a rule is new.
pub(super) fn of_head(repo: &Repo, verdict: &Verdict) -> Result<Vec<String>, HookError> {
    let Some(head) = repo.head()? else {
        return Ok(Vec::new());
    };
    // A branch that moves breaks a rule by where it goes, and no commit is made again for that.
    let by_commits = verdict
        .violations
        .iter()
        .filter(|one| one.reference.is_none());
    let broken = by_commits.filter_map(|one| one.commit);
    let mut oldest = None;
    for commit in broken {
        if repo.merge_base(commit, head)? != Some(commit) {
            continue;
        }
        let is_older = |known| Ok::<_, HookError>(repo.merge_base(commit, known)? == Some(commit));
        oldest = match oldest {
            Some(known) if !is_older(known)? => Some(known),
            _ => Some(commit),
        };
    }
    let Some(oldest) = oldest else {
        return Ok(Vec::new());
    };
    let short = oldest.short();
    if oldest == head {
        return Ok(vec![
            format!(
                "{short} is HEAD, and every commit on top of it is refused too. Make it again, with the file put back as above:"
            ),
            "    git commit --amend".to_owned(),
        ]);
    }
    let parents = repo.objects().commit(oldest, &mut Vec::new())?.parents;
    let onto = match parents.first() {
        Some(parent) => parent.short().to_string(),
        None => "--root".to_owned(),
    };
    Ok(vec![
        format!(
            "{short} is below HEAD, and every commit on top of it is refused too. Make it again: mark it `edit`, put the file back as above when the rebase stops there, then `git commit --amend` and `git rebase --continue`:"
        ),
        format!("    git rebase -i {onto}"),
    ])
}

/// The commands to run after a refused rename of a branch: git has moved the source's log away before it
/// asks and, where another branch is to go for it, the source itself.
pub(super) fn of_rename(repo: &Repo, moved: &[RefUpdate]) -> Result<Vec<String>, HookError> {
    let [
        RefUpdate {
            reference,
            old: Some(_),
            new: None,
        },
    ] = moved
    else {
        return Ok(Vec::new());
    };
    let logs = repo.common_dir().join("logs");
    let away = logs.join("refs").join(".tmp-renamed-log");
    let Some(log) = file::read_if_exists(&away).map_err(GitError::io(&away))? else {
        return Ok(Vec::new());
    };
    let own = logs.join(reference.to_path_lossy());
    if !own.exists() {
        return Ok(vec![
            "git has moved the branch's log before it asked. To put it back:".to_owned(),
            format!("    mv {} {}", in_shell(&away), in_shell(&own)),
        ]);
    }
    let last = log
        .lines()
        .next_back()
        .and_then(|line| line.split_str(" ").nth(1));
    let Some(source) = last.and_then(|hex| Oid::from_hex(hex).ok()) else {
        return Ok(Vec::new());
    };
    let branches = repo.refs().branches()?;
    if branches.iter().any(|(_, tip)| *tip == source) {
        return Ok(Vec::new());
    }
    Ok(vec![
        "git has deleted the branch to be renamed before it asked. To have it again:".to_owned(),
        format!("    git branch renamed-{} {source}", source.short()),
    ])
}

/// The commands to run after a refused removal of the stash's last entry: git takes it out of the list first.
pub(super) fn of_stash(repo: &Repo, entry: Oid) -> Result<Vec<String>, HookError> {
    let path = repo.common_dir().join("logs").join("refs").join("stash");
    let log = file::read_if_exists(&path).map_err(GitError::io(path))?;
    if log.is_some_and(|log| !log.is_empty()) {
        return Ok(Vec::new());
    }
    Ok(vec![
        "git has taken the entry out of the list before it asked, and not the entry itself. To list it again, in a worktree without a session:".to_owned(),
        format!("    git update-ref -d refs/stash && git stash store -m kept {entry}"),
    ])
}

/// True if `git revert` has just made this commit: what it stages stays behind a refusal, and
/// only the message that it has prepared tells of it.
fn is_revert(repo: &Repo, target: Oid) -> Result<bool, HookError> {
    let path = repo.git_dir().join("MERGE_MSG");
    let prepared = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let message = repo.objects().commit(target, &mut Vec::new())?.message;
    Ok(prepared.is_some_and(|prepared| {
        prepared.trim() == message.trim()
            && (message.starts_with(b"Revert \"") || message.starts_with(b"Reapply \""))
    }))
}

/// True if the target is an old commit, to which a fast-forward or a reset goes, and not one that
/// was made just now. Both of those set `ORIG_HEAD` first.
fn was_there_before(repo: &Repo, head: Oid, target: Oid) -> Result<bool, HookError> {
    if repo.refs().resolve("ORIG_HEAD")? != Some(head) {
        return Ok(false);
    }
    let parents = |oid| Ok::<_, HookError>(repo.objects().commit(oid, &mut Vec::new())?.parents);
    let made_from = parents(target)?;
    if !made_from.contains(&head) && made_from != parents(head)? {
        return Ok(true);
    }
    is_reached(repo, target)
}

/// True if a reference or `FETCH_HEAD` reaches the commit.
fn is_reached(repo: &Repo, target: Oid) -> Result<bool, HookError> {
    let mut tips = range::everything(repo)?.tips;
    let mut fetched = repo.listed_ids("FETCH_HEAD")?;
    fetched.retain(|oid| repo.objects().contains(*oid));
    tips.extend(repo.peeled(&fetched)?);
    Ok(history::reachable(repo, &[target], &tips)?.is_empty())
}

/// A fast-forward and `reset --hard` have moved index and files, `reset --mixed` the index alone,
/// `reset --soft` nothing.
fn moved_files(repo: &Repo, head: Oid, target: Oid) -> Result<Vec<String>, HookError> {
    if repo.work_tree().is_none() {
        return Ok(Vec::new());
    }
    let (head, target) = (head.to_string(), target.to_string());
    let changed = ask(
        repo,
        &["diff-tree", "-r", "-z", "--name-only", &head, &target],
        &[],
    )?;
    let paths: Vec<_> = changed
        .split_str("\0")
        .filter(|path| !path.is_empty())
        .take(LOOKED_AT)
        .map(BString::from)
        .collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let differs = |args: &[&str]| Ok::<_, HookError>(!ask(repo, args, &paths)?.is_empty());
    if differs(&["diff-index", "--cached", "--name-only", &target, "--"])? {
        return Ok(Vec::new());
    }
    repo.program()
        .output(["update-index", "-q", "--refresh"])
        .ok();
    Ok(lines(
        &match differs(&["diff-files", "--name-only", "--"])? {
            true => format!("git read-tree -i -m {target} HEAD"),
            false => format!("git read-tree -m -u {target} HEAD"),
        },
    ))
}

fn ask(repo: &Repo, args: &[&str], paths: &[BString]) -> Result<BString, HookError> {
    let mut command: Vec<_> = ["--literal-pathspecs"]
        .into_iter()
        .chain(args.iter().copied())
        .map(Into::into)
        .collect();
    for path in paths {
        command.push(path.to_os_str_lossy().into_owned());
    }
    Ok(repo.program().output(command)?)
}

fn lines(command: &str) -> Vec<String> {
    vec![
        "git has changed the index or the files before it asked. To put them back as they were:"
            .to_owned(),
        format!("    {command}"),
    ]
}
