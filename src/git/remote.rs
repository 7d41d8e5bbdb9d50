//! Where the addresses of remotes lead.

use bstr::ByteSlice;

use super::{GitError, Program, Repo};
use crate::sys::file;

impl Repo {
    /// The git program to ask or push to this remote, named or addressed.
    ///
    /// Git follows an address such as `../up.git` from the directory in which it runs, the root of the
    /// worktree (`setup_explicit_git_dir` in its `setup.c`). Who wrote that into the configuration
    /// of all worktrees meant the main one: from the others it runs there.
    pub fn program_for_remote(&self, remote: &str) -> Result<Program, GitError> {
        let program = self.program().clone();
        if file::is_same_place(self.git_dir(), self.common_dir()) {
            return Ok(program);
        }
        let known = program.output(["remote", "get-url", "--end-of-options", remote]);
        let known = known.unwrap_or_else(|_| remote.into());
        if !is_relative(known.trim()) {
            return Ok(program);
        }
        let worktrees = self.worktrees()?;
        let main = worktrees.iter().find(|one| one.id.is_none());
        let root = main.and_then(|main| self.root_of(main));
        Ok(match root {
            Some(root) => program.run_in(root),
            None => program,
        })
    }
}

/// Whether an address is a path from somewhere: neither from the root nor one with a protocol or a host
/// (`git-fetch(1)`, "GIT URLS").
fn is_relative(address: &[u8]) -> bool {
    let host = address.find_byte(b':');
    let is_remote = host.is_some_and(|colon| !address[..colon].contains(&b'/'));
    !address.is_empty() && !address.starts_with(b"/") && !is_remote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_says_where_it_leads() {
        for path in ["../up.git", "up", "./a:b", "a/b:c"] {
            assert!(is_relative(path.as_bytes()), "{path}");
        }
        for other in ["/up.git", "file:///up", "host:up.git", "ext::sh -c x", ""] {
            assert!(!is_relative(other.as_bytes()), "{other}");
        }
    }
}
