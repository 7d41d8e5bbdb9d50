//! The comparisons.

use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::history::{self, POLICY, Size};
use crate::run::{Contestant, git, median_cpu, medians, seal, usage};
use crate::{Row, hooks, pool};

/// One group of lines of the table.
#[derive(Clone, Copy)]
pub enum Bench {
    /// The hook `pre-commit` alone, with nothing to say.
    PreCommit,
    /// `reference-transaction` in a rebase.
    Rebase,
    /// `reference-transaction` in a fetch.
    Fetch,
    /// `verify --all`, and `verify` of a range.
    Verify,
    /// Pushes that a server receives.
    Receive,
    /// Branches that land.
    Merge,
    /// `orchestrator conflicts` among many branches.
    Conflicts,
    /// `orchestrator pool`: a worktree acquired and released.
    Pool,
    /// A confined command.
    Exec,
    /// Agents that are conducted.
    Conduct,
    /// The program's size.
    Size,
}

/// A megabyte as programs' sizes are told.
const MEGABYTE: f64 = 1_000_000.0;

impl Bench {
    /// Every group, in the order of the table.
    pub const ALL: [Self; 11] = [
        Self::PreCommit,
        Self::Rebase,
        Self::Fetch,
        Self::Verify,
        Self::Receive,
        Self::Merge,
        Self::Conflicts,
        Self::Pool,
        Self::Exec,
        Self::Conduct,
        Self::Size,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::Rebase => "rebase",
            Self::Fetch => "fetch",
            Self::Verify => "verify",
            Self::Receive => "receive",
            Self::Merge => "merge",
            Self::Conflicts => "conflicts",
            Self::Pool => "pool",
            Self::Exec => "exec",
            Self::Conduct => "conduct",
            Self::Size => "size",
        }
    }

    /// Measures it with this program, in repositories below `directory`.
    pub fn rows(self, baton: &Path, directory: &Path) -> Result<Vec<Row>> {
        match self {
            Self::PreCommit => hooks::pre_commit(baton, directory),
            Self::Rebase => hooks::rebase(baton, directory),
            Self::Fetch => hooks::fetch(baton, directory),
            Self::Verify => verify(baton, directory),
            Self::Receive => crate::receiving::rows(baton, directory),
            Self::Merge => crate::merging::rows(baton, directory),
            Self::Conflicts => conflicts(baton, directory),
            Self::Pool => pool::rows(baton, directory),
            Self::Exec => crate::exec::rows(baton, directory),
            Self::Conduct => crate::conducting::rows(baton, directory),
            Self::Size => size(baton),
        }
    }
}

/// A line that sets one time beside another.
pub fn compared(name: &str, ours: Duration, peer: Duration, target: impl Into<Option<f64>>) -> Row {
    let text = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
    Row {
        name: name.to_owned(),
        ours: text(ours),
        peer: text(peer),
        ratio: ours.as_secs_f64() / peer.as_secs_f64(),
        target: target.into(),
    }
}

/// Puts a repository at `path`, unless an earlier run kept one there.
pub fn made(path: PathBuf, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    if !path.exists() {
        make(&path)?;
    }
    Ok(path)
}

