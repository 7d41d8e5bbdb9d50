//! The committer, and the signatures of commits.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};

use super::commit_object::{self, NewCommit};
use super::config::Config;
use super::{GitError, Repo};
use baton_core::model::Oid;
use baton_sys::file;
use baton_sys::supervise::{self, End, Job, Words};

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

/// The signature of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// Not at all.
    None,
    /// As `git commit` signs here without being asked to: in the format and with the key that git's
    /// configuration names.
    Default,
    /// With the SSH key that git's configuration names.
    Configured,
    /// With the SSH key in this file, or the one of this public key that an agent holds.
    Key(PathBuf),
}

impl Signing {
    /// The one that `git commit` makes here (`commit.gpgSign`).
    pub fn default_here(repo: &Repo) -> Result<Self, GitError> {
        Ok(match is_default(repo)? {
            true => Self::Default,
            false => Self::None,
        })
    }
}

/// True if git signs commits here without being asked to (`commit.gpgSign`).
pub fn is_default(repo: &Repo) -> Result<bool, GitError> {
    let args = ["config", "--type=bool", "--get", "commit.gpgSign"];
    let said = repo.program().answer_or_none(args)?;
    Ok(said.is_some_and(|value| value.trim() == b"true"))
}

/// The format in which git signs here (`gpg.format`); `None` where its configuration names none.
fn format(repo: &Repo) -> Result<Option<String>, GitError> {
    let said = repo
        .program()
        .answer_or_none(["config", "--get", "gpg.format"])?;
    Ok(said.map(|value| value.trim().to_str_lossy().into_owned()))
}

/// The committer here and the time, as git writes them: `Name <address> seconds zone`.
pub fn committer(repo: &Repo) -> Result<BString, GitError> {
    identity(repo, "GIT_COMMITTER_IDENT")
}

/// Fails where git does not know who writes and commits here, or could not sign a commit as it is set to.
/// Where a user is at a terminal they may be asked for a passphrase later, and signing is not tried.
pub fn check(repo: &Repo, at_terminal: bool) -> Result<(), GitError> {
    const ASKED: &str = r"^(user\.(name|email)|commit\.gpgsign)$";
    let args = ["config", "-z", "--get-regexp", ASKED];
    let said = repo.program().answer_or_none(args)?.unwrap_or_default();
    let has = |key: &str| {
        let mut entries = said.split_str("\0");
        entries.any(|entry| {
            let value = entry.strip_prefix(key.as_bytes());
            value.is_some_and(|value| !value.trim().is_empty())
        })
    };
    if !(has("user.name\n") && has("user.email\n")) {
        identity(repo, "GIT_AUTHOR_IDENT")?;
        committer(repo)?;
    }
    match has("commit.gpgsign") && !at_terminal {
        true => check_alone(repo),
        false => Ok(()),
    }
}

fn identity(repo: &Repo, variable: &str) -> Result<BString, GitError> {
    match repo.program().output(["var", variable]) {
        Ok(ident) => Ok(ident.trim().into()),
        Err(GitError::Program { reason, .. }) => {
            let lines = reason.lines().rev();
            let fatal = lines.filter_map(|line| line.strip_prefix("fatal: ")).next();
            Err(GitError::NoIdentity(
                fatal.unwrap_or(reason.trim()).to_owned(),
            ))
        }
        Err(error) => Err(error),
    }
}

/// Fails where git could not sign a commit here so without a terminal, as no user may be there when a run
/// lands its tasks. It signs one that no reference names.
fn check_alone(repo: &Repo) -> Result<(), GitError> {
    if !is_default(repo)? {
        return Ok(());
    }
    let root = repo.work_tree().unwrap_or(repo.common_dir());
    let tree = repo.store().tree(&[])?.to_string();
    let words = ["git", "commit-tree", "-S", "-m", "Baton can sign", &tree];
    let words = words.into_iter().map(OsString::from).collect();
    let mut job = Job::new(Words::Program(words), root.to_owned());
    job.limit = Some(PATIENCE);
    for variable in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
        job.env.push((variable.into(), "@0 +0000".into()));
    }
    job.env.push(("LC_ALL".into(), "C".into()));
    let finished = supervise::run(&job, &|| false, &mut |_, _| {});
    let finished = finished.map_err(|error| GitError::Program {
        args: "commit-tree -S".to_owned(),
        reason: error.to_string(),
    })?;
    match finished.end {
        End::Exited(0) => Ok(()),
        End::TimedOut => Err(unsigned_because(
            &Signing::Default,
            repo,
            "it waits for an answer",
        )),
        _ => {
            let said = finished.tail.to_str_lossy();
            Err(unsigned_because(&Signing::Default, repo, said.trim()))
        }
    }
}

