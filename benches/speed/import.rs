//! Repositories made from nothing, by way of `git fast-import`.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Stdio;

use crate::run::git;

/// The beginning of the times that commits claim.
const EPOCH: u64 = 1_700_000_000;

/// A stream of commands to `git fast-import`.
pub struct Import<W: Write> {
    pub out: BufWriter<W>,
    /// How many commits there are.
    pub marks: u64,
    random: u64,
}

impl<W: Write> Import<W> {
    fn new(out: W) -> Self {
        Self {
            out: BufWriter::new(out),
            marks: 0,
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// A number below `bound`, the same in each run (xorshift64).
    pub fn random(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }

    fn data(&mut self, text: &str) -> std::io::Result<()> {
        writeln!(self.out, "data {}\n{text}", text.len())
    }

    pub fn file(&mut self, path: &str, text: &str) -> std::io::Result<()> {
        writeln!(self.out, "M 100644 inline {path}")?;
        self.data(text)
    }

    /// Begins a commit and returns its mark; its files follow.
    pub fn commit(&mut self, branch: &str, message: &str, parents: &[u64]) -> std::io::Result<u64> {
        self.marks += 1;
        let (mark, time) = (self.marks, EPOCH + self.marks * 60);
        writeln!(self.out, "commit refs/heads/{branch}\nmark :{mark}")?;
        writeln!(self.out, "committer Agent <agent@example.org> {time} +0000")?;
        self.data(message)?;
        for (number, parent) in parents.iter().enumerate() {
            let word = if number == 0 { "from" } else { "merge" };
            writeln!(self.out, "{word} :{parent}")?;
        }
        Ok(mark)
    }
}

/// Feeds a new repository at `path`, bare or not, and returns when git has written it.
pub fn import(
    path: &Path,
    bare: bool,
    write: impl FnOnce(&mut Import<std::process::ChildStdin>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    std::fs::create_dir_all(path)?;
    let mut init = git(path);
    init.args(["init", "--quiet", "--initial-branch=main", "--template="]);
    crate::run::succeed(init.args(bare.then_some("--bare")))?;
    for (key, value) in [
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("user.name", "Agent"),
        ("user.email", "agent@example.org"),
    ] {
        crate::run::succeed(git(path).args(["config", key, value]))?;
    }
    let mut child = git(path)
        .args(["fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take().expect("the pipe was asked for");
    let mut import = Import::new(input);
    write(&mut import)?;
    import.out.flush()?;
    drop(import);
    match child.wait()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other("git fast-import failed")),
    }
}
