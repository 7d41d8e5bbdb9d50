use std::path::{Path, PathBuf};
use std::process::Command;

use bstr::{BString, ByteSlice};

use super::GitError;
use super::config::Config;
use super::layout::{Layout, clean};
use super::objects::Objects;
use super::program::{Executable, Program};
use super::refs::{self, Refs};
use super::revision::{self, Plain};
use super::store::Store;
use super::worktrees::{self, Worktree};
use baton_core::model::{Oid, RefName};
use baton_sys::shared::Sharing;
use baton_sys::{GitEnv, file};

/// The name of Baton's own directory below the common git directory.
const BATON_DIR: &str = "baton";

/// A repository, seen from one of its worktrees.
#[derive(Clone)]
pub struct Repo {
    git_dir: PathBuf,
    common_dir: PathBuf,
    work_tree: Option<PathBuf>,
    objects: Objects,
    refs: Refs,
    program: Program,
}

impl Repo {
    /// Opens the repository that git's environment names, or else the one around the current
    /// directory.
    pub fn open(env: &GitEnv) -> Result<Self, GitError> {
        let layout = match &env.git_dir {
            // Git runs hooks at the root.
            Some(path) => in_work_tree(
                Layout::read(env.current_dir.join(path))?,
                Some(env.current_dir.clone()).filter(|_| env.is_hook),
            ),
            None => {
                let layout = around(&env.current_dir)?;
                refuse_untrusted(&env.current_dir, &layout)?;
                layout
            }
        };
        let absolute = |path: &PathBuf| env.current_dir.join(path);
        // In a quarantine, most of what is asked for is new: it is looked for there first.
        let directories = env.object_directory.iter().map(absolute);
        let directories = directories
            .chain([layout.common_dir.join("objects")])
            .chain(env.alternate_object_directories.iter().map(absolute));
        let objects = Objects::open(directories, layout.hash)?;
        let program = Program::new(layout.git_dir.clone(), layout.work_tree.clone());
        let program = match env.is_hook {
            true => program.started_as(Executable::recorded(layout.common_dir.join(BATON_DIR))),
            false => program,
        };
        let refs = match layout.has_ref_files {
            true => Refs::files(&layout),
            false => Refs::program(program.clone()),
        };
        Ok(Self {
            git_dir: layout.git_dir,
            common_dir: layout.common_dir,
            work_tree: layout.work_tree,
            objects,
            refs,
            program,
        })
    }

    /// The same repository, but that new objects, of this program and of git, go into this empty
    /// directory: nothing is left behind once it is removed.
    pub fn apart(&self, directory: &Path) -> Result<Self, GitError> {
        let mut others = self.common_dir.join("objects").into_os_string();
        others.push("\n");
        let alternates = directory.join("info/alternates");
        file::write_atomically(&alternates, others.as_encoded_bytes())
            .map_err(GitError::io(alternates))?;
        Ok(Self {
            objects: self.objects.apart(directory)?,
            program: self.program.clone().apart(directory),
            ..self.clone()
        })
    }

    /// The same repository, seen in the namespace whose references begin with this prefix.
    pub fn in_namespace(&self, prefix: BString) -> Self {
        Self {
            refs: self.refs.clone().in_namespace(prefix),
            ..self.clone()
        }
    }

    /// The git directory of this worktree: `.git`, or `.git/worktrees/<id>` in a linked one.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all worktrees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The directory of Baton's state of this machine.
    pub fn baton_dir(&self) -> PathBuf {
        self.common_dir.join(BATON_DIR)
    }

    /// The root of this worktree; `None` in a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The same repository, for several questions about the same commits: their trees are read once.
    pub fn remembering(self) -> Self {
        Self {
            objects: self.objects.remembering(),
            ..self
        }
    }

    /// True if this directory is that root.
    pub fn has_its_root_at(&self, path: &Path) -> bool {
        let root = self.work_tree();
        root.is_some_and(|root| file::is_same_place(root, path))
    }

    /// The objects.
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The references.
    pub fn refs(&self) -> &Refs {
        &self.refs
    }

