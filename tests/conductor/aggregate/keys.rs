//! Keys that only an agent has, keys with a passphrase, and keys that are no SSH keys.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::aggregate::signing::signed_world;
use crate::aggregate::support::{BATON, HANDOFF, World};
use baton_testkit::text;

/// A running `ssh-agent`.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    /// With these keys, whose files are then gone.
    fn with(world: &World, keys: &[&str]) -> Self {
        let socket = world.root().join("agent.sock");
        let process = world
            .command("ssh-agent", world.root())
            .args(["-D", "-a", socket.to_str().unwrap()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self { process, socket };
        for key in keys {
            let add = || {
                let mut command = world.command("ssh-add", world.root());
                let command = command.args(["-q", key]).stdin(Stdio::null());
                let out = agent.lend(command).output().unwrap();
                out.status.success()
            };
            assert!((0..2000).any(|_| add()), "{key}");
            std::fs::remove_file(world.root().join(key)).unwrap();
        }
        agent
    }

    fn lend<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("SSH_AUTH_SOCK", &self.socket)
    }

    /// Runs the program with it.
    fn baton(&self, world: &World, args: &[&str]) -> (i32, String) {
        let mut command = world.command(BATON, world.main());
        let command = command.env("GIT_EDITOR", "sed -i s/intro/Intro/");
        let out = self.lend(command).args(args).output().unwrap();
        (out.status.code().unwrap_or(-1), text(&out))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

const EDIT: [&str; 4] = ["orchestrator", "edit", "--reason", "a typo"];

fn public(world: &World, key: &str) -> String {
    let path = world.root().join(key).with_extension("pub");
    std::fs::read_to_string(path).unwrap().trim().to_owned()
}

fn set(world: &World, key: &str, value: &str) {
    world.git(&["config", key, value]);
}

/// Without a terminal, which a passphrase could be asked at.
fn detached(world: &World, args: &[&str]) -> (i32, String) {
    let mut command = world.command("setsid", world.main());
    let out = command.args(["-w", BATON.as_str()]).args(args);
    let out = out.env("GIT_EDITOR", "false").output().unwrap();
    (out.status.code().unwrap_or(-1), text(&out))
}

#[test]
fn a_maintainers_key_in_an_agent_edits_and_aggregates() {
    let world = signed_world();
    let agent = Agent::with(&world, &["ann", "baton"]);
    let ann = world.root().join("ann.pub");
    for key in [
        format!("key::{}", public(&world, "ann")),
        ann.display().to_string(),
    ] {
        set(&world, "user.signingKey", &key);
        let (code, said) = agent.baton(&world, &EDIT);
        assert_eq!(code, 0, "{said}");
        let (code, said) = agent.baton(&world, &[&EDIT[..], &["--patch", &back(&world)]].concat());
        assert_eq!(code, 0, "{said}");
    }
    set(
        &world,
        "user.signingKey",
        &format!("key::{}", public(&world, "baton")),
    );
    let (code, said) = agent.baton(&world, &["orchestrator", "aggregate"]);
    assert_eq!(code, 0, "{said}");
    world.assert_verified();
}

/// A patch that takes back what the editor did.
fn back(world: &World) -> String {
    let file = world.root().join("back");
    let patch = world.try_git(world.main(), &["diff", "HEAD", "HEAD^", "--", HANDOFF]);
    std::fs::write(&file, patch.stdout).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn an_agent_without_the_key_is_told_before_the_editor_opens() {
    let world = signed_world();
    let agent = Agent::with(&world, &["baton"]);
    std::fs::remove_file(world.root().join("ann")).unwrap();
    set(
        &world,
        "user.signingKey",
        &format!("key::{}", public(&world, "ann")),
    );
    let tip = world.tip();
    let (code, said) = agent.baton(&world, &EDIT);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("cannot be signed") && said.contains("ssh-add"),
        "{said}"
    );
    assert_eq!(world.tip(), tip);
    let draft = world.main().join(".git/baton/edit/HANDOFF.md");
    assert!(!draft.exists(), "the editor was opened");
}

#[test]
fn a_passphrase_that_nobody_can_be_asked_for_is_told() {
    let world = signed_world();
    lock(&world, &world.root().join("ann"));
    let ann = world.root().join("ann");
    set(&world, "user.signingKey", ann.to_str().unwrap());
    let (code, said) = detached(&world, &EDIT);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("cannot be signed"), "{said}");
    assert!(said.contains("ssh-add"), "{said}");

    // Once the agent has it, nobody is asked.
    unlock(&world, &ann);
    let agent = Agent::with(&world, &["ann"]);
    set(
        &world,
        "user.signingKey",
        ann.with_extension("pub").to_str().unwrap(),
    );
    let (code, said) = agent.baton(&world, &EDIT);
    assert_eq!(code, 0, "{said}");
    world.assert_verified();
}

fn lock(world: &World, key: &Path) {
    passphrase(world, key, "", "secret");
}

fn unlock(world: &World, key: &Path) {
    passphrase(world, key, "secret", "");
}

fn passphrase(world: &World, key: &Path, old: &str, new: &str) {
    let mut command = world.command("ssh-keygen", world.root());
    let args = [
        "-q",
        "-p",
        "-P",
        old,
        "-N",
        new,
        "-f",
        key.to_str().unwrap(),
    ];
    let out = command.args(args).output().unwrap();
    assert!(out.status.success(), "{}", text(&out));
}

#[test]
fn a_format_that_the_policy_does_not_know_is_told() {
    let world = signed_world();
    for (format, key) in [("openpgp", "0123456789ABCDEF"), ("x509", "ann@x")] {
        set(&world, "gpg.format", format);
        set(&world, "user.signingKey", key);
        for args in [&EDIT[..], &["orchestrator", "aggregate"]] {
            let (code, said) = detached(&world, args);
            assert_eq!(code, 2, "{said}");
            let told = format!("`gpg.format = {format}` here, and the policy names SSH keys alone");
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.replace("│ ", "").contains(&told), "{said}");
            assert!(said.contains("--signing-key FILE"), "{said}");
        }
    }
    // A key that is one is taken whatever the format says.
    set(
        &world,
        "user.signingKey",
        world.root().join("baton").to_str().unwrap(),
    );
    world.aggregated(&[]);
    world.assert_verified();
}

#[test]
fn an_aggregate_is_signed_as_git_signs_here() {
    let world = World::new("");
    world.agents(&[19]);
    let key = world.key("own");
    set(&world, "gpg.format", "ssh");
    set(&world, "user.signingKey", key.to_str().unwrap());
    set(&world, "commit.gpgSign", "true");
    world.aggregated(&[]);
    let object = world.git(&["cat-file", "commit", "main"]);
    assert!(object.contains("\ngpgsig "), "{object}");
    world.assert_verified();

    world.agents(&[20]);
    let tip = world.tip();
    std::fs::remove_file(&key).unwrap();
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("cannot be signed"), "{said}");
    assert_eq!(world.tip(), tip);
}
