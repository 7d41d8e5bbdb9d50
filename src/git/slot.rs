//! A linked worktree that is used again and again: made, pointed to a branch, brought back to a
//! commit, removed. Everything here is done by the git program, and can be done again after a
//! crash at any point.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bstr::{BString, ByteSlice};

use super::tree::{Everything, TreeReader};
use super::{GitError, RefEdit, Repo, StoreError, index, settings, status};
use crate::model::{EntryKind, Oid};
use crate::sys::clone::Copier;
use crate::sys::{clock, file, tree};

/// What a rebase, a merge and the like leave in the git directory of a worktree while they are
/// under way (`gitrepository-layout(5)`, git's `wt-status.c` and `branch.c`).
const UNDER_WAY: [&str; 14] = [
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "MERGE_RR",
    "SQUASH_MSG",
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "REBASE_HEAD",
    "BISECT_LOG",
    "BISECT_START",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
];

/// Makes a worktree without files at `path`, its `HEAD` at `base` and on no branch, locked with
/// this reason so that no `git worktree prune` takes it.
pub fn add(repo: &Repo, path: &Path, base: Oid, reason: &str) -> Result<(), GitError> {
    let base = base.to_string();
    let mut args: Vec<&OsStr> = [
        "worktree",
        "add",
        "--quiet",
        "--detach",
        "--no-checkout",
        "--lock",
        "--reason",
        reason,
        "--",
    ]
    .map(OsStr::new)
    .to_vec();
    args.extend([path.as_os_str(), OsStr::new(&base)]);
    run_among_others(repo, &args)
}

/// Removes a worktree with all it holds, locked or not, and what git knows of it. It need not be
/// there any more, or not yet wholly.
pub fn remove(repo: &Repo, path: &Path) -> Result<(), GitError> {
    let Some(id) = id_of(repo, path)? else {
        // What git does not know is the start of an `add` that was killed, or nothing.
        return discard(path);
    };
    if file::is_directory(path) {
        file::make_directories_writable(path).map_err(GitError::io(path))?;
    }
    let args = ["worktree", "remove", "--force", "--force", "--"].map(OsStr::new);
    let args: Vec<_> = args.into_iter().chain([path.as_os_str()]).collect();
    let done = run_among_others(repo, &args);
    let git_dir = repo.common_dir().join("worktrees").join(id);
    match done {
        Ok(()) => discard(path),
        // Git removes no worktree whose `.git` is gone: what is left of it goes by hand.
        Err(error) if file::is_taken(&path.join(".git")) => Err(error),
        Err(_) => {
            discard(path)?;
            file::remove_all_if_exists(&git_dir).map_err(GitError::io(git_dir))
        }
    }
}

fn discard(path: &Path) -> Result<(), GitError> {
    if file::is_directory(path) {
        file::make_directories_writable(path).map_err(GitError::io(path))?;
    }
    file::remove_all_if_exists(path).map_err(GitError::io(path))
}

/// The name of the git directory, below `worktrees/`, of the worktree whose root is `path`, as
/// that directory says; its files need not be there.
pub fn id_of(repo: &Repo, path: &Path) -> Result<Option<String>, GitError> {
    let link = path.join(".git");
    let worktrees = repo.worktrees()?;
    let mut own = worktrees.into_iter().filter(|one| {
        let named = one.link.as_deref();
        named == Some(&link) || named.is_some_and(|named| file::is_same_place(named, &link))
    });
    Ok(own.next().and_then(|one| one.id))
}

/// Why the worktree of this name is locked; `None` when it is not.
pub fn lock_reason(repo: &Repo, id: &str) -> Result<Option<BString>, GitError> {
    let path = repo.common_dir().join("worktrees").join(id).join("locked");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    Ok(bytes.map(|bytes| BString::from(bytes.trim())))
}

/// Locks a worktree with this reason.
pub fn lock(repo: &Repo, path: &Path, reason: &str) -> Result<(), GitError> {
    let args = ["worktree", "lock", "--reason", reason, "--"].map(OsStr::new);
    run(repo, args.into_iter().chain([path.as_os_str()]))
}

/// Puts the links between the repository and these worktrees right, after one of them was moved.
pub fn repair(repo: &Repo, paths: &[PathBuf]) -> Result<(), GitError> {
    let args = ["worktree", "repair", "--"].map(OsString::from);
    run(
        repo,
        args.into_iter().chain(paths.iter().map(OsString::from)),
    )
}

