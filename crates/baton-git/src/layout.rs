use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::GitError;
use baton_sys::file;

/// The places and formats of a repository's parts, as far as files of its git directory say.
///
/// Read here and not by `gix::open`, which looks at the git directory twice and opens an object
/// database that honours replacements: a hook is over in less time than that takes. The rules are
/// those of git's `setup.c` (`gitrepository-layout(5)`).
pub(super) struct Layout {
    /// The git directory of this worktree.
    pub git_dir: PathBuf,
    /// The git directory that all worktrees share.
    pub common_dir: PathBuf,
    /// True if those are two.
    pub is_linked: bool,
    /// The root of this worktree, as far as the git directory tells it.
    pub work_tree: Option<PathBuf>,
    /// True if the repository has no main worktree.
    pub is_bare: bool,
    /// The object format.
    pub hash: gix::hash::Kind,
    /// True if references are files, loose and packed.
    pub has_ref_files: bool,
    /// `core.precomposeUnicode`.
    pub precompose_unicode: bool,
}

/// A failure of gix, of the system, or in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Layout {
    /// Reads the repository whose git directory this is, or that a file `.git` in its place
    /// leads to.
    pub fn read(path: PathBuf) -> Result<Self, GitError> {
        let opened = match Self::at(path.clone()) {
            Ok(None) => gix::discover::path::from_gitdir_file(&path)
                .map_err(Failure::from)
                .and_then(Self::at),
            opened => opened,
        };
        let failed = |source| GitError::Open {
            path: path.clone(),
            source,
        };
        opened
            .map_err(failed)?
            .ok_or_else(|| failed("it has no HEAD".into()))
    }

    /// Reads the repository in a directory of this name; `None` where there is no git directory.
    pub fn at(git_dir: PathBuf) -> Result<Option<Self>, Failure> {
        if !file::is_taken(&git_dir.join("HEAD")) {
            return Ok(None);
        }
        let shared = file::read_if_exists(&git_dir.join("commondir"))?;
        let common_dir = match &shared {
            Some(bytes) => clean(&git_dir.join(bytes.trim_end().to_path()?)),
            None => clean(&git_dir),
        };
        let config = Config::read(&common_dir.join("config"))?;
        let own = match config.boolean("extensions.worktreeConfig")? {
            true => Config::read(&git_dir.join("config.worktree"))?,
            false => Config::default(),
        };
        let is_bare = own.or(&config, "core.bare")?;
        // What the common file says of a worktree is about the main one.
        let work_tree = match (&shared, own.work_tree()) {
            (_, Some(root)) => Some(git_dir.join(root)),
            (Some(_), None) => linked_root(&git_dir)?,
            (None, None) if is_bare => None,
            (None, None) => match config.work_tree() {
                Some(root) => Some(git_dir.join(root)),
                None if git_dir.file_name() == Some(OsStr::new(".git")) => {
                    git_dir.parent().map(Path::to_owned)
                }
                None => None,
            },
        };
        Ok(Some(Self {
            hash: config.hash()?,
            has_ref_files: config
                .string("extensions.refStorage")
                .is_none_or(|format| format.eq_ignore_ascii_case(b"files")),
            precompose_unicode: config.boolean("core.precomposeUnicode")?,
            is_linked: shared.is_some(),
            is_bare,
            git_dir,
            common_dir,
            work_tree,
        }))
    }
}

/// The root of a linked worktree: the file `gitdir` names the file `.git` in it.
fn linked_root(git_dir: &Path) -> Result<Option<PathBuf>, Failure> {
    let bytes = file::read_if_exists(&git_dir.join("gitdir"))?.unwrap_or_default();
    let link = git_dir.join(bytes.trim_end().to_path()?);
    Ok(link.parent().map(Path::to_owned))
}

/// The path without its `.` and `..` and links.
pub(super) fn clean(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// One file of settings. Git follows no `include` for those that say how a repository is laid
/// out.
#[derive(Default)]
struct Config {
    file: Option<gix::config::File>,
}

impl Config {
    /// Reads a file, which need not be there.
    fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error: Failure| format!("{}: {error}", path.display());
        let bytes = file::read_if_exists(path).map_err(|error: io::Error| failed(error.into()))?;
        let parse = |bytes: Vec<u8>| {
            gix::config::File::from_bytes_no_includes(
                &bytes,
                gix::config::file::Metadata::from(gix::config::Source::Local),
                gix::config::file::init::Options {
                    lossy: true,
                    ..Default::default()
                },
            )
        };
        let parsed = bytes.map(parse).transpose();
        Ok(Self {
            file: parsed.map_err(|error| failed(error.into()))?,
        })
    }

    fn string(&self, key: &str) -> Option<bstr::BString> {
        self.file.as_ref()?.string(key)
    }

    /// The truth of a setting; false where there is none.
    fn boolean(&self, key: &str) -> Result<bool, Failure> {
        Ok(self.optional_boolean(key)?.unwrap_or(false))
    }

    fn optional_boolean(&self, key: &str) -> Result<Option<bool>, Failure> {
        match &self.file {
            Some(file) => Ok(file.boolean(key)?),
            None => Ok(None),
        }
    }

    /// The truth of a setting here, or else in another file.
    fn or(&self, other: &Self, key: &str) -> Result<bool, Failure> {
        match self.optional_boolean(key)? {
            Some(truth) => Ok(truth),
            None => other.boolean(key),
        }
    }

    fn work_tree(&self) -> Option<PathBuf> {
        let root = self.string("core.worktree")?;
        Some(root.to_path_lossy().into_owned())
    }

    /// The object format; an error where git refuses too, as it does for a version to come.
    fn hash(&self) -> Result<gix::hash::Kind, Failure> {
        let version = match &self.file {
            Some(file) => file.integer("core.repositoryFormatVersion")?.unwrap_or(0),
            None => 0,
        };
        let format = self.string("extensions.objectFormat");
        match (version, format.as_ref().map(|name| name.to_str_lossy())) {
            (0 | 1, None) => Ok(gix::hash::Kind::Sha1),
            (1, Some(name)) => name
                .parse()
                .map_err(|_| format!("it has an unknown object format, {name}").into()),
            (0, Some(_)) => Err("extensions.objectFormat needs repository format version 1".into()),
            (version, _) => Err(format!("it has the unknown format version {version}").into()),
        }
    }
}
