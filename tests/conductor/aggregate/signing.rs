use std::process::Stdio;

use crate::aggregate::support::World;

const POLICY: &str = "[signing]\naggregate = \"required\"\norchestrators = [\"baton@x\"]\nmaintainers = [\"ann@x\"]\n";

/// A world whose policy asks for signatures by `baton@x`, whose key is `baton`.
pub fn signed_world() -> World {
    world_with_options("")
}

/// The same, with these options to that key, each with a comma behind it.
fn world_with_options(options: &str) -> World {
    let world = World::new(POLICY);
    let (baton, ann, agent) = (world.key("baton"), world.key("ann"), world.key("agent"));
    let signers = world.signers(&[("baton@x", &baton), ("ann@x", &ann), ("agent@x", &agent)]);
    let signers = signers.replacen("baton@x ", &format!("baton@x {options}"), 1);
    world.write(".baton/allowed_signers", &signers);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "--amend", "--no-edit"]);
    world.agents(&[19]);
    world
}

#[test]
fn a_key_in_a_file_signs() {
    let world = signed_world();
    world.aggregated(&["--signing-key", "../baton"]);
    world.assert_verified();
}

#[test]
fn the_configured_key_signs() {
    let world = signed_world();
    let key = world.root().join("baton");
    world.git(&["config", "user.signingKey", key.to_str().unwrap()]);
    world.aggregated(&[]);
    world.assert_verified();
}

#[test]
fn an_agent_signs() {
    let world = signed_world();
    let socket = world.root().join("agent.sock");
    let mut agent = world
        .command("ssh-agent", world.root())
        .args(["-D", "-a", socket.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let add = || {
        let mut command = world.command("ssh-add", world.root());
        command.env("SSH_AUTH_SOCK", &socket).args(["-q", "baton"]);
        command.output().unwrap().status.success()
    };
    let added = (0..2000).any(|_| add());
    std::fs::remove_file(world.root().join("baton")).unwrap();
    let mut run = world.command(crate::aggregate::support::BATON, world.main());
    run.env("SSH_AUTH_SOCK", &socket).args([
        "orchestrator",
        "aggregate",
        "--signing-key",
        "../baton.pub",
    ]);
    let out = run.output().unwrap();
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(added && out.status.success(), "{out:?}");
    world.assert_verified();
}

#[test]
fn without_a_key_that_counts_nothing_is_committed() {
    let world = signed_world();
    let tip = world.tip();
    let (code, said) = world.aggregate(&[]);
    assert_eq!(code, 2);
    assert!(said.contains("cannot be signed"), "{said}");
    let (code, said) = world.aggregate(&["--signing-key", "../agent"]);
    assert_eq!(code, 2);
    assert!(said.contains("would be refused"), "{said}");
    assert_eq!(world.tip(), tip);
}

#[test]
fn a_key_counts_while_it_is_valid() {
    let valid = "valid-after=\"20250101\",valid-before=\"20260101\",";
    let world = world_with_options(valid);
    world.aggregated(&["--signing-key", "../baton"]);
    world.assert_verified();
    for expired in ["valid-before=\"20250101\",", "valid-after=\"20260101\","] {
        let world = world_with_options(expired);
        let tip = world.tip();
        let (code, said) = world.aggregate(&["--signing-key", "../baton"]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("would be refused"), "{said}");
        assert_eq!(world.tip(), tip);
    }
}

#[test]
fn the_callers_configuration_signs_for_nobody() {
    let world = signed_world();
    let tip = world.tip();
    let all = world.root().join("all");
    let stranger = world.key("stranger");
    std::fs::write(&all, world.signers(&[("baton@x", &stranger)])).unwrap();
    let liar = world.root().join("liar");
    baton_testkit::write_program(&liar, "#!/bin/sh\necho 'Good \"git\" signature'\n");
    for (key, value) in [
        ("gpg.ssh.allowedSignersFile", &all),
        ("gpg.ssh.program", &liar),
    ] {
        let mut run = world.command(crate::aggregate::support::BATON, world.main());
        run.env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", key)
            .env("GIT_CONFIG_VALUE_0", value)
            .args(["orchestrator", "aggregate", "--signing-key", "../stranger"]);
        let out = run.output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{key}: {out:?}");
        assert_eq!(world.tip(), tip);
    }
}
