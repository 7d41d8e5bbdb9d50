//! The addresses of remotes, and the branches there.

use bstr::{BString, ByteSlice};

use super::{GitError, Program, Recorded, Remote, Repo};
use baton_core::model::{Oid, RefName};
use baton_sys::file;

/// The branches of a remote, by their full names.
pub type Branches = Vec<(RefName, Oid)>;

impl Repo {
    /// The git program to ask or push to this remote, named or addressed.
    pub fn program_for_remote(&self, remote: &str) -> Result<Program, GitError> {
        if file::is_same_place(self.git_dir(), self.common_dir()) {
            return Ok(self.program().clone());
        }
        let known = self.url_of(remote);
        self.program_for_address(known.as_ref().map_or(remote.as_bytes(), |url| &url[..]))
    }

    /// The git program to follow this address.
    ///
    /// Git follows an address such as `../up.git` from the directory in which it runs, the root of the
    /// worktree (`setup_explicit_git_dir` in its `setup.c`). Who wrote that into the configuration
    /// of all worktrees meant the main one: from the others it runs there.
    fn program_for_address(&self, address: &[u8]) -> Result<Program, GitError> {
        let program = self.program().clone();
        if file::is_same_place(self.git_dir(), self.common_dir()) || !is_relative(address) {
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

    /// The remotes that are configured, as far as their names and addresses are UTF-8. The address is the one
    /// from which git fetches.
    pub fn remotes(&self) -> Result<Vec<Remote>, GitError> {
        let names = self.program().output(["remote"])?;
        let remotes = names.lines().filter_map(|name| {
            let name = name.to_str().ok()?.to_owned();
            let url = String::from_utf8(self.url_of(&name)?.into()).ok()?;
            Some(Remote { name, url })
        });
        Ok(remotes.collect())
    }

    fn url_of(&self, remote: &str) -> Option<BString> {
        let args = ["remote", "get-url", "--end-of-options", remote];
        let said = self.program().output(args).ok()?;
        Some(said.trim_end_with(|byte| byte == '\n').into())
    }

    /// The branches of the remote, asked at the recorded address and in the recorded way: nothing that
    /// this repository is set to has a say in it.
    pub fn branches_of(&self, recorded: &Recorded, remote: &Remote) -> Result<Branches, GitError> {
        let program = self.program_for_address(remote.url.as_bytes())?;
        let ask = |args: &[&str]| {
            let mut command = program.outside(recorded.path.as_deref());
            // The address is rewritten already.
            let own = (format!("url.{}.insteadOf", remote.url), remote.url.clone());
            let settings = recorded.connection.iter().chain([&own]);
            let mut count = 0;
            for (key, value) in settings {
                command.env(format!("GIT_CONFIG_KEY_{count}"), key);
                command.env(format!("GIT_CONFIG_VALUE_{count}"), value);
                count += 1;
            }
            command.env("GIT_CONFIG_COUNT", count.to_string());
            let address = ["--", &remote.url];
            let args = ["ls-remote"].iter().chain(args).chain(&address);
            program.run(command, args, None)
        };
        let leads_to = ask(&["--get-url"])?;
        if leads_to.trim_end_with(|byte| byte == '\n') != remote.url.as_bytes() {
            return Err(GitError::Redirected(remote.address()));
        }
        let answer = ask(&["--upload-pack=git-upload-pack", "--heads"])?;
        Ok(parse_branches(&answer))
    }

    /// The branches of a remote, asked as the repository is set now.
    pub fn branches_now(&self, remote: &Remote) -> Result<Branches, GitError> {
        let program = self.program_for_address(remote.url.as_bytes())?;
        let answer = program.output(["ls-remote", "--heads", "--", &remote.name])?;
        Ok(parse_branches(&answer))
    }
}

/// The branches that `git ls-remote` lists.
fn parse_branches(listed: &[u8]) -> Branches {
    let branches = listed.lines().filter_map(|line| {
        let (oid, name) = line.split_once_str("\t")?;
        Some((RefName::new(name), Oid::from_hex(oid).ok()?))
    });
    branches.collect()
}

/// The settings by which remotes are reached from this repository, beyond the user's for all repositories: by its own
/// settings, and as `GIT_SSH_COMMAND` says.
pub(super) fn own_connection(repo: &Repo) -> Result<Vec<(String, String)>, GitError> {
    let args = ["config", "--list", "-z"];
    let program = repo.program();
    let listed = parse_settings(&program.output(args)?);
    let mut outside = parse_settings(&program.run(program.outside(None), args, None)?);
    let own = listed.into_iter().filter(|setting| {
        match outside.iter().position(|other| other == setting) {
            Some(at) => {
                outside.swap_remove(at);
                false
            }
            None => true,
        }
    });
    let ssh = baton_sys::ssh_command().map(|command| ("core.sshcommand".to_owned(), command));
    let own = own.filter(|(key, _)| is_of_connection(key));
    Ok(own.chain(ssh).collect())
}

/// The settings that `git config --list -z` lists, as far as they are UTF-8.
fn parse_settings(listed: &[u8]) -> Vec<(String, String)> {
    let settings = listed.split_str("\0").filter_map(|setting| {
        let setting = setting
            .to_str()
            .ok()
            .filter(|setting| !setting.is_empty())?;
        let (key, value) = setting.split_once('\n').unwrap_or((setting, "true"));
        Some((key.to_owned(), value.to_owned()))
    });
    settings.collect()
}

/// True if a setting says how remotes are reached, and is no secret itself.
fn is_of_connection(key: &str) -> bool {
    ["core.sshcommand", "core.gitproxy", "ssh.variant"].contains(&key)
        || key.starts_with("credential.")
        || key.starts_with("http.") && !key.ends_with(".extraheader")
}

/// True if an address is a path from somewhere: neither from the root nor one with a protocol or a host
/// (`git-fetch(1)`, "GIT URLS").
fn is_relative(address: &[u8]) -> bool {
    let host = address.find_byte(b':');
    let is_remote = host.is_some_and(|colon| !address[..colon].contains(&b'/'));
    !address.is_empty() && !address.starts_with(b"/") && !is_remote
}

/// Pushes a branch to the branch of that name.
pub fn push(repo: &Repo, remote: &str, branch: &RefName) -> Result<(), GitError> {
    let refspec = format!("{branch}:{branch}");
    repo.program_for_remote(remote)?
        .output(["push", "--quiet", "--", remote, &refspec])?;
    Ok(())
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
