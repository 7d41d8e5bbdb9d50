//! `[pool]`: the worktrees that are kept ready for agents.

use std::ops::Range;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::error::PolicyProblem;
use super::schema::{unplaced, unplaced_text};

/// The placeholder of the task in the name of its branch.
const TASK: &str = "{task}";

/// The placeholder of the repository's name in the path of the pool.
const REPO: &str = "{repo}";

/// The most slots a pool can have: each is a whole checkout.
const MAX_SIZE: usize = 1000;

/// The worktrees that are kept ready for agents.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PoolTable {
    /// The number of worktrees, unless `pool init` is told otherwise.
    #[schemars(with = "usize", range(min = 1, max = 1000))]
    pub size: Spanned<usize>,
    /// The directory in which they lie, from the root of the main worktree, with `{repo}` for the
    /// name of that root.
    #[schemars(with = "String")]
    pub root: Spanned<String>,
    /// The branch of a task, with `{task}` for the task's id.
    #[schemars(with = "String")]
    pub branch: Spanned<String>,
    /// The revision on which tasks begin; empty for what the main worktree has checked out.
    #[schemars(with = "String")]
    pub base: Spanned<String>,
    /// Ignored files that a slot keeps when it is reset, as patterns of `.gitignore`.
    #[schemars(with = "Vec<String>")]
    pub keep: Vec<Spanned<String>>,
    /// Ignored files that a slot gets from the main worktree, as patterns of `.gitignore`, beside
    /// those that a file `.worktreeinclude` there names.
    #[schemars(with = "Vec<String>")]
    pub include: Vec<Spanned<String>>,
    /// Lines of shell that are run in a slot once a task has got it; when one fails, the slot is
    /// taken back.
    #[schemars(with = "Vec<String>")]
    pub post_acquire: Vec<Spanned<String>>,
    /// Lines of shell that are run in a slot before it is given back; when one fails, it is kept.
    #[schemars(with = "Vec<String>")]
    pub pre_release: Vec<Spanned<String>>,
    /// The time limit of each of those lines, in seconds.
    #[schemars(with = "u64", range(min = 1))]
    pub step_limit: Spanned<u64>,
    /// The time since its last sign of life, in seconds, after which a lease may be given to another, where
    /// everything else says that its owner is gone too.
    pub stale_after: u64,
}

/// The worktrees that are kept ready for agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolPolicy {
    /// The number of worktrees.
    pub size: usize,
    /// The pattern of their directory.
    pub root: String,
    /// The pattern of a task's branch.
    pub branch: String,
    /// The revision on which tasks begin; empty for what the main worktree has checked out.
    pub base: String,
    /// Ignored files that a slot keeps when it is reset.
    pub keep: Vec<String>,
    /// Ignored files that a slot gets from the main worktree.
    pub include: Vec<String>,
    /// Lines of shell for a slot that was acquired.
    pub post_acquire: Vec<String>,
    /// Lines of shell for a slot that is about to be released.
    pub pre_release: Vec<String>,
    /// The time limit of each of those lines.
    pub step_limit: Duration,
    /// Seconds after which a lease without a sign of life is old.
    pub stale_after: u64,
}

impl PoolPolicy {
    /// The branch of a task, by its short name; nothing says that git allows it.
    pub fn branch_of(&self, task: &str) -> String {
        self.branch.replacen(TASK, task, 1)
    }

    /// The task of a branch, by the short name of that; `None` where it is no task's.
    pub fn task_of<'b>(&self, branch: &'b str) -> Option<&'b str> {
        let (before, after) = self.branch.split_once(TASK)?;
        let task = branch.strip_prefix(before)?.strip_suffix(after)?;
        Some(task).filter(|task| !task.is_empty())
    }

    /// The directory of the pool, from the root of the main worktree of that name.
    pub fn root_of(&self, repository: &str) -> String {
        self.root.replace(REPO, repository)
    }
}

impl Default for PoolTable {
    fn default() -> Self {
        Self {
            size: unplaced(8),
            root: unplaced_text("../{repo}.worktrees"),
            branch: unplaced_text("auto/{task}"),
            base: unplaced_text(""),
            keep: Vec::new(),
            include: Vec::new(),
            post_acquire: Vec::new(),
            pre_release: Vec::new(),
            step_limit: unplaced(600),
            stale_after: 3600,
        }
    }
}

