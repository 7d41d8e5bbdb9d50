//! What goes to the server, and what must be true of it afterwards.

use std::collections::BTreeSet;

use crate::adversary::accepted::Case;
use crate::adversary::model::{Governed, Oid};
use crate::adversary::oracle::{self, Branches, Word};
use crate::adversary::world::{NAMESPACE, World};
use baton_testkit::Ran;

const BRANCHES: [&str; 6] = ["main", "release/1", "feat", "x", "legacy", "stable"];

/// References that are no branches.
const PARKING: [&str; 5] = [
    "refs/tags/t",
    "refs/foo/x",
    "refs/for/main",
    "refs/notes/n",
    "refs/replace/{adoption}",
];

/// The branch that a symbolic one of this name stands for, or this one.
fn target(name: &str) -> &str {
    if name == "stable" { "main" } else { name }
}

impl World {
    /// Pushes, and holds what the server makes of it against the model.
    pub fn push(&mut self, updates: &[(u8, Option<u8>)], atomic: bool) {
        let mut wanted: Vec<(&str, Option<Oid>)> = Vec::new();
        for (branch, what) in updates {
            let branch = BRANCHES[match branch {
                0..96 => 0,
                other => usize::from(*other) % BRANCHES.len(),
            }];
            let mut names = wanted.iter().map(|(name, _)| target(name));
            if names.all(|name| name != target(branch)) {
                wanted.push((branch, what.map(|what| self.pick(what))));
            }
        }
        // The administrator's symbolic branch is not deleted, nor one that is not there.
        wanted.retain(|(name, new)| {
            new.is_some() || (*name != "stable" && self.server.contains_key(*name))
        });
        let specs: Vec<_> = wanted
            .iter()
            .map(|(name, new)| match new {
                Some(new) => format!("+{new}:refs/heads/{name}"),
                None => format!(":refs/heads/{name}"),
            })
            .collect();
        if specs.is_empty() {
            return;
        }
        let mut args = vec!["push", "-q"];
        args.extend(atomic.then_some("--atomic"));
        args.push("origin");
        args.extend(specs.iter().map(|spec| &**spec));
        let before = self.server.clone();
        let ran = self.f.git(args);
        self.assert_alive(&ran);
        self.look();
        let mut pushed: Vec<Oid> = wanted.iter().filter_map(|(_, new)| new.clone()).collect();
        pushed.extend(
            wanted
                .iter()
                .filter_map(|(name, _)| before.get(target(name)).cloned()),
        );
        self.assert_landed("main", &before, &self.server, &pushed);
        self.assert_not_stuck(&wanted, &before, &ran);
        if let [(name, new)] = &wanted[..]
            && ran.code != 0
            && ran.err.contains("git baton accept")
        {
            let old = before.get(target(name)).map(|old| &**old);
            self.take_way_out(target(name), old, new.as_deref(), &ran);
        }
    }

    /// Everything that the server took is something that the model does not forbid. All that was
    /// pushed together, and was there before, is looked at.
    fn assert_landed(&self, default: &str, before: &Branches, after: &Branches, pushed: &[Oid]) {
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for name in names {
            let new = after.get(name).map(|new| &**new);
            if before.get(name).map(|old| &**old) == new {
                continue;
            }
            let tips = before.get(name).into_iter().chain(before.get(default));
            let case = Case::new(&self.history, tips.map(|tip| &**tip).chain(new));
            let case = case.beside(pushed.iter().map(|tip| &**tip));
            let word = oracle::of_update(&case, before, default, name, new, after);
            if let Word::Forbidden(reason) = word {
                let old = before.get(name);
                panic!("the server let {name} go from {old:?} to {new:?}: {reason}");
            }
        }
    }

    /// What the model allows went through.
    fn assert_not_stuck(&self, wanted: &[(&str, Option<Oid>)], before: &Branches, ran: &Ran) {
        if ran.code == 0 || !ran.err.contains("baton: ") {
            return;
        }
        let mut remaining = before.clone();
        for (name, new) in wanted {
            match new {
                Some(new) => remaining.insert((*name).to_owned(), new.clone()),
                None => remaining.remove(*name),
            };
        }
        let mut all = Word::Allowed;
        for (name, new) in wanted {
            let name = target(name);
            let new = new.as_deref();
            let tips = [before.get(name), before.get("main")];
            let tips = tips.into_iter().flatten().map(|tip| &**tip);
            let case = Case::new(&self.history, tips.chain(new));
            all = all.and(|| oracle::of_update(&case, before, "main", name, new, &remaining));
        }
        assert!(
            all != Word::Allowed,
            "{wanted:?} was refused and nothing forbids it: {}",
            ran.err
        );
    }

