//! The messages and the signatures of the commits that landing makes.

use baton_testkit::write_program;

use crate::merge::world::World;

const CONVENTIONAL: &str = "#!/bin/sh\ngrep -qE '^(feat|chore)(\\(.*\\))?: ' \"$1\" || { echo 'not conventional'; exit 1; }\n";

/// A world with two branches whose team has this hook, put there before Baton's.
fn world(policy: &str, hook: &str, text: &str) -> World {
    let world = World::new(policy);
    for name in ["a", "b"] {
        world.branch(&format!("auto/{name}"), &[(name, name)]);
    }
    write_program(&world.main().join(".git/hooks").join(hook), text);
    world
}

fn install(world: &World) {
    let out = world
        .command(crate::merge::world::BATON, world.main())
        .arg("install")
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", baton_testkit::text(&out));
}

fn messages(world: &World) -> String {
    world.git(&["log", "--merges", "--format=%B", "main"])
}

#[test]
fn what_the_teams_hook_refuses_is_told_before_anything_lands() {
    for is_installed in [false, true] {
        let world = world("", "commit-msg", CONVENTIONAL);
        if is_installed {
            install(&world);
        }
        let tip = world.tip("main");
        for args in [&[][..], &["--dry-run"]] {
            let ran = world.merge(args);
            assert_eq!(ran.code, 2, "{}", ran.said);
            assert!(ran.said.contains("Merge branch 'auto/a'"), "{}", ran.said);
            assert!(ran.said.contains("not conventional"), "{}", ran.said);
            assert!(ran.said.contains("[subjects]"), "{}", ran.said);
        }
        assert_eq!(world.tip("main"), tip);
    }
}

#[test]
fn subjects_are_worded_by_the_policy() {
    let policy = "[subjects]\nmerge = 'chore(baton): land {branch} ({title}) on {target}'\n";
    let world = world(policy, "commit-msg", CONVENTIONAL);
    install(&world);
    world.merged(&[]);
    let said = messages(&world);
    assert!(
        said.contains("chore(baton): land auto/a (auto/a) on main"),
        "{said}"
    );
    world.assert_clean();
}

#[test]
fn what_the_teams_hooks_add_stays() {
    let hook = "#!/bin/sh\nprintf '\\nChange-Id: I0123\\n' >>\"$1\"\n";
    let world = world("", "commit-msg", hook);
    let prepare = "#!/bin/sh\ntest \"$2\" = merge && sed -i '1s/$/ [T-1]/' \"$1\"\n";
    write_program(&world.main().join(".git/hooks/prepare-commit-msg"), prepare);
    install(&world);
    world.merged(&[]);
    let said = messages(&world);
    assert!(
        said.contains("Merge branch 'auto/a' [T-1]\n\nChange-Id: I0123"),
        "{said}"
    );
}

#[test]
fn every_commit_is_signed_as_git_signs_here() {
    for strategy in ["merge", "rebase", "squash"] {
        let world = world("", "unused", "");
        sign(&world);
        let base = world.tip("main");
        world.merged(&["--strategy", strategy]);
        let made = world.git(&[
            "rev-list",
            &format!("{base}..main"),
            "--committer",
            "Tester",
        ]);
        let own: Vec<_> = match strategy {
            "merge" => world.git(&["rev-list", "--merges", &format!("{base}..main")]),
            _ => made,
        }
        .lines()
        .map(str::to_owned)
        .collect();
        assert_eq!(own.len(), 2, "{strategy}");
        for commit in own {
            let object = world.git(&["cat-file", "commit", &commit]);
            assert!(object.contains("\ngpgsig "), "{strategy}: {object}");
        }
        world.assert_clean();
    }
}

/// Has git sign with a key of its own; its file.
fn sign(world: &World) -> std::path::PathBuf {
    let key = world.root().join("key");
    let mut command = world.command("ssh-keygen", world.root());
    let args = ["-q", "-t", "ed25519", "-N", "", "-f", key.to_str().unwrap()];
    assert!(command.args(args).output().unwrap().status.success());
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
        ("commit.gpgSign", "true"),
    ] {
        world.git(&["config", name, value]);
    }
    key
}

#[test]
fn a_key_that_is_gone_lands_nothing() {
    let world = world("", "unused", "");
    std::fs::remove_file(sign(&world)).unwrap();
    let tip = world.tip("main");
    let ran = world.merge(&[]);
    assert_eq!(ran.code, 2, "{}", ran.said);
    assert!(ran.said.contains("cannot be signed"), "{}", ran.said);
    assert_eq!(world.tip("main"), tip);
}

#[test]
fn who_commits_must_be_known() {
    let world = world("", "unused", "");
    world.git(&["config", "user.useConfigOnly", "true"]);
    let mut command = world.command(crate::merge::world::BATON, world.main());
    for role in ["AUTHOR", "COMMITTER"] {
        command.env_remove(format!("GIT_{role}_NAME"));
        command.env_remove(format!("GIT_{role}_EMAIL"));
    }
    for verb in [&["orchestrator", "merge"][..], &["session", "start"]] {
        let mut command = baton_testkit::like(&command, crate::merge::world::BATON);
        let out = command.args(verb).output().unwrap();
        let said = baton_testkit::text(&out);
        assert_eq!(out.status.code(), Some(2), "{said}");
        assert!(
            said.contains("git does not know who commits here"),
            "{said}"
        );
        assert!(said.contains("git config --global user.name"), "{said}");
    }
    assert_eq!(world.git(&["for-each-ref", "refs/baton"]), "");
}
