//! Compares real indexes, written by git, with the tree that git writes from them.

mod formats;
mod hostile;
mod layouts;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bstr::{BStr, BString, ByteSlice};
use tempfile::TempDir;

use super::*;

/// Watches exactly these paths.
#[derive(Debug, Clone, Default)]
struct Paths(BTreeSet<BString>);

impl Paths {
    fn new<T: Into<BString>>(paths: impl IntoIterator<Item = T>) -> Self {
        Self(paths.into_iter().map(Into::into).collect())
    }
}

impl Watch for Paths {
    fn watches(&self, path: &BStr) -> bool {
        self.0.contains(path)
    }

    fn may_watch_below(&self, directory: &BStr) -> bool {
        let below = |path: &BString| {
            let rest = path.strip_prefix(directory.as_bytes());
            directory.is_empty() || rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        self.0.iter().any(below)
    }

    fn scan_bound(&self) -> Option<&BStr> {
        self.0.last().map(|path| path.as_bstr())
    }
}

/// Watches everything, without a bound.
struct All;

impl Watch for All {
    fn watches(&self, _: &BStr) -> bool {
        true
    }

    fn may_watch_below(&self, _: &BStr) -> bool {
        true
    }

    fn scan_bound(&self) -> Option<&BStr> {
        None
    }
}

/// No trees: fails when asked for one.
struct NoTrees;

impl TreeSource for NoTrees {
    fn tree(&self, id: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>> {
        Err(format!("no tree {id}").into())
    }
}

/// A repository in a temporary directory, out of reach of the user's settings.
struct Repo {
    dir: TempDir,
    hash_len: usize,
    /// The trees that were read.
    read: RefCell<Vec<Oid>>,
}

impl Repo {
    fn new(object_format: &str) -> Self {
        let repo = Self {
            dir: tempfile::tempdir().unwrap(),
            hash_len: if object_format == "sha1" { 20 } else { 32 },
            read: RefCell::default(),
        };
        let format = format!("--object-format={object_format}");
        repo.git(&["init", "-q", &format]);
        repo.git(&["config", "splitIndex.maxPercentChange", "100"]);
        repo
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "A")
                .env(format!("GIT_{role}_EMAIL"), "a@example.com")
                .env(format!("GIT_{role}_DATE"), "1700000000 +0000");
        }
        command
    }

    fn git(&self, args: &[&str]) -> Vec<u8> {
        checked(&mut self.command(args), b"")
    }

    /// Feeds lines of `git update-index --index-info`.
    fn index_info(&self, lines: &[u8]) {
        checked(
            &mut self.command(&["update-index", "-z", "--index-info"]),
            lines,
        );
    }

    /// One such line: the path with a blob of this number, or with stage 0 and number 0, gone.
    fn line(&self, path: &[u8], blob: u8) -> Vec<u8> {
        let mode = if blob == 0 { "0" } else { "100644" };
        let mut line = format!("{mode} {}\t", self.hex(blob)).into_bytes();
        line.extend_from_slice(path);
        line.push(0);
        line
    }

    fn hex(&self, blob: u8) -> String {
        format!("{blob:02x}").repeat(self.hash_len)
    }

    fn staged(&self, watch: &dyn Watch) -> Result<Vec<(BString, Entry)>, IndexError> {
        self.staged_in(&self.path(".git/index"), watch)
    }

    fn staged_in(
        &self,
        index: &Path,
        watch: &dyn Watch,
    ) -> Result<Vec<(BString, Entry)>, IndexError> {
        staged_entries(index, &self.path(".git"), self.hash_len, watch, self)
    }

    /// Every entry of the tree that git writes of the index.
    fn written(&self) -> Vec<(BString, Entry)> {
        let tree = self.git(&["write-tree", "--missing-ok"]);
        self.listed(&["-r", tree.to_str().unwrap().trim()])
    }

    fn listed(&self, args: &[&str]) -> Vec<(BString, Entry)> {
        let listing = self.git(&[&["ls-tree", "-z"], args].concat());
        let mut entries: Vec<_> = listing.split(|byte| *byte == 0).collect();
        entries.pop();
        entries.into_iter().map(listed_entry).collect()
    }

    /// Asserts that what is read is what git writes, limited to the watched paths.
    #[track_caller]
    fn check(&self, watch: &dyn Watch) {
        let staged = self.staged(watch).unwrap();
        let mut written = self.written();
        written.retain(|(path, _)| watch.watches(path.as_bstr()));
        written.sort();
        assert_eq!(staged, written);
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

impl TreeSource for Repo {
    fn tree(&self, id: Oid) -> Result<Vec<(BString, Entry)>, Box<dyn Error + Send + Sync>> {
        self.read.borrow_mut().push(id);
        Ok(self.listed(&[&id.to_string()]))
    }
}

/// `mode type oid TAB path`.
fn listed_entry(line: &[u8]) -> (BString, Entry) {
    let (head, path) = line.split_once_str(b"\t").unwrap();
    let mut head = head.to_str().unwrap().split(' ');
    let mode = u32::from_str_radix(head.next().unwrap(), 8).unwrap();
    let oid = head.nth(1).unwrap().parse().unwrap();
    (path.into(), Entry { mode, oid })
}

fn checked(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    assert!(status.success(), "{command:?}: {}", stderr.as_bstr());
    stdout
}
