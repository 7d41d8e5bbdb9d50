//! The list of signers changes within what is judged.

use crate::world::{SIGNERS, World};
use git_baton::hooks::Hook;

impl World {
    /// Commits a list with these, signed by this person, past the hooks.
    #[track_caller]
    fn list(&self, by: &str, names: &[&str]) -> String {
        self.write(SIGNERS, &self.signers(names));
        self.unguarded(["add", "."]).ok();
        self.signed(by, &["-m", &format!("list {}", names.join(" and "))])
    }

    /// Pushes `main` to a server with the hook.
    fn push(&self) -> crate::support::Ran {
        let name = format!("server{}", self.rev("HEAD"));
        let bare = self.path(&format!("{name}.git"));
        self.git_at(
            self.dir(),
            ["init", "-q", "--bare", "-b", "main", bare.to_str().unwrap()],
        )
        .ok();
        self.publish(&bare, "policy", "main");
        self.install_at(&bare, &Hook::SERVER);
        self.unguarded(["push", "-q", bare.to_str().unwrap(), "main"])
    }
}

#[test]
fn a_new_key_signs_the_next_commit() {
    let w = World::new();
    w.list("ann", &["ann", "bob"]);
    w.list("bob", &["bob"]);
    w.write("baton.toml", "version = 1\n# by bob\n");
    w.signed("bob", &["-am", "by bob"]);
    w.verifies("policy..");
    w.verifies("--all");
    w.push().ok();
    let main = w.rev("main");
    w.git(["branch", "copy", "policy"]).ok();
    w.git(["update-ref", "refs/heads/copy", &main]).ok();
}

#[test]
fn a_key_that_has_gone_signs_nothing_more() {
    let w = World::new();
    w.list("ann", &["bob"]);
    w.write("baton.toml", "version = 1\n# by ann\n");
    w.signed("ann", &["-am", "by ann"]);
    w.breaks("policy-change", "policy..");
    w.push().refused("policy-change").by("pre-receive");
    w.git(["branch", "copy", "policy"]).ok();
    w.git(["update-ref", "refs/heads/copy", "main"])
        .refused("policy-change");
}

#[test]
fn nobody_adds_a_key_without_a_signature_that_counts() {
    let w = World::new();
    w.list("mallory", &["ann", "mallory"]);
    w.write("baton.toml", "version = 1\n# by mallory\n");
    w.signed("mallory", &["-am", "by mallory"]);
    w.breaks("policy-change", "policy..");
    // Nor where somebody who may has signed something else in between.
    w.write("baton.toml", "version = 1\n# by ann\n");
    w.signed("ann", &["-am", "by ann"]);
    w.write("baton.toml", "version = 1\n# by mallory again\n");
    let last = w.signed("mallory", &["-am", "by mallory"]);
    let ran = w.breaks("policy-change", "policy..");
    assert!(ran.out.contains(&last[..10]), "{ran:#?}");
    w.push().refused("policy-change");
}

#[test]
fn a_key_counts_only_for_what_follows_it() {
    let w = World::new();
    w.git(["switch", "-qc", "side"]).ok();
    w.write("baton.toml", "version = 1\n# by bob\n");
    w.signed("bob", &["-am", "by bob"]);
    w.git(["switch", "-q", "main"]).ok();
    w.list("ann", &["ann", "bob"]);
    w.unguarded(["merge", "-q", "--no-ff", "-m", "merge", "side"])
        .ok();
    w.breaks("policy-change", "policy..");
}

#[test]
fn a_new_key_accepts_in_the_same_push() {
    let w = World::new();
    let bad = w.land_bad();
    w.list("ann", &["bob"]);
    w.accept("bob", &bad);
    w.verifies("policy..");
    w.verifies("--all");
    w.push().ok();
}
