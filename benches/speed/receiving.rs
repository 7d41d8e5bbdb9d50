//! Pushes to a server, beside the same pushes without Baton, and beside `verify`.

use std::fs::{self, File};
use std::io::{Error, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Row;
use crate::benches::{compared, made};
use crate::history::{self, Size};
use crate::run::{Contestant, git, medians, seal, succeed};

/// The commits that the server has before anything is pushed.
const BEFORE: usize = 4_000;

/// The commits of an ordinary push, at least.
const FEW: usize = 1_000;

/// The commits of a large push, at least.
const MANY: usize = 50_000;

/// The lines of the table.
pub fn rows(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    let source = Source::new(directory)?;
    let pushed = &source.few;
    let mut servers = Vec::new();
    for packs in [2, 122] {
        servers.push(Server::new(directory, &source, packs, Some(baton))?);
        servers.push(Server::new(directory, &source, packs, None)?);
    }
    let contestants: Vec<_> = servers
        .iter()
        .map(|server| {
            let push = || source.push(server, pushed);
            Contestant::new(push).prepared(|| server.put_back(&source))
        })
        .collect();
    let times = medians(9, &contestants)?;
    for server in &servers {
        server.check(pushed)?;
    }
    let slower = |guarded: usize| times[guarded].as_secs_f64() / times[guarded + 1].as_secs_f64();
    let mut rows = vec![
        compared("push of 1,000, 2 packs / no hook", times[0], times[1], 2.0),
        compared("… 122 packs / no hook", times[2], times[3], 2.0),
        Row {
            name: "… slower by, 122 packs / 2 packs".to_owned(),
            ours: format!("{:.2} x", slower(2)),
            peer: format!("{:.2} x", slower(0)),
            ratio: slower(2) / slower(0),
            target: Some(1.25),
        },
    ];
    rows.push(large(&source, &servers[0], baton)?);
    Ok(rows)
}

/// The hook alone, with a large push in quarantine, beside `verify` of what the push brings.
fn large(source: &Source, server: &Server, baton: &Path) -> Result<Row> {
    server.put_back(source)?;
    let quarantine = server.path.join("objects/tmp_objdir-incoming-large");
    made(quarantine.clone(), |path| {
        fs::create_dir_all(path.join("pack"))?;
        source.pack(path, Some(&source.start), &source.many)
    })?;
    let input = server.path.join("input");
    let line = format!("{} {} refs/heads/main\n", source.start, source.many);
    fs::write(&input, line)?;
    let in_quarantine = |program: &Path| {
        let mut command = Command::new(program);
        command.current_dir(&server.path);
        seal(&mut command);
        command
            .env("GIT_DIR", ".")
            .env("GIT_QUARANTINE_PATH", &quarantine)
            .env("GIT_OBJECT_DIRECTORY", &quarantine)
            .env(
                "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                server.path.join("objects"),
            );
        command
    };
    let range = format!("{}..{}", source.start, source.many);
    let hook = server.path.join("hooks/pre-receive");
    let times = medians(
        3,
        &[
            Contestant::new(|| {
                let mut command = in_quarantine(&hook);
                command.stdin(File::open(&input).map_or(Stdio::null(), Stdio::from));
                command
            })
            .prepared(|| server.put_back(source)),
            Contestant::new(|| {
                let mut command = in_quarantine(baton);
                command.args(["verify", "--format=json", &range]);
                command
            }),
        ],
    )?;
    let name = "pre-receive of 50,000 commits / verify";
    Ok(compared(name, times[0], times[1], 1.3))
}

/// The repository from which is pushed.
struct Source {
    path: PathBuf,
    /// The commits along first parents up to `start`, oldest first.
    line: Vec<String>,
    /// The tip of the server's `main`.
    start: String,
    /// What an ordinary push brings there.
    few: String,
    /// What a large push brings there.
    many: String,
}

impl Source {
    fn new(directory: &Path) -> Result<Self> {
        let size = Size {
            commits: (BEFORE + MANY) as u64 + 200,
            files: 2_000,
        };
        let path = made(directory.join("pushes.git"), |path| {
            history::clean(path, &size)
        })?;
        let list = ["rev-list", "--reverse", "--first-parent", "main"];
        let line = lines(git(&path).args(list))?;
        let after = |commits: usize| -> Result<usize> {
            let held = |at: usize| {
                let count = lines(git(&path).args(["rev-list", "--count", &line[at]]))?;
                let count: usize = count[0].parse().map_err(Error::other)?;
                Ok::<_, Error>(count)
            };
            let (mut low, mut high) = (0, line.len() - 1);
            while low < high {
                let middle = (low + high) / 2;
                match held(middle)? < commits {
                    true => low = middle + 1,
                    false => high = middle,
                }
            }
            Ok(low)
        };
        let start = after(BEFORE)?;
        let (few, many) = (after(BEFORE + FEW)?, line.len() - 1);
        Ok(Self {
            start: line[start].clone(),
            few: line[few].clone(),
            many: line[many].clone(),
            line: line[..=start].to_vec(),
            path,
        })
    }

    fn push(&self, server: &Server, tip: &str) -> Command {
        let mut command = git(&self.path);
        command.args(["push", "--quiet"]).arg(&server.path);
        command.arg(format!("{tip}:refs/heads/main"));
        command
    }

    /// Puts a pack of what one commit has, and another has not, into a directory of objects.
    fn pack(&self, objects: &Path, from: Option<&String>, to: &str) -> Result<()> {
        let mut child = git(&self.path)
            .args(["pack-objects", "--quiet", "--revs", "--delta-base-offset"])
            .arg(objects.join("pack/pack"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut input = child.stdin.take().expect("the pipe was asked for");
        let hidden = from.map(|from| format!("^{from}\n")).unwrap_or_default();
        write!(input, "{to}\n{hidden}")?;
        drop(input);
        match child.wait()?.success() {
            true => Ok(()),
            false => Err(Error::other("git pack-objects failed")),
        }
    }
}

/// A repository to which is pushed. The packs that it has from the start are kept by a `.keep`.
struct Server {
    path: PathBuf,
}

impl Server {
    fn new(directory: &Path, source: &Source, packs: usize, baton: Option<&Path>) -> Result<Self> {
        let kind = if baton.is_some() { "guarded" } else { "bare" };
        let path = made(directory.join(format!("{kind}-{packs}.git")), |path| {
            fs::create_dir_all(path)?;
            let init = [
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                "--template=",
            ];
            succeed(git(path).args(init))?;
            for key in ["gc.auto", "receive.autogc", "maintenance.auto"] {
                succeed(git(path).args(["config", key, "0"]))?;
            }
            let mut from = None;
            for part in 1..=packs {
                let to = &source.line[source.line.len() * part / packs - 1];
                source.pack(&path.join("objects"), from, to)?;
                from = Some(to);
            }
            for pack in fs::read_dir(path.join("objects/pack"))? {
                File::create(pack?.path().with_extension("keep"))?;
            }
            succeed(git(path).args(["update-ref", "refs/heads/main", &source.start]))
        })?;
        if let Some(baton) = baton {
            let mut install = Command::new(baton);
            install.current_dir(&path).args(["install", "--server"]);
            seal(&mut install);
            succeed(install.stdout(Stdio::null()))?;
        }
        Ok(Self { path })
    }

    /// Takes out what a push has brought, and what was judged.
    fn put_back(&self, source: &Source) -> Result<()> {
        let hookless = ["-c", "core.hooksPath=/dev/null"];
        let mut back = git(&self.path);
        back.args(hookless);
        succeed(back.args(["update-ref", "refs/heads/main", &source.start]))?;
        for file in fs::read_dir(self.path.join("objects/pack"))? {
            let file = file?.path();
            if !file.with_extension("keep").exists() {
                fs::remove_file(file)?;
            }
        }
        match fs::remove_dir_all(self.path.join("baton/journal")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// What was timed must have landed.
    fn check(&self, pushed: &str) -> Result<()> {
        match lines(git(&self.path).args(["rev-parse", "main"]))?.as_slice() {
            [tip] if tip == pushed => Ok(()),
            found => Err(Error::other(format!(
                "{} is at {found:?} and not at {pushed}",
                self.path.display()
            ))),
        }
    }
}

fn lines(command: &mut Command) -> Result<Vec<String>> {
    let out = command.output()?.stdout;
    Ok(String::from_utf8_lossy(&out)
        .lines()
        .map(str::to_owned)
        .collect())
}
