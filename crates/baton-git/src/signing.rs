//! Commits that git signs with the SSH key of its configuration.

use bstr::{BString, ByteSlice};

use super::config::Config;
use super::{GitError, Repo};
use baton_sys::file;

/// The key with which git signs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SigningKey {
    /// The configuration names none.
    None,
    /// A program names it (`gpg.ssh.defaultKeyCommand`), or nothing tells which it is.
    Unknown,
    /// Its text: a public key, or a private one that holds its public half.
    Text(BString),
}

/// The key as `git commit -S` finds it (`user.signingKey` in `git-config(1)`).
pub fn key(repo: &Repo) -> Result<SigningKey, GitError> {
    let config = Config::new(repo.program().clone());
    let Some(key) = config.paths("user.signingKey")?.pop() else {
        let by_program = !config.paths("gpg.ssh.defaultKeyCommand")?.is_empty();
        return Ok(match by_program {
            true => SigningKey::Unknown,
            false => SigningKey::None,
        });
    };
    if let Some(literal) = key.raw.strip_prefix(b"key::") {
        return Ok(SigningKey::Text(literal.into()));
    }
    if key.raw.starts_with(b"ssh-") {
        return Ok(SigningKey::Text(key.raw));
    }
    let path = match repo.work_tree() {
        Some(root) => root.join(key.path),
        None => repo.git_dir().join(key.path),
    };
    let mut public = path.clone().into_os_string();
    public.push(".pub");
    for path in [public.into(), path] {
        if let Some(text) = file::read_if_exists(&path).map_err(GitError::io(path))? {
            return Ok(SigningKey::Text(text.trim().into()));
        }
    }
    Ok(SigningKey::Unknown)
}

/// Commits nothing but a message on the current branch, signed, as `git commit` does it: the hooks
/// judge it, and what is staged stays so.
pub fn commit_nothing(repo: &Repo, message: &str) -> Result<(), GitError> {
    let args = [
        "-c",
        "gpg.format=ssh",
        "commit",
        "--quiet",
        "--only",
        "--allow-empty",
        "--cleanup=whitespace",
        "--gpg-sign",
        "--file=-",
    ];
    let program = repo.program().clone().heeding_caller();
    program.output_with_input(args, message.as_bytes())?;
    Ok(())
}
