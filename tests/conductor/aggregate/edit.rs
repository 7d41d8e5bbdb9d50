use crate::aggregate::signing::signed_world;
use crate::aggregate::support::{HANDOFF, World};

fn patch(world: &World, path: &str, from: &str, to: &str) -> String {
    let text = world.read(path);
    world.write(path, &text.replacen(from, to, 1));
    let patch = world.try_git(world.main(), &["diff"]).stdout;
    world.write(path, &text);
    world.git(&["update-index", "-q", "--refresh"]);
    let file = world.root().join("patch");
    std::fs::write(&file, patch).unwrap();
    file.to_str().unwrap().to_owned()
}

fn edit(world: &World, args: &[&str]) -> (i32, String) {
    world.baton(&[&["orchestrator", "edit"], args].concat())
}

#[test]
fn a_maintainers_edit_lands_and_is_shown_as_an_override() {
    let world = signed_world();
    let file = patch(&world, HANDOFF, "intro", "Intro");
    let (code, said) = edit(
        &world,
        &[
            "--reason",
            "a typo",
            "--patch",
            &file,
            "--signing-key",
            "../ann",
        ],
    );
    assert_eq!(code, 0, "{said}");
    assert!(world.read(HANDOFF).contains("Intro"));
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    let (code, said) = world.verify_clone();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("override of protected-path") && said.contains("a typo, signed by ann@x"),
        "{said}"
    );
    let (_, json) = world.baton(&["verify", "--all", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["overrides"][0]["reason"], "a typo");
    assert_eq!(report["overrides"][0]["commit"], world.tip());
}

#[test]
fn the_editor_opens_the_file() {
    let world = signed_world();
    let mut run = world.command(crate::aggregate::support::BATON, world.main());
    run.env("GIT_EDITOR", "sed -i s/intro/Intro/");
    run.args([
        "orchestrator",
        "edit",
        "--reason",
        "r",
        "--signing-key",
        "../ann",
    ]);
    let out = run.output().unwrap();
    assert!(out.status.success(), "{out:?}");
    assert!(world.read(HANDOFF).contains("Intro"));
    world.assert_verified();
}

#[test]
fn nobody_elses_edit_counts() {
    let world = signed_world();
    let tip = world.tip();
    let file = patch(&world, HANDOFF, "intro", "Intro");
    for key in ["../agent", "../baton"] {
        let (code, said) = edit(
            &world,
            &["--reason", "r", "--patch", &file, "--signing-key", key],
        );
        assert_eq!(code, 2, "{said}");
    }
    assert_eq!(world.tip(), tip);
    world.write(HANDOFF, "all mine\n");
    world.commit_all("Mine\n\nBaton-Override: because");
    assert_eq!(world.verify_clone().0, 1);
}

#[test]
fn an_edit_needs_a_reason_and_stays_with_the_handoff_file() {
    let world = signed_world();
    let file = patch(&world, HANDOFF, "intro", "Intro");
    let (code, said) = edit(
        &world,
        &["--reason", " ", "--patch", &file, "--signing-key", "../ann"],
    );
    assert_eq!(code, 2);
    assert!(said.contains("no reason"), "{said}");
    let file = patch(&world, "src/19.rs", "work", "play");
    let (code, said) = edit(
        &world,
        &["--reason", "r", "--patch", &file, "--signing-key", "../ann"],
    );
    assert_eq!(code, 2);
    assert!(said.contains("src/19.rs"), "{said}");
}

#[test]
fn fmt_prints_a_patch_that_a_maintainer_lands() {
    let world = signed_world();
    let (_, patch) = world.baton(&["orchestrator", "handoff", "fmt"]);
    assert!(patch.contains("+end\n"), "{patch}");
    let file = world.root().join("tidy");
    let diff = patch.split("a maintainer lands").next().unwrap();
    std::fs::write(&file, diff).unwrap();
    let (code, said) = edit(
        &world,
        &[
            "--reason",
            "tidy",
            "--patch",
            file.to_str().unwrap(),
            "--signing-key",
            "../ann",
        ],
    );
    assert_eq!(code, 0, "{said}");
    assert!(world.read(HANDOFF).ends_with("end\n"));
}
