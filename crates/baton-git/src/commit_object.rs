//! Commit objects made in this process, without anybody's index or files.

use bstr::{BStr, BString, ByteSlice};
use gix::objs::Kind;

use super::{GitError, Repo};
use baton_core::model::Oid;

/// A commit to write.
#[derive(Debug, Clone, Copy)]
pub struct NewCommit<'a> {
    /// Its tree.
    pub tree: Oid,
    /// Its parents, in order.
    pub parents: &'a [Oid],
    /// The author and the time, as git writes them: `Name <address> seconds zone`.
    pub author: &'a BStr,
    /// The committer and the time.
    pub committer: &'a BStr,
    /// The encoding of the message; `None` for UTF-8.
    pub encoding: Option<&'a BStr>,
    /// The message.
    pub message: &'a BStr,
}

/// The parts of a commit that stay when it is made anew elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The author and the time.
    pub author: BString,
    /// The encoding of the message; `None` for UTF-8.
    pub encoding: Option<BString>,
    /// The message.
    pub message: BString,
}

/// Writes a commit that no reference names yet.
pub fn write(repo: &Repo, new: &NewCommit<'_>) -> Result<Oid, GitError> {
    let mut bytes = format!("tree {}\n", new.tree).into_bytes();
    for parent in new.parents {
        bytes.extend_from_slice(format!("parent {parent}\n").as_bytes());
    }
    let mut header = |key: &str, value: &BStr| {
        bytes.extend_from_slice(key.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(value);
        bytes.push(b'\n');
    };
    header("author", new.author);
    header("committer", new.committer);
    if let Some(encoding) = new.encoding {
        header("encoding", encoding);
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(new.message);
    repo.objects().write(Kind::Commit, &bytes)
}

/// True if the commit carries a signature.
pub fn is_signed(repo: &Repo, commit: Oid) -> Result<bool, GitError> {
    let mut buffer = Vec::new();
    repo.objects().commit(commit, &mut buffer)?;
    Ok(header(&buffer)
        .lines()
        .any(|line| line.starts_with(b"gpgsig")))
}

/// The bytes before the message.
fn header(commit: &[u8]) -> &[u8] {
    commit.find(b"\n\n").map_or(commit, |end| &commit[..end])
}

/// The parts of the commit that stay when it is made anew.
pub fn told(repo: &Repo, commit: Oid) -> Result<Told, GitError> {
    let mut buffer = Vec::new();
    let message = repo.objects().commit(commit, &mut buffer)?.message;
    let value = |key: &str| {
        let mut lines = header(&buffer).lines();
        lines.find_map(|line| Some(BString::from(line.strip_prefix(key.as_bytes())?)))
    };
    Ok(Told {
        author: value("author ").ok_or_else(|| GitError::Corrupt {
            oid: commit,
            reason: "it names no author".to_owned(),
        })?,
        encoding: value("encoding "),
        message,
    })
}
