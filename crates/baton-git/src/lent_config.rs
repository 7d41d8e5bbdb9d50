//! The configuration that Baton lends to the gits of agents.
//!
//! An agent's program may take git's configuration away: Gemini CLI starts its shell with an empty
//! `core.hooksPath` and without the user's own file, so that commits have no author and no guard. The
//! variable `GIT_CONFIG_PARAMETERS` counts more than that. It includes a file for the git directories of
//! this repository alone (`includeIf`, git-config(1)), so that other repositories that an agent's tests
//! make have nothing of it.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::{GitError, Repo};
use baton_sys::file;

/// The variable that `git -c` sets, with `'key'='value'` for each setting.
pub const VARIABLE: &str = "GIT_CONFIG_PARAMETERS";

/// The file in Baton's directory.
const FILE: &str = "agents.gitconfig";

/// The settings without which git makes no commit, or another one than the user would.
const LENT: &str =
    r"^(user\.(name|email|signingkey)|commit\.gpgsign|gpg\.format|gpg\.program|gpg\.ssh\.program)$";

/// Writes the file: who commits, and how commits are signed, as git finds it now; where the guard is
/// installed, its hooks; and `git baton` by this program, whatever the search path of an agent's shell.
pub fn write(repo: &Repo, program: &Path, is_guarded: bool) -> Result<(), GitError> {
    let listed = ["config", "-z", "--includes", "--get-regexp", LENT];
    let listed = repo.program().answer_or_none(listed)?.unwrap_or_default();
    let mut settings: Vec<(BString, BString)> = Vec::new();
    for entry in listed.split_str("\0").filter(|entry| !entry.is_empty()) {
        let (key, value) = entry.split_once_str("\n").unwrap_or((entry, b"true"));
        settings.retain(|(known, _)| known != key);
        settings.push((key.into(), value.into()));
    }
    if is_guarded {
        let hooks = repo.common_dir().join("hooks");
        settings.push(("core.hookspath".into(), hooks.as_os_str().as_bytes().into()));
    }
    let quoted = shell_quoted(program.as_os_str().as_bytes());
    let alias = [b"!", &quoted[..]].concat();
    settings.push(("alias.baton".into(), alias.into()));
    let path = file_of(repo.common_dir());
    let text = settings
        .iter()
        .map(|(key, value)| entry(key, value))
        .collect::<Vec<_>>()
        .concat();
    if file::read_if_exists(&path).map_err(GitError::io(&path))? == Some(text.clone()) {
        return Ok(());
    }
    file::write_atomically(&path, &text).map_err(GitError::io(path))
}

/// The value of [`VARIABLE`] by which the gits of this repository read the file.
pub fn parameters(common_dir: &Path) -> OsString {
    let file = file_of(common_dir);
    let directory = escaped_pattern(common_dir.as_os_str().as_bytes());
    // The main worktree's git directory is the directory itself, the others' lie below it.
    let keys = ["", "/"].map(|end| {
        [
            b"includeIf.gitdir:",
            &directory[..],
            end.as_bytes(),
            b".path",
        ]
        .concat()
    });
    let value = shell_quoted(file.as_os_str().as_bytes());
    let entries = keys.map(|key| [&shell_quoted(&key)[..], b"=", &value[..]].concat());
    OsString::from_vec(entries.join(&b' '))
}

fn file_of(common_dir: &Path) -> PathBuf {
    common_dir.join("baton").join(FILE)
}

/// A setting as a file of git's configuration has it: `[section "subsection"]`, a line below.
fn entry(key: &[u8], value: &[u8]) -> Vec<u8> {
    let (section, name) = key.rsplit_once_str(".").unwrap_or((key, b""));
    let head = match section.split_once_str(".") {
        Some((section, subsection)) => [section, b" \"", &escaped(subsection), b"\""].concat(),
        None => section.to_vec(),
    };
    [
        b"[",
        &head[..],
        b"]\n\t",
        name,
        b" = \"",
        &escaped(value),
        b"\"\n",
    ]
    .concat()
}

/// Text between double quotes of a file of git's configuration.
fn escaped(text: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'\\' => b"\\\\".to_vec(),
        b'"' => b"\\\"".to_vec(),
        b'\n' => b"\\n".to_vec(),
        other => vec![*other],
    };
    text.iter().flat_map(escape).collect()
}

/// A path as a pattern that matches nothing but it.
fn escaped_pattern(path: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'*' | b'?' | b'[' | b']' | b'\\' => vec![b'\\', *byte],
        other => vec![*other],
    };
    path.iter().flat_map(escape).collect()
}

/// Text in single quotes, as git writes and reads them in the variable, and as a shell does.
fn shell_quoted(text: &[u8]) -> Vec<u8> {
    [b"'", &text.replace("'", "'\\''")[..], b"'"].concat()
}
