//! The pool of worktrees beside what git does without one.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_hooks::Hook;

use crate::Row;
use crate::benches::{compared, made};
use crate::history::{self, source_path};
use crate::hooks::install;
use crate::run::{Contestant, git, medians, seal, succeed};

/// How many files the base moves by.
const MOVED: u64 = 130;

/// Up to how many files they are as large as an ordinary project's: more would fill the disk.
const ORDINARY: u64 = 10_000;

/// How many files a task changes, and how many that git ignores its builds leave.
const CHANGED: u64 = 10;

/// The lines of the table for a repository of 10,000 files and one of 200,000.
pub fn rows(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (files, rounds, ready) in [(10_000, 9, 1.0 / 30.0), (200_000, 3, 1.0 / 100.0)] {
        let arena = Arena::new(baton, directory, files)?;
        rows.extend(arena.acquisitions(rounds, ready)?);
        rows.extend(arena.releases(2 * rounds + 1)?);
    }
    Ok(rows)
}

/// A repository with a pool of one slot.
struct Arena<'a> {
    baton: &'a Path,
    repository: PathBuf,
    files: u64,
    /// What tells tasks and worktrees apart.
    serial: Cell<u64>,
    /// The slot that is leased, as `acquire --porcelain` tells of it.
    held: RefCell<Option<String>>,
}

impl<'a> Arena<'a> {
    fn new(baton: &'a Path, directory: &Path, files: u64) -> Result<Self> {
        let repository = made(directory.join(format!("pool-{files}/repository")), |path| {
            history::moving(path, files, MOVED, files <= ORDINARY)
        })?;
        install(&repository, baton, &Hook::CLIENT)?;
        let age = fs::metadata(&repository)?.modified()?;
        let age = age.elapsed().map_or(0, |age| age.as_nanos() as u64);
        let arena = Self {
            baton,
            repository,
            files,
            serial: Cell::new(age),
            held: RefCell::default(),
        };
        arena.hooks(false)?;
        succeed(arena.pool(&["init", "1"]).stdout(null()?))?;
        Ok(arena)
    }

    fn pool(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.baton);
        command.current_dir(&self.repository);
        seal(&mut command);
        command.args(["orchestrator", "pool"]).args(args);
        command
    }

    /// Has git run Baton's hooks, or none.
    fn hooks(&self, run: bool) -> Result<()> {
        let path = if run { ".git/hooks" } else { "/dev/null" };
        let path = self.repository.join(path);
        succeed(
            git(&self.repository)
                .args(["config", "core.hooksPath"])
                .arg(path),
        )
    }

    fn next(&self) -> u64 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    /// The slot is free, and the disk at rest.
    fn rest(&self) -> Result<()> {
        self.hooks(false)?;
        if self.held.take().is_some() || self.is_leased()? {
            succeed(self.pool(&["release", "wt-1"]).stdout(null()?))?;
        }
        succeed(&mut Command::new("sync"))
    }

    fn is_leased(&self) -> Result<bool> {
        let out = self.pool(&["status", "--format=json"]).output()?;
        Ok(String::from_utf8_lossy(&out.stdout).contains("\"leased\""))
    }

    fn acquire(&self, base: &str) -> Command {
        let task = format!("task-{}", self.next());
        self.pool(&["acquire", &task, "--base", base, "--porcelain"])
    }

    fn acquisition(&self, base: &'static str, hooks: bool) -> Contestant<'_> {
        Contestant::new(move || self.acquire(base)).prepared(move || {
            self.rest()?;
            self.hooks(hooks)
        })
    }

    fn acquisitions(&self, rounds: usize, target: f64) -> Result<Vec<Row>> {
        let add = || {
            let (branch, path) = (format!("peer/{}", self.next()), self.peer(1));
            let mut command = git(&self.repository);
            command
                .args(["worktree", "add", "-q", "-b", &branch])
                .arg(path)
                .arg("main");
            command
        };
        let times = medians(
            rounds,
            &[
                self.acquisition("main", false),
                self.acquisition("main", true),
                self.acquisition("next", false),
                Contestant::new(add).prepared(|| {
                    self.forget_peer()?;
                    self.rest()
                }),
            ],
        )?;
        self.forget_peer()?;
        self.rest()?;
        let name = |what: &str| format!("acquire{what}, {} files / worktree add", self.files);
        Ok(vec![
            compared(&name(""), times[0], times[3], target),
            compared(&name(" with hooks"), times[1], times[3], target),
            compared(&name(" 130 files on"), times[2], times[3], 0.1),
        ])
    }

    /// Where a worktree outside the pool lies.
    fn peer(&self, number: u64) -> PathBuf {
        self.repository.with_file_name(format!("peer-{number}"))
    }

    /// Removes the worktree of the round before, for the sake of the disk.
    fn forget_peer(&self) -> Result<()> {
        let path = self.peer(1);
        if !path.exists() {
            return Ok(());
        }
        let mut remove = git(&self.repository);
        succeed(remove.args(["worktree", "remove", "--force"]).arg(path))
    }

    fn releases(&self, rounds: usize) -> Result<Vec<Row>> {
        let peer = self.peer(0);
        if !peer.exists() {
            let mut add = git(&self.repository);
            add.args(["worktree", "add", "-q", "--detach"]).arg(&peer);
            succeed(add.arg("main"))?;
        }
        let by_hand = "git checkout -q -f -B work main && git clean -qfdx";
        let reset = || {
            let mut command = Command::new("sh");
            command.current_dir(&peer).args(["-c", by_hand]);
            seal(&mut command);
            command
        };
        let times = medians(
            rounds,
            &[
                self.release(false),
                self.release(true),
                Contestant::new(reset).prepared(|| {
                    self.rest()?;
                    self.work(&peer)?;
                    succeed(&mut Command::new("sync"))
                }),
            ],
        )?;
        let name = |what: &str| format!("release{what}, {} files / checkout, clean", self.files);
        Ok(vec![
            compared(&name(""), times[0], times[2], 1.0),
            compared(&name(" with hooks"), times[1], times[2], 1.0),
        ])
    }

    fn release(&self, hooks: bool) -> Contestant<'_> {
        let release = || {
            self.held.take();
            self.pool(&["release", "wt-1"])
        };
        Contestant::new(release).prepared(move || {
            self.rest()?;
            let out = self.acquire("main").output()?;
            let line = String::from_utf8_lossy(&out.stdout).into_owned();
            let path = line.split('|').nth(1).map(PathBuf::from);
            self.work(&path.ok_or_else(|| Error::other("no slot was given"))?)?;
            self.held.replace(Some(line));
            succeed(&mut Command::new("sync"))?;
            self.hooks(hooks)
        })
    }

    /// What a task does in a worktree: a commit, and files that git ignores.
    fn work(&self, worktree: &Path) -> Result<()> {
        let number = self.next();
        fs::create_dir_all(worktree.join("target"))?;
        for file in 0..CHANGED {
            let path = source_path(file * self.files / CHANGED, self.files);
            fs::write(worktree.join(path), format!("// {number}\n"))?;
            fs::write(worktree.join(format!("target/{file}")), "built\n")?;
        }
        succeed(git(worktree).args(["add", "--all"]))?;
        succeed(git(worktree).args(["commit", "-qm", "Work"]))
    }
}

fn null() -> Result<fs::File> {
    fs::OpenOptions::new().write(true).open("/dev/null")
}