    /// The git program, set on this repository.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The store into which Baton's own objects and references are written.
    pub fn store(&self) -> Store<'_> {
        Store::new(self)
    }

    /// The name of this worktree among those of the repository: `.` for the main one, else the
    /// name of its directory below `worktrees/`.
    pub fn worktree_id(&self) -> String {
        let own = clean(&self.git_dir);
        match own.file_name() {
            Some(name) if own != self.common_dir => name.to_string_lossy().into_owned(),
            _ => ".".to_owned(),
        }
    }

    /// The worktrees that share this repository: first the main one, or the bare repository.
    pub fn worktrees(&self) -> Result<Vec<Worktree>, GitError> {
        worktrees::list(&self.common_dir)
    }

    /// The commit that a worktree's `HEAD` names; `None` on a branch not born yet, and where the
    /// worktree is broken.
    pub fn head_of(&self, worktree: &Worktree) -> Result<Option<Oid>, GitError> {
        self.program.rev_parse(&match &worktree.id {
            Some(id) => format!("worktrees/{id}/HEAD"),
            None => "main-worktree/HEAD".to_owned(),
        })
    }

    /// The directory in which git runs the hooks of a worktree: its root, or the git directory of
    /// a bare repository; `None` where that is not known.
    pub fn root_of(&self, worktree: &Worktree) -> Option<PathBuf> {
        if let Some(link) = &worktree.link {
            return link.parent().map(Path::to_owned);
        }
        if worktree.id.is_some() {
            return None;
        }
        if file::is_same_place(&self.git_dir, &self.common_dir) {
            return Some(self.work_tree.as_ref().unwrap_or(&self.common_dir).clone());
        }
        match self.is_bare() {
            Ok(true) => Some(self.common_dir.clone()),
            _ => self
                .common_dir
                .parent()
                .filter(|_| self.common_dir.ends_with(".git"))
                .map(Path::to_owned),
        }
    }

    /// True if a sparse checkout was set up in this worktree.
    pub fn is_sparse(&self) -> bool {
        file::is_taken(&self.git_dir.join("info/sparse-checkout"))
    }

    /// True if the repository has no main worktree, linked ones or not.
    pub fn is_bare(&self) -> Result<bool, GitError> {
        let program = self.program.elsewhere(self.common_dir.clone());
        let said = program.output(["rev-parse", "--is-bare-repository"])?;
        Ok(said.trim() == b"true")
    }

    /// The sharing of this repository with other users; `None` where it is not shared.
    pub fn sharing(&self) -> Result<Option<Sharing>, GitError> {
        let program = self.program.elsewhere(self.common_dir.clone());
        let said = program.answer_or_none(["config", "--get", "core.sharedRepository"])?;
        Ok(said.and_then(|value| Sharing::parse(&value.trim().to_str_lossy())))
    }

    /// The settings that hold here.
    pub fn config(&self) -> Config {
        Config::of(self.program.clone(), &self.common_dir)
    }

    /// The settings that hold in a worktree.
    pub fn config_of(&self, worktree: &Worktree) -> Config {
        Config::new(self.program.elsewhere(worktree.git_dir.clone()))
    }

    /// The commits at which a shallow clone was cut off; empty in a full one.
    pub fn shallow_commits(&self) -> Result<Vec<Oid>, GitError> {
        refs::shallow_commits(&self.common_dir)
    }

    /// The index that git will commit: the one its environment names, or this worktree's.
    pub fn index_path(&self, env: &GitEnv) -> PathBuf {
        match &env.index_file {
            Some(path) => env.current_dir.join(path),
            None => self.git_dir.join("index"),
        }
    }

    /// The commit that `HEAD` names; `None` on a branch not born yet.
    pub fn head(&self) -> Result<Option<Oid>, GitError> {
        self.refs.resolve("HEAD")
    }

    /// The full name of the branch that is checked out here, or that a rebase under way is about
    /// to move; `None` while `HEAD` is detached otherwise.
    pub fn head_branch(&self) -> Result<Option<RefName>, GitError> {
        if let Some(branch) = self.refs.symbolic("HEAD")? {
            return Ok(Some(branch));
        }
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            let path = self.git_dir.join(name);
            let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
            let branch = bytes.map(|bytes| RefName::new(bytes.trim()));
            if let Some(branch) = branch.filter(RefName::is_branch) {
                return Ok(Some(branch));
            }
        }
        Ok(None)
    }

    /// The commit that a revision names.
    pub fn commit_of(&self, revision: &str) -> Result<Oid, GitError> {
        let no_commit = |reason: &str| GitError::NoCommit {
            name: revision.escape_debug().to_string(),
            reason: reason.to_owned(),
        };
        if let Ok(Some(Plain { tip, hidden: None })) = revision::plain(self, revision) {
            return Ok(tip);
        }
        let oid = self
            .program
            .rev_parse(revision)?
            .ok_or_else(|| no_commit("git finds nothing of that name"))?;
        self.objects
            .peel_to_commit(oid)?
            .ok_or_else(|| no_commit("it names an object of another kind"))
    }

    /// The best common ancestor of two commits, as git chooses it; `None` when they share none.
    pub fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>, GitError> {
        let only = match self.shallow_commits()?.is_empty() {
            true => self.objects.for_long_reads().only_merge_base(one, other),
            false => None,
        };
        match only {
            Some(base) => Ok(Some(base)),
            None => self.program.merge_base(one, other),
        }
    }

    /// All best common ancestors of two commits; none when they share none.
    pub fn merge_bases(&self, one: Oid, other: Oid) -> Result<Vec<Oid>, GitError> {
        let only = match self.shallow_commits()?.is_empty() {
            true => self.objects.for_long_reads().only_merge_base(one, other),
            false => None,
        };
        match only {
            Some(base) => Ok(vec![base]),
            None => self.program.merge_bases(one, other),
        }
    }

    /// The ids that a file of the git directory lists, one a line, such as `FETCH_HEAD`; empty
    /// when there is no such file.
    pub fn listed_ids(&self, name: &str) -> Result<Vec<Oid>, GitError> {
        let path = self.git_dir.join(name);
        let bytes = file::read_if_exists(&path).map_err(GitError::io(path))?;
        Ok(bytes
            .unwrap_or_default()
            .lines()
            .filter_map(|line| Oid::from_hex(line.split(|byte| *byte == b'\t').next()?.trim()).ok())
            .collect())
    }

    /// The commits that a merge under way merges: `MERGE_HEAD` may name tags of them.
    pub fn merge_heads(&self) -> Result<Vec<Oid>, GitError> {
        self.peeled(&self.listed_ids("MERGE_HEAD")?)
    }

    /// The commits that these objects are or, through any number of tags, point to.
    pub fn peeled(&self, objects: &[Oid]) -> Result<Vec<Oid>, GitError> {
        let commits = objects.iter().map(|oid| self.objects.peel_to_commit(*oid));
        commits.filter_map(Result::transpose).collect()
    }
}