/// The git directory that the file `.git` at this root names; `None` where there is none.
pub fn linked_git_dir(path: &Path) -> Result<Option<PathBuf>, GitError> {
    let link = path.join(".git");
    let bytes = match file::is_directory(&link) {
        true => None,
        false => file::read_if_exists(&link).map_err(GitError::io(link))?,
    };
    let target = bytes
        .as_deref()
        .and_then(|text| text.strip_prefix(b"gitdir: "));
    Ok(target.map(|target| path.join(target.trim_end().to_path_lossy())))
}

/// Begins a branch at a commit, without anything upstream, and has `HEAD` of this worktree name
/// it; index and files must be that commit's. `reason` is the first line of the branch's log.
///
/// # Errors
/// [`StoreError::Raced`] when there is a branch of that name.
pub fn begin_branch(slot: &Repo, branch: &str, base: Oid, reason: &str) -> Result<(), StoreError> {
    // First, so that at no time there is a branch of which no worktree tells whose it is.
    enter_branch(slot, branch, reason)?;
    let input = format!("create {branch}\0{base}\0");
    let args = [
        "update-ref",
        "--create-reflog",
        "-m",
        reason,
        "--stdin",
        "-z",
    ];
    if let Err(error) = slot.program().output_with_input(args, input.as_bytes()) {
        return Err(match slot.refs().resolve(branch)? {
            Some(_) => StoreError::Raced(branch.to_owned()),
            None => error.into(),
        });
    }
    Ok(())
}

/// Has `HEAD` of this worktree name a branch; index and files must be those of its tip.
pub fn enter_branch(slot: &Repo, branch: &str, reason: &str) -> Result<(), GitError> {
    run(slot, ["symbolic-ref", "-m", reason, "HEAD", branch])
}

/// The reason with which a branch was begun, as far back as its log goes.
pub fn first_reason(repo: &Repo, branch: &str) -> Result<Option<BString>, GitError> {
    let args = ["log", "--walk-reflogs", "--format=%gs", branch, "--"];
    let said = repo.program().output(args)?;
    Ok(said.lines().next_back().map(BString::from))
}

/// Removes a branch that names this commit.
pub fn delete_branch(repo: &Repo, branch: &str, tip: Oid, reason: &str) -> Result<(), StoreError> {
    let edit = RefEdit {
        name: branch.to_owned(),
        old: Some(tip),
        new: None,
    };
    repo.store().transact(&[edit], reason)
}

/// Has `HEAD` name a commit and no branch; index and files stay.
pub fn detach(slot: &Repo, commit: Oid, reason: &str) -> Result<(), GitError> {
    let commit = commit.to_string();
    run(
        slot,
        ["update-ref", "--no-deref", "-m", reason, "HEAD", &commit],
    )
}

/// Brings index and files from one commit to another, where they are as the first one has them.
/// `HEAD`, which is on no branch, follows.
pub fn advance(slot: &Repo, old: Oid, new: Oid, reason: &str) -> Result<(), GitError> {
    Difference::between(slot, old, new)?.check_out(slot)?;
    detach(slot, new, reason)
}

/// Like [`advance`], unless something is not as the first commit has it: then it says so, and
/// nothing has happened.
pub fn advance_pristine(slot: &Repo, old: Oid, new: Oid, reason: &str) -> Result<bool, GitError> {
    let difference = Difference::between(slot, old, new)?;
    let is_pristine = difference.is_untouched || is_pristine(slot)?;
    if is_pristine {
        difference.check_out(slot)?;
        detach(slot, new, reason)?;
    }
    Ok(is_pristine)
}

/// Whether index and files are as `HEAD` has them, ignored files apart.
pub fn is_pristine(slot: &Repo) -> Result<bool, GitError> {
    let mut command = slot.program().command();
    command.env_remove("GIT_INDEX_FILE");
    let args = ["--no-optional-locks", "status", "--porcelain"];
    Ok(slot.program().run(command, args, None)?.is_empty())
}

/// The most paths that are checked out by their names: git holds each entry of the index against
/// each of them, which takes longer than comparing two trees with the index when they are many.
const FEW: usize = 16;

/// What is to be done to bring index and files from one commit to another.
pub struct Difference {
    old: Oid,
    new: Oid,
    paths: Vec<BString>,
    /// The submodules among the paths that the old commit has.
    submodules: Vec<BString>,
    /// Whether submodules are among the paths.
    has_submodules: bool,
    /// Whether all that is touched is as the old commit has it.
    is_untouched: bool,
}