/// A problem in a table: its place, the problem, and what to write instead.
pub(super) type Wrong = (Range<usize>, PolicyProblem, &'static str);

pub(super) fn compile(table: &PoolTable) -> Result<PoolPolicy, Wrong> {
    let size = *table.size.get_ref();
    if !(1..=MAX_SIZE).contains(&size) {
        let problem = PolicyProblem::PoolSize(size);
        return Err((table.size.span(), problem, "write a number from 1 to 1000"));
    }
    let step_limit = *table.step_limit.get_ref();
    if step_limit == 0 {
        let problem = PolicyProblem::Pool(step_limit.to_string());
        let help = "write a number of seconds, such as 600";
        return Err((table.step_limit.span(), problem, help));
    }
    Ok(PoolPolicy {
        size,
        root: root(&table.root)?,
        branch: branch(&table.branch)?,
        base: base(&table.base)?,
        keep: lines(&table.keep, "name ignored files, such as `target/`")?,
        include: lines(&table.include, "name ignored files, such as `.env`")?,
        post_acquire: lines(&table.post_acquire, COMMAND)?,
        pre_release: lines(&table.pre_release, COMMAND)?,
        step_limit: Duration::from_secs(step_limit),
        stale_after: table.stale_after,
    })
}

pub(super) fn decompile(policy: &PoolPolicy) -> PoolTable {
    PoolTable {
        size: unplaced(policy.size),
        root: unplaced_text(&policy.root),
        branch: unplaced_text(&policy.branch),
        base: unplaced_text(&policy.base),
        keep: unplaced_lines(&policy.keep),
        include: unplaced_lines(&policy.include),
        post_acquire: unplaced_lines(&policy.post_acquire),
        pre_release: unplaced_lines(&policy.pre_release),
        step_limit: unplaced(policy.step_limit.as_secs()),
        stale_after: policy.stale_after,
    }
}

/// The help where a line of shell is expected.
const COMMAND: &str = "write a line of shell, such as `npm ci`";

/// Texts of one line each, and none of them empty.
fn lines(texts: &[Spanned<String>], help: &'static str) -> Result<Vec<String>, Wrong> {
    let line = |text: &Spanned<String>| match text.get_ref() {
        line if line.is_empty() || line.contains(char::is_control) => Err(wrong(text, help)),
        line => Ok(line.clone()),
    };
    texts.iter().map(line).collect()
}

fn unplaced_lines(lines: &[String]) -> Vec<Spanned<String>> {
    lines.iter().map(|line| unplaced_text(line)).collect()
}

fn root(text: &Spanned<String>) -> Result<String, Wrong> {
    let pattern = text.get_ref();
    // `pool acquire --porcelain` parts its fields by `|`.
    let rest = pattern.replace(REPO, "");
    let odd = rest.contains(|c: char| c.is_control() || "{}|".contains(c));
    let mut parts = pattern.split('/');
    let last = parts.next_back().unwrap_or_default();
    let inside_git = pattern.split('/').any(|part| part == ".git");
    match odd || inside_git || ["", ".", ".."].contains(&last) {
        true => Err(wrong(
            text,
            "write a directory of its own, such as `../{repo}.worktrees` or `.claude/worktree-pool`",
        )),
        false => Ok(pattern.clone()),
    }
}

fn branch(text: &Spanned<String>) -> Result<String, Wrong> {
    let pattern = text.get_ref();
    let plain = |part: &str| {
        let mut chars = part.chars();
        chars.all(|c| c.is_alphanumeric() || "-_./".contains(c)) && !part.contains("..")
    };
    let fits = pattern.split_once(TASK).is_some_and(|(before, after)| {
        plain(before) && plain(after) && !before.starts_with(['-', '/', '.'])
    });
    match fits {
        true => Ok(pattern.clone()),
        false => Err(wrong(
            text,
            "write it like `auto/{task}`, with `{task}` once",
        )),
    }
}

fn base(text: &Spanned<String>) -> Result<String, Wrong> {
    let revision = text.get_ref();
    match revision.starts_with('-') || revision.contains(char::is_control) {
        true => Err(wrong(
            text,
            "write a revision, such as `main` or `origin/main`",
        )),
        false => Ok(revision.clone()),
    }
}

fn wrong(at: &Spanned<String>, help: &'static str) -> Wrong {
    let problem = PolicyProblem::Pool(at.get_ref().clone());
    (at.span(), problem, help)
}

#[cfg(test)]
mod tests {
    use crate::policy::Policy;

    fn parse(table: &str) -> Result<super::PoolPolicy, String> {
        let text = format!("[pool]\n{table}\n");
        let policy = Policy::parse("baton.toml", text.as_bytes());
        policy
            .map(|policy| policy.pool)
            .map_err(|error| error.problem().to_string())
    }

    #[test]
    fn a_table_names_branches_and_a_directory() {
        let pool = parse("branch = 'work/{task}-1'\nroot = '.claude/worktree-pool'").unwrap();
        assert_eq!(pool.branch_of("T-7"), "work/T-7-1");
        assert_eq!(pool.task_of("work/T-7-1"), Some("T-7"));
        for other in ["work/T-7", "T-7-1", "work/-1", "work/", ""] {
            assert_eq!(pool.task_of(other), None, "{other}");
        }
        assert_eq!(pool.root_of("baton"), ".claude/worktree-pool");
        let pool = parse("").unwrap();
        assert_eq!(pool.branch_of("x"), "auto/x");
        assert_eq!(pool.root_of("baton"), "../baton.worktrees");
        assert_eq!(pool.size, 8);
    }

    #[test]
    fn what_could_not_be_used_is_refused() {
        for table in [
            "size = 0",
            "size = 1001",
            "root = ''",
            "root = '..'",
            "root = 'pool/'",
            "root = 'a|b'",
            "root = '../{task}'",
            "root = '.git/pool'",
            "branch = 'auto'",
            "branch = '-x/{task}'",
            "branch = 'a b/{task}'",
            "branch = '{task}/{task}'",
            "branch = 'a..{task}'",
            "base = '-x'",
            "keep = ['']",
            r#"include = ["a\nb"]"#,
            "post_acquire = ['']",
            "step_limit = 0",
        ] {
            assert!(parse(table).is_err(), "{table}");
        }
    }

    #[test]
    fn a_table_is_shown_as_it_reads() {
        let text = "[pool]\nsize = 3\nkeep = ['target/']\nbase = 'main'\n\
                    include = ['.env']\npost_acquire = ['a', 'b']\npre_release = ['c']\nstep_limit = 5\n";
        let policy = Policy::parse("baton.toml", text.as_bytes()).unwrap();
        let again = Policy::parse("shown", policy.effective_toml().as_bytes()).unwrap();
        assert_eq!(again.pool, policy.pool);
    }
}
