//! The maintainers' keys that `git baton init` lists: their owners may change the rules.

use std::path::Path;

use bstr::ByteSlice;
use miette::{IntoDiagnostic, WrapErr, miette};

use super::Rules;
use crate::cli::Init;
use crate::scaffold::{self, signers};
use baton_git::Repo;
use baton_git::signing::{self, SigningKey};
use baton_sys::ssh_keys::{self, PublicKey, same_key};
use baton_sys::{process, terminal, worktree_file};

/// The list of signers, and what there is to tell of it.
#[derive(Debug, Default)]
pub struct Decided {
    /// The text of the list; `None` for no maintainer.
    pub list: Option<String>,
    /// Which key was taken, and how another one is chosen.
    pub told: Option<String>,
}

/// A key: its line of the list, and the word by which `--signer` names it.
struct Candidate {
    line: String,
    argument: String,
    /// The value of `user.signingKey` for it, quoted for a shell.
    key: String,
}

/// Decides who may change the rules: whom the caller names, whom the list names already, or whose key is
/// at hand.
pub fn decide(repo: &Repo, root: &Path, args: &Init, rules: Rules) -> miette::Result<Decided> {
    if !args.signer.is_empty() {
        let is_set = signing_key(repo, None)?.is_some() && signs_by_ssh(repo)?;
        let told = args.signer.iter().find_map(|one| signs_with(one));
        return Ok(Decided {
            list: Some(named(&args.signer)?),
            told: told.filter(|_| !is_set),
        });
    }
    let listed = worktree_file::read(root, scaffold::SIGNERS_PATH)?;
    if let Some(bytes) = listed {
        let told = format!(
            "`--frozen` changes nothing: {0} names maintainers (to have none: `rm {0}`, and `git baton init --frozen` again)\n",
            scaffold::SIGNERS_PATH
        );
        return Ok(Decided {
            list: Some(bytes.replace("\r\n", "\n").to_str_lossy().into_owned()),
            told: args.frozen.then_some(told),
        });
    }
    if args.frozen || rules != Rules::None {
        return Ok(Decided::default());
    }
    let email = repo.config().value("user.email")?;
    let (one, why, is_set) = match signing_key(repo, email.as_deref())? {
        Some(candidate) => {
            let is_ssh = signs_by_ssh(repo)?;
            (candidate, "the key with which git signs here", is_ssh)
        }
        None => {
            let (candidate, why) = only_one(at_hand(email.as_deref()))?;
            (candidate, why, false)
        }
    };
    let who = one.line.split(' ').next().unwrap_or_default();
    let mut told = format!(
        "maintainer {who}, by {}, {why}: later changes of the rules need a signature with it \
         (another: remove {} and run `git baton init --signer FILE`)\n",
        shortened(&one.argument),
        scaffold::SIGNERS_PATH
    );
    if !is_set {
        told.push_str(&setting(&one.key));
    }
    Ok(Decided {
        list: Some(signers::list(&[one.line])?),
        told: Some(told),
    })
}

fn signs_by_ssh(repo: &Repo) -> miette::Result<bool> {
    let format = repo.config().value("gpg.format")?;
    Ok(format.as_deref() == Some("ssh"))
}

/// The way to sign with the key that this argument names, where that is a file whose private key is beside it.
fn signs_with(argument: &str) -> Option<String> {
    let (_, file) = signers::split(argument);
    let private = file.strip_suffix(".pub")?;
    let is_own = baton_sys::file::is_file(private.as_ref());
    let file = std::path::absolute(file).ok().filter(|_| is_own)?;
    Some(setting(&shell_words::quote(file.to_str()?)))
}

/// The way to sign with a key, a value of `user.signingKey` quoted for a shell.
fn setting(key: &str) -> String {
    format!(
        "git signs with it, in `git commit -S`, after `git config gpg.format ssh && git config user.signingKey {key}`\n"
    )
}