/// The time that a signature may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The error of a commit that cannot be signed, with what git said.
fn unsigned_because(signing: &Signing, repo: &Repo, said: &str) -> GitError {
    let format = match signing {
        Signing::Configured | Signing::Key(_) => Some("ssh".to_owned()),
        Signing::None | Signing::Default => format(repo).ok().flatten(),
    };
    let help = match format.as_deref() {
        Some("ssh") => {
            "name a key that counts with `git config user.signingKey FILE.pub`, and load it into your agent \
             with `ssh-add FILE`, so that signing asks for no passphrase"
        }
        Some("x509") => {
            "see to it that `gpgsm --list-secret-keys` has the key of `user.signingKey`"
        }
        _ => {
            "see to it that `gpg --list-secret-keys` has the key of `user.signingKey` and that gpg-agent \
             has its passphrase; with an SSH key, `git config gpg.format ssh`"
        }
    };
    GitError::Unsigned {
        reason: said.to_owned(),
        help: help.to_owned(),
    }
}

/// Fails where git is set to sign in a format that is not SSH's with a key that is no SSH key: the
/// policy knows SSH keys alone.
fn check_is_ssh(repo: &Repo) -> Result<(), GitError> {
    let is_other = match format(repo)?.as_deref() {
        Some("ssh") => return Ok(()),
        Some(_) => true,
        None => false,
    };
    let is_key = match key(repo)? {
        SigningKey::Text(text) => is_ssh_key(&text),
        SigningKey::None => !is_other,
        SigningKey::Unknown => false,
    };
    if is_key {
        return Ok(());
    }
    let format = format(repo)?.unwrap_or_else(|| "openpgp".to_owned());
    Err(GitError::Unsigned {
        reason: format!(
            "git signs with `gpg.format = {format}` here, and the policy names SSH keys alone"
        ),
        help: "name your SSH key with `--signing-key FILE`, or for all commits with `git config \
               gpg.format ssh` and `git config user.signingKey FILE.pub`"
            .to_owned(),
    })
}

fn is_ssh_key(text: &[u8]) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-", "-----BEGIN"]
        .iter()
        .any(|start| text.starts_with(start.as_bytes()))
}

/// The object that [`write`](fn@write) makes of these, where they are UTF-8, before it is signed.
pub fn unsigned(tree: Oid, parent: Oid, message: &BStr, who: &BStr) -> BString {
    let who = who.to_str_lossy();
    let header = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n");
    let mut object = BString::from(header);
    object.extend_from_slice(message);
    object
}

/// Writes a commit that no reference names yet, signed so.
pub fn write(repo: &Repo, new: &NewCommit<'_>, signing: &Signing) -> Result<Oid, GitError> {
    if matches!(signing, Signing::Configured) {
        check_is_ssh(repo)?;
    }
    if *signing == Signing::None {
        return commit_object::write(repo, new);
    }
    let mut command = repo.program().command();
    for (role, ident) in [("AUTHOR", new.author), ("COMMITTER", new.committer)] {
        let ident: &[u8] = ident;
        let (person, date) = ident.rsplit_once_str("> ").unwrap_or((ident, b""));
        let (name, address) = person.split_once_str(" <").unwrap_or((person, b""));
        // Without the mark git takes few digits for something else than seconds.
        let date = [b"@", date].concat();
        for (key, value) in [("NAME", name), ("EMAIL", address), ("DATE", &date[..])] {
            command.env(format!("GIT_{role}_{key}"), value.to_os_str_lossy());
        }
    }
    let encoding = new
        .encoding
        .map_or("UTF-8".into(), |name| name.to_str_lossy());
    let mut args = vec!["-c".to_owned(), format!("i18n.commitEncoding={encoding}")];
    if *signing != Signing::Default {
        args.extend(["-c".to_owned(), "gpg.format=ssh".to_owned()]);
    }
    if let Signing::Key(key) = signing {
        args.extend([
            "-c".to_owned(),
            format!("user.signingKey={}", key.display()),
        ]);
    }
    args.extend([
        "commit-tree".to_owned(),
        new.tree.to_string(),
        "-S".to_owned(),
    ]);
    for parent in new.parents {
        args.extend(["-p".to_owned(), parent.to_string()]);
    }
    let out = match repo.program().run(command, &args, Some(new.message)) {
        Err(GitError::Program { reason, .. }) => {
            return Err(unsigned_because(signing, repo, &reason));
        }
        out => out?,
    };
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.join(" "),
        reason: error.to_string(),
    })
}
