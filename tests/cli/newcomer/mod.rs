//! The first ten minutes: whoever types what is printed gets there, and nothing is refused on the way.

mod maintainers;
mod ways_in;

use std::fs;
use std::os::unix::fs::symlink;

use baton_testkit::{BATON, Ran, Sandbox, finish};

/// A repository with one commit, on this branch, of a user with these SSH keys.
struct Newcomer {
    sandbox: Sandbox,
}

impl Newcomer {
    fn new(branch: &str, keys: &[&str]) -> Self {
        let sandbox = Sandbox::empty();
        let tools = sandbox.root.path().join("tools");
        fs::create_dir(&tools).unwrap();
        symlink(BATON, tools.join("git-baton")).unwrap();
        let new = Self { sandbox };
        for key in keys {
            new.sh(&format!(
                "mkdir -p ~/.ssh && ssh-keygen -q -t ed25519 -N '' -C {key}@example.org -f ~/.ssh/id_{key}"
            ));
        }
        new.sh(&format!(
            "git switch -qc {branch} || true; echo a >a; git add a; git commit -qm First"
        ));
        new
    }

    fn try_sh(&self, line: &str) -> Ran {
        let mut shell = self.sandbox.command("sh");
        let path = format!(
            "{}/tools:{}",
            self.sandbox.root.path().display(),
            std::env::var("PATH").unwrap()
        );
        finish(shell.args(["-c", line]).env("PATH", path))
    }

    #[track_caller]
    fn sh(&self, line: &str) -> String {
        let run = self.try_sh(line);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        run.out
    }

    /// Types a command, and then what each prints that comes next, until nothing does or `last` was
    /// typed; gives what was typed.
    #[track_caller]
    fn follow(&self, first: &str, last: &str) -> Vec<String> {
        let mut typed = Vec::new();
        let mut due = vec![first.to_owned()];
        while let Some(line) = due.pop() {
            let printed = self.sh(&line);
            let next = printed.lines().filter_map(|line| line.strip_prefix("   "));
            let next: Vec<_> = next.filter(|line| line.starts_with("git ")).collect();
            let is_last = line.contains(last);
            typed.push(line);
            if is_last {
                break;
            }
            for command in next.into_iter().rev() {
                due.push(command.to_owned());
            }
        }
        assert!(typed.last().unwrap().contains(last), "{typed:?}");
        typed
    }
}

/// The lines that are indented: commands to type.
fn commands(printed: &str) -> Vec<&str> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("   "));
    lines.filter(|line| !line.starts_with(' ')).collect()
}
