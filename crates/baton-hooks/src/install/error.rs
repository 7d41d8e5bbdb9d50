use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use super::in_shell;
use baton_git::GitError;
use baton_guard::GuardError;

/// Why Baton is not installed, or not taken out. What was there is as it was.
#[derive(Debug, Error, Diagnostic)]
pub enum InstallError {
    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),

    /// The journal cannot be begun.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Guard(#[from] GuardError),

    /// The hooks of a server make no sense here.
    #[error("{} is not a bare repository", .0.display())]
    #[diagnostic(help(
        "`git baton install --server` belongs on the server that receives the pushes; in a clone, run `git baton install`"
    ))]
    NotBare(PathBuf),

    /// The hooks of a clone make no sense here.
    #[error("{} is a bare repository, and no worktree uses it", .0.display())]
    #[diagnostic(help(
        "where it receives pushes, run `git baton install --server`; where commits are to be made in worktrees of it, make one with `git worktree add`, and run `git baton install` again"
    ))]
    NoWorktree(PathBuf),

    /// Git looks for hooks elsewhere, and this repository alone cannot change that.
    #[error(
        "git would not run hooks of this repository: core.hooksPath is `{value}` ({scope}, {origin})"
    )]
    #[diagnostic(help("{remedy}"))]
    ForeignHooksPath {
        /// The value.
        value: String,
        /// Git's name for where it applies.
        scope: &'static str,
        /// The file that holds it, or what else does.
        origin: String,
        /// The next step.
        remedy: String,
    },

    /// A value of `core.hooksPath` that the record cannot hold.
    #[error("core.hooksPath is not UTF-8, and Baton could not put it back later: {0}")]
    #[diagnostic(help("rename that directory of hooks, and set core.hooksPath to the new name"))]
    NotUtf8(String),

    /// The directory of hooks is shared.
    #[error("{} is a link to {}, which other repositories may use too", .link.display(), .target.display())]
    #[diagnostic(help(
        "make it a directory of this repository, and have the hooks that it leads to run on: `rm {0} && mkdir {0} && git config core.hooksPath {1}`; then run this command again",
        in_shell(.link), in_shell(.target)
    ))]
    LinkedHooks {
        /// The directory's name.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },

    /// A directory of hooks that the hook there runs is shared.
    #[error("{} is a link to {}, which other repositories may use too", .link.display(), .target.display())]
    #[diagnostic(help(
        "make it a directory of this repository, with copies of the hooks there: `cp -RL {0} {0}.own && rm {0} && mv {0}.own {0}`; then install again",
        in_shell(.link)
    ))]
    LinkedDirectory {
        /// The directory's name.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },

    /// Baton's name in a directory of hooks is taken by another file.
    #[error("{} is not Baton's, and has the name that Baton has in a directory of hooks", .0.display())]
    #[diagnostic(help("give that hook another name, and install again"))]
    NameTaken(PathBuf),

    /// The system would run no hook here.
    #[error("no file below {} can be run: its file system is mounted `noexec`, and git passes over hooks there in silence", .0.display())]
    #[diagnostic(help(
        "have it mounted with `exec` (`findmnt -T '{}'` names it), or move the repository to another file system, and install again",
        .0.display()
    ))]
    RunsNothing(PathBuf),

    /// The record of what was installed makes no sense.
    #[error("the record of what was installed, {}, cannot be read: {reason}", .path.display())]
    #[diagnostic(help(
        "it is JSON; mend it by hand. Without it Baton cannot know what core.hooksPath was: if that was never set here, remove the file, and run `git baton install` again"
    ))]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },

    /// A file cannot be read or written.
    #[error("{} cannot be read or written", .path.display())]
    #[diagnostic(help("check that you may write there and that the disk has room"))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
}

impl InstallError {
    /// Wraps an error of the system about this path.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
