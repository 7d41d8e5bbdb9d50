use std::error::Error;
use std::path::{Path, PathBuf};

use bstr::BString;
use gix::objs::Kind;

use super::GitError;
use super::commit_bytes::{Commit, parse_commit, split_signature};
use super::databases::Databases;
use super::index::TreeSource;
use super::tree_object::{Tree, TreeEntry};
use baton_core::model::{Entry, Oid, Signature};

/// The objects of a repository: its own database and those that git's environment adds, such as
/// the quarantine in which a push waits for `pre-receive`.
///
/// Replacement references are not honoured: a guard judges what is there, not what was
/// put in its place. Clones share the open packs.
#[derive(Clone)]
pub struct Objects {
    databases: Databases,
    hash: gix::hash::Kind,
}

/// Git's record of the shape of the history.
pub(super) struct CommitGraph(gix::commitgraph::Graph);

impl CommitGraph {
    /// The distance of a commit from the roots; `None` where the graph does not hold the commit.
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

    /// True if the object is there, or is one that git knows without.
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

    /// True if a blob of these bytes has this id.
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