fn verify(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let size = Size {
        commits: 27_000,
        files: 10_000,
    };
    let repository = made(directory.join("long.git"), |path| {
        history::long(path, &size)
    })?;
    let policy = directory.join("policy.toml");
    fs::write(&policy, POLICY)?;
    let policy = policy.to_string_lossy();
    let baton_with = |args: &[&str]| {
        let mut command = Command::new(baton);
        command.current_dir(&repository).args(args);
        seal(&mut command);
        command
    };
    let git_with = |args: &[&str]| {
        let mut command = git(&repository);
        command.args(args);
        command
    };
    let log = ["log", "--all", "--name-only", "--no-renames"];
    let own: &[&str] = &["verify", "--all", "--format=json"];
    let fixed: &[&str] = &["verify", "--all", "--format=json", "--policy", &policy];
    let times = medians(
        9,
        &[
            Contestant::new(|| git_with(&log)),
            Contestant::new(|| baton_with(own)),
            Contestant::new(|| baton_with(fixed)),
        ],
    )?;
    let mut rows = vec![
        compared("verify --all / git log --all", times[1], times[0], 0.35),
        compared(
            "verify --all --policy / git log --all",
            times[2],
            times[0],
            0.35,
        ),
    ];
    let cpu = median_cpu(5, &[git_with(&log), baton_with(own), baton_with(fixed)])?;
    for (name, ours) in [("--all", cpu[1]), ("--all --policy", cpu[2])] {
        let name = format!("CPU of verify {name} / of git log");
        rows.push(compared(&name, ours, cpu[0], 0.45));
    }
    let peer = usage(&git_with(&log))?.peak;
    for (name, args) in [("--all", own), ("--all --policy", fixed)] {
        let ours = usage(&baton_with(args))?.peak;
        rows.push(Row {
            name: format!("memory of verify {name} / of git log"),
            ours: format!("{:.0} MB", ours as f64 / MEGABYTE),
            peer: format!("{:.0} MB", peer as f64 / MEGABYTE),
            ratio: ours as f64 / peer as f64,
            target: Some(1.0),
        });
    }
    let range = range_of(&repository, 200)?;
    let times = medians(
        41,
        &[
            Contestant::new(|| git_with(&["log", "--name-only", &range])),
            Contestant::new(|| baton_with(&["verify", "--format=json", &range])),
        ],
    )?;
    rows.push(compared(
        "verify, 200 commits / git log",
        times[1],
        times[0],
        0.6,
    ));
    Ok(rows)
}

/// A range that ends at `main` and holds at least this many commits, hardly more.
fn range_of(repository: &Path, commits: usize) -> Result<String> {
    for back in 1.. {
        let range = format!("main~{back}..main");
        let out = git(repository)
            .args(["rev-list", "--count", &range])
            .output()?;
        let count: usize = String::from_utf8_lossy(&out.stdout)
            .trim()
            .parse()
            .unwrap_or(commits);
        if count >= commits {
            return Ok(range);
        }
    }
    unreachable!("the loop has no other end")
}

fn conflicts(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    const BRANCHES: u64 = 50;
    let repository = made(directory.join("agents.git"), |path| {
        history::agents(path, 10_000, BRANCHES)
    })?;
    let sides = std::iter::once("main".to_owned());
    let sides: Vec<_> = sides
        .chain((0..BRANCHES).map(|number| format!("auto/{number}")))
        .collect();
    let mut pairs = String::new();
    for (at, one) in sides.iter().enumerate() {
        for other in &sides[at + 1..] {
            pairs.push_str(&format!("{one} {other}\n"));
        }
    }
    let list = directory.join("pairs");
    fs::write(&list, pairs)?;
    let one_by_one = "while read -r one other; do
        git merge-tree --write-tree \"$one\" \"$other\" || test $? = 1 || exit 2
    done <\"$1\"";
    let peer = || {
        let mut command = Command::new("sh");
        command.current_dir(&repository);
        seal(&mut command);
        command.args(["-c", one_by_one, "sh"]).arg(&list);
        command
    };
    let ours = || {
        let mut command = Command::new(baton);
        command.current_dir(&repository);
        seal(&mut command);
        command.args(["orchestrator", "conflicts", "--format=json"]);
        command
    };
    let forget = || match fs::remove_file(repository.join("baton/merge-cache")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    let times = medians(
        3,
        &[
            Contestant::new(peer),
            Contestant::new(ours).prepared(forget),
        ],
    )?;
    let again = medians(9, &[Contestant::new(ours)])?;
    Ok(vec![
        compared(
            "conflicts, 1,275 pairs / git merge-tree",
            times[1],
            times[0],
            0.2,
        ),
        compared("the same once more", again[0], times[0], None),
    ])
}

fn size(baton: &Path) -> Result<Vec<Row>> {
    let bytes = fs::metadata(baton)?.len() as f64;
    Ok(vec![Row {
        name: "size of the program / 15 MB".to_owned(),
        ours: format!("{:.1} MB", bytes / MEGABYTE),
        peer: "15.0 MB".to_owned(),
        ratio: bytes / (15.0 * MEGABYTE),
        target: Some(1.0),
    }])
}