/// Git runs nothing in another user's repository, whose configuration could have it run
/// anything, unless the user trusts that one (`safe.directory` in `git-config(1)`). It does not ask
/// when it is told where the repository is, as Baton tells it.
fn refuse_untrusted(directory: &Path, layout: &Layout) -> Result<(), GitError> {
    let is_own = |path: &PathBuf| {
        gix::sec::identity::is_path_owned_by_current_user(path).unwrap_or_default()
    };
    if [Some(&layout.git_dir), layout.work_tree.as_ref()]
        .into_iter()
        .flatten()
        .all(is_own)
    {
        return Ok(());
    }
    let mut git = Command::new("git");
    git.args(["rev-parse", "--git-dir"])
        .current_dir(directory)
        .env_remove("GIT_DIR")
        .env("LC_ALL", "C");
    match baton_sys::command::output(&mut git, None) {
        Ok(out) if out.stderr.contains_str("dubious ownership") => {
            Err(GitError::Untrusted(layout.git_dir.clone()))
        }
        // Whatever else it says, it will say again.
        _ => Ok(()),
    }
}

/// The repository around a directory. Git runs hooks at the root of a worktree, so that is where
/// to look first.
fn around(directory: &Path) -> Result<Layout, GitError> {
    if let Ok(Some(layout)) = Layout::at(directory.join(".git")) {
        return Ok(layout);
    }
    let (found, _) = gix::discover::upwards(directory)
        .map_err(|_| GitError::NoRepository(directory.to_owned()))?;
    let (git_dir, work_tree) = found.into_repository_and_work_tree_directories();
    let layout = Layout::read(directory.join(git_dir))?;
    Ok(in_work_tree(
        layout,
        work_tree.map(|root| clean(&directory.join(root))),
    ))
}

/// The layout with this root where the git directory lies elsewhere and does not tell of one (`git init
/// --separate-git-dir`).
fn in_work_tree(mut layout: Layout, root: Option<PathBuf>) -> Layout {
    if layout.work_tree.is_none() && !layout.is_bare {
        layout.work_tree = root;
    }
    layout
}
