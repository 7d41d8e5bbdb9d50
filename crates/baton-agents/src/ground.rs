use baton_core::claims::HeldClaim;
use baton_core::model::SessionId;
use baton_core::policy::Policy;

/// The facts that have to be known of the disk.
pub trait Files {
    /// This absolute path with its symbolic links followed as far as it exists.
    fn resolve(&self, path: &str) -> String;
    /// True if a directory is there.
    fn is_directory(&self, path: &str) -> bool;
    /// The names in a directory.
    fn names(&self, directory: &str) -> Vec<String>;
}

/// Where an agent works: the worktree, its policy and what else the repository holds.
pub struct Ground<'a> {
    /// The policy that `HEAD` carries; `None` where it holds nothing for this branch.
    pub policy: Option<&'a Policy>,
    /// The root of the worktree.
    pub root: String,
    /// Its git directory.
    pub git_dir: String,
    /// The git directory that all worktrees share.
    pub common_dir: String,
    /// The branch that is checked out, in short.
    pub branch: Option<String>,
    /// The session that the worktree is bound to.
    pub session: Option<SessionId>,
    /// The other worktrees.
    pub others: Vec<OtherWorktree>,
    /// The claims of sessions at work.
    pub claims: Vec<HeldClaim>,
    /// The branches on which the entries of the stash were made, newest first.
    pub stash: Vec<String>,
    /// The home directory.
    pub home: Option<String>,
    /// True if commits are signed here with a maintainer's key.
    pub signs_as_maintainer: &'a dyn Fn() -> bool,
    /// The disk.
    pub files: &'a dyn Files,
}

/// Another worktree of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherWorktree {
    /// Its root.
    pub root: String,
    /// The session that it is bound to.
    pub session: Option<SessionId>,
}
