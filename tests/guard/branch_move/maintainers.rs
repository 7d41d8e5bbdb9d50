//! What maintainers alone may do.

use std::fs;
use std::process::Command;

use baton_hooks::Hook;

use crate::branch_move::RULE;
use baton_testkit::gits::each_git;
use baton_testkit::{BATON, Fixture, Git};

const POLICY: &str = "[[branch]]\nnames = [\"main\"]\nmove = \"maintainers\"\n";

/// A repository with a maintainer, whose key is `key`.
fn fixture(git: &Git) -> Fixture {
    let f = Fixture::empty(git, Default::default());
    let key = f.path("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let public = fs::read_to_string(f.path("key.pub")).unwrap();
    f.write(
        ".baton/allowed_signers",
        &format!("ann@example.com {public}"),
    );
    f.write("baton.toml", POLICY);
    f.git(["add", "."]).ok();
    f.git(["commit", "-qm", "the policy"]).ok();
    f.install();
    f
}

fn signed<'a>(key: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["-c", "gpg.format=ssh", "-c", key][..], args].concat()
}

#[test]
fn a_signature_moves_a_branch_and_takes_nothing_from_it() {
    each_git(|git| {
        let f = fixture(git);
        let key = format!("user.signingKey={}", f.path("key").display());
        f.refuses(RULE, &["commit", "-qm", "unsigned", "--allow-empty"]);
        let commit = ["commit", "-S", "-qm", "signed", "--allow-empty"];
        f.git(signed(&key, &commit)).ok();
        let first = f.rev("main");
        f.git(signed(&key, &commit)).ok();
        f.refuses(RULE, &["reset", "-q", "--soft", &first]);
        f.refuses(
            RULE,
            &signed(
                &key,
                &[
                    "commit",
                    "-q",
                    "-S",
                    "--amend",
                    "--allow-empty",
                    "-m",
                    "again",
                ],
            ),
        );
        f.git(["switch", "-qc", "side"]).ok();
        f.refuses(RULE, &["branch", "-D", "main"]);
        f.git(["commit", "-qm", "unsigned", "--allow-empty"]).ok();
        f.refuses(RULE, &["branch", "-f", "main", "side"]);
        f.git(signed(&key, &commit)).ok();
        f.git(["branch", "-f", "main", "side"]).ok();
    });
}

#[test]
fn a_server_asks_the_same() {
    each_git(|git| {
        let f = fixture(git);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        let key = format!("user.signingKey={}", f.path("key").display());
        let push = |refspec: &str| f.unguarded(["push", "-q", "origin", refspec]);
        f.git(["switch", "-qc", "side"]).ok();
        f.git(["commit", "-qm", "unsigned", "--allow-empty"]).ok();
        push("side:main").refused(RULE);
        push(":main").refused(RULE);
        f.git(signed(
            &key,
            &["commit", "-S", "-qm", "signed", "--allow-empty"],
        ))
        .ok();
        let first = f.rev("side");
        push("side:main").ok();
        f.git(signed(
            &key,
            &["commit", "-S", "-qm", "signed", "--allow-empty"],
        ))
        .ok();
        push("side:main").ok();
        push(&format!("+{first}:main")).refused(RULE);
        push("side:other").ok();
        push(":other").ok();
    });
}

#[test]
fn what_is_given_up_is_accepted_by_name() {
    each_git(|git| {
        let f = fixture(git);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        f.git(["config", "gpg.format", "ssh"]).ok();
        let key = f.path("key");
        f.git(["config", "user.signingKey", key.to_str().unwrap()])
            .ok();
        let base = f.rev("main");
        f.git(["commit", "-S", "-qm", "signed", "--allow-empty"])
            .ok();
        f.git(["push", "-q", "origin", "main"]).ok();
        let old = f.rev("main");
        f.git(["switch", "-qc", "other", &base]).ok();
        let refused = f.git(["branch", "-f", "main", "other"]);
        refused.refused(RULE);
        assert!(
            refused.err.contains(&format!("--rule {RULE}")),
            "{refused:#?}"
        );
        let accept = format!("{BATON} accept {old} --rule {RULE} --reason 'it was wrong'");
        f.shell(&accept).ok();
        f.unguarded(["push", "-q", "origin", &format!("+{base}:main")])
            .refused(RULE);
        f.git(["push", "-q", "origin", "+other:main"]).ok();
        f.git(["branch", "-f", "main", "other"]).ok();
        assert_ne!(f.rev("main"), old);
    });
}
