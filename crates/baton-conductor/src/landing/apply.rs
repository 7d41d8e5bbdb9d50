//! One change made to the files of a commit, with the conflicts resolved that need no user.

use std::cell::RefCell;

use bstr::{BStr, BString, ByteSlice};

use super::MergeError;
use super::context::MergeContext;
use super::report::ResolvedPath;
use super::resolver::{Asked, NoAnswer, Resolver};
use super::stuck::{Resolution, Stuck};
use baton_core::model::{Entry, Oid};
use baton_core::policy::merge::Remedy;
use baton_git::merge::{Merged, Merger};
use baton_git::{GitError, Repo, tree_edit};

/// The change to make to a commit's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// All that a branch has and the commit has not; the branch's tip.
    Branch(Oid),
    /// The step between two trees, or commits.
    Step {
        /// From here.
        from: Oid,
        /// To here; the step is known by this one.
        to: Oid,
    },
}

impl What {
    /// By what the change is known.
    pub fn of(self) -> Oid {
        match self {
            Self::Branch(tip) => tip,
            Self::Step { to, .. } => to,
        }
    }
}

/// Files with a change made to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The files.
    pub tree: Oid,
    /// The conflicts that were resolved.
    pub resolved: Vec<ResolvedPath>,
}

/// Makes changes to commits' files.
pub struct Applier<'a, 'm> {
    repo: &'a Repo,
    context: &'a MergeContext,
    merger: &'a Merger<'m>,
    resolver: Resolver<'a>,
    resolutions: RefCell<Vec<Resolution>>,
}

impl<'a, 'm> Applier<'a, 'm> {
    /// By the remedies of this ground's policy, and with what people made of conflicts before.
    pub fn new(
        repo: &'a Repo,
        context: &'a MergeContext,
        merger: &'a Merger<'m>,
        resolver: Resolver<'a>,
        resolutions: Vec<Resolution>,
    ) -> Self {
        Self {
            repo,
            context,
            merger,
            resolver,
            resolutions: RefCell::new(resolutions),
        }
    }

    /// From now on no command is asked about conflicts.
    pub fn mute(&self) {
        self.resolver.mute();
    }

    /// Returns the resolutions of conflicts, before and now.
    pub fn resolutions(&self) -> Vec<Resolution> {
        self.resolutions.borrow().clone()
    }

