use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use super::GitError;
use super::layout::Layout;
use super::objects::from_gix;
use super::program::Program;
use baton_core::model::{BranchName, Oid, RefName};
use baton_sys::file;

/// True if git lets a reference have this full name.
pub fn is_reference_name(name: &str) -> bool {
    gix::refs::FullName::try_from(name).is_ok()
}

/// The references of a repository.
#[derive(Clone)]
pub struct Refs {
    backend: Backend,
    /// The prefix of the namespace's names in the repository; empty for the whole.
    namespace: BString,
}

#[derive(Clone)]
enum Backend {
    Files(Box<gix::refs::file::Store>),
    /// gix reads no reftable yet: the git program is asked instead.
    Program(Program),
}

impl Refs {
    pub(super) fn files(layout: &Layout) -> Self {
        let git_dir = layout.git_dir.clone();
        let options = gix::refs::store::init::Options {
            precompose_unicode: layout.precompose_unicode,
            ..Default::default()
        };
        let store = match layout.is_linked {
            true => gix::refs::file::Store::for_linked_worktree_opts(
                git_dir,
                layout.common_dir.clone(),
                layout.hash,
                options,
            ),
            false => gix::refs::file::Store::at_opts(git_dir, layout.hash, options),
        };
        Self {
            backend: Backend::Files(Box::new(store)),
            namespace: BString::default(),
        }
    }

    pub(super) fn program(program: Program) -> Self {
        Self {
            backend: Backend::Program(program),
            namespace: BString::default(),
        }
    }

    /// The same references, seen in the namespace whose names begin with this prefix.
    pub(super) fn in_namespace(self, namespace: BString) -> Self {
        Self { namespace, ..self }
    }

    /// The name in the repository of what has this one in the namespace.
    fn full(&self, name: &BStr) -> BString {
        match name == "HEAD" || name.starts_with(b"refs/") {
            true => [&self.namespace[..], name].concat().into(),
            false => name.to_owned(),
        }
    }

    /// The object that a reference, `HEAD` included, names in the end, perhaps a tag. `None`
    /// when it does not exist, or points to a branch that is not born yet.
    pub fn resolve(&self, name: impl AsRef<[u8]>) -> Result<Option<Oid>, GitError> {
        let name = self.full(name.as_ref().into());
        match &self.backend {
            Backend::Files(store) => resolve_file(store, name.as_ref(), 0),
            Backend::Program(program) => program.rev_parse(&name.to_str_lossy()),
        }
    }

    /// The objects that these name in the end, in their order: [`Refs::resolve`] for many. Names are
    /// bytes.
    pub fn resolve_all(&self, names: &[&BStr]) -> Result<Vec<Option<Oid>>, GitError> {
        match &self.backend {
            Backend::Files(store) => names
                .iter()
                .map(|name| resolve_file(store, self.full(name).as_ref(), 0))
                .collect(),
            Backend::Program(_) => {
                let known: HashMap<_, _> = self.below("refs/")?.into_iter().collect();
                names
                    .iter()
                    .map(|name| match name.starts_with(b"refs/") {
                        true => Ok(known.get(*name).copied()),
                        false => self.resolve(name),
                    })
                    .collect()
            }
        }
    }

    /// True if the packed references have this one at this object. Git empties the file of such a
    /// reference as if it deleted it.
    pub fn is_packed_at(&self, name: &BStr, oid: Oid) -> Result<bool, GitError> {
        let Backend::Files(store) = &self.backend else {
            return Ok(false);
        };
        let refs = |error: &dyn std::fmt::Display| GitError::Refs(format!("{name}: {error}"));
        let full = gix::refs::FullName::try_from(name).map_err(|error| refs(&error))?;
        let packed = store.cached_packed_buffer().map_err(|error| refs(&error))?;
        let Some(packed) = packed else {
            return Ok(false);
        };
        let found = packed
            .try_find(full.as_ref())
            .map_err(|error| refs(&error))?;
        Ok(found.is_some_and(|found| from_gix(&found.target()) == oid))
    }

    /// The reference to which this one points; `None` when it names an object itself, or is not
    /// there.
    pub fn symbolic(&self, name: impl AsRef<[u8]>) -> Result<Option<RefName>, GitError> {
        let name = self.full(name.as_ref().into());
        let target = match &self.backend {
            Backend::Files(store) => match find_file(store, name.as_ref())? {
                Some(gix::refs::Target::Symbolic(next)) => Some(next.as_bstr().to_owned()),
                Some(gix::refs::Target::Object(_)) | None => None,
            },
            Backend::Program(program) => program.symbolic_ref(&name.to_str_lossy())?,
        };
        Ok(target.map(|target| RefName::new(self.stripped(target))))
    }

