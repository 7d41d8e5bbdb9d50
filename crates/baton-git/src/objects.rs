use std::error::Error;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};
use gix::objs::Kind;

use super::GitError;
use super::databases::Databases;
use super::index::TreeSource;
use super::tree_object::{Tree, TreeEntry};
use baton_core::model::{Entry, Oid, Signature};

/// The objects of a repository: its own database and those that git's environment adds, such as
/// the quarantine in which a push waits for `pre-receive`.
///
/// Replacement references are not honoured: a guard judges what is there, not what somebody has
/// put in its place. Clones share the open packs.
#[derive(Clone)]
pub struct Objects {
    databases: Databases,
    hash: gix::hash::Kind,
}

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
    /// Whether its header holds a signature.
    pub signed: bool,
}

/// What git has noted about the shape of the history.
pub(super) struct CommitGraph(gix::commitgraph::Graph);

impl CommitGraph {
    /// How far a commit is from the roots; `None` where the graph does not hold the commit.
    pub fn generation(&self, oid: Oid) -> Option<u32> {
        let commit = self.0.commit_by_id(to_gix(oid));
        commit.map(|commit| commit.generation())
    }
}

/// The bytes of memory that one reader of a whole history may use to keep bases of deltas.
///
/// Measured on 27,354 commits: no cache 7.4 s, 4 MB 4.2 s, 16 MB and more 2.1 s.
const DELTA_CACHE_BYTES: usize = 32 * 1024 * 1024;

/// The bytes of memory that [`Objects::remembering`] may use for each database.
const OBJECT_CACHE_BYTES: usize = 4 * 1024 * 1024;

impl Objects {
    /// Opens the databases in these directories, those that are there; the first takes what is written.
    pub(super) fn open(
        directories: impl IntoIterator<Item = PathBuf>,
        hash: gix::hash::Kind,
    ) -> Result<Self, GitError> {
        let mut present = Vec::new();
        for directory in directories {
            if !present.contains(&directory) && directory.is_dir() {
                present.push(directory);
            }
        }
        let databases = Databases::open(present, hash)?;
        Ok(Self { databases, hash })
    }

    /// The same objects, and those in this directory, into which new ones go.
    pub(super) fn apart(&self, directory: &Path) -> Result<Self, GitError> {
        let own = Databases::open([directory.to_owned()], self.hash)?;
        Ok(Self {
            databases: own.before(&self.databases),
            hash: self.hash,
        })
    }

