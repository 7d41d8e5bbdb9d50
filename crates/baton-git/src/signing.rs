//! Commits made from trees, signed with an SSH key or not at all.

use std::path::PathBuf;

use bstr::{BStr, BString, ByteSlice};

use super::config::Config;
use super::{GitError, Repo};
use baton_core::model::Oid;
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

/// True if git signs commits here without being asked to (`commit.gpgSign`).
pub fn is_default(repo: &Repo) -> Result<bool, GitError> {
    let program = repo.program().clone().heeding_caller();
    let said = program.answer_or_none(["config", "--type=bool", "--get", "commit.gpgSign"])?;
    Ok(said.is_some_and(|value| value.trim() == b"true"))
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

/// The SSH key with which a commit is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// Not at all.
    None,
    /// With the key that git's configuration names.
    Configured,
    /// With the key in this file, or the one of this public key that an agent holds.
    Key(PathBuf),
}

/// Who commits here and when, as git writes it: `Name <address> seconds zone`.
pub fn committer(repo: &Repo) -> Result<BString, GitError> {
    let ident = repo.program().output(["var", "GIT_COMMITTER_IDENT"])?;
    Ok(ident.trim().into())
}

/// The object that [`commit`] makes of these, where they are UTF-8, before it is signed.
pub fn unsigned(tree: Oid, parent: Oid, message: &BStr, who: &BStr) -> BString {
    let who = who.to_str_lossy();
    let header = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n");
    let mut object = BString::from(header);
    object.extend_from_slice(message);
    object
}

/// Makes a commit object, author and committer both being `who`, as [`committer`] gives it.
pub fn commit(
    repo: &Repo,
    tree: Oid,
    parent: Oid,
    message: &[u8],
    who: &BStr,
    signing: &Signing,
) -> Result<Oid, GitError> {
    let mut command = repo.program().command();
    let text = who.to_str_lossy();
    let (person, date) = text.rsplit_once("> ").unwrap_or((&text, ""));
    let (name, address) = person.split_once(" <").unwrap_or((person, ""));
    // Without the mark git takes few digits for something else than seconds.
    let date = &format!("@{date}");
    for (key, value) in [("NAME", name), ("EMAIL", address), ("DATE", date)] {
        command.env(format!("GIT_AUTHOR_{key}"), value);
        command.env(format!("GIT_COMMITTER_{key}"), value);
    }
    let mut args = vec!["-c".to_owned(), "i18n.commitEncoding=UTF-8".to_owned()];
    if *signing != Signing::None {
        args.extend(["-c".to_owned(), "gpg.format=ssh".to_owned()]);
    }
    if let Signing::Key(key) = signing {
        args.extend([
            "-c".to_owned(),
            format!("user.signingKey={}", key.display()),
        ]);
    }
    args.extend(["commit-tree".to_owned(), tree.to_string()]);
    args.extend(["-p".to_owned(), parent.to_string()]);
    if *signing != Signing::None {
        args.push("-S".to_owned());
    }
    let out = repo.program().run(command, &args, Some(message))?;
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.join(" "),
        reason: error.to_string(),
    })
}
