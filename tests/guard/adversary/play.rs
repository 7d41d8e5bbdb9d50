//! The actors' steps, taken with git, and what is asserted after each.

use crate::adversary::model::{Entry, HANDOFF, Oid, POLICY, SIGNERS};
use crate::adversary::objects::place;
use crate::adversary::ops::{Op, Settle, Signature};
use crate::adversary::world::{EMPTY_HANDOFF, World};

/// What actors write to, protected or not, and aliases.
const PATHS: [&str; 10] = [
    HANDOFF,
    "contracts/a",
    "LICENSE",
    POLICY,
    SIGNERS,
    ".agents/handoff.md",
    ".Agents/HANDOFF.md",
    "BATON.toml",
    ".agents",
    "Contracts/a",
];

/// Dates that a walk by date does not expect, one of them before 1970.
const DATES: [&str; 6] = [
    "0 +0000",
    "86400 +0000",
    "2147483648 -1200",
    "4102444800 +1400",
    "-86400 +0000",
    "18446744073709551615 +0000",
];

impl World {
    /// Takes one step. What it makes may be nothing, where git refuses.
    pub fn step(&mut self, op: &Op) {
        match *op {
            Op::Work { on, file } => {
                let text = format!("work {}\n", self.pool.len());
                let blob = self.blob(text.as_bytes());
                let path = format!("src/{}", file % 3);
                self.edit(on, &[(&path, Some(blob))], Signature::None);
            }
            Op::Write {
                on,
                path,
                content,
                by,
            } => {
                let (path, blob) = self.write(path, content);
                self.edit(on, &[(path, blob)], by);
            }
            Op::Policy {
                on,
                policy,
                signers,
                by,
            } => {
                let mut edits = Vec::new();
                if signers % 3 != 0 {
                    edits.push((SIGNERS, Some(self.signers_blob(signers / 3))));
                }
                if signers % 3 != 1 {
                    edits.push((POLICY, Some(self.policy_blob(policy))));
                }
                self.edit(on, &edits, by);
            }
            Op::Logs { on, sessions } => {
                let blob = self.blob(b"log\n");
                let first = self.pool.len();
                let path =
                    |number| format!(".agents/sessions/2025-12-18-session-{}.md", first + number);
                let paths: Vec<_> = (0..usize::from(sessions)).map(path).collect();
                let edits: Vec<_> = paths.iter().map(|it| (&**it, Some(blob.clone()))).collect();
                self.edit(on, &edits, Signature::None);
            }
            Op::Root {
                like,
                path,
                content,
            } => {
                let like = self.commit(&self.pick(like));
                if like.malformed {
                    return;
                }
                let mut entries = like.entries;
                let (path, blob) = self.write(path, content);
                place(&mut entries, path, blob.map(file));
                let tree = self.tree(&entries);
                self.make(&tree, &[], Signature::None);
            }
            Op::Restore { on, like, by } => {
                let tree = self.tree_of(&self.pick(like));
                self.make(&tree, &[self.pick(on)], by);
            }
            Op::Malformed { on, how } => self.malformed(on, how),
            Op::Dated { on, date } => {
                let date = DATES[usize::from(date) % DATES.len()];
                let on = self.pick(on);
                let tree = self.tree_of(&on);
                self.make_saying(&tree, &[on], Signature::None, Some(date), "");
            }
            Op::Merge {
                on,
                with,
                settle,
                by,
            } => self.merge(&self.pick(on), &self.pick(with), settle, by),
            Op::Octopus { on, with, and } => {
                let (with, and) = (self.pick(with), self.pick(and));
                self.porcelain(
                    &self.pick(on),
                    &[&["merge", "--no-ff", "-m", "m", &with, &and]],
                );
            }
            Op::Squash { on, with } => {
                let (on, with) = (self.pick(on), self.pick(with));
                if let Some((tree, true)) = self.merge_tree(&on, &with) {
                    self.make(&tree, &[on], Signature::None);
                }
            }
            Op::Accept {
                on,
                what,
                rule,
                form,
                by,
            } => self.accept(on, what, rule, form, by),
            Op::Revert { on, what } => {
                let what = self.pick(what);
                self.porcelain(
                    &self.pick(on),
                    &[
                        &["revert", "--no-edit", "-X", "theirs", &what],
                        &["revert", "--no-edit", "-X", "theirs", "-m1", &what],
                    ],
                );
            }
            Op::CherryPick { on, what } => {
                let what = self.pick(what);
                self.porcelain(
                    &self.pick(on),
                    &[
                        &["cherry-pick", "-X", "theirs", &what],
                        &["cherry-pick", "-X", "theirs", "-m1", &what],
                    ],
                );
            }
            Op::Rebase { what, onto } => {
                let onto = self.pick(onto);
                self.porcelain(
                    &self.pick(what),
                    &[&["rebase", "-q", "-X", "theirs", &onto]],
                );
            }
            Op::Amend { what } => {
                let args = ["commit", "--amend", "--allow-empty", "-q", "-m", "amended"];
                self.porcelain(&self.pick(what), &[&args]);
            }
            Op::Aggregate { on } => self.aggregate(&self.pick(on)),
            Op::Push {
                ref updates,
                atomic,
            } => self.push(updates, atomic),
            Op::PushNamespaced { what } => self.push_namespaced(&self.pick(what)),
            Op::Park { what, reference } => self.park(&self.pick(what), reference),
            Op::Administer { what, branch } => self.administer(&self.pick(what), branch),
            Op::Clone { branch } => self.work_in_clone(branch),
            Op::Request {
                what,
                service,
                stale,
            } => self.request(&self.pick(what), service, stale),
            Op::Publish { what } => self.publish(&self.pick(what)),
        }
    }

