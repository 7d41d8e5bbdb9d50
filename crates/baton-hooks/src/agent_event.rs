//! Judges the action that an agent announces, by the policy of the worktree in which it happens.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{HookError, pre_commit};
use baton_agents::{Call, Event, Files, Ground, OtherWorktree, Refusal, judge};
use baton_git::Repo;
use baton_guard::base::Bases;
use baton_guard::{binding, claims};
use baton_sys::{GitEnv, file, lookup};

/// Why this event may not happen; `None` where it may, and where no policy says anything.
pub fn refusal(event: &Event) -> Result<Option<Refusal>, HookError> {
    let Some(repo) = repository(event) else {
        return Ok(None);
    };
    let (Some(root), Some(head)) = (repo.work_tree(), repo.head()?) else {
        return Ok(None);
    };
    let bases = Bases::new(repo.objects());
    let Some(base) = bases.adopted(head)? else {
        return Ok(None);
    };
    let applies = baton_guard::applies_here(&repo, &base.policy)?;
    let signs = || pre_commit::signs_as_maintainer(&repo, &base.policy).unwrap_or(false);
    let branch = repo.head_branch()?;
    let short = branch.and_then(|name| name.branch());
    let short = short.map(|branch| branch.short().to_str_lossy().into_owned());
    let event = Event {
        cwd: text(&lookup::resolve(Path::new(&event.cwd))),
        ..event.clone()
    };
    let ground = Ground {
        policy: applies.then_some(&base.policy),
        root: text(&lookup::resolve(root)),
        git_dir: text(&lookup::resolve(repo.git_dir())),
        common_dir: text(&lookup::resolve(repo.common_dir())),
        branch: short,
        session: binding::session(&repo)?,
        others: others(&repo)?,
        // A record that cannot be read claims nothing.
        claims: claims::held(&repo).unwrap_or_default(),
        stash: stash(&repo),
        home: baton_sys::home().map(|path| text(&path)),
        signs_as_maintainer: &signs,
        files: &Disk,
    };
    Ok(judge(&event, &ground))
}

/// The repository in which the event happens: that of its directory, or of the first file it edits.
fn repository(event: &Event) -> Option<Repo> {
    let open = |directory: PathBuf| {
        let env = GitEnv {
            current_dir: directory,
            ..GitEnv::default()
        };
        Repo::open(&env).ok()
    };
    let cwd = PathBuf::from(&event.cwd);
    open(cwd.clone()).or_else(|| match &event.call {
        Call::Edit(paths) => open(cwd.join(paths.first()?).parent()?.to_owned()),
        _ => None,
    })
}

fn others(repo: &Repo) -> Result<Vec<OtherWorktree>, HookError> {
    let mut others = Vec::new();
    for worktree in repo.worktrees()? {
        if file::is_same_place(&worktree.git_dir, repo.git_dir()) {
            continue;
        }
        let root = match &worktree.link {
            Some(link) => link.parent(),
            None if worktree.id.is_none() => repo.common_dir().parent(),
            None => None,
        };
        if let Some(root) = root {
            let bound = binding::in_git_dir(&worktree.git_dir)?;
            others.push(OtherWorktree {
                root: text(&lookup::resolve(root)),
                session: bound.map(|bound| bound.session),
            });
        }
    }
    Ok(others)
}

/// The branches on which the entries of the stash were made, newest first: git writes `WIP on BRANCH: ` or `On BRANCH: ` to
/// the log of the reference.
fn stash(repo: &Repo) -> Vec<String> {
    let log = repo.common_dir().join("logs/refs/stash");
    let text = file::read_if_exists(&log)
        .ok()
        .flatten()
        .unwrap_or_default();
    let branch = |line: &[u8]| {
        let (_, message) = line.split_once_str("\t")?;
        let on = message.find("n ")?;
        let (branch, _) = message[on + 2..].split_once_str(":")?;
        Some(branch.to_str_lossy().into_owned())
    };
    let lines = text.lines().rev();
    lines.map(|line| branch(line).unwrap_or_default()).collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The disk as it is.
struct Disk;

impl Files for Disk {
    fn resolve(&self, path: &str) -> String {
        text(&lookup::resolve(Path::new(path)))
    }

    fn is_directory(&self, path: &str) -> bool {
        file::is_directory(Path::new(path))
    }

    fn names(&self, directory: &str) -> Vec<String> {
        lookup::names(Path::new(directory)).unwrap_or_default()
    }
}
