//! Objects in and out of a repository: read by one `git cat-file` that stays, written by plumbing,
//! so that they may be what porcelain would never write.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};

use crate::adversary::model::{Commit, Entry, Key};

/// A `git cat-file --batch` that is asked one object after another.
pub struct Reader {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reader {
    pub fn new(mut git: Command) -> Self {
        let mut child = git
            .args(["cat-file", "--batch"])
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The type and the bytes of an object; `None` where it is missing.
    fn object(&mut self, oid: &str) -> Option<(String, Vec<u8>)> {
        writeln!(self.input, "{oid}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, kind, size] = words[..] else {
            return None;
        };
        let mut bytes = vec![0; size.parse::<usize>().unwrap() + 1];
        self.output.read_exact(&mut bytes).unwrap();
        bytes.pop();
        Some((kind.to_owned(), bytes))
    }

    /// A commit, and how it is written.
    pub fn commit(&mut self, oid: &str) -> Commit {
        let (kind, bytes) = self.object(oid).unwrap();
        assert_eq!(kind, "commit");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let headers = text.split("\n\n").next().unwrap();
        let values = |key: &'static str| {
            let lines = headers.lines();
            lines.filter_map(move |line| line.strip_prefix(key).map(str::to_owned))
        };
        let mut commit = Commit {
            parents: values("parent ").collect(),
            ..Commit::default()
        };
        let tree = values("tree ").next().unwrap();
        self.tree(&tree, "", &mut commit);
        commit
    }

    fn tree(&mut self, oid: &str, below: &str, commit: &mut Commit) {
        let Some((kind, mut bytes)) = self.object(oid) else {
            commit.malformed = true;
            return;
        };
        commit.malformed |= kind != "tree";
        let mut last: Option<Vec<u8>> = None;
        let mut names = BTreeSet::new();
        while let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (mode, name) = head.split_once(' ').unwrap();
            let id: String = bytes[end + 1..end + 21]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            bytes.drain(..end + 21);
            let is_tree = mode.trim_start_matches('0') == "40000";
            let key = [name.as_bytes(), if is_tree { b"/" } else { b"" }].concat();
            let sorted = last.as_ref().is_none_or(|last| *last < key);
            let known = ["100644", "100755", "120000", "160000", "40000"].contains(&mode);
            let plain = !["", ".", ".."].contains(&name) && !name.contains('/');
            let own = name.eq_ignore_ascii_case(".git") || id.bytes().all(|byte| byte == b'0');
            let only = names.insert(name.to_owned());
            commit.malformed |= !(sorted && known && plain && only) || own;
            last = Some(key);
            let path = format!("{below}{name}");
            if is_tree {
                self.tree(&id, &format!("{path}/"), commit);
            } else {
                commit.entries.insert(path, (mode.to_owned(), id));
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The private key of this holder, the same in each run.
pub fn private_key(key: Key) -> PrivateKey {
    let seed = [key as u8 + 1; 32];
    PrivateKey::from(Ed25519Keypair::from_seed(&seed))
}

/// A line of the list of signers.
pub fn signer_line(key: Key) -> String {
    let public = private_key(key).public_key().to_openssh().unwrap();
    let name = format!("{key:?}").to_lowercase();
    format!("{name}@example.org {public}\n")
}

/// Writes the key of this holder for `ssh-keygen`, and the public half beside it.
pub fn write_key(key: Key, path: &Path) {
    let private = private_key(key);
    private.write_openssh_file(path, LineEnding::LF).unwrap();
    let public = path.with_extension("pub");
    private.public_key().write_openssh_file(&public).unwrap();
}

/// The header of a signature by this key over these bytes.
pub fn signature(key: Key, payload: &[u8]) -> String {
    let signed = private_key(key).sign("git", HashAlg::Sha512, payload);
    let pem = signed.unwrap().to_pem(LineEnding::LF).unwrap();
    let lines: Vec<_> = pem.trim_end().lines().collect();
    format!("gpgsig {}\n", lines.join("\n "))
}

/// What `git update-index --index-info` reads.
pub fn index_info(entries: &BTreeMap<String, Entry>) -> String {
    let line = |(path, (mode, oid)): (&String, &Entry)| format!("{mode} {oid}\t{path}\n");
    entries.iter().map(line).collect()
}

/// Puts an entry in a tree, in the place of what stands in its way; `None` takes it out.
pub fn place(entries: &mut BTreeMap<String, Entry>, path: &str, entry: Option<Entry>) {
    let Some(entry) = entry else {
        entries.remove(path);
        return;
    };
    let is_above = |above: &str, path: &str| {
        path.strip_prefix(above)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    entries.retain(|other, _| !is_above(path, other) && !is_above(other, path));
    entries.insert(path.to_owned(), entry);
}