    fn write(&mut self, path: u8, content: u8) -> (&'static str, Option<Oid>) {
        let path = PATHS[usize::from(path) % PATHS.len()];
        let text = match content {
            0 => return (path, None),
            1 => EMPTY_HANDOFF.to_owned(),
            _ => format!("content {content}\n"),
        };
        // What is no policy of the test's is none at all.
        (path, Some(self.blob(text.as_bytes())))
    }

    fn edit(&mut self, on: u8, edits: &[(&str, Option<Oid>)], by: Signature) {
        let on = self.pick(on);
        if self.commit(&on).malformed {
            return;
        }
        let mut entries = self.commit(&on).entries;
        for (path, blob) in edits {
            place(&mut entries, path, blob.clone().map(file));
        }
        let tree = self.tree(&entries);
        self.make(&tree, &[on], by);
    }

    pub fn tree_of(&self, commit: &str) -> Oid {
        self.f.rev(&format!("{commit}^{{tree}}"))
    }

    /// Commits with an object written by hand in the place of a tree.
    fn malformed(&mut self, on: u8, how: u8) {
        let on = self.pick(on);
        let mut raw = Vec::new();
        let blob = self.blob(b"odd\n");
        let mut put = |mode: &str, name: &str, oid: &str| {
            raw.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            let digits = oid.as_bytes().chunks(2);
            let digits = digits.map(|two| std::str::from_utf8(two).unwrap());
            raw.extend(digits.map(|two| u8::from_str_radix(two, 16).unwrap()));
        };
        let agents = self
            .f
            .git(["rev-parse", "--verify", &format!("{on}:.agents")]);
        let agents = match agents.code {
            0 => agents.ok(),
            _ => return,
        };
        let zeros = "0".repeat(40);
        let evil = self
            .f
            .git_with_input(["mktree"], format!("100644 blob {blob}\tx\n").as_bytes());
        let evil = evil.ok();
        match how % 8 {
            0 => {
                put("40000", ".agents", &agents);
                put("40000", ".agents", &evil);
            }
            1 => {
                put("100644", ".agents", &blob);
                put("40000", ".agents", &agents);
            }
            2 => {
                put("100644", "b", &blob);
                put("100644", "a", &blob);
            }
            3 => put("40000", ".git", &evil),
            4 => put("40000", "..", &evil),
            5 => put("100644", ".agents/HANDOFF.md", &blob),
            6 => put("040000", ".agents", &agents),
            _ => put("100644", "null", &zeros),
        }
        // The rest of the tree is lost, but for what keeps the policy.
        let commit = self.commit(&on);
        if how >= 128 {
            for (path, entry) in commit.entries.iter().filter(|(path, _)| *path == POLICY) {
                put(&entry.0, path, &entry.1);
            }
        }
        let tree = self.object("tree", &raw);
        self.make(&tree, &[on], Signature::None);
    }

