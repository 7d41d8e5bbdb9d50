//! A guarded server, a clone with hooks and a repository in which everybody's commits are made, all
//! copied from a template.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::adversary::model::{Commit, Entry, HANDOFF, History, Key, Oid, POLICY, Policy, SIGNERS};
use crate::adversary::objects::{self, Reader};
use crate::adversary::ops::Signature;
use crate::adversary::oracle::Branches;
use baton_testkit::{BATON, Fixture, Git, Make, Ran, run};

/// The policies that actors write, beyond `version = 1`.
const POLICIES: [&str; 5] = [
    "",
    "[[protected]]\npaths = [\"contracts/\"]\nwriter = \"maintainers\"\n",
    "[[protected]]\npaths = [\"LICENSE\"]\nwriter = \"nobody\"\n",
    "[branches]\ninclude = [\"main\", \"release/*\"]\n",
    "broken \"\n",
];

/// The lists of signers that actors write.
const SIGNER_LISTS: [&[Key]; 5] = [
    &[Key::Ann],
    &[Key::Ann, Key::Bob],
    &[Key::Bob],
    &[Key::Mallory],
    &[],
];

/// The handoff document before anybody has written an entry.
pub const EMPTY_HANDOFF: &str = "# Handoff\n\n## Recent Work\n";

/// The server's second namespace.
pub const NAMESPACE: &str = "other";

pub struct World {
    pub f: Fixture,
    pub history: History,
    /// The commits in the order in which they came.
    pub pool: Vec<Oid>,
    pub server: Branches,
    pub namespaced: Branches,
    /// What a forge without hooks has on its default branch.
    pub forge: Oid,
    reader: Reader,
    blobs: HashMap<Vec<u8>, Oid>,
    made: i64,
}

/// A directory to copy: `repo`, the bare `server.git`, its clone `clone` with hooks, and `ci`.
pub fn template(git: &Git) -> TempDir {
    let f = Fixture::empty(git, Make::default());
    f.git(["config", "core.fsync", "none"]).ok();
    f.git(["config", "gpg.format", "ssh"]).ok();
    f.git(["config", "user.signingKey", "../ann.pub"]).ok();
    objects::write_key(Key::Ann, &f.path("ann"));
    f.write("README", "read me\n");
    f.write(HANDOFF, EMPTY_HANDOFF);
    f.git(["add", "."]).ok();
    f.git(["commit", "-qm", "before the policy"]).ok();
    f.write(POLICY, "version = 1\n");
    f.write(SIGNERS, &objects::signer_line(Key::Ann));
    f.git(["add", "."]).ok();
    f.git(["commit", "-qm", "the policy"]).ok();
    f.git(["init", "-q", "--bare", "-b", "main", "../server.git"])
        .ok();
    f.git(["remote", "add", "origin", "../server.git"]).ok();
    f.git(["push", "-q", "origin", "main", "main~1:refs/heads/legacy"])
        .ok();
    let server = f.path("server.git");
    let inner = format!("refs/namespaces/{NAMESPACE}");
    f.git_at(&server, ["config", "core.fsync", "none"]).ok();
    f.git_at(
        &server,
        ["update-ref", &format!("{inner}/refs/heads/main"), "main"],
    )
    .ok();
    f.git_at(
        &server,
        [
            "symbolic-ref",
            &format!("{inner}/HEAD"),
            &format!("{inner}/refs/heads/main"),
        ],
    )
    .ok();
    f.git_at(
        &server,
        ["symbolic-ref", "refs/heads/stable", "refs/heads/main"],
    )
    .ok();
    baton(&f, &server, &["install", "--server"], &[]).ok();
    f.git_at(f.dir(), ["clone", "-q", "server.git", "clone"])
        .ok();
    f.git_at(
        &f.path("clone"),
        ["remote", "set-url", "origin", "../server.git"],
    )
    .ok();
    f.git_at(&f.path("clone"), ["config", "core.fsync", "none"])
        .ok();
    baton(&f, &f.path("clone"), &["install"], &[]).ok();
    f.git_at(f.dir(), ["init", "-q", "-b", "main", "ci"]).ok();
    f.git_at(&f.path("ci"), ["remote", "add", "origin", "../server.git"])
        .ok();
    fs::write(
        f.path("ci/.git/objects/info/alternates"),
        "../../../repo/.git/objects\n",
    )
    .unwrap();
    f.into_dir()
}

