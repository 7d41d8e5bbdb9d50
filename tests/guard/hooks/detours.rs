//! Ways round the judge by references: namespaces, replacements, other names, scripts on the server.

use std::path::PathBuf;

use baton_hooks::Hook;

use baton_testkit::gits::{Git, each_git};
use baton_testkit::{Fixture, Make, Ran, run, write_program};

/// A clone, and a guarded server that has its `main`.
fn served(git: &Git) -> (Fixture, PathBuf) {
    let f = Fixture::new(git);
    let bare = f.add_remote("origin");
    f.install_at(&bare, &Hook::SERVER);
    (f, bare)
}

fn push(f: &Fixture, namespace: &str, refspec: &str) -> Ran {
    let mut command = f.command(&f.repo());
    command.args([
        "-c",
        "core.hooksPath=/dev/null",
        "push",
        "-q",
        "origin",
        refspec,
    ]);
    if !namespace.is_empty() {
        command.env("GIT_NAMESPACE", namespace);
    }
    run(&mut command, b"")
}

#[test]
fn a_namespace_is_judged_by_its_own_references() {
    each_git(|git| {
        for (namespace, prefix) in [
            ("a", "refs/namespaces/a/"),
            ("a/b", "refs/namespaces/a/refs/namespaces/b/"),
            ("x.y", "refs/namespaces/x.y/"),
        ] {
            let (f, bare) = served(git);
            let main = format!("{prefix}refs/heads/main");
            let (policy, none) = (f.rev("main"), f.rev("before-policy^{commit}"));
            let past = |args: &[&str]| {
                let off = ["-c", "core.hooksPath=/dev/null"];
                f.git_at(&bare, off.iter().chain(args)).ok()
            };
            past(&["update-ref", &main, &policy]);
            // The repository's own main knows no policy.
            past(&["update-ref", "refs/heads/main", &none]);
            let before = past(&["for-each-ref"]);
            let bad = f.bad_object();
            for to in ["main", "new"] {
                push(&f, namespace, &format!("{bad}:refs/heads/{to}")).refused("protected-path");
                push(&f, "", &format!("{bad}:{prefix}refs/heads/{to}")).refused("protected-path");
            }
            assert_eq!(past(&["for-each-ref"]), before);
            let good = f.commit("fine", "1");
            push(&f, namespace, &format!("{good}:refs/heads/main")).ok();
            assert_eq!(past(&["rev-parse", &main]), good);
            let better = f.commit("fine", "2");
            push(&f, "", &format!("{better}:{main}")).ok();
        }
    });
}

#[test]
fn a_server_takes_no_replacements() {
    each_git(|git| {
        let (f, bare) = served(git);
        let (main, bad) = (f.rev("main"), f.bad_object());
        let (blob, other) = (f.rev("main:README"), f.rev("main:baton.toml"));
        for (replaced, by) in [(&main, &bad), (&blob, &other), (&bad, &main)] {
            let to = format!("{by}:refs/replace/{replaced}");
            push(&f, "", &to)
                .refused("protected-path")
                .by("pre-receive");
        }
        f.git_at(
            &bare,
            ["update-ref", &format!("refs/replace/{blob}"), &main],
        )
        .refused("protected-path");
        assert_eq!(f.git_at(&bare, ["for-each-ref", "refs/replace"]).ok(), "");
        // Where no branch has a policy there is nothing to guard.
        let open = Fixture::empty(git, Make::default());
        let commit = open.commit("a", "1");
        let bare = open.add_remote("origin");
        open.install_at(&bare, &Hook::SERVER);
        push(&open, "", &format!("{commit}:refs/replace/{commit}")).ok();
    });
}

