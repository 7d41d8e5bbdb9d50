//! The list of signers changes within what is judged.

use crate::accept::world::{SIGNERS, World};
use baton_hooks::Hook;

impl World {
    /// Commits a list with these, signed by this person, past the hooks.
    #[track_caller]
    fn list(&self, by: &str, names: &[&str]) -> String {
        self.write(SIGNERS, &self.signers(names));
        self.unguarded(["add", "."]).ok();
        self.signed(by, &["-m", &format!("list {}", names.join(" and "))])
    }

    /// Pushes `main` to a server with the hook.
    fn push(&self) -> baton_testkit::Ran {
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

/// A server that has `main` as it is.
fn server(w: &World) -> std::path::PathBuf {
    let bare = w.add_remote("origin");
    w.install_at(&bare, &Hook::SERVER);
    bare
}

#[test]
fn what_a_key_might_sign_once_is_not_brought_from_an_old_branch() {
    let w = World::with(CONTRACTS);
    let added = w.list("ann", &["ann", "bob"]);
    w.list("ann", &["ann"]);
    server(&w);
    // The branch stands on the very list that is in force again, and bob's key comes and signs.
    w.unguarded(["push", "-q", "origin", "policy^{commit}:refs/heads/old"])
        .ok();
    w.unguarded(["switch", "-q", "--detach", &added]).ok();
    w.write("contracts/a", "by bob\n");
    w.unguarded(["add", "."]).ok();
    let by_bob = w.signed("bob", &["-m", "by bob"]);
    w.unguarded(["push", "-q", "origin", &format!("{by_bob}:refs/heads/old")])
        .ok();
    w.unguarded(["switch", "-q", "main"]).ok();
    w.unguarded(["merge", "-q", "--no-ff", "-m", "merge", &by_bob])
        .ok();
    w.unguarded(["push", "-q", "origin", "main"])
        .refused("protected-path")
        .by("pre-receive");
}

#[test]
fn a_merge_that_gave_up_nothing_elsewhere_is_judged_where_it_comes() {
    let w = World::with(CONTRACTS);
    w.write("contracts/a", "by ann\n");
    w.unguarded(["add", "."]).ok();
    let old = w.signed("ann", &["-m", "by ann"]);
    w.list("ann", &["ann", "bob"]);
    w.write("contracts/a", "by bob\n");
    w.signed("bob", &["-am", "by bob"]);
    w.list("ann", &["ann"]);
    server(&w);
    let side = w.object(&[&old], "side", "1", "side");
    let tree = w.object(&["main"], "contracts/a", "by ann\n", "tree alone");
    let tree = w.rev(&format!("{tree}^{{tree}}"));
    let merge = w.object_of_tree(&tree, &["main", &side], "goes back");
    let push = |to: &str, what: &str| {
        let refspec = format!("{what}:refs/heads/{to}");
        w.unguarded(["push", "-q", "origin", &refspec])
    };
    push("old", &old).ok();
    push("old", &merge);
    push("main", &merge)
        .refused("handoff-rollback")
        .by("pre-receive");
}

const CONTRACTS: &str =
    "version = 1\n[[protected]]\npaths = [\"contracts/\"]\nwriter = \"maintainers\"\n";