/// Runs the program under test.
fn baton(f: &Fixture, directory: &Path, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = f.program(BATON, directory);
    run(command.envs(env.iter().copied()).args(args), b"")
}

/// Copies a directory; what nobody writes to in place is linked.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&source, &target);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source).unwrap(), &target).unwrap();
        } else if ["objects", "hooks", "bin"]
            .iter()
            .any(|part| from.iter().any(|name| name == *part))
            && entry.file_name() != "alternates"
        {
            fs::hard_link(&source, &target).unwrap();
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}

impl World {
    pub fn new(git: &Git, template: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(template, dir.path());
        let f = Fixture::at(git, dir);
        let reader = Reader::new(f.command(&f.repo()));
        let adoption = f.rev("main");
        let mut world = Self {
            f,
            history: History {
                adoption: adoption.clone(),
                ..History::default()
            },
            pool: Vec::new(),
            server: Branches::new(),
            namespaced: Branches::new(),
            forge: adoption.clone(),
            reader,
            blobs: HashMap::new(),
            made: 0,
        };
        world.learn_policies();
        let before = world.f.rev("main~1");
        world.add(&before);
        world.add(&adoption);
        world.look();
        world
    }

    fn learn_policies(&mut self) {
        for (number, text) in POLICIES.into_iter().enumerate() {
            let blob = self.blob(format!("version = 1\n{text}").as_bytes());
            let policy = Policy {
                contracts: number == 1,
                license: number == 2,
                scoped: number == 3,
                ..Policy::default()
            };
            self.history
                .policies
                .insert(blob, (number < 4).then_some(policy));
        }
        for keys in SIGNER_LISTS {
            let text: String = keys.iter().map(|key| objects::signer_line(*key)).collect();
            let blob = self.blob(text.as_bytes());
            self.history
                .signers
                .insert(blob, keys.iter().copied().collect());
        }
    }

    pub fn policy_blob(&mut self, number: u8) -> Oid {
        let text = POLICIES[usize::from(number) % POLICIES.len()];
        self.blob(format!("version = 1\n{text}").as_bytes())
    }

    pub fn signers_blob(&mut self, number: u8) -> Oid {
        let keys = SIGNER_LISTS[usize::from(number) % SIGNER_LISTS.len()];
        let text: String = keys.iter().map(|key| objects::signer_line(*key)).collect();
        self.blob(text.as_bytes())
    }

    /// Reads a commit and what leads to it into the model.
    pub fn add(&mut self, oid: &str) {
        let mut pending = vec![oid.to_owned()];
        while let Some(oid) = pending.pop() {
            if !self.history.commits.contains_key(&oid) {
                let commit = self.reader.commit(&oid);
                pending.extend(commit.parents.clone());
                self.history.commits.insert(oid, commit);
            }
        }
        if !self.pool.iter().any(|known| known == oid) {
            self.pool.push(oid.to_owned());
        }
    }

    /// The commit that a number stands for: most often the tip of a branch or one of the newest.
    pub fn pick(&self, number: u8) -> Oid {
        let number = usize::from(number);
        let newest = |among: usize| {
            let among = among.min(self.pool.len());
            self.pool[self.pool.len() - 1 - number % among].clone()
        };
        match number / 32 {
            0 => self
                .server
                .get("main")
                .cloned()
                .unwrap_or_else(|| newest(1)),
            1 => {
                let tips: Vec<_> = self.server.values().collect();
                tips[number % tips.len()].clone()
            }
            2 | 3 => newest(1),
            4 | 5 => newest(4),
            _ => newest(usize::MAX),
        }
    }

