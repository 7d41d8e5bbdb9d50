//! `[merge]`: how finished branches land.

use bstr::BStr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::compile::{Compiled, Fault, branch_glob, fault, path_glob};
use super::error::PolicyProblem;
use super::schema::{unplaced, unplaced_text};
use super::{BranchGlob, PathGlob};

/// The way finished branches are merged, tested and landed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MergeTable {
    /// The branches that are merged when none is named, by globs over their short names.
    #[schemars(with = "Vec<String>")]
    pub branches: Vec<Spanned<String>>,
    /// The branch on which they land, in short: where `[[branch]]` keeps a branch to landings, and
    /// where the settings name none. Without this key the rules take it for `main`.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<Spanned<String>>,
    /// The treatment of a branch's commits.
    pub strategy: Strategy,
    /// The commands, each for a shell, that must succeed on the merged files before they land.
    pub test: Vec<String>,
    /// The time limit of one of those commands, in seconds.
    #[schemars(with = "u64", range(min = 1))]
    pub test_seconds: Spanned<u64>,
    /// The command, for a shell, that resolves what conflicts; none: people do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolver: Option<String>,
    /// The time limit of a command that resolves conflicts, in seconds.
    #[schemars(with = "u64", range(min = 1))]
    pub resolver_seconds: Spanned<u64>,
    /// True if branches among `branches` are deleted once the target holds all they brought.
    pub delete: bool,
    /// The resolutions of conflicts in some files; the first entry that matches a path decides.
    pub resolve: Vec<ResolveTable>,
}

/// The resolution of conflicts in some files.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveTable {
    /// Paths, directories (with a trailing `/`) or globs.
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
    /// The text that replaces the conflict.
    pub with: Remedy,
}

/// The treatment of the commits of a branch that lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// They stay, and a merge commit joins them to the target.
    #[default]
    Merge,
    /// Each is made anew on top of the target.
    Rebase,
    /// They become one commit a session.
    Squash,
}

/// The text that replaces a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The lines of both sides, the target's first.
    Union,
    /// The target's text.
    Ours,
    /// The branch's text.
    Theirs,
    /// Runs this shell command on the target's file.
    Command(String),
}

/// The way finished branches are merged, tested and landed.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    /// The branches that are merged when none is named.
    pub branches: Vec<BranchGlob>,
    /// The branch on which they land, in short; `None` for the one that the main worktree has.
    pub into: Option<String>,
    /// The treatment of a branch's commits.
    pub strategy: Strategy,
    /// The commands, each for a shell, that must succeed before anything lands.
    pub test: Vec<String>,
    /// The time limit of one of those commands, in seconds.
    pub test_seconds: u64,
    /// The command, for a shell, that resolves what conflicts.
    pub resolver: Option<String>,
    /// The time limit of a command that resolves conflicts, in seconds.
    pub resolver_seconds: u64,
    /// True if branches among `branches` are deleted once they have landed.
    pub delete: bool,
    /// The resolutions of conflicts in some files.
    pub resolve: Vec<Resolve>,
}

/// The resolution of conflicts in some files.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolve {
    /// The files.
    pub paths: Vec<PathGlob>,
    /// The text that replaces a conflict in them.
    pub with: Remedy,
}

impl Strategy {
    /// The strategy as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::Squash => "squash",
        }
    }
}

impl Merge {
    /// The branch on which the rules take landings to go, in short.
    pub fn landing_branch(&self) -> &str {
        self.into.as_deref().unwrap_or("main")
    }

    /// Returns true if the branch of this short name is among those that are merged when none is named.
    pub fn takes(&self, branch: &BStr) -> bool {
        self.branches.iter().any(|glob| glob.matches(branch))
    }

    /// Returns the text that replaces a conflict at this path; `None` when nothing is said of it.
    pub fn remedy(&self, path: &BStr) -> Option<&Remedy> {
        let covers = |rule: &&Resolve| rule.paths.iter().any(|glob| glob.matches(path));
        self.resolve.iter().find(covers).map(|rule| &rule.with)
    }
}