#[test]
fn what_moves_on_a_server_without_a_push_is_judged_too() {
    each_git(|git| {
        let (f, bare) = served(git);
        let bad = f.bad_object();
        push(&f, "", &format!("{bad}:refs/foo/x")).ok();
        for to in ["refs/heads/main", "refs/heads/new", "HEAD"] {
            let before = f.git_at(&bare, ["for-each-ref"]).ok();
            f.git_at(&bare, ["update-ref", to, &bad])
                .refused("protected-path")
                .by("reference-transaction");
            assert_eq!(f.git_at(&bare, ["for-each-ref"]).ok(), before);
        }
        let good = f.commit("fine", "1");
        push(&f, "", &format!("{good}:refs/foo/y")).ok();
        f.git_at(&bare, ["update-ref", "refs/heads/main", &good])
            .ok();
        f.git_at(&bare, ["branch", "new", &good]).ok();
        f.git_at(&bare, ["pack-refs", "--all"]).ok();
        f.git_at(&bare, ["gc", "-q"]).ok();
    });
}

#[test]
fn a_proc_receive_hook_lands_nothing_unjudged() {
    each_git(|git| {
        let (f, bare) = served(git);
        f.git_at(&bare, ["config", "receive.procReceiveRefs", "refs/for"])
            .ok();
        let hook = bare.join("hooks/proc-receive");
        write_program(&hook, PROC_RECEIVE);
        let good = f.commit("fine", "1");
        push(&f, "", &format!("{good}:refs/for/main")).ok();
        assert_eq!(f.git_at(&bare, ["rev-parse", "main"]).ok(), good);
        let bad = f.bad_object();
        let side = f.object(&[&bad], "fine", "2", "on top");
        for (commit, to) in [(&bad, "main"), (&side, "main"), (&bad, "new")] {
            let said = push(&f, "", &format!("{commit}:refs/for/{to}"));
            assert!(said.err.contains("protected-path"), "{said:?}");
        }
        assert_eq!(f.git_at(&bare, ["rev-parse", "main"]).ok(), good);
        assert_eq!(f.git_at(&bare, ["for-each-ref", "refs/heads/new"]).ok(), "");
    });
}

/// Answers as gitprotocol-pack(5) asks, and moves the branch that the name says.
const PROC_RECEIVE: &str = r#"#!/usr/bin/perl
use strict; binmode STDIN; binmode STDOUT; $| = 1;
sub get { read(STDIN, my $h, 4) == 4 or exit 1; my $n = hex $h; return undef if !$n; read(STDIN, my $b, $n - 4); chomp $b; $b }
sub put { my $s = shift; printf "%04x%s", length($s) + 4, $s }
1 while defined get();
put("version=1\n"); print "0000";
my @commands; while (defined(my $l = get())) { push @commands, [split / /, $l] }
for (@commands) {
    my (undef, $new, $ref) = @$_; (my $to = $ref) =~ s{^refs/for/}{refs/heads/};
    my $ok = system("git", "update-ref", $to, $new) == 0;
    put($ok ? "ok $ref\n" : "ng $ref refused\n");
}
print "0000";
"#;

#[test]
fn a_guarded_branch_becomes_no_name_for_what_is_not_guarded() {
    each_git(|git| {
        // Before, git asked no hook about symbolic references (its release notes for 2.46).
        if git.version < (2, 46) {
            return;
        }
        let f = Fixture::with_policy(
            git,
            "version = 1\n[branches]\ninclude = [\"main\", \"release/*\"]\n",
        );
        f.git(["tag", "good"]).ok();
        f.git(["update-ref", "refs/foo/x", "main"]).ok();
        f.git(["branch", "free"]).ok();
        f.git(["branch", "release/1"]).ok();
        for target in [
            "refs/tags/good",
            "refs/foo/x",
            "refs/heads/free",
            "refs/tags/none",
        ] {
            for branch in ["refs/heads/main", "refs/heads/release/1"] {
                f.refuses("protected-path", &["symbolic-ref", branch, target]);
            }
        }
        f.git(["symbolic-ref", "refs/heads/release/1", "refs/heads/main"])
            .ok();
        f.git(["symbolic-ref", "refs/heads/free", "refs/tags/good"])
            .ok();
    });
}

