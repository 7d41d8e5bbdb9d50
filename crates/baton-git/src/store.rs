//! Objects and references that Baton writes for itself, below `refs/baton/`.

use bstr::{BStr, ByteSlice};
use gix::objs::Kind;
use miette::Diagnostic;
use thiserror::Error;

use super::commit_object::{self, NewCommit};
use super::{GitError, Repo, tree_object};
use baton_core::model::{Entry, Oid, RefName};

/// Writes objects, and moves references by the git program.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    repo: &'a Repo,
}

/// One reference that moves from a value to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefEdit {
    /// Its full name.
    pub name: RefName,
    /// The object that it must name before; `None`: it must not exist.
    pub old: Option<Oid>,
    /// The object that it names afterwards; `None`: it is gone.
    pub new: Option<Oid>,
}

/// Why references did not move. None of those in one transaction has then.
#[derive(Debug, Error, Diagnostic)]
pub enum StoreError {
    /// Another process was first: a reference does not name what it was expected to.
    #[error("{0} was moved by somebody else meanwhile")]
    #[diagnostic(help("run the command again: it begins from what is there now"))]
    Raced(RefName),

    /// The repository does not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
}

/// The author and committer of Baton's own commits.
const IDENTITY: &str = "baton <baton@localhost>";

/// The time, in milliseconds, that git waits for a reference that another process holds: fifty
/// agents at once, each with hooks that run meanwhile, take longer than its default of 100.
const LOCK_WAIT: [&str; 6] = [
    "-c",
    "core.filesRefLockTimeout=20000",
    "-c",
    "core.packedRefsTimeout=20000",
    "-c",
    "reftable.lockTimeout=20000",
];

/// The references that a run moves with each of its events, and nobody but Baton: no hook has a say there, and two would
/// start each time.
const UNHOOKED: &str = "refs/baton/runs/";

impl<'a> Store<'a> {
    pub(super) fn new(repo: &'a Repo) -> Self {
        Self { repo }
    }

    /// Writes a blob, without a program.
    pub fn blob(&self, content: &[u8]) -> Result<Oid, GitError> {
        self.repo.objects().write(Kind::Blob, content)
    }

    /// Writes the bytes of these files as blobs, in their order, just as they are.
    pub fn blobs_of_files(&self, paths: &[&std::path::Path]) -> Result<Vec<Oid>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend(quoted(path.as_os_str().as_encoded_bytes()));
            input.push(b'\n');
        }
        let args = ["hash-object", "-w", "--no-filters", "--stdin-paths"];
        let out = self.repo.program().output_with_input(args, &input)?;
        out.lines().map(|line| written(&args, line)).collect()
    }

    /// Writes a tree of these entries, whose names hold no `/`, in any order.
    pub fn tree(&self, entries: &[(&BStr, Entry)]) -> Result<Oid, GitError> {
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, entry)| ((*name).to_owned(), *entry))
            .collect();
        let bytes = tree_object::serialized(&entries);
        self.repo.objects().write_tree(&bytes)
    }

    /// Writes a commit in Baton's name, made at `time` (seconds since the epoch).
    pub fn commit(
        &self,
        tree: Oid,
        parents: &[Oid],
        message: &[u8],
        time: i64,
    ) -> Result<Oid, GitError> {
        let who = format!("{IDENTITY} {time} +0000");
        let new = NewCommit {
            tree,
            parents,
            author: who.as_str().into(),
            committer: who.as_str().into(),
            encoding: None,
            message: message.into(),
        };
        commit_object::write(self.repo, &new)
    }

    /// Moves all of these references or none; `reason` goes into their logs.
    ///
    /// # Errors
    /// [`StoreError::Raced`] when one of them names something other than its `old`.
    pub fn transact(&self, edits: &[RefEdit], reason: &str) -> Result<(), StoreError> {
        let zeros = "0".repeat(2 * self.repo.objects().id_len());
        let hex = |oid: Option<Oid>| oid.map_or_else(|| zeros.clone(), |oid| oid.to_string());
        let mut input = Vec::new();
        for edit in edits {
            let (new, old) = (hex(edit.new), hex(edit.old));
            let is_absent = edit.new.is_none() && edit.old.is_none();
            let (verb, values) = match is_absent {
                true => ("verify", format!("\0{old}\0")),
                false => ("update", format!("\0{new}\0{old}\0")),
            };
            input.extend_from_slice(format!("option no-deref\0{verb} ").as_bytes());
            input.extend_from_slice(&edit.name);
            input.extend_from_slice(values.as_bytes());
        }
        let mut args = LOCK_WAIT.to_vec();
        if edits.iter().all(|edit| edit.name.starts_with_str(UNHOOKED)) {
            args.extend(["-c", "core.hooksPath=/dev/null"]);
        }
        args.extend(["update-ref", "-m", reason, "--stdin", "-z"]);
        let program = self.repo.program();
        let Err(error) = program.output_with_input(args, &input) else {
            return Ok(());
        };
        for edit in edits {
            if self.repo.refs().resolve(&edit.name)? != edit.old {
                return Err(StoreError::Raced(edit.name.clone()));
            }
        }
        Err(error.into())
    }

    /// Moves a branch from one commit to another, if it is still there. The hooks judge it like
    /// anybody's move.
    pub fn move_branch(
        &self,
        branch: &RefName,
        old: Oid,
        new: Oid,
        reason: &str,
    ) -> Result<(), StoreError> {
        let edit = RefEdit {
            name: branch.clone(),
            old: Some(old),
            new: Some(new),
        };
        self.transact(&[edit], reason)
    }
}

/// A path as git reads one from a line (`quote.c`).
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            0..0x20 | 0x7f.. => quoted.extend(format!("\\{byte:03o}").into_bytes()),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}

/// The id that a command which writes an object prints.
fn written<A: AsRef<str>>(args: &[A], out: &[u8]) -> Result<Oid, GitError> {
    Oid::from_hex(out.trim()).map_err(|error| GitError::Program {
        args: args.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" "),
        reason: error.to_string(),
    })
}
