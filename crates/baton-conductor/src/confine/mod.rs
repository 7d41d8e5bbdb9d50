//! Commands that can change one linked worktree and nothing else of the repository.
//!
//! **Promises.** From [`enter`] to [`Confined::leave`] a command of [`Confined::room`] works in the worktree with a git
//! directory of its own ([`baton_git::private_git_dir`]): it can commit, amend, rebase and stash, and reaches no hook, setting,
//! reference, log or record of the repository, no other worktree and no main checkout. `leave` brings its branch back by an
//! ordinary move of the reference, which the hooks judge; what they refuse stays in the private git directory. Stashes come
//! back, too; branches and tags that the command made are kept below `refs/baton/confined/<worktree>/`. The summary that the
//! worktree's session was given inside is handed in, and the session ended if it was ended inside. The file `.git` of the
//! worktree leads to the repository again, whatever the command made of it. Modes of the hooks and of git's files, which no
//! kernel keeps yet, are put back.
//!
//! **Stores.** `confined/<worktree>/` in Baton's directory, out of the command's reach but for `git`: the private git directory
//! `git`, the references with which it began (`refs`), and a `record`; between two commands, a git directory in which the
//! earlier one has changed nothing (`spare`), and the path of an empty directory for temporary files (`temporary`). The file
//! `.git` that is not in use waits there, too (`link`). A private git directory with an operation to finish, or with what the
//! judge refused, stays for the next command there; one of which the repository has moved on is set aside.
//!
//! **A kill** leaves the file `.git` leading to the private git directory. The next [`enter`] of the worktree, or [`recover`],
//! leaves first.
//!
//! **Gits outside.** Whoever can write in a worktree decides what a git does that is started there without being told of its
//! git directory. So every git of this room is told the repository's own, and git runs in the private one only as confined as
//! the command was.

mod collect;
mod enter;
mod error;
mod modes;
mod place;
mod record;
mod refused;
mod report;
mod terms;

pub use enter::{Confined, enter, recover};
pub use error::ConfinedError;
pub use place::{Place, is_inside};
pub use refused::{Refusals, RefusedPath};
pub use report::{BranchFate, Report};
pub use terms::Terms;

/// The variable that tells a command that it is confined: the name of its worktree.
pub const VARIABLE: &str = "BATON_CONFINED";