fn named(arguments: &[String]) -> miette::Result<String> {
    let mut lines = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let (name, file) = signers::split(argument);
        let text = match file.strip_prefix(signers::LITERAL) {
            Some(key) => key.to_owned(),
            None => baton_sys::file::read(file.as_ref())
                .into_diagnostic()
                .wrap_err_with(|| format!("the key {file} cannot be read"))?
                .to_str_lossy()
                .into_owned(),
        };
        lines.push(signers::line(name, file, &text)?);
    }
    Ok(signers::list(&lines)?)
}

/// The key that `user.signingKey` names, where it is one of SSH.
fn signing_key(repo: &Repo, email: Option<&str>) -> miette::Result<Option<Candidate>> {
    let SigningKey::Text(text) = signing::key(repo)? else {
        return Ok(None);
    };
    let text = text.to_str_lossy().into_owned();
    let files = ssh_keys::at_hand().into_iter();
    let mut same = files.filter(|key| same_key(&key.text, &text));
    let file = same.next().and_then(|key| key.file);
    Ok(candidate(PublicKey { file, text }, email))
}

fn at_hand(email: Option<&str>) -> Vec<Candidate> {
    let keys = ssh_keys::at_hand().into_iter();
    keys.filter_map(|key| candidate(key, email)).collect()
}

/// A key whose signatures can be verified, under the name in its comment or else the user's.
fn candidate(key: PublicKey, email: Option<&str>) -> Option<Candidate> {
    let place = match &key.file {
        Some(file) => shell_words::quote(file.to_str()?).into_owned(),
        None => shell_words::quote(&format!("{}{}", signers::LITERAL, key.text)).into_owned(),
    };
    let (line, argument) = match signers::line(None, &place, &key.text) {
        Ok(line) => (line, place.clone()),
        Err(_) => {
            let email = email?;
            let line = signers::line(Some(email), &place, &key.text).ok()?;
            (line, format!("{email}={place}"))
        }
    };
    Some(Candidate {
        line,
        argument,
        key: place,
    })
}

/// The only key, or the one that a person chooses.
fn only_one(mut candidates: Vec<Candidate>) -> miette::Result<(Candidate, &'static str)> {
    match candidates.len() {
        0 => Err(miette!(
            help = "make a key with `ssh-keygen -t ed25519`, or name one with `git baton init --signer FILE`; with \
                    `git baton init --frozen` there is no maintainer, and the rules can never change after their \
                    first commit",
            "there is no SSH key here for a maintainer, who may change the rules later"
        )),
        1 => Ok((candidates.remove(0), "the only SSH key here")),
        _ => {
            let chosen = chosen(&candidates).and_then(|at| at.checked_sub(1));
            match chosen.filter(|at| *at < candidates.len()) {
                Some(at) => Ok((candidates.remove(at), "the key that you chose")),
                None => Err(undecided(&candidates)),
            }
        }
    }
}

/// The number of the key that a person types.
fn chosen(candidates: &[Candidate]) -> Option<usize> {
    let mut question = "Whose signature lets the rules change later?\n".to_owned();
    for (at, candidate) in candidates.iter().enumerate() {
        question.push_str(&format!(
            "  {}  {}\n",
            at + 1,
            shortened(&candidate.argument)
        ));
    }
    question.push_str(&format!("1 to {}: ", candidates.len()));
    terminal::ask(&baton_core::report::escape::output(&question))?
        .parse()
        .ok()
}

fn undecided(candidates: &[Candidate]) -> miette::Report {
    let typed = shell_words::join(process::arguments());
    let commands: Vec<_> = candidates
        .iter()
        .map(|candidate| format!("git baton {typed} --signer {}", candidate.argument))
        .collect();
    let commands = commands.join("\n");
    miette!(
        help = format!(
            "name the one of the maintainer, who may change the rules later; with several maintainers give `--signer` again:\n{commands}"
        ),
        "there are {} SSH keys here",
        candidates.len()
    )
}

/// A key itself is long; its end names it.
fn shortened(argument: &str) -> String {
    match argument.char_indices().nth_back(60) {
        Some((at, _)) if argument.contains(signers::LITERAL) => format!("…{}", &argument[at..]),
        _ => argument.to_owned(),
    }
}
