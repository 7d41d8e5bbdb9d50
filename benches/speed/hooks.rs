//! The hooks, beside `/bin/true` and an empty script.

use std::fs;
use std::io::Result;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use baton_guard::journal::Journal;
use baton_hooks::{Hook, install as installation};

use crate::Row;
use crate::benches::{compared, made};
use crate::history;
use crate::run::{self, Contestant, git, medians, seal};

/// Installs hooks as `git baton install` does, and begins the journal.
pub fn install(repository: &Path, baton: &Path, hooks: &[Hook]) -> Result<()> {
    let git_dir = repository.canonicalize()?.join(".git");
    let program = git_dir.join("baton/bin/git-baton");
    fs::create_dir_all(git_dir.join("hooks"))?;
    fs::create_dir_all(git_dir.join("baton/bin"))?;
    let _ = fs::remove_file(&program);
    fs::copy(baton, &program)?;
    for hook in hooks {
        let path = git_dir.join("hooks").join(hook.name());
        let _ = fs::remove_file(&path);
        fs::write(&path, installation::hook_file::text(&program, hook.name()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Journal::begin(&git_dir.join("baton"), []).map_err(std::io::Error::other)?;
    Ok(())
}

/// Installs hooks that say yes and do nothing else.
fn install_empty(repository: &Path, hooks: &[Hook]) -> Result<()> {
    let directory = repository.join(".git/hooks");
    fs::create_dir_all(&directory)?;
    for hook in hooks {
        let path = directory.join(hook.name());
        fs::write(&path, "#!/bin/sh\nexit 0\n")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

pub fn pre_commit(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (files, target) in [(10, 2.0), (200_000, 3.0)] {
        let path = directory.join(format!("snapshot-{files}"));
        let repository = made(path, |path| history::snapshot(path, files))?;
        install(&repository, baton, &[Hook::PreCommit])?;
        let in_repository = |program: &str| {
            let mut command = Command::new(program);
            command.current_dir(&repository);
            seal(&mut command);
            command
        };
        let times = medians(
            400,
            &[
                Contestant::new(|| in_repository(".git/hooks/pre-commit")),
                Contestant::new(|| in_repository("/bin/true")),
            ],
        )?;
        let name = format!("pre-commit, {files} files / true");
        rows.push(compared(&name, times[0], times[1], target));
    }
    Ok(rows)
}

/// The four ways in which a repository can be furnished with hooks.
#[derive(Clone, Copy)]
enum Hooks {
    /// Baton as `reference-transaction` alone.
    BatonOne,
    /// An empty script as `reference-transaction` alone.
    EmptyOne,
    /// Baton as every hook of a clone.
    BatonAll,
    /// Empty scripts as every hook of a clone.
    EmptyAll,
}

impl Hooks {
    const ALL: [Self; 4] = [
        Self::BatonOne,
        Self::EmptyOne,
        Self::BatonAll,
        Self::EmptyAll,
    ];

    fn install(self, repository: &Path, baton: &Path) -> Result<()> {
        let one = [Hook::ReferenceTransaction];
        match self {
            Self::BatonOne => install(repository, baton, &one),
            Self::EmptyOne => install_empty(repository, &one),
            Self::BatonAll => install(repository, baton, &Hook::CLIENT),
            Self::EmptyAll => install_empty(repository, &Hook::CLIENT),
        }
    }
}

/// Repositories alike but for their hooks.
fn furnished(
    baton: &Path,
    directory: &Path,
    name: &str,
    make: impl Fn(&Path) -> Result<()>,
) -> Result<Vec<PathBuf>> {
    Hooks::ALL
        .into_iter()
        .enumerate()
        .map(|(number, hooks)| {
            let repository = made(directory.join(format!("{name}-{number}")), &make)?;
            hooks.install(&repository, baton)?;
            Ok(repository)
        })
        .collect()
}

fn hook_rows(name: &str, times: &[Duration]) -> Vec<Row> {
    vec![
        compared(
            &format!("{name}, one hook / exit 0"),
            times[0],
            times[1],
            0.95,
        ),
        compared(
            &format!("{name}, all hooks / exit 0"),
            times[2],
            times[3],
            None,
        ),
    ]
}

pub fn rebase(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let repositories = furnished(baton, directory, "rebase", |path| history::behind(path, 50))?;
    let start: Vec<_> = repositories
        .iter()
        .map(|at| rebase_contestant(at))
        .collect();
    Ok(hook_rows("rebase of 50 commits", &medians(7, &start)?))
}

fn rebase_contestant(repository: &Path) -> Contestant<'_> {
    Contestant::new(|| {
        let mut command = git(repository);
        command.args(["rebase", "--quiet", "main", "topic"]);
        command
    })
    .prepared(|| {
        let hookless = ["-c", "core.hooksPath=/dev/null"];
        let start = repository.join(".git/start");
        if !start.exists() {
            let tip = git(repository).args(["rev-parse", "topic"]).output()?;
            fs::write(&start, tip.stdout)?;
        }
        let tip = fs::read_to_string(&start)?;
        let mut back = git(repository);
        back.args(hookless)
            .args(["checkout", "--quiet", "-f", "-B", "topic", tip.trim()]);
        run::succeed(&mut back)?;
        let mut main = git(repository);
        run::succeed(main.args(hookless).args(["checkout", "--quiet", "main"]))?;
        // What was judged in one round is not to be known in the next.
        match fs::remove_dir_all(repository.join(".git/baton/journal")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    })
}

pub fn fetch(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let origin = made(directory.join("fan.git"), |path| history::fan(path, 500))?;
    let repositories = furnished(baton, directory, "fetch", |path| {
        history::clone_of_fan(path, &origin)
    })?;
    let start: Vec<_> = repositories.iter().map(|at| fetch_contestant(at)).collect();
    Ok(hook_rows("fetch of 500 branches", &medians(7, &start)?))
}

fn fetch_contestant(repository: &Path) -> Contestant<'_> {
    Contestant::new(|| {
        let mut command = git(repository);
        command.args(["fetch", "--quiet", "origin", "+refs/heads/*:refs/fetched/*"]);
        command
    })
    .prepared(
        || match fs::remove_dir_all(repository.join(".git/refs/fetched")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    )
}
