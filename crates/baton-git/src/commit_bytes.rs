//! The bytes of a commit object, taken apart.

use bstr::{BString, ByteSlice};

use baton_core::model::Oid;

/// A commit object, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: Oid,
    /// Its parents, in order.
    pub parents: Vec<Oid>,
    /// When the committer says it was made, seconds since the epoch; 0 where that is unreadable.
    pub committed_at: i64,
    /// The message.
    pub message: BString,
    /// True if its header holds a signature.
    pub signed: bool,
}

/// Takes a commit's bytes apart. The header is read as git reads it: tree and parents first, the
/// rest by its keys; a date that cannot be read does not make the commit unreadable.
pub(super) fn parse_commit(bytes: &[u8], hash: gix::hash::Kind) -> Result<Commit, String> {
    let mut rest = bytes;
    let mut lines = std::iter::from_fn(|| {
        let (line, after) = match rest.find_byte(b'\n') {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        rest = after;
        (!line.is_empty()).then_some(line)
    });
    let id = |hex: &[u8]| match Oid::from_hex(hex) {
        Ok(oid) if oid.as_bytes().len() == hash.len_in_bytes() => Ok(oid),
        _ => Err(format!("`{}` is no id", hex.as_bstr())),
    };
    let tree = lines
        .next()
        .and_then(|line| line.strip_prefix(b"tree "))
        .ok_or("it does not begin with a tree")?;
    let mut commit = Commit {
        tree: id(tree)?,
        parents: Vec::new(),
        committed_at: 0,
        message: BString::default(),
        signed: false,
    };
    let mut in_parents = true;
    for line in lines.by_ref() {
        if let Some(parent) = line.strip_prefix(b"parent ").filter(|_| in_parents) {
            commit.parents.push(id(parent)?);
            continue;
        }
        in_parents = false;
        if let Some(committer) = line.strip_prefix(b"committer ") {
            commit.committed_at = seconds(committer).unwrap_or(0);
        }
        commit.signed |= line.starts_with(b"gpgsig");
    }
    commit.message = rest.into();
    Ok(commit)
}

/// The signature in a commit's header, and the rest of the commit, as git parts them
/// (`parse_buffer_signed_by_header` in git's `commit.c`): several headers are one signature, and
/// what another hash algorithm signs is part of neither.
pub(super) fn split_signature(bytes: &[u8], hash: gix::hash::Kind) -> (BString, BString) {
    let own: &[u8] = match hash {
        gix::hash::Kind::Sha1 => b"gpgsig ",
        _ => b"gpgsig-sha256 ",
    };
    let (mut signature, mut payload) = (BString::default(), BString::default());
    let (mut in_signature, mut in_other) = (false, false);
    let mut rest = bytes;
    while !rest.is_empty() && rest[0] != b'\n' {
        let end = rest.find_byte(b'\n').map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let continued = line.strip_prefix(b" ").filter(|_| in_signature);
        let signed = continued.or_else(|| line.strip_prefix(own));
        in_signature = signed.is_some();
        if let Some(signed) = signed {
            signature.extend_from_slice(signed);
            in_other = false;
            continue;
        }
        in_other = line.starts_with(b"gpgsig") || in_other && line.starts_with(b" ");
        if !in_other {
            payload.extend_from_slice(line);
        }
    }
    payload.extend_from_slice(rest);
    (signature, payload)
}

/// The time in a committer line, which ends in `> <seconds> <zone>`.
fn seconds(committer: &[u8]) -> Option<i64> {
    let at = committer.rfind_byte(b'>')?;
    let text = committer[at + 1..].trim().to_str().ok()?;
    text.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn a_commit_is_taken_apart() {
        let bytes = format!(
            "tree {TREE}\nparent {TREE}\nparent {TREE}\nauthor A <a> 1 +0000\ncommitter A > B <a> 17 +0000\n\
             gpgsig -----BEGIN\n parent {TREE}\n\nsubject\n\nbody\n"
        );
        let commit = parse_commit(bytes.as_bytes(), gix::hash::Kind::Sha1).unwrap();
        assert_eq!(commit.parents.len(), 2);
        assert_eq!(commit.committed_at, 17);
        assert_eq!(commit.message, "subject\n\nbody\n");
        assert!(commit.signed);
    }

    #[test]
    fn a_signature_is_parted_from_the_rest_as_git_parts_them() {
        let split = |header: &str| {
            let text = format!("tree {TREE}\n{header}\ngpgsig in the message\n");
            let (signature, payload) = split_signature(text.as_bytes(), gix::hash::Kind::Sha1);
            let header = payload
                .strip_prefix(format!("tree {TREE}\n").as_bytes())
                .unwrap();
            let header = header.strip_suffix(b"\ngpgsig in the message\n").unwrap();
            (signature.to_string(), header.to_str().unwrap().to_owned())
        };
        let parts = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(split(""), parts("", ""));
        assert_eq!(split("gpgsig a\n b\n"), parts("a\nb\n", ""));
        assert_eq!(
            split("gpgsig a\n b\nx y\n z\ngpgsig c\n"),
            parts("a\nb\nc\n", "x y\n z\n")
        );
        assert_eq!(
            split("gpgsig-sha256 a\n b\ngpgsig c\n d\nencoding x\n"),
            parts("c\nd\n", "encoding x\n")
        );
        assert_eq!(
            split("gpgsig c\ngpgsig-sha256 a\n b\nencoding x\n"),
            parts("c\n", "encoding x\n")
        );
    }

    #[test]
    fn odd_commits_are_read_or_refused() {
        let read = |bytes: &[u8]| parse_commit(bytes, gix::hash::Kind::Sha1);
        assert!(read(b"").is_err());
        assert!(read(b"tree 12").is_err());
        let bare = read(format!("tree {TREE}").as_bytes()).unwrap();
        assert_eq!((bare.committed_at, bare.message.len()), (0, 0));
        let late = format!("tree {TREE}\nauthor x\nparent {TREE}\ncommitter nobody\n\n\n\nx");
        let late = read(late.as_bytes()).unwrap();
        assert!(
            late.parents.is_empty(),
            "a parent after the author is no parent to git either"
        );
        assert_eq!(late.message, "\n\nx");
    }
}
