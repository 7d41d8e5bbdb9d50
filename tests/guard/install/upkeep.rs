//! Commands that work with worktrees notice a guard that another tool has switched off, and put it right where the policy
//! asks for it.

use std::fs;

use crate::install::place::{Place, Said};

const OFF: &str = "baton: warning: the guard is off, or was: ";

/// A repository in which Baton is installed, with more in its policy.
fn repository(policy: &str) -> Place {
    let place = Place::new();
    place.repository("r");
    place.write("r/baton.toml", &format!("version = 1\n{policy}"));
    place.git("r", &["commit", "-q", "--amend", "-a", "-m", "policy"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place
}

fn begin(place: &Place) -> Said {
    place.baton("r", &["session", "start", "--title", "x"])
}

#[test]
fn a_guard_that_is_off_is_told_of_and_left_alone() {
    let place = repository("");
    let fine = begin(&place);
    assert!(fine.code == Some(0) && fine.err.is_empty(), "{fine:?}");
    place.git("r", &["config", "core.hooksPath", ".husky/_"]);
    fs::remove_file(place.at("r/.git/hooks/pre-push")).unwrap();
    place.baton("r", &["orchestrator", "pool", "init", "1"]);
    let acquired = place.baton("r", &["orchestrator", "pool", "acquire", "t"]);
    assert_eq!(acquired.code, Some(0), "{acquired:?}");
    for words in ["core.hooksPath is `.husky/_`", "the hook pre-push is gone"] {
        let line = acquired.err.lines().find(|line| line.contains(words));
        let line = line.unwrap_or_else(|| panic!("{words}: {acquired:?}"));
        assert!(
            line.starts_with(OFF) && line.contains("run `git baton install`"),
            "{line}"
        );
    }
    let path = place.git("r", &["config", "core.hooksPath"]);
    assert_eq!(path, ".husky/_\n");
    // Where Baton was never installed there is nothing to say.
    place.baton("r", &["uninstall"]);
    place.git("r", &["config", "core.hooksPath", ".husky/_"]);
    let acquired = place.baton("r", &["session", "list"]);
    assert!(acquired.err.is_empty(), "{acquired:?}");
}

#[test]
fn the_policy_can_ask_that_it_is_put_right() {
    let place = repository("[guard]\nrepair = true\n");
    place.git("r", &["config", "core.hooksPath", ".husky/_"]);
    fs::write(place.at("r/.git/hooks/pre-commit"), "#!/bin/sh\nexit 0\n").unwrap();
    place.git("r", &["remote", "add", "new", "../elsewhere"]);
    let record = fs::read_to_string(place.at("r/.git/baton/install.json")).unwrap();
    let begun = begin(&place);
    assert_eq!(begun.code, Some(0), "{begun:?}");
    assert_eq!(begun.err.matches(OFF).count(), 2, "{begun:?}");
    assert!(begun.err.contains("installed again"), "{begun:?}");
    assert_eq!(place.break_a_rule("r").code, Some(128));
    let doctor = place.baton("r", &["doctor"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    // A remote that came since counts no more than before.
    assert!(doctor.out.contains("remote-unrecorded"), "{doctor:?}");
    let remotes = |text: &str| text[text.find("\"remotes\"").unwrap()..].to_owned();
    let after = fs::read_to_string(place.at("r/.git/baton/install.json")).unwrap();
    assert_eq!(remotes(&after), remotes(&record));
}

#[test]
fn a_run_during_which_the_guard_went_off_tells_it() {
    for (policy, refused) in [("", 0), ("[guard]\nrepair = true\n", 128)] {
        let place = repository(policy);
        place.write(
            "r/baton.settings.toml",
            "[pool]\npost_acquire = ['git config core.hooksPath .husky/_']\n[conductor]\nmin_tasks = 1\n",
        );
        place.git("r", &["add", "."]);
        place.git("r", &["commit", "-q", "-m", "settings"]);
        place.write(
            "tasks.toml",
            "version = 1\n[[task]]\nid = \"a\"\nagent = \"shell\"\nprompt = \"echo b >b; git add b; git commit -qm b\"\nfiles = [\"b\"]\n",
        );
        let run = place.baton("r", &["orchestrator", "run", "../tasks.toml"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.err.contains(OFF), "{run:?}");
        assert_eq!(place.break_a_rule("r").code, Some(refused), "{policy}");
    }
}
