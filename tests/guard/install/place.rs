//! Repositories to try things in, sealed from the machine's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use baton_testkit::{BATON, seal, write_program};

/// The program under test. Without its debug information, because installing copies it. All processes that run tests at once
/// share one file, which is made anew for each build.
pub fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let written = BATON.path().metadata().unwrap().modified().unwrap();
        let written = written.duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripped");
        let lasting = folder.join(format!("git-baton-{written}"));
        if lasting.exists() || strip(&folder, &lasting) {
            return lasting;
        }
        BATON.path().to_owned()
    });
    &PROGRAM
}

/// Puts a stripped copy of the program there, in place of those of earlier builds.
fn strip(folder: &Path, lasting: &Path) -> bool {
    std::fs::create_dir_all(folder).unwrap();
    let own = folder.join(format!("making-{}", std::process::id()));
    let mut strip = Command::new("strip");
    let made = strip.arg("-o").arg(&own).arg(BATON).status();
    if !made.is_ok_and(|status| status.success()) {
        return false;
    }
    for old in std::fs::read_dir(folder).unwrap() {
        let old = old.unwrap().path();
        if old.to_string_lossy().contains("/git-baton-") && old != lasting {
            std::fs::remove_file(old).ok();
        }
    }
    // The first one stays: others may be running it.
    std::fs::hard_link(&own, lasting).ok();
    std::fs::remove_file(own).unwrap();
    true
}

/// A directory that goes away, in which git knows nothing of this machine.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    /// A command in the directory `cwd`, with a minimal environment.
    pub fn command(&self, program: &Path, cwd: &str) -> Command {
        let mut command = Command::new(program);
        seal(&mut command, &self.at("."))
            .current_dir(self.at(cwd))
            .stdin(Stdio::null());
        command
    }

    pub fn baton(&self, cwd: &str, args: &[&str]) -> Said {
        said(self.command(program(), cwd).args(args).output().unwrap())
    }

    pub fn try_git(&self, cwd: &str, args: &[&str]) -> Said {
        said(
            self.command(Path::new("git"), cwd)
                .args(args)
                .output()
                .unwrap(),
        )
    }

    pub fn git(&self, cwd: &str, args: &[&str]) -> String {
        let said = self.try_git(cwd, args);
        assert_eq!(said.code, Some(0), "git {args:?}: {said:?}");
        said.out
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A hook that appends this word, and its arguments, to the file `log`.
    pub fn write_hook(&self, path: &str, word: &str) {
        let log = self.at("log");
        let text = format!("#!/bin/sh\necho {word} >>'{}'\n", log.display());
        write_program(&self.at(path), &text);
    }

    /// The words that hooks have written since the last time.
    pub fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.at("log")).unwrap_or_default();
        let _ = std::fs::remove_file(self.at("log"));
        text.lines().map(str::to_owned).collect()
    }

    /// A repository `name` with a policy on its branch `main`.
    pub fn repository(&self, name: &str) {
        self.git(".", &["init", "-q", "-b", "main", name]);
        self.write(&format!("{name}/baton.toml"), "version = 1\n");
        self.write(&format!("{name}/.agents/HANDOFF.md"), "# Handoff\n");
        self.git(name, &["add", "."]);
        self.git(name, &["commit", "-q", "-m", "Begin"]);
    }

    /// Tries to commit a change of the handoff document, past pre-commit too.
    pub fn break_a_rule(&self, cwd: &str) -> Said {
        self.write(&format!("{cwd}/.agents/HANDOFF.md"), "# Handoff\nmine\n");
        let said = self.try_git(cwd, &["commit", "-q", "-a", "--no-verify", "-m", "x"]);
        self.git(cwd, &["checkout", "-q", "-f", "--", "."]);
        said
    }
}

pub fn said(output: Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
