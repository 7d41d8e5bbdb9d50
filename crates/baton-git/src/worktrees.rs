//! The worktrees that share one repository.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{GitError, Repo};
use baton_core::model::{BranchName, RefName};
use baton_sys::{GitEnv, file};

/// A worktree, as its git directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// The name of its git directory below `worktrees`; `None` for the main worktree.
    pub id: Option<String>,
    /// Its git directory.
    pub git_dir: PathBuf,
    /// The file `.git` at its root, as its git directory names it; `None` for the main worktree,
    /// and where that cannot be read.
    pub link: Option<PathBuf>,
}

/// The main worktree, or the bare repository, and then the linked ones, by their names.
pub(super) fn list(common_dir: &Path) -> Result<Vec<Worktree>, GitError> {
    let mut all = vec![Worktree {
        id: None,
        git_dir: common_dir.to_owned(),
        link: None,
    }];
    let directory = common_dir.join("worktrees");
    let mut ids = file::directories(&directory).map_err(GitError::io(&directory))?;
    ids.sort();
    for id in ids {
        let git_dir = directory.join(&id);
        let path = git_dir.join("gitdir");
        let link = file::read_if_exists(&path).ok().flatten();
        let link = link.map(|bytes| git_dir.join(bytes.trim_end().to_path_lossy()));
        all.push(Worktree {
            id: Some(id),
            git_dir,
            link,
        });
    }
    Ok(all)
}

/// A worktree whose directory is there, and what is checked out in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its root.
    pub path: PathBuf,
    /// The full name of the branch that is checked out there.
    pub branch: Option<RefName>,
    /// True for the main worktree.
    pub is_main: bool,
}

/// Makes a worktree at `path` on this branch: on a new one at `HEAD`, or on the one that is there, with all its commits.
pub fn add(repo: &Repo, path: &Path, branch: &BranchName) -> Result<(), GitError> {
    let name = branch.short().to_str_lossy();
    let is_there = repo.refs().resolve(branch.full())?.is_some();
    let mut args: Vec<&OsStr> = ["worktree", "add", "--quiet"].map(OsStr::new).to_vec();
    if !is_there {
        args.extend(["--no-track", "-b", &name].map(OsStr::new));
    }
    let start = match is_there {
        true => &name,
        false => "HEAD",
    };
    args.extend([OsStr::new("--"), path.as_os_str(), OsStr::new(start)]);
    repo.program().output(args).map(drop)
}

/// Removes a worktree without files that are not committed; any other git refuses. Its branch stays.
pub fn remove(repo: &Repo, path: &Path) -> Result<(), GitError> {
    let args = ["worktree", "remove", "--"].map(OsStr::new);
    let args = args.into_iter().chain([path.as_os_str()]);
    repo.program().output(args).map(drop)
}

/// The worktrees of the repository whose directories are there, the main one first.
pub fn checkouts(repo: &Repo) -> Result<Vec<Checkout>, GitError> {
    let listing = repo
        .program()
        .output(["worktree", "list", "--porcelain", "-z"])?;
    let mut found: Vec<Checkout> = Vec::new();
    let mut bare = Vec::new();
    for line in listing.split(|byte| *byte == 0) {
        if let Some(path) = line.strip_prefix(b"worktree ") {
            found.push(Checkout {
                path: path.to_path_lossy().into_owned(),
                branch: None,
                is_main: found.is_empty(),
            });
        } else if let (Some(branch), Some(last)) = (line.strip_prefix(b"branch "), found.last_mut())
        {
            last.branch = Some(RefName::new(branch));
        } else if line == b"bare" {
            bare.push(found.len());
        }
    }
    let mut position = 0;
    found.retain(|worktree| {
        position += 1;
        !bare.contains(&position) && file::is_directory(&worktree.path)
    });
    Ok(found)
}

/// The repository as its main worktree sees it.
pub fn main(repo: &Repo) -> Result<Repo, GitError> {
    match file::is_same_place(repo.git_dir(), repo.common_dir()) {
        true => Ok(repo.clone()),
        false => main_at(repo.common_dir()),
    }
}

/// The same by the git directory that all worktrees share.
pub fn main_at(common_dir: &Path) -> Result<Repo, GitError> {
    Repo::open(&GitEnv {
        git_dir: Some(common_dir.to_owned()),
        ..GitEnv::default()
    })
}

/// The repository as that worktree sees it.
pub fn open_worktree(path: &Path) -> Result<Repo, GitError> {
    Repo::open(&GitEnv {
        current_dir: path.to_owned(),
        ..GitEnv::default()
    })
}

/// The repository with this common git directory as its worktree with this root sees it. For a linked worktree nothing is
/// believed of the file `.git` in it, which whoever works there can write: the repository knows its git directory.
pub fn open_in(common_dir: &Path, root: &Path) -> Result<Repo, GitError> {
    let own = |one: &Worktree| {
        let link = one.link.as_deref();
        link.and_then(Path::parent)
            .is_some_and(|parent| file::is_same_place(parent, root))
    };
    match list(common_dir)?.into_iter().find(own) {
        Some(one) => Repo::open(&GitEnv {
            git_dir: Some(one.git_dir),
            ..GitEnv::default()
        }),
        None => open_worktree(root),
    }
}

/// The git directory of the worktree with this root; `None` where there is none.
pub fn git_dir_of(root: &Path) -> Option<PathBuf> {
    Some(open_worktree(root).ok()?.git_dir().to_owned())
}

/// True if anything in the worktree is not committed: staged, changed or not tracked.
pub fn has_changes(worktree: &Repo) -> Result<bool, GitError> {
    let args = ["status", "--porcelain", "-z", "--untracked-files=normal"];
    let mut command = worktree.program().command();
    command.env("GIT_OPTIONAL_LOCKS", "0");
    Ok(!worktree.program().run(command, args, None)?.is_empty())
}