    /// True if these two commits collide at one of these paths.
    pub fn collide(&self, one: Oid, other: Oid, paths: &[BString]) -> Result<bool, MergeError> {
        match self.merger.merge(one, other) {
            Ok(merged) => Ok(merged.conflicts.iter().any(|one| paths.contains(&one.path))),
            Err(GitError::Unrelated(..)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The files of `onto` with the change made to them.
    pub fn apply(
        &self,
        branch: &str,
        what: What,
        onto: Oid,
    ) -> Result<Result<Applied, Stuck>, MergeError> {
        let mut resolved = Vec::new();
        let merged = self.merged(branch, what, onto, &mut resolved)?;
        if merged.conflicts.is_empty() {
            let tree = merged.tree;
            return Ok(Ok(Applied { tree, resolved }));
        }
        let mut stuck = Stuck {
            of: what.of(),
            onto,
            tree: merged.tree,
            conflicts: merged.conflicts,
        };
        self.remedy(&mut stuck, &mut resolved)?;
        for asked in self.questions(branch, &stuck) {
            if stuck.conflicts.is_empty() {
                break;
            }
            match self.resolver.ask(&asked, &stuck)? {
                Ok(answer) => {
                    let by = asked.command;
                    resolved.extend(answer.paths.iter().map(|path| told(path.as_bstr(), by)));
                    stuck.tree = answer.tree;
                    stuck
                        .conflicts
                        .retain(|one| !answer.paths.contains(&one.path));
                }
                Err(NoAnswer::Strayed(paths)) => refuse(&mut stuck, &asked, &paths),
                Err(NoAnswer::Unresolved) => {}
            }
        }
        if !stuck.conflicts.is_empty() {
            return Ok(Err(stuck));
        }
        self.resolutions.borrow_mut().push(Resolution {
            of: stuck.of,
            onto,
            tree: stuck.tree,
        });
        let tree = stuck.tree;
        Ok(Ok(Applied { tree, resolved }))
    }

    /// The merge, with what was made of the same change before, wherever that was.
    fn merged(
        &self,
        branch: &str,
        what: What,
        onto: Oid,
        resolved: &mut Vec<ResolvedPath>,
    ) -> Result<Merged, MergeError> {
        let known = self.resolutions.borrow();
        let known = known.iter().rev().find(|one| one.of == what.of());
        let names = [self.context.into.as_str(), branch];
        Ok(match (known, what) {
            (Some(known), _) => {
                resolved.push(told("".into(), "resolution"));
                let all = [known.onto, onto, known.tree];
                self.merger.merge_trees(all, names)?
            }
            (None, What::Branch(tip)) => self.merger.merge_named([onto, tip], names)?,
            (None, What::Step { from, to }) => self.merger.merge_trees([from, onto, to], names)?,
        })
    }

    /// Puts the policy's remedies in the place of conflicts, but for commands.
    fn remedy(
        &self,
        stuck: &mut Stuck,
        resolved: &mut Vec<ResolvedPath>,
    ) -> Result<(), MergeError> {
        let terms = self.context.terms();
        let mut edits: Vec<(BString, Option<Entry>)> = Vec::new();
        for conflict in &stuck.conflicts {
            let [_, ours, theirs] = conflict.stages;
            let edit = match terms.remedy(conflict.path.as_bstr()) {
                Some(Remedy::Ours) => Some((ours, "ours")),
                Some(Remedy::Theirs) => Some((theirs, "theirs")),
                Some(Remedy::Union) => {
                    let entry = tree_edit::union(self.repo, conflict.stages)?;
                    entry.map(|entry| (Some(entry), "union"))
                }
                Some(Remedy::Command(_)) | None => None,
            };
            if let Some((entry, by)) = edit.filter(|_| conflict.stages != [None; 3]) {
                resolved.push(told(conflict.path.as_bstr(), by));
                edits.push((conflict.path.clone(), entry));
            }
        }
        if edits.is_empty() {
            return Ok(());
        }
        stuck.tree = tree_edit::tree_edited(self.repo, stuck.tree, &edits)?;
        stuck
            .conflicts
            .retain(|one| edits.iter().all(|(path, _)| *path != one.path));
        Ok(())
    }

    /// Whom to ask about what is left: the policy's commands about their files, then its resolver
    /// about all of them.
    fn questions<'s>(&'s self, branch: &'s str, stuck: &Stuck) -> Vec<Asked<'s>> {
        let terms = self.context.terms();
        let mut asked: Vec<Asked<'s>> = Vec::new();
        for conflict in &stuck.conflicts {
            let Some(Remedy::Command(command)) = terms.remedy(conflict.path.as_bstr()) else {
                continue;
            };
            match asked.iter_mut().find(|one| one.command == command) {
                Some(known) => known.paths.push(conflict.path.clone()),
                None => asked.push(Asked {
                    command,
                    branch,
                    into: &self.context.into,
                    limit: self.context.resolver_limit(),
                    paths: vec![conflict.path.clone()],
                    from_ours: true,
                }),
            }
        }
        if let Some(command) = &terms.resolver {
            let known: Vec<_> = asked.iter().flat_map(|one| one.paths.clone()).collect();
            let rest = stuck.conflicts.iter().map(|one| one.path.clone());
            asked.push(Asked {
                command,
                branch,
                into: &self.context.into,
                limit: self.context.resolver_limit(),
                paths: rest.filter(|path| !known.contains(path)).collect(),
                from_ours: false,
            });
        }
        asked
    }
}

/// Says at each file about which a command was asked why what it made of it is not taken.
fn refuse(stuck: &mut Stuck, asked: &Asked<'_>, strays: &[BString]) {
    let strays = bstr::join(", ", strays);
    let why = format!(
        "what `{}` made of it is not taken, since it changed also {}",
        asked.command,
        strays.to_str_lossy()
    );
    let mut about = stuck.conflicts.iter_mut();
    for conflict in about.by_ref().filter(|one| asked.paths.contains(&one.path)) {
        conflict.message = format!("{}; {why}", conflict.message);
    }
}

fn told(path: &BStr, by: &str) -> ResolvedPath {
    ResolvedPath {
        path: path.to_str_lossy().into_owned(),
        by: by.to_owned(),
    }
}