impl Difference {
    /// What differs, and whether it is untouched in this worktree.
    pub fn between(slot: &Repo, old: Oid, new: Oid) -> Result<Self, GitError> {
        let tree = |commit| slot.objects().peel_to_tree(commit);
        let changes =
            TreeReader::new(slot.objects(), &Everything).changes(tree(new)?, &[tree(old)?])?;
        let has_submodules = changes.iter().any(|change| {
            let sides = change.before.iter().chain([&change.after]).flatten();
            sides
                .into_iter()
                .any(|entry| entry.kind() == EntryKind::Submodule)
        });
        let submodules = changes.iter().filter(|change| {
            let before = change.before.iter().flatten();
            before
                .into_iter()
                .any(|entry| entry.kind() == EntryKind::Submodule)
        });
        let submodules = submodules.map(|change| change.path.clone()).collect();
        let (there, absent): (Vec<_>, Vec<_>) = changes
            .into_iter()
            .partition(|change| change.before.iter().all(Option::is_some));
        let mut there = there.into_iter().map(|change| change.path).collect();
        let absent: Vec<_> = absent.into_iter().map(|change| change.path).collect();
        let is_untouched = are_untouched(slot, &there, &absent);
        there.extend(absent);
        Ok(Self {
            old,
            new,
            paths: there.into_iter().collect(),
            submodules,
            has_submodules,
            is_untouched,
        })
    }

    /// Whether all that is touched is as the old commit has it, by what the index noted of it.
    pub fn is_untouched(&self) -> bool {
        self.is_untouched
    }

    /// `HEAD` is left alone. Nothing that is not as the old commit has it is overwritten.
    fn check_out(&self, slot: &Repo) -> Result<(), GitError> {
        let (old, new) = (self.old.to_string(), self.new.to_string());
        let is_sparse = file::is_taken(&slot.git_dir().join("info/sparse-checkout"));
        let is_small = self.paths.len() <= FEW && !self.has_submodules && !is_sparse;
        if self.paths.is_empty() {
            return Ok(());
        }
        empty_submodules(slot, &self.submodules)?;
        if !is_small || !self.is_untouched {
            return run(slot, ["read-tree", "-m", "-u", &old, &new]);
        }
        let mut command = slot.program().command();
        command
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_PREFIX")
            .env("GIT_LITERAL_PATHSPECS", "1");
        let args = [
            "restore",
            "--quiet",
            "--staged",
            "--worktree",
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            &format!("--source={new}"),
        ];
        let mut input = Vec::new();
        for path in &self.paths {
            input.extend_from_slice(path);
            input.push(0);
        }
        let done = slot.program().run(command, args, Some(&input));
        done.map(drop)
    }
}

/// Takes away the files of these submodules, where they were fetched: git leaves them behind, be it another
/// commit or something else that comes in their place. What was fetched stays in the git directory.
fn empty_submodules(slot: &Repo, paths: &[BString]) -> Result<(), GitError> {
    let Some(root) = slot.work_tree() else {
        return Ok(());
    };
    for path in paths {
        let directory = root.join(path.to_path_lossy());
        let is_own = file::is_below(&directory, root) && !file::is_link(&directory);
        if is_own && file::is_taken(&directory.join(".git")) {
            file::make_directories_writable(&directory).map_err(GitError::io(&directory))?;
            file::remove_all_if_exists(&directory).map_err(GitError::io(&directory))?;
            tree::make_directory(&directory).map_err(GitError::io(&directory))?;
        }
    }
    Ok(())
}

/// Whether these files are as the index has seen them, and nothing is where these others go.
fn are_untouched(slot: &Repo, there: &BTreeSet<BString>, absent: &[BString]) -> bool {
    let Some(root) = slot.work_tree() else {
        return false;
    };
    let is_free = |path: &BString| !file::is_taken(&root.join(path.to_path_lossy()));
    let index = slot.git_dir().join("index");
    let id_len = slot.objects().id_len();
    let seen = index::are_as_seen(&index, slot.git_dir(), id_len, root, there);
    // What cannot be read here is for git to look at.
    seen.unwrap_or(false) && absent.iter().all(is_free)
}

