//! Hooks that are links: to each other, to what lies beside them, and to nothing.

use std::fs;
use std::os::unix::fs::symlink;

use crate::install::place::{Place, set_mode};
use crate::install::put::{installed, listing};

/// A repository with these links among its hooks, which lead to a hook of this path that logs its own name.
fn linked(real: &str, links: &[(&str, &str)]) -> Place {
    let place = Place::new();
    place.repository("r");
    let hooks = place.at("r/.git/hooks");
    place.write_hook(&format!("r/.git/hooks/{real}"), "$(basename \"$0\")");
    for (link, target) in links {
        let target = target.replace("HOOKS", hooks.to_str().unwrap());
        symlink(target, hooks.join(link)).unwrap();
    }
    place
}

/// What runs in a commit.
fn commit(place: &Place) -> Vec<String> {
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    place.log()
}

#[test]
fn links_among_the_hooks_run_on_and_come_back() {
    for (real, links) in [
        // To a hook that is handled before it, and after it.
        ("commit-msg", &[("post-merge", "commit-msg")][..]),
        ("commit-msg", &[("pre-commit", "commit-msg")]),
        ("pre-commit", &[("commit-msg", "./pre-commit")]),
        ("pre-commit", &[("commit-msg", "../hooks/pre-commit")]),
        ("pre-commit", &[("commit-msg", "HOOKS/pre-commit")]),
        ("commit-msg", &[("pre-commit", "HOOKS/commit-msg")]),
        // To what is beside it.
        ("_d", &[("pre-commit", "_d"), ("commit-msg", "_d")]),
        ("lib/pc.sh", &[("pre-commit", "lib/pc.sh")]),
        ("pre-commit.sample", &[("pre-commit", "pre-commit.sample")]),
        // By another link.
        ("_d", &[("_e", "_d"), ("pre-commit", "_e")]),
        ("_d", &[("pre-commit", "_d"), ("commit-msg", "pre-commit")]),
    ] {
        let place = linked(real, links);
        let before = listing(&place.at("r/.git/hooks"));
        let expected = commit(&place);
        assert!(!expected.is_empty(), "{links:?}");
        for _ in 0..2 {
            installed(&place.baton("r", &["install"]));
            assert_eq!(commit(&place), expected, "{links:?}");
            let told = place.baton("r", &["doctor"]);
            assert!(told.out.starts_with("healthy:"), "{links:?}: {told:?}");
            assert_eq!(place.break_a_rule("r").code, Some(128), "{links:?}");
        }
        installed(&place.baton("r", &["uninstall"]));
        assert_eq!(listing(&place.at("r/.git/hooks")), before, "{links:?}");
        assert_eq!(commit(&place), expected, "{links:?}");
        assert!(!place.at("r/.git/hooks.before-baton").exists());
    }
}

#[test]
fn a_link_that_leads_nowhere_is_told_of() {
    let place = linked("_d", &[("pre-commit", "_d")]);
    installed(&place.baton("r", &["install"]));
    fs::remove_file(place.at("r/.git/hooks/_d")).unwrap();
    let told = place.baton("r", &["doctor"]);
    let words = "warning[earlier-hook-silent]: this hook, which was there before, does not run";
    assert!(told.out.contains(words), "{told:?}");
    let said = place.baton("r", &["install"]);
    assert!(said.out.contains("leads nowhere"), "{said:?}");
    assert!(
        place
            .at("r/.git/hooks.before-baton/pre-commit")
            .is_symlink()
    );
}

#[test]
fn a_hook_that_may_only_be_run_is_kept() {
    let place = linked("pre-commit", &[]);
    let hook = place.at("r/.git/hooks/pre-commit");
    fs::copy("/bin/true", &hook).unwrap();
    set_mode(&hook, 0o111);
    installed(&place.baton("r", &["install"]));
    assert_eq!(place.break_a_rule("r").code, Some(128));
    installed(&place.baton("r", &["uninstall"]));
    assert!(hook.exists());
}