    /// The references that git moves and deletes in the end by these names, in their order: where a name is
    /// a symbolic reference, the one that it leads to.
    pub fn followed(&self, names: &[&BStr]) -> Result<Vec<RefName>, GitError> {
        let mut targets = HashMap::new();
        if let Backend::Program(program) = &self.backend {
            let format = "--format=%(symref) %(refname)";
            let out = program.output(["for-each-ref", format, "refs/"])?;
            let pairs = out.lines().filter_map(|line| line.split_once_str(" "));
            let pairs = pairs.filter(|(target, _)| !target.is_empty());
            targets.extend(pairs.map(|(target, name)| (BString::from(name), target.into())));
        }
        let next = |name: &BString| match &self.backend {
            Backend::Program(_) => Ok(targets.get(name).cloned()),
            // A name that no reference can have leads nowhere; git refuses it.
            Backend::Files(_) if gix::refs::FullName::try_from(name.clone()).is_err() => Ok(None),
            Backend::Files(store) => match find_file(store, name.as_ref())? {
                Some(gix::refs::Target::Symbolic(next)) => Ok(Some(next.as_bstr().to_owned())),
                Some(gix::refs::Target::Object(_)) | None => Ok::<_, GitError>(None),
            },
        };
        let mut followed = Vec::with_capacity(names.len());
        for name in names {
            let mut name = self.full(name);
            for _ in 0..MAX_SYMBOLIC {
                let Some(target) = next(&name)? else { break };
                name = target;
            }
            followed.push(RefName::new(self.stripped(name)));
        }
        Ok(followed)
    }

    /// The branches with the objects that they name: [`Refs::below`] their prefix.
    pub fn branches(&self) -> Result<Vec<(RefName, Oid)>, GitError> {
        self.below(BranchName::PREFIX)
    }

    /// Every reference below this prefix (such as `refs/tags/`) with the object it names,
    /// sorted by name. Broken and unborn ones are left out.
    pub fn below(&self, prefix: &str) -> Result<Vec<(RefName, Oid)>, GitError> {
        let prefix = self.full(prefix.into());
        let prefix = prefix.to_str_lossy();
        let listed = match &self.backend {
            Backend::Files(store) => list_files(store, &prefix)?,
            Backend::Program(program) => {
                let out = program.output([
                    "for-each-ref",
                    "--format=%(objectname) %(refname)",
                    prefix.trim_end_matches('/'),
                ])?;
                out.lines().filter_map(parse_listed).collect()
            }
        };
        let own = |(name, oid)| (RefName::new(self.stripped(name)), oid);
        Ok(listed.into_iter().map(own).collect())
    }

    /// The name in the namespace of what has this one in the repository.
    fn stripped(&self, name: BString) -> BString {
        match name.strip_prefix(&self.namespace[..]) {
            Some(own) if !self.namespace.is_empty() => own.into(),
            _ => name,
        }
    }
}

fn parse_listed(line: &[u8]) -> Option<(BString, Oid)> {
    let (hex, name) = line.split_once_str(" ")?;
    Some((name.into(), Oid::from_hex(hex).ok()?))
}

/// Git follows at most five symbolic references in a row.
const MAX_SYMBOLIC: usize = 5;

fn resolve_file(
    store: &gix::refs::file::Store,
    name: &BStr,
    depth: usize,
) -> Result<Option<Oid>, GitError> {
    match find_file(store, name)? {
        None => Ok(None),
        // `git worktree add` of git 2.39 begins a worktree with a HEAD of zeros.
        Some(gix::refs::Target::Object(id)) if id.is_null() => Ok(None),
        Some(gix::refs::Target::Object(id)) => Ok(Some(from_gix(&id))),
        Some(gix::refs::Target::Symbolic(_)) if depth == MAX_SYMBOLIC => Err(GitError::Refs(
            format!("{name}: it is a chain of too many symbolic references"),
        )),
        Some(gix::refs::Target::Symbolic(next)) => resolve_file(store, next.as_bstr(), depth + 1),
    }
}

fn find_file(
    store: &gix::refs::file::Store,
    name: &BStr,
) -> Result<Option<gix::refs::Target>, GitError> {
    let refs = |error: &dyn std::fmt::Display| GitError::Refs(format!("{name}: {error}"));
    let full = gix::refs::FullName::try_from(name).map_err(|error| refs(&error))?;
    let found = store
        .try_find(full.as_ref().as_partial_name())
        .map_err(|error| refs(&error))?;
    Ok(found
        .filter(|found| found.name == full)
        .map(|found| found.target))
}

fn list_files(
    store: &gix::refs::file::Store,
    prefix: &str,
) -> Result<Vec<(BString, Oid)>, GitError> {
    let refs = |error: &dyn std::fmt::Display| GitError::Refs(format!("{prefix}: {error}"));
    let iter = store.iter().map_err(|error| refs(&error))?;
    let prefix: &gix::path::RelativePath =
        prefix.as_bytes().try_into().map_err(|error| refs(&error))?;
    let mut listed = Vec::new();
    for reference in iter.prefixed(prefix).map_err(|error| refs(&error))? {
        let Ok(reference) = reference else { continue };
        let target = match reference.target {
            gix::refs::Target::Object(id) => Some(from_gix(&id)),
            gix::refs::Target::Symbolic(next) => resolve_file(store, next.as_bstr(), 0)?,
        };
        let target = target.filter(|oid| !oid.is_null());
        listed.extend(target.map(|oid| (reference.name.as_bstr().to_owned(), oid)));
    }
    Ok(listed)
}

/// The commits at which a shallow clone was cut off; empty in a full one.
pub(super) fn shallow_commits(common_dir: &std::path::Path) -> Result<Vec<Oid>, GitError> {
    let path = common_dir.join("shallow");
    let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
    Ok(bytes
        .unwrap_or_default()
        .lines()
        .filter_map(|line| Oid::from_hex(line.trim()).ok())
        .collect())
}