    pub fn push_namespaced(&mut self, what: &str) {
        let before = self.namespaced.clone();
        let serve = format!("--receive-pack=GIT_NAMESPACE={NAMESPACE} git-receive-pack");
        let spec = format!("+{what}:refs/heads/main");
        let ran = self.f.git(["push", "-q", &serve, "origin", &spec]);
        self.assert_alive(&ran);
        self.look();
        self.assert_landed("main", &before, &self.namespaced, &[]);
        let tips = before.values().map(|tip| &**tip);
        let case = Case::new(&self.history, tips.chain([what]));
        let word = oracle::of_update(&case, &before, "main", "main", Some(what), &before);
        assert!(
            !ran.err.contains("baton: ") || word != Word::Allowed,
            "{what} was refused in the namespace and nothing forbids it: {}",
            ran.err
        );
    }

    /// Puts a commit where no rule holds, so that it is on the server.
    pub fn park(&mut self, what: &str, reference: u8) {
        let reference = PARKING[usize::from(reference) % PARKING.len()];
        let reference = reference.replace("{adoption}", &self.history.adoption);
        let spec = format!("+{what}:{reference}");
        let ran = self.f.git(["push", "-q", "origin", &spec]);
        self.assert_alive(&ran);
        let before = self.server.clone();
        self.look();
        self.assert_landed("main", &before, &self.server, &[]);
    }

    /// Moves a branch on the server itself, as far as the model allows it.
    pub fn administer(&mut self, what: &str, branch: u8) {
        let branch = BRANCHES[usize::from(branch) % 4];
        let tips = self.server.values().map(|tip| &**tip);
        let case = Case::new(&self.history, tips.chain([what]));
        let word = oracle::of_update(
            &case,
            &self.server,
            "main",
            branch,
            Some(what),
            &self.server,
        );
        if word != Word::Allowed {
            return;
        }
        let parked = format!("+{what}:refs/tags/administered");
        if self.f.git(["push", "-q", "origin", &parked]).code != 0 {
            return;
        }
        let server = self.f.path("server.git");
        let name = format!("refs/heads/{branch}");
        let unguarded = ["-c", "core.hooksPath=/dev/null", "update-ref", &name, what];
        self.f.git_at(&server, unguarded);
        self.look();
    }

    /// An honest agent begins at a branch of the server, commits, and pushes.
    pub fn work_in_clone(&mut self, branch: u8) {
        let branch = BRANCHES[usize::from(branch) % 2];
        let Some(tip) = self.server.get(branch).cloned() else {
            return;
        };
        if !matches!(self.history.governed(&tip), Governed::By(_)) {
            return;
        }
        let clone = self.f.path("clone");
        let start = format!("origin/{branch}");
        let file = format!("own-{}", self.pool.len());
        let to = format!("HEAD:refs/heads/{branch}");
        let commands: [&[&str]; 4] = [
            &["fetch", "-q", "--prune", "origin"],
            &["checkout", "-qf", "-B", "work", &start],
            &["add", &file],
            &["commit", "-qm", "honest work"],
        ];
        for command in commands {
            if command[0] == "add" {
                std::fs::write(clone.join(&file), "honest\n").unwrap();
            }
            let ran = self.f.git_at(&clone, command);
            assert_eq!(ran.code, 0, "honest work, {command:?}: {ran:#?}");
        }
        let ran = self.f.git_at(&clone, ["push", "-q", "origin", &to]);
        assert_eq!(ran.code, 0, "honest work is not pushed: {ran:#?}");
        let fetched = self
            .f
            .git(["fetch", "-q", "origin", &format!("refs/heads/{branch}")]);
        assert_eq!(fetched.code, 0, "{fetched:#?}");
        self.look();
        let made = self.server[branch].clone();
        self.add(&made);
    }
}

impl World {
    /// No hook died, and none gave up on objects and policies that are whole.
    fn assert_alive(&self, ran: &Ran) {
        for sign in ["panicked", "overflow", "died of signal"] {
            assert!(!ran.err.contains(sign), "{sign}: {}", ran.err);
        }
        let mut commits = self.history.commits.iter();
        let damaged = commits.any(|(oid, commit)| {
            commit.malformed || self.history.governed(oid) == Governed::Unreadable
        });
        let undecided = ran.err.contains("cannot be judged");
        assert!(!undecided || damaged, "{}", ran.err);
    }
}