    pub fn commit(&self, oid: &str) -> Commit {
        self.history.commit(oid).clone()
    }

    pub fn blob(&mut self, bytes: &[u8]) -> Oid {
        if let Some(known) = self.blobs.get(bytes) {
            return known.clone();
        }
        let made = self
            .f
            .git_with_input(["hash-object", "-w", "--stdin"], bytes);
        let made = made.ok();
        self.blobs.insert(bytes.to_owned(), made.clone());
        made
    }

    pub fn tree(&self, entries: &BTreeMap<String, Entry>) -> Oid {
        let index = self.f.path("index");
        let _ = fs::remove_file(&index);
        let with_index = |args: &[&str], input: &str| {
            let mut command = self.f.command(&self.f.repo());
            command.env("GIT_INDEX_FILE", &index).args(args);
            run(&mut command, input.as_bytes())
        };
        let info = objects::index_info(entries);
        with_index(&["update-index", "--add", "--index-info"], &info).ok();
        with_index(&["write-tree"], "").ok()
    }

    /// An object of these bytes, whatever git thinks of them.
    pub fn object(&self, kind: &str, bytes: &[u8]) -> Oid {
        let args = ["hash-object", "-t", kind, "-w", "--literally", "--stdin"];
        self.f.git_with_input(args, bytes).ok()
    }

    /// A commit of this tree, signed or not.
    pub fn make(&mut self, tree: &str, parents: &[Oid], by: Signature) -> Oid {
        self.make_saying(tree, parents, by, None, "")
    }

    /// The same, of this date, with more text behind the subject.
    pub fn make_saying(
        &mut self,
        tree: &str,
        parents: &[Oid],
        by: Signature,
        date: Option<&str>,
        text: &str,
    ) -> Oid {
        self.made += 1;
        let own = format!("{} +0000", 1_766_000_000 + 60 * self.made);
        let date = date.unwrap_or(&own);
        let parents: String = parents
            .iter()
            .map(|one| format!("parent {one}\n"))
            .collect();
        let head = format!(
            "tree {tree}\n{parents}author A <a@example.org> {date}\n\
             committer A <a@example.org> {date}\n"
        );
        let body = format!("\nstep {}\n{text}", self.made);
        let payload = format!("{head}{body}");
        let key = match by {
            Signature::Ann => Some(Key::Ann),
            Signature::Bob => Some(Key::Bob),
            Signature::Mallory => Some(Key::Mallory),
            Signature::None | Signature::Copied => None,
        };
        let header = match (by, key) {
            (_, Some(key)) => objects::signature(key, payload.as_bytes()),
            (Signature::Copied, _) => objects::signature(Key::Ann, b"something else\n"),
            _ => String::new(),
        };
        let oid = self.object("commit", format!("{head}{header}{body}").as_bytes());
        if let Some(key) = key {
            self.history.signed.insert(oid.clone(), key);
        }
        self.add(&oid);
        oid
    }

    /// Runs the program in a directory of this world.
    pub fn baton(&self, directory: &str, args: &[&str], env: &[(&str, &str)]) -> Ran {
        baton(&self.f, &self.f.path(directory), args, env)
    }

    /// Reads what the server's branches are now.
    pub fn look(&mut self) {
        let server = self.f.path("server.git");
        let format = "--format=%(objectname) %(refname)";
        let out = self.f.git_at(&server, ["for-each-ref", format]).ok();
        let inner = format!("refs/namespaces/{NAMESPACE}/refs/heads/");
        self.server.clear();
        self.namespaced.clear();
        for line in out.lines() {
            let (oid, name) = line.split_once(' ').unwrap();
            if let Some(branch) = name.strip_prefix("refs/heads/") {
                self.server.insert(branch.to_owned(), oid.to_owned());
            } else if let Some(branch) = name.strip_prefix(&inner) {
                self.namespaced.insert(branch.to_owned(), oid.to_owned());
            }
        }
        // It is another name for main.
        self.server.remove("stable");
    }
}
