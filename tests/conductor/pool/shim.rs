//! A script in the place of the git program, which does something of its own beside.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use baton_testkit::write_program;

use crate::pool::world::World;

/// A directory before all others on `PATH`, whose `git` is a script. It knows the real program as
/// `$REAL_GIT`, and keeps in `$COUNTER` how often Baton has called it.
pub struct Shim {
    path: OsString,
    git: PathBuf,
    counter: PathBuf,
}

impl Shim {
    /// A script that begins with this: what others than Baton call is the real program at once.
    const HEAD: &str = r#"#!/bin/sh
case "$(cat "/proc/$PPID/comm")" in git-baton*) ;; *) exec "$REAL_GIT" "$@" ;; esac
until mkdir "$COUNTER.lock" 2>/dev/null; do :; done
count=$(($(cat "$COUNTER") + 1))
echo $count > "$COUNTER"
rmdir "$COUNTER.lock"
"#;

    /// Goes on with these lines.
    pub fn new(world: &World, lines: &str) -> Self {
        let path = std::env::var_os("PATH").unwrap();
        let mut gits = std::env::split_paths(&path).map(|one| one.join("git"));
        let git = gits.find(|git| git.exists()).unwrap();
        let directory = world.sandbox.root.path().join("shim");
        fs::create_dir_all(&directory).unwrap();
        let script = directory.join("git");
        write_program(&script, &[Self::HEAD, lines].concat());
        let counter = directory.join("counter");
        let all = std::iter::once(directory).chain(std::env::split_paths(&path));
        Self {
            path: std::env::join_paths(all).unwrap(),
            git,
            counter,
        }
    }

    /// A command of the pool that finds the script, with the count at none.
    pub fn command(&self, world: &World, args: &[&str]) -> Command {
        fs::write(&self.counter, "0").unwrap();
        let mut command = world.command(args);
        command
            .env("PATH", &self.path)
            .env("REAL_GIT", &self.git)
            .env("COUNTER", &self.counter);
        command
    }

    /// How many gits the last command has called.
    pub fn count(&self) -> usize {
        let count = fs::read_to_string(&self.counter).unwrap();
        count.trim().parse().unwrap()
    }
}
