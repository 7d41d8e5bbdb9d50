//! From public key files to the list of allowed signers.

use miette::Diagnostic;
use ssh_key::PublicKey;
use thiserror::Error;

use super::SIGNERS_PATH;
use baton_core::policy::{AllowedSigners, SignersError};

/// Why a file does not name a signer.
#[derive(Debug, Error, Diagnostic)]
pub enum SignerError {
    /// The wrong half of a key.
    #[error("{0} is a private key")]
    #[diagnostic(help("give the public one, whose name ends in `.pub`; this one stays with you"))]
    PrivateKey(String),

    /// No key at all.
    #[error("{file} is not an SSH public key: {reason}")]
    #[diagnostic(help("`ssh-keygen -t ed25519` makes a key, and a `.pub` file beside it"))]
    NoKey {
        /// The file.
        file: String,
        /// The fault.
        reason: String,
    },

    /// Neither the key's comment nor the user names the signer in one word.
    #[error("{file} does not say whose key it is: its comment is `{comment}`")]
    #[diagnostic(help("name the signer in one word, such as `--signer alice@example.com={file}`"))]
    NoName {
        /// The file.
        file: String,
        /// The key's comment.
        comment: String,
    },

    /// A name that OpenSSH would read as something else.
    #[error("`{0}` cannot be a signer's name")]
    #[diagnostic(help("a name is one word without quotes, commas, `*`, `?`, `!`, `#` and `=`"))]
    BadName(String),

    /// A key that Baton cannot verify.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unsupported(#[from] SignersError),
}

/// The prefix of a key that stands in the place of a file; git's own
/// `user.signingKey` has it.
pub const LITERAL: &str = "key::";

/// The name and the file of `NAME=FILE`, or the file alone.
pub fn split(argument: &str) -> (Option<&str>, &str) {
    if argument.starts_with(LITERAL) {
        return (None, argument);
    }
    match argument.split_once('=') {
        Some((name, file)) if !name.contains('/') => (Some(name), file),
        _ => (None, argument),
    }
}

/// The list's line for the key in `text`, for signatures in git alone. Without a `name` the
/// key's comment is the principal.
///
/// # Errors
/// When there is no public key, nothing fit to be a name, or a key whose signatures Baton cannot
/// verify.
pub fn line(name: Option<&str>, file: &str, text: &str) -> Result<String, SignerError> {
    if text.trim_start().starts_with("-----BEGIN") {
        return Err(SignerError::PrivateKey(file.to_owned()));
    }
    let mut key = PublicKey::from_openssh(text.trim()).map_err(|error| SignerError::NoKey {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    let comment = key.comment().to_owned();
    let name = match name {
        Some(name) if is_name(name) => name,
        Some(name) => return Err(SignerError::BadName(name.to_owned())),
        None if is_name(&comment) => &comment,
        None => {
            let file = file.to_owned();
            return Err(SignerError::NoName { file, comment });
        }
    };
    key.set_comment("");
    let key = key.to_openssh().map_err(|error| SignerError::NoKey {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    let line = format!("{name} namespaces=\"git\" {}\n", key.trim());
    AllowedSigners::parse(file, line.as_bytes())?;
    Ok(line)
}

/// The list of these lines, each once.
pub fn list(lines: &[String]) -> Result<String, SignerError> {
    let mut text = String::from(
        "# Whose signatures count, in the format of `ssh-keygen -Y verify`. A change to this file\n\
         # must be signed with one of the keys that it lists before the change.\n",
    );
    for (at, line) in lines.iter().enumerate() {
        if !lines[..at].contains(line) {
            text.push_str(line);
        }
    }
    AllowedSigners::parse(SIGNERS_PATH, text.as_bytes())?;
    Ok(text)
}

fn is_name(name: &str) -> bool {
    let meaningful = |c: char| c.is_whitespace() || c.is_control() || "\"',*?!#=".contains(c);
    !name.is_empty() && !name.contains(meaningful)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn the_comment_is_the_principal_unless_a_name_is_given() {
        let text = format!("{KEY} alice@example.com\n");
        let expected = format!("alice@example.com namespaces=\"git\" {KEY}\n");
        assert_eq!(line(None, "a.pub", &text).unwrap(), expected);
        let expected = format!("alice namespaces=\"git\" {KEY}\n");
        assert_eq!(line(Some("alice"), "a.pub", &text).unwrap(), expected);
    }

    #[test]
    fn a_name_that_means_more_than_one_person_is_refused() {
        for name in ["*", "a,b", "!a", "a b", "#a", "", "\"a\""] {
            let refused = line(Some(name), "a.pub", KEY);
            assert!(matches!(refused, Err(SignerError::BadName(_))), "{name}");
        }
        let refused = line(None, "a.pub", &format!("{KEY} alice's old laptop"));
        assert!(matches!(refused, Err(SignerError::NoName { .. })));
        let refused = line(None, "a.pub", KEY);
        assert!(matches!(refused, Err(SignerError::NoName { .. })));
    }

    #[test]
    fn a_private_key_and_what_is_no_key_are_told_apart() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
        let refused = line(Some("a"), "a", private);
        assert!(matches!(refused, Err(SignerError::PrivateKey(_))));
        let refused = line(Some("a"), "a.pub", "ssh-ed25519 AAAA");
        assert!(matches!(refused, Err(SignerError::NoKey { .. })));
    }

    #[test]
    fn an_argument_is_a_file_or_a_name_and_a_file() {
        assert_eq!(split("alice=/k/a.pub"), (Some("alice"), "/k/a.pub"));
        assert_eq!(split("/k/a=b.pub"), (None, "/k/a=b.pub"));
        assert_eq!(split("a.pub"), (None, "a.pub"));
    }

    #[test]
    fn a_key_given_twice_is_listed_once() {
        let one = line(Some("alice"), "a.pub", KEY).unwrap();
        let text = list(&[one.clone(), one.clone()]).unwrap();
        assert_eq!(text.matches(&one).count(), 1);
    }
}