    /// A handle fit to read a whole history: it keeps the bases of packed deltas in memory.
    pub fn for_long_reads(&self) -> Self {
        let mut long = self.clone();
        long.databases.tune(|database| {
            database.set_pack_cache(|| {
                Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(
                    DELTA_CACHE_BYTES,
                ))
            });
        });
        long
    }

    /// A handle fit to read the same trees several times: it keeps what it has read.
    pub(super) fn remembering(mut self) -> Self {
        self.databases.tune(|database| {
            database.set_object_cache(|| {
                Box::new(gix::odb::pack::cache::object::MemoryCappedHashmap::new(
                    OBJECT_CACHE_BYTES,
                ))
            });
        });
        self
    }

    /// The commit graph that git has written for the repository of this common directory, if it has.
    pub(super) fn commit_graph(&self, common_dir: &Path) -> Option<CommitGraph> {
        let directory = common_dir.join("objects/info");
        let graph = gix::commitgraph::Graph::from_info_dir(&directory, self.hash);
        graph.ok().map(CommitGraph)
    }

    /// The length of the ids here, in bytes: 20 or 32.
    pub fn id_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// Whether the object is there, or is one that git knows without.
    pub fn contains(&self, oid: Oid) -> bool {
        self.is_empty_tree(oid) || self.databases.has(&to_gix(oid))
    }

    /// Git knows the tree without entries everywhere, and no other object that is not there.
    fn is_empty_tree(&self, oid: Oid) -> bool {
        to_gix(oid) == self.hash.empty_tree()
    }

    /// Reads an object into `buffer` and returns its kind; `None` when it is not there.
    pub(super) fn try_read(
        &self,
        oid: Oid,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Kind>, GitError> {
        let id = to_gix(oid);
        if let Some(kind) = self.databases.find_known(&id, buffer) {
            return Ok(Some(kind));
        }
        buffer.clear();
        if self.is_empty_tree(oid) {
            return Ok(Some(Kind::Tree));
        }
        self.databases.find_listing(&id, buffer)
    }

    /// Reads an object of whatever kind to its end, and fails unless it is what its id says.
    pub fn verify(&self, oid: Oid, buffer: &mut Vec<u8>) -> Result<(), GitError> {
        let kind = self.try_read(oid, buffer)?.ok_or(GitError::Missing(oid))?;
        let found = gix::objs::compute_hash(self.hash, kind, buffer);
        match found {
            Ok(found) if found == to_gix(oid) => Ok(()),
            Ok(found) => Err(corrupt(oid, format!("its content is that of {found}"))),
            Err(error) => Err(corrupt(oid, error)),
        }
    }

    fn read(&self, oid: Oid, wanted: Kind, buffer: &mut Vec<u8>) -> Result<(), GitError> {
        match self.try_read(oid, buffer)? {
            None => Err(GitError::Missing(oid)),
            Some(kind) if kind == wanted => Ok(()),
            Some(kind) => Err(corrupt(
                oid,
                format!("it is a {kind} where a {wanted} belongs"),
            )),
        }
    }

    /// The commit of this id.
    pub fn commit(&self, oid: Oid, buffer: &mut Vec<u8>) -> Result<Commit, GitError> {
        self.read(oid, Kind::Commit, buffer)?;
        parse_commit(buffer, self.hash).map_err(|reason| corrupt(oid, reason))
    }

    /// The commit that this object is or, through any number of tags, points to; `None` when it
    /// points to something else.
    pub fn peel_to_commit(&self, oid: Oid) -> Result<Option<Oid>, GitError> {
        let mut buffer = Vec::new();
        let mut at = oid;
        loop {
            match self
                .try_read(at, &mut buffer)?
                .ok_or(GitError::Missing(at))?
            {
                Kind::Commit => return Ok(Some(at)),
                Kind::Tag => {
                    let target = gix::objs::TagRefIter::from_bytes(&buffer, self.hash)
                        .target_id()
                        .map_err(|error| corrupt(at, error))?;
                    at = from_gix(&target);
                }
                Kind::Tree | Kind::Blob => return Ok(None),
            }
        }
    }

    /// The tree that this object is or, as a commit or through any number of tags, points to.
    pub fn peel_to_tree(&self, oid: Oid) -> Result<Oid, GitError> {
        let mut buffer = Vec::new();
        match self.try_read(oid, &mut buffer)? {
            None => Err(GitError::Missing(oid)),
            Some(Kind::Tree) => Ok(oid),
            Some(_) => match self.peel_to_commit(oid)? {
                Some(commit) => Ok(self.commit(commit, &mut buffer)?.tree),
                None => Err(corrupt(oid, "it names no tree")),
            },
        }
    }

    /// Whether a blob of these bytes has this id.
    pub fn is_blob(&self, bytes: &[u8], oid: Oid) -> bool {
        gix::objs::compute_hash(self.hash, Kind::Blob, bytes).is_ok_and(|id| from_gix(&id) == oid)
    }

    /// Writes a tree of these bytes.
    pub(super) fn write_tree(&self, bytes: &[u8]) -> Result<Oid, GitError> {
        self.write(Kind::Tree, bytes)
    }

    /// Writes an object, if it is not there.
    pub(super) fn write(&self, kind: Kind, bytes: &[u8]) -> Result<Oid, GitError> {
        let id = gix::objs::compute_hash(self.hash, kind, bytes);
        let id = id.map_err(|error| GitError::Unwritten(error.to_string()))?;
        if !self.databases.knows(&id) {
            self.databases.write(kind, bytes, id)?;
        }
        Ok(from_gix(&id))
    }

    /// The best common ancestor of two commits, if there is one and no other is as good; `None`
    /// where that takes more than a look at one database.
    pub(super) fn only_merge_base(&self, one: Oid, other: Oid) -> Option<Oid> {
        let store = self.databases.alone()?;
        let mut graph = gix::revision::plumbing::Graph::new(store, None);
        let bases = gix::revision::plumbing::merge_base(to_gix(one), &[to_gix(other)], &mut graph);
        let bases = bases.ok().flatten()?;
        (bases.len() == 1).then(|| from_gix(bases.first()))
    }

    /// Calls `visit` with every name and entry of a tree, in the tree's order.
    pub fn tree(
        &self,
        oid: Oid,
        buffer: &mut Vec<u8>,
        mut visit: impl FnMut(&bstr::BStr, Entry),
    ) -> Result<(), GitError> {
        let tree = self.parsed_tree(oid, buffer)?;
        for position in 0..tree.len() {
            let TreeEntry { name, entry } = tree.get(position);
            visit(name, entry);
        }
        Ok(())
    }

    /// The tree of this id.
    pub(super) fn parsed_tree(&self, oid: Oid, buffer: &mut Vec<u8>) -> Result<Tree, GitError> {
        self.read(oid, Kind::Tree, buffer)?;
        let parsed = Tree::parse(buffer, self.id_len());
        parsed.map_err(|reason| GitError::MalformedTree { oid, reason })
    }

    /// The content of a blob.
    pub fn blob(&self, oid: Oid) -> Result<BString, GitError> {
        let mut buffer = Vec::new();
        self.read(oid, Kind::Blob, &mut buffer)?;
        Ok(buffer.into())
    }

    /// The commit object's bytes without the header that holds its signature.
    pub fn unsigned(&self, oid: Oid) -> Result<BString, GitError> {
        let mut buffer = Vec::new();
        if !self.commit(oid, &mut buffer)?.signed {
            return Ok(buffer.into());
        }
        let signature = self.signature(oid)?;
        Ok(signature.map_or_else(|| buffer.into(), |signature| signature.payload))
    }

    /// The signature in the commit's header with the bytes it is over; `None` when it has none.
    pub fn signature(&self, oid: Oid) -> Result<Option<Signature>, GitError> {
        let mut buffer = Vec::new();
        let commit = self.commit(oid, &mut buffer)?;
        let (armoured, payload) = split_signature(&buffer, self.hash);
        Ok((!armoured.is_empty()).then_some(Signature {
            armoured,
            payload,
            committed_at: commit.committed_at,
        }))
    }
}

impl TreeSource for Objects {
    fn tree(&self, id: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>> {
        let mut entries = Vec::new();
        Self::tree(self, id, &mut Vec::new(), |name, entry| {
            entries.push((name.to_owned(), entry));
        })?;
        Ok(entries)
    }
}

/// Takes a commit's bytes apart. The header is read as git reads it: tree and parents first, the
/// rest by its keys; a date that cannot be read does not make the commit unreadable.
fn parse_commit(bytes: &[u8], hash: gix::hash::Kind) -> Result<Commit, String> {
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
fn split_signature(bytes: &[u8], hash: gix::hash::Kind) -> (BString, BString) {
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

/// An object that is there and cannot be what it should be.
pub(super) fn corrupt(oid: Oid, reason: impl ToString) -> GitError {
    GitError::Corrupt {
        oid,
        reason: reason.to_string(),
    }
}

/// The id as gix has it.
pub(super) fn to_gix(oid: Oid) -> gix::ObjectId {
    gix::ObjectId::from_bytes_or_panic(oid.as_bytes())
}

/// The id as the model has it.
pub(super) fn from_gix(id: &gix::oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).expect("gix's ids have 20 or 32 bytes")
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