#[test]
fn a_symbolic_reference_of_a_server_deletes_and_moves_what_it_leads_to() {
    each_git(|git| {
        let (f, bare) = served(git);
        f.git(["switch", "-q", "-c", "side"]).ok();
        let tip = f.aggregate("19");
        push(&f, "", "side:refs/heads/side").ok();
        push(&f, "", "side:refs/namespaces/x/refs/heads/main").ok();
        let past = |args: &[&str]| {
            let off = ["-c", "core.hooksPath=/dev/null"];
            f.git_at(&bare, off.iter().chain(args)).ok()
        };
        let inside = "refs/namespaces/x/refs/heads/main";
        for (alias, target) in [
            ("refs/heads/other", "refs/heads/side"),
            ("refs/alias", "refs/heads/side"),
            ("refs/namespaces/x/HEAD", inside),
        ] {
            past(&["symbolic-ref", alias, target]);
            let before = past(&["for-each-ref"]);
            push(&f, "", &format!(":{alias}"))
                .refused("handoff-rollback")
                .by("pre-receive");
            push(&f, "", &format!("+{}:{alias}", f.bad_object()))
                .refused("protected-path")
                .by("pre-receive");
            assert_eq!(past(&["for-each-ref"]), before, "{alias}");
            // Nor does a name that leads to a branch keep what the branch has.
            push(&f, "", &format!(":{target}"));
            assert_eq!(past(&["for-each-ref"]), before, "{alias}");
            past(&["symbolic-ref", "--delete", alias]);
        }
        assert_eq!(past(&["rev-parse", "side"]), tip);
    });
}

#[test]
fn what_git_may_refuse_keeps_no_entry_that_is_deleted_beside_it() {
    each_git(|git| {
        let (f, bare) = served(git);
        f.git(["switch", "-q", "-c", "side"]).ok();
        f.aggregate("19");
        f.git(["tag", "-a", "-m", "tag", "tag"]).ok();
        let other = f.object(&["main"], "other", "1", "other");
        let tag = f.rev("refs/tags/tag");
        push(&f, "", "side:refs/heads/side").ok();
        push(&f, "", &format!("{other}:refs/heads/other")).ok();
        f.git_at(&bare, ["config", "receive.denyNonFastForwards", "true"])
            .ok();
        let both = |kept: &str| f.unguarded(["push", "-q", "origin", ":side", kept]);
        for kept in [
            "side:refs/heads/main/kept",
            "side:refs/heads/side/kept",
            "+side:refs/heads/other",
            &format!("{tag}:refs/heads/kept"),
        ] {
            both(kept).refused("handoff-rollback").by("pre-receive");
        }
        both("side:refs/heads/renamed").ok();
        let again = f.unguarded(["push", "-q", "origin", ":renamed", "side:main"]);
        again.ok();
    });
}

#[test]
fn a_branch_that_a_policy_leaves_out_launders_nothing() {
    each_git(|git| {
        let of = |branches: &str| format!("version = 1\n[branches]\n{branches}\n");
        let free = of("exclude = [\"free/*\"]");
        let f = Fixture::with_policy(git, &free);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        push(&f, "", "main:refs/heads/free/x").ok();
        let forged = f.object(&["main"], baton_testkit::HANDOFF, "forged\n", "forged");
        let own = f.object(&[&forged], "baton.toml", "version = 1\n", "holds here");
        push(&f, "", &format!("{own}:refs/heads/free/x")).ok();
        for to in ["new", "main", "free2/x"] {
            push(&f, "", &format!("{own}:refs/heads/{to}")).by("pre-receive");
        }
        assert_eq!(
            f.git_at(&bare, ["branch", "--list", "new", "free2/*"]).ok(),
            ""
        );
    });
}
