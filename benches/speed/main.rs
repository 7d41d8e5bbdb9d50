//! How fast Baton is beside what it is measured against: `/bin/true`, an empty hook, `git log`.
//!
//! `cargo bench --bench speed -- [--check] [--only NAME] [--keep DIR]`; docs/performance.md says
//! what each line means. `--check` makes a missed target an error.

mod benches;
mod conducting;
mod exec;
mod history;
mod hooks;
mod import;
mod merging;
mod pool;
mod receiving;
mod run;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use benches::Bench;

/// One line of the table.
pub struct Row {
    /// What was measured.
    pub name: String,
    /// Baton's figure, with its unit.
    pub ours: String,
    /// The peer's figure, or what the limit is of.
    pub peer: String,
    /// The first by the second.
    pub ratio: f64,
    /// What the ratio may be at most; `None` for a line that only informs.
    pub target: Option<f64>,
}

impl Row {
    fn is_missed(&self) -> bool {
        self.target.is_some_and(|target| self.ratio > target)
    }
}

/// What the caller asked for.
#[derive(Default)]
struct Options {
    check: bool,
    only: Vec<String>,
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == run::USAGE) {
        return done(run::print_usage(&words[1..]).map(|()| true));
    }
    done(options(&words).and_then(|options| measure(&options)))
}

fn done(result: std::io::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::from(2)
        }
    }
}

fn options(words: &[String]) -> std::io::Result<Options> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| usage(word));
        match word.as_str() {
            "--bench" => {}
            "--check" => options.check = true,
            "--only" => options.only.push(value()?.clone()),
            "--keep" => options.keep = Some(PathBuf::from(value()?)),
            _ => return Err(usage(word)),
        }
    }
    Ok(options)
}

fn usage(word: &str) -> std::io::Error {
    let names: Vec<_> = Bench::ALL.iter().map(|bench| bench.name()).collect();
    std::io::Error::other(format!(
        "`{word}` is not understood; there are --check, --keep DIR and --only NAME, NAME one of {}",
        names.join(", ")
    ))
}

fn measure(options: &Options) -> std::io::Result<bool> {
    let baton = binary()?;
    let temporary = tempfile::tempdir()?;
    let directory = options.keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(directory)?;
    let mut held = true;
    println!(
        "{:<42} {:>12} {:>12} {:>7} {:>7}",
        "", "baton", "peer", "ratio", "target"
    );
    for bench in Bench::ALL {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == bench.name()) {
            continue;
        }
        for row in bench.rows(&baton, directory)? {
            held &= !row.is_missed();
            print(&row);
        }
    }
    Ok(held || !options.check)
}

fn print(row: &Row) {
    let target = row.target.map(|target| format!("{target:.2}"));
    println!(
        "{:<42} {:>12} {:>12} {:>7.3} {:>7}{}",
        row.name,
        row.ours,
        row.peer,
        row.ratio,
        target.unwrap_or_default(),
        if row.is_missed() { "  missed" } else { "" }
    );
}

/// The program under measurement: the one that `BATON_BIN` names, or a release build, linked as
/// `install.sh` links it.
fn binary() -> std::io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("BATON_BIN") {
        return Path::new(&path).canonicalize();
    }
    let version = Command::new("rustc").arg("-vV").output()?.stdout;
    let version = String::from_utf8_lossy(&version);
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .ok_or_else(|| std::io::Error::other("rustc does not say for which host it builds"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    run::succeed(
        Command::new("cargo")
            .current_dir(root)
            .env(
                "RUSTFLAGS",
                "-C target-feature=+crt-static -C relocation-model=static",
            )
            .args([
                "build",
                "--release",
                "--locked",
                "--bin",
                "git-baton",
                "--target",
                host,
            ]),
    )?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    target.join(host).join("release/git-baton").canonicalize()
}