    fn merge(&mut self, on: &str, with: &str, settle: Settle, by: Signature) {
        if settle == Settle::Theirs {
            let tree = self.tree_of(with);
            self.make(&tree, &[on.to_owned(), with.to_owned()], by);
            return;
        }
        let how: &[&str] = match settle {
            Settle::Ours => &["-s", "ours"],
            Settle::OptionOurs => &["-X", "ours"],
            Settle::OptionTheirs => &["-X", "theirs"],
            Settle::Unrelated => &["--allow-unrelated-histories", "-X", "theirs"],
            _ => &[],
        };
        let args = [&["merge", "-q", "--no-ff", "-m", "merge"], how, &[with]].concat();
        self.porcelain(on, &[&args]);
        let made = self.pool.last().unwrap().clone();
        if by != Signature::None && self.commit(&made).parents == [on, with] {
            let tree = self.tree_of(&made);
            self.make(&tree, &[on.to_owned(), with.to_owned()], by);
        }
    }

    /// Runs git on a detached `HEAD`, the first of the commands that works, and takes what it made.
    fn porcelain(&mut self, on: &str, commands: &[&[&str]]) {
        if self.f.git(["checkout", "-qf", "--detach", on]).code != 0 {
            // A tree that git cannot check out may leave its lock behind.
            std::fs::remove_file(self.f.git_dir().join("index.lock")).ok();
            self.f.git(["read-tree", "--empty"]);
            return;
        }
        for command in commands {
            if self.f.git(*command).code == 0 {
                let made = self.f.rev("HEAD");
                self.add(&made);
                return;
            }
            self.f.git([command[0], "--abort"]);
            self.f.git(["reset", "-q", "--hard"]);
        }
    }

    /// A session that leaves a log and a summary, and the program's aggregate of it.
    fn aggregate(&mut self, on: &str) {
        if self.f.git(["checkout", "-qf", "-B", "work", on]).code != 0 {
            return;
        }
        // A branch may hold a file where the session's directories would be.
        for below in ["sessions", "temp"] {
            let directory = self.f.repo().join(".agents").join(below);
            if std::fs::create_dir_all(directory).is_err() {
                return;
            }
        }
        let number = 500 + self.pool.len();
        let log = format!(".agents/sessions/2025-12-18-session-{number}-work.md");
        self.f
            .write(&log, &format!("# Session {number}: Work\n\nlog\n"));
        self.f.git(["add", &log]).ok();
        let message = format!("Log\n\nBaton-Session: {number}");
        self.f.git(["commit", "-qm", &message]).ok();
        let summary = format!(".agents/temp/handoff-session-{number}-summary.md");
        self.f.write(&summary, "# Summary\n\n- Did it\n");
        let before = self.f.rev("HEAD");
        self.add(&before);
        let args = ["orchestrator", "aggregate", "--date", "2025-12-18"];
        let ran = self.baton("repo", &args, &[]);
        std::fs::remove_file(self.f.repo().join(summary)).ok();
        if ran.code == 0 {
            let made = self.f.rev("HEAD");
            self.add(&made);
            if made != before {
                self.history.aggregates.insert(made);
            }
        }
        self.f.git(["checkout", "-qf", "--detach"]).ok();
    }
}

pub fn file(blob: Oid) -> Entry {
    ("100644".to_owned(), blob)
}
