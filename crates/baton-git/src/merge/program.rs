//! Merges by the git program: whatever needs contents, renames, attributes or several bases.

use std::collections::HashMap;

use bstr::ByteSlice;
use tempfile::TempDir;

use super::attributes::Attributes;
use super::conflict::{Answers, Merged};
use crate::{GitError, GitVersion, Repo};
use baton_core::model::Oid;
use baton_sys::file;

/// The first version whose `merge-tree` answers many questions at once (release notes of 2.39.0).
const OLDEST: GitVersion = GitVersion(2, 39);

/// The first that takes the attributes from a tree (`--attr-source`, release notes of 2.41.0).
const ATTRIBUTES_OF_TREE: GitVersion = GitVersion(2, 41);

/// Merges by `git merge-tree`.
///
/// `git merge` runs where *ours* is checked out, and takes the attributes (merge drivers, line
/// ends) from the files there. So does this: from the tree of ours, whatever is checked out.
pub(super) struct ByProgram<'a> {
    repo: &'a Repo,
}

/// Two commits to merge: ours and theirs.
pub(super) type Pair = (Oid, Oid);

impl<'a> ByProgram<'a> {
    pub fn new(repo: &'a Repo) -> Self {
        Self { repo }
    }

    /// Merges each pair of commits; each pair has a common history, and the answers are in the
    /// order of the pairs.
    pub fn merge(
        &self,
        pairs: &[Pair],
        attributes: &Attributes<'_>,
    ) -> Result<Vec<Result<Merged, GitError>>, GitError> {
        self.version()?;
        let mut groups: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (ours, _)) in pairs.iter().enumerate() {
            groups.entry(attributes.of(*ours)?).or_default().push(at);
        }
        let mut found: Vec<_> = pairs.iter().map(|_| None).collect();
        for (files, members) in groups {
            let group: Vec<Pair> = members.iter().map(|at| pairs[*at]).collect();
            let source = Source::new(self, group[0].0, &files)?;
            for (at, answer) in members.into_iter().zip(self.group(&source, &group)) {
                found[at] = Some(answer);
            }
        }
        let each = found
            .into_iter()
            .map(|one| one.expect("each pair is in a group"));
        Ok(each.collect())
    }

    /// A merge that git cannot do ends the process; the pairs that it had not come to are then
    /// asked one by one.
    fn group(&self, source: &Source, pairs: &[Pair]) -> Vec<Result<Merged, GitError>> {
        match self.ask(source, pairs) {
            Ok(found) => found.into_iter().map(Ok).collect(),
            Err(error) if pairs.len() == 1 => vec![Err(error)],
            Err(_) => {
                let alone = pairs.iter().map(|pair| {
                    let mut found = self.ask(source, std::slice::from_ref(pair))?;
                    Ok(found.remove(0))
                });
                alone.collect()
            }
        }
    }

    fn ask(&self, source: &Source, pairs: &[Pair]) -> Result<Vec<Merged>, GitError> {
        let mut input = String::new();
        for (ours, theirs) in pairs {
            input.push_str(&format!("{ours} {theirs}\n"));
        }
        let mut args = Vec::new();
        let mut command = self.repo.program().command();
        command.env_remove("GIT_ATTR_SOURCE");
        match source {
            Source::Tree(tree) => args.push(format!("--attr-source={tree}")),
            Source::Files(directory) => {
                command
                    .env("GIT_WORK_TREE", directory.path())
                    .current_dir(directory.path());
            }
        }
        args.extend(["merge-tree", "--write-tree", "--stdin"].map(str::to_owned));
        let out = self
            .repo
            .program()
            .run(command, &args, Some(input.as_bytes()))?;
        let mut answers = Answers::new(&out);
        let found: Vec<_> = std::iter::from_fn(|| answers.next()).collect();
        if found.len() != pairs.len() {
            return Err(GitError::Program {
                args: args.join(" "),
                reason: format!(
                    "it answered {} of {} questions in words that are understood",
                    found.len(),
                    pairs.len()
                ),
            });
        }
        Ok(found)
    }

    fn version(&self) -> Result<GitVersion, GitError> {
        let version = self.repo.program().version()?;
        if version < OLDEST {
            return Err(GitError::TooOld {
                found: version,
                needed: OLDEST,
                what: "merging without a checkout",
            });
        }
        Ok(version)
    }
}

/// The source from which git takes the attributes.
enum Source {
    /// A tree, or a commit.
    Tree(Oid),
    /// The work tree in this directory, which holds nothing but them.
    Files(TempDir),
}

impl Source {
    fn new(
        by: &ByProgram<'_>,
        ours: Oid,
        files: &super::attributes::Files,
    ) -> Result<Self, GitError> {
        if by.version()? >= ATTRIBUTES_OF_TREE {
            return Ok(Self::Tree(ours));
        }
        let directory = by.repo.baton_dir();
        let root = file::temporary_directory(&directory).map_err(GitError::io(directory))?;
        for (path, blob) in files.iter() {
            let to = root.path().join(path.to_path_lossy());
            let content = by.repo.objects().blob(*blob)?;
            file::write_atomically(&to, &content).map_err(GitError::io(to))?;
        }
        Ok(Self::Files(root))
    }
}