/// Makes the worktree what a fresh checkout of `base` on no branch would be, but for ignored files
/// that match one of the patterns `keep`. Whatever else is there is lost.
pub fn restore(slot: &Repo, base: Oid, keep: &[String], reason: &str) -> Result<(), GitError> {
    // First, so that what happens to index and files is on no branch's account.
    detach(slot, slot.head()?.unwrap_or(base), reason)?;
    if settings::bring_back(slot)? {
        // It says of files that they need not be there, by settings that are no more.
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
    run(slot, ["reset", "--quiet", "--hard", &base])?;
    slot.drop_changed_submodules()
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

/// How a worktree was brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recycled {
    /// It is what a fresh checkout would be.
    Whole,
    /// Somebody wrote in it meanwhile.
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
    // First, so that what happens to index and files is on no branch's account.
    detach(slot, base, reason)?;
    if settings::have_changed(slot)? {
        restore(slot, base, keep, reason)?;
        return Ok(Recycled::Whole);
    }
    clear_operations(slot)?;
    let leftovers = status::not_kept(slot, leftovers, keep)?;
    let stayed = remove_leftovers(slot, &leftovers)?;
    let checked_out = match tip == base {
        true => Ok(()),
        false => Difference::between(slot, tip, base)?.check_out(slot),
    };
    if let Err(error) = checked_out {
        detach(slot, tip, reason)?;
        if let Some(path) = disturbed(slot, &error)? {
            return Ok(Recycled::Disturbed { at: tip, path });
        }
        restore(slot, base, keep, reason)?;
    }
    slot.drop_changed_submodules()?;
    Ok(match stayed {
        None => Recycled::Whole,
        Some(path) => Recycled::Disturbed { at: base, path },
    })
}

/// What git found in its way before it had touched anything (`unpack-trees.c`), where that is
/// somebody's work.
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

/// Removes just this; returns something that had to stay.
fn remove_leftovers(slot: &Repo, leftovers: &[BString]) -> Result<Option<BString>, GitError> {
    let Some(root) = slot.work_tree().filter(|_| !leftovers.is_empty()) else {
        return Ok(None);
    };
    let mut removed = tree::remove_listed(root, leftovers);
    if matches!(&removed, Err(error) if error.kind() == ErrorKind::PermissionDenied) {
        file::make_directories_writable(root).map_err(GitError::io(root))?;
        removed = tree::remove_listed(root, leftovers);
    }
    let stayed = removed.map_err(GitError::io(root))?;
    Ok(stayed.first().map(|path| BString::from(*path)))
}

/// Ends whatever git was in the middle of, without touching files.
fn clear_operations(slot: &Repo) -> Result<(), GitError> {
    for name in UNDER_WAY {
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

fn run<A: AsRef<OsStr>>(repo: &Repo, args: impl IntoIterator<Item = A>) -> Result<(), GitError> {
    let mut command = repo.program().command();
    command
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_PREFIX");
    repo.program().run(command, args, None).map(drop)
}

/// How often a command that reads the list of worktrees is tried.
const TRIES: usize = 20;

/// How long it waits in between.
const PAUSE: Duration = Duration::from_millis(25);

/// Runs a command that reads the list of worktrees first. It dies, before it has done anything, of
/// an entry that somebody's `git worktree add` is just writing (`get_common_dir_noenv` in git's
/// `setup.c`): then it is run again.
fn run_among_others(repo: &Repo, args: &[&OsStr]) -> Result<(), GitError> {
    for _ in 1..TRIES {
        match run(repo, args) {
            Err(GitError::Program { reason, .. }) if reason.contains("failed to read") => {
                clock::wait(PAUSE);
            }
            done => return done,
        }
    }
    run(repo, args)
}

/// Whether git allows a branch of this full name.
pub fn is_branch_name(full: &str) -> bool {
    gix::refs::FullName::try_from(full).is_ok()
}

/// Whether a branch, a tag or what was saved by Baton keeps this commit.
pub fn is_kept(repo: &Repo, commit: Oid) -> Result<bool, GitError> {
    let contains = format!("--contains={commit}");
    let kept = repo.program().output([
        "for-each-ref",
        "--count=1",
        "--format=%(refname)",
        &contains,
        "refs/heads",
        "refs/tags",
        "refs/remotes",
        "refs/baton/trash",
    ])?;
    Ok(!kept.trim().is_empty())
}

/// The full name of the branch that the `HEAD` in this git directory names.
pub fn branch_in(git_dir: &Path) -> Result<Option<BString>, GitError> {
    let path = git_dir.join("HEAD");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    let bytes = bytes.unwrap_or_default();
    Ok(bytes.trim().strip_prefix(b"ref: ").map(BString::from))
}
