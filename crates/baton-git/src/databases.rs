//! The databases in which objects lie.

use std::path::PathBuf;

use gix::objs::{Exists, Find, Kind, Write};
use gix::odb::Handle;

use super::GitError;
use super::objects::{corrupt, from_gix};

/// Databases that are asked one after the other; the first takes what is written.
///
/// An object that one of them lacks is first looked for in the others, and only what none knows
/// makes them list their packs again: each object of a push is missed where the server has its
/// own, and listing takes the longer, the more packs there are.
#[derive(Clone)]
pub(super) struct Databases(Vec<Database>);

/// The objects of one directory, and of those that its `info/alternates` names.
#[derive(Clone)]
struct Database {
    /// Knows the packs that were there when they were listed last.
    known: Handle,
    /// Lists the packs again before it misses an object; what it finds the other knows as well.
    listing: Handle,
}

impl Databases {
    /// Opens the databases in these directories.
    pub fn open(
        directories: impl IntoIterator<Item = PathBuf>,
        hash: gix::hash::Kind,
    ) -> Result<Self, GitError> {
        let open = |path: PathBuf| {
            let listing = gix::odb::at(&path, hash).map_err(GitError::io(path))?;
            let mut known = listing.clone();
            known.refresh_never();
            Ok(Database { known, listing })
        };
        let all: Result<_, _> = directories.into_iter().map(open).collect();
        all.map(Self)
    }

    /// These databases, and after them the others.
    pub fn before(self, others: &Self) -> Self {
        let all = self.0.into_iter().chain(others.0.iter().cloned());
        Self(all.collect())
    }

    /// Changes every handle.
    pub fn tune(&mut self, change: impl Fn(&mut Handle)) {
        for Database { known, listing } in &mut self.0 {
            change(known);
            change(listing);
        }
    }

    /// The database, if there is one alone.
    pub fn alone(&self) -> Option<&Handle> {
        match self.0.as_slice() {
            [one] => Some(&one.listing),
            _ => None,
        }
    }

    /// Reads an object, if it is known, and returns its kind. What cannot be read counts as unknown:
    /// another database may have it, or another pack since a repack.
    pub fn find_known(&self, id: &gix::oid, buffer: &mut Vec<u8>) -> Option<Kind> {
        let mut known = self.0.iter().map(|one| &one.known);
        known.find_map(|known| Some(known.try_find(id, buffer).ok()??.kind))
    }

    /// Reads an object, wherever it lies by now, and returns its kind; `None` when it is not there.
    pub fn find_listing(
        &self,
        id: &gix::oid,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<Kind>, GitError> {
        for Database { listing, .. } in &self.0 {
            let found = listing.try_find(id, buffer);
            if let Some(data) = found.map_err(|error| corrupt(from_gix(id), error))? {
                return Ok(Some(data.kind));
            }
        }
        Ok(None)
    }

    /// True if the object is known.
    pub fn knows(&self, id: &gix::oid) -> bool {
        self.0.iter().any(|one| one.known.exists(id))
    }

    /// True if the object is there by now.
    pub fn has(&self, id: &gix::oid) -> bool {
        self.knows(id) || self.0.iter().any(|one| one.listing.exists(id))
    }

    /// Writes an object of which this is the id.
    pub fn write(&self, kind: Kind, bytes: &[u8], id: gix::ObjectId) -> Result<(), GitError> {
        let unwritten = |reason: String| GitError::Unwritten(reason);
        let first = self.0.first();
        let first = first.ok_or_else(|| unwritten("there is no object directory".to_owned()))?;
        first
            .known
            .write_buf_with_known_id(kind, bytes, id)
            .map(|_| ())
            .map_err(|error| unwritten(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use baton_testkit::git;

    fn made(directory: &Path) -> PathBuf {
        git(
            directory,
            &["init", "-q", "--bare", directory.to_str().unwrap()],
            b"",
        );
        directory.join("objects")
    }

    fn blob(directory: &Path, content: &str) -> gix::ObjectId {
        let args = ["hash-object", "-w", "--stdin"];
        let hex = git(directory, &args, content.as_bytes());
        gix::ObjectId::from_hex(hex.trim_ascii()).unwrap()
    }

    /// Writes a pack of one new blob.
    fn pack(directory: &Path, content: &str) -> gix::ObjectId {
        let id = blob(directory, content);
        let name = directory.join("objects/pack/pack");
        let args = ["pack-objects", "-q", name.to_str().unwrap()];
        git(directory, &args, format!("{id}\n").as_bytes());
        git(directory, &["prune-packed"], b"");
        id
    }

    fn open(directories: &[&Path]) -> Databases {
        let directories = directories.iter().map(|path| path.to_path_buf());
        Databases::open(directories, gix::hash::Kind::Sha1).unwrap()
    }

    /// Reads as [`Objects::try_read`](super::super::Objects) does.
    fn read(databases: &Databases, id: gix::ObjectId) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        let known = databases.find_known(&id, &mut buffer);
        let found = known.or_else(|| databases.find_listing(&id, &mut buffer).unwrap());
        found.map(|_| buffer)
    }

    fn listings(databases: &Databases) -> usize {
        let metrics = databases.0.iter();
        let metrics = metrics.map(|one| one.known.store_ref().metrics().num_refreshes);
        metrics.sum()
    }

    #[test]
    fn what_another_database_has_lists_no_packs_again() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (dir.path().join("one"), dir.path().join("other"));
        for path in [&one, &other] {
            std::fs::create_dir(path).unwrap();
        }
        let directories = [made(&one), made(&other)];
        let mut ids = Vec::new();
        for number in 0..5 {
            ids.push(pack(&one, &format!("{number}")));
            ids.push(pack(&other, &format!("other {number}")));
            ids.push(blob(&other, &format!("loose {number}")));
        }
        let databases = open(&[&directories[0], &directories[1]]);
        for id in ids {
            assert!(read(&databases, id).is_some());
            assert!(databases.has(&id));
        }
        assert_eq!(listings(&databases), 2, "each is listed once");
    }

    #[test]
    fn packs_that_come_and_go_meanwhile_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let objects = made(dir.path());
        let ids = [pack(dir.path(), "1"), pack(dir.path(), "2")];
        let databases = open(&[&objects]);
        assert_eq!(read(&databases, ids[0]).unwrap(), b"1");
        let new = pack(dir.path(), "3");
        let missing = gix::ObjectId::from_hex(&[b'1'; 40]).unwrap();
        assert!(databases.has(&new) && !databases.has(&missing));
        for id in [ids[0], ids[1], new] {
            let name = format!("refs/tags/{id}");
            git(dir.path(), &["update-ref", &name, &id.to_string()], b"");
        }
        // All is in one new pack now, and the ones that were known are gone.
        git(dir.path(), &["repack", "-q", "-a", "-d"], b"");
        assert_eq!(read(&databases, ids[1]).unwrap(), b"2");
        assert_eq!(read(&databases, new).unwrap(), b"3");
        assert!(read(&databases, missing).is_none());
    }
}