/// From the table to what it says.
pub(super) fn compile(table: &MergeTable) -> Compiled<Merge> {
    for seconds in [&table.test_seconds, &table.resolver_seconds] {
        if *seconds.get_ref() == 0 {
            return Err(Fault {
                span: seconds.span(),
                problem: PolicyProblem::NoTime,
                help: Some("write 1 or more".to_owned()),
            });
        }
    }
    if let Some(into) = &table.into
        && !is_branch(into.get_ref())
    {
        let problem = PolicyProblem::Branch(into.get_ref().clone());
        return Err(fault(into, problem, "write it in short, such as `main`"));
    }
    let glob = |text| branch_glob(text, false);
    let resolve = |table: &ResolveTable| -> Compiled<Resolve> {
        Ok(Resolve {
            paths: table.paths.iter().map(path_glob).collect::<Compiled<_>>()?,
            with: table.with.clone(),
        })
    };
    Ok(Merge {
        branches: table.branches.iter().map(glob).collect::<Compiled<_>>()?,
        into: table.into.as_ref().map(|into| into.get_ref().clone()),
        strategy: table.strategy,
        test: table.test.clone(),
        test_seconds: *table.test_seconds.get_ref(),
        resolver: table
            .resolver
            .clone()
            .filter(|text| !text.trim().is_empty()),
        resolver_seconds: *table.resolver_seconds.get_ref(),
        delete: table.delete,
        resolve: table.resolve.iter().map(resolve).collect::<Compiled<_>>()?,
    })
}

fn is_branch(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['-', '/']) && !name.contains(char::is_whitespace)
}

/// The table that says the same.
pub(super) fn decompile(merge: &Merge) -> MergeTable {
    let resolve = |rule: &Resolve| ResolveTable {
        paths: rule
            .paths
            .iter()
            .map(|glob| unplaced_text(glob.as_str()))
            .collect(),
        with: rule.with.clone(),
    };
    MergeTable {
        branches: merge
            .branches
            .iter()
            .map(|glob| unplaced_text(glob.as_str()))
            .collect(),
        into: merge.into.as_deref().map(unplaced_text),
        strategy: merge.strategy,
        test: merge.test.clone(),
        test_seconds: unplaced(merge.test_seconds),
        resolver: merge.resolver.clone(),
        resolver_seconds: unplaced(merge.resolver_seconds),
        delete: merge.delete,
        resolve: merge.resolve.iter().map(resolve).collect(),
    }
}

impl Default for MergeTable {
    fn default() -> Self {
        Self {
            branches: vec![unplaced_text("auto/**")],
            into: None,
            strategy: Strategy::Merge,
            test: Vec::new(),
            test_seconds: unplaced(1800),
            resolver: None,
            resolver_seconds: unplaced(1800),
            delete: true,
            resolve: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::Policy;

    use super::*;

    const TEXT: &str = "[merge]\ntest = [\"make test\"]\nresolver = \"agent\"\n\
        [[merge.resolve]]\npaths = [\"CHANGELOG.md\"]\nwith = \"union\"\n\
        [[merge.resolve]]\npaths = [\"*.lock\"]\nwith = { command = \"lock\" }\n";

    #[test]
    fn the_table_is_read_and_written_back() {
        let policy = Policy::parse("baton.toml", TEXT.as_bytes()).unwrap();
        let merge = &policy.merge;
        assert_eq!(merge.remedy("CHANGELOG.md".into()), Some(&Remedy::Union));
        let lock = Remedy::Command("lock".to_owned());
        assert_eq!(merge.remedy("a.lock".into()), Some(&lock));
        assert_eq!(merge.remedy("src/a.rs".into()), None);
        assert!(merge.takes("auto/a/b".into()) && !merge.takes("main".into()));
        let again = Policy::parse("baton.toml", policy.effective_toml().as_bytes()).unwrap();
        assert_eq!(again.merge, policy.merge);
    }

    #[test]
    fn what_no_merge_can_do_is_refused() {
        for text in [
            "[merge]\ntest_seconds = 0",
            "[merge]\ninto = \"\"",
            "[merge]\nstrategy = \"octopus\"",
            "[[merge.resolve]]\npaths = [\"a[\"]\nwith = \"ours\"",
        ] {
            assert!(
                Policy::parse("baton.toml", text.as_bytes()).is_err(),
                "{text}"
            );
        }
    }
}
