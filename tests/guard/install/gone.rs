//! What is gone, or not Baton's to take, when it is installed again or uninstalled.

use std::fs;
use std::os::unix::fs::symlink;

use crate::install::place::Place;
use crate::install::put::{installed, listing};

fn repository() -> Place {
    let place = Place::new();
    place.repository("r");
    place
}

#[test]
fn lines_that_were_added_are_kept_when_baton_goes() {
    for verb in ["install", "uninstall"] {
        for name in ["pre-commit", "pre-commit.mine"] {
            let place = repository();
            installed(&place.baton("r", &["install"]));
            let hooks = place.at("r/.git/hooks");
            let text = fs::read_to_string(hooks.join("pre-commit")).unwrap();
            fs::remove_file(hooks.join("pre-commit")).unwrap();
            fs::write(hooks.join(name), format!("{text}npx lint-staged\n")).unwrap();
            let said = place.baton("r", &[verb]);
            installed(&said);
            let kept = place.at("r/.git/hooks.before-baton/pre-commit.replaced-1");
            assert!(
                said.out.contains(kept.to_str().unwrap()),
                "{verb} {name}: {said:?}"
            );
            let text = fs::read_to_string(kept).unwrap();
            assert!(text.ends_with("npx lint-staged\n"), "{text}");
            assert_eq!(hooks.join("pre-commit").exists(), verb == "install");
        }
    }
}

#[test]
fn a_kept_hook_that_is_gone_is_told_of() {
    let place = repository();
    place.write_hook("r/.git/hooks/pre-commit", "team");
    installed(&place.baton("r", &["install"]));
    assert!(place.baton("r", &["doctor"]).out.starts_with("healthy:"));
    let kept = place.at("r/.git/hooks.before-baton");
    fs::remove_dir_all(&kept).unwrap();
    let told = place.baton("r", &["doctor"]);
    let words = "warning[earlier-hook-silent]: the hook that was there before is gone";
    assert!(told.out.contains(words), "{told:?}");
    let path = kept.join("pre-commit");
    for verb in ["install", "uninstall"] {
        let said = place.baton("r", &[verb]);
        installed(&said);
        let is_told = said.out.contains(path.to_str().unwrap());
        assert_eq!(is_told, verb == "install", "{said:?}");
        if verb == "install" {
            // It is expected no longer.
            assert!(place.baton("r", &["doctor"]).out.starts_with("healthy:"));
        }
    }
    place.write_hook("r/.git/hooks/pre-commit", "team");
    installed(&place.baton("r", &["install"]));
    fs::remove_dir_all(&kept).unwrap();
    let said = place.baton("r", &["uninstall"]);
    let words = format!(
        "not put back, because it is gone from where it was kept: {}",
        path.display()
    );
    assert!(said.out.contains(&words), "{said:?}");
}

#[test]
fn a_setting_outlives_the_record() {
    let place = repository();
    place.write_hook("r/.gh/pre-commit", "team");
    place.git("r", &["config", "core.hooksPath", ".gh"]);
    installed(&place.baton("r", &["install"]));
    for verb in ["install", "uninstall"] {
        fs::remove_dir_all(place.at("r/.git/baton")).unwrap();
        assert_eq!(place.baton("r", &["doctor"]).code, Some(1));
        installed(&place.baton("r", &[verb]));
        place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
        assert_eq!(place.log(), ["team"], "{verb}");
    }
    assert_eq!(place.git("r", &["config", "core.hooksPath"]), ".gh\n");
    assert!(!place.at("r/.git/hooks.before-baton").exists());
    assert!(!place.at("r/.git/baton").exists());
}

#[test]
fn a_directory_of_hooks_that_became_a_link_is_left_alone() {
    let place = repository();
    place.write_hook("r/.git/hooks/pre-commit", "team");
    installed(&place.baton("r", &["install"]));
    fs::rename(place.at("r/.git/hooks"), place.at("tracked")).unwrap();
    symlink(place.at("tracked"), place.at("r/.git/hooks")).unwrap();
    let before = listing(&place.at("tracked"));
    let refused = place.baton("r", &["uninstall"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(listing(&place.at("tracked")), before);
    assert!(place.at("r/.git/hooks.before-baton/pre-commit").exists());
}

#[test]
fn a_setting_does_not_come_to_another_worktree_of_its_name() {
    let place = repository();
    place.git("r", &["config", "extensions.worktreeConfig", "true"]);
    let add = ["worktree", "add", "-q", "-f", "--detach", "../w"];
    place.git("r", &add);
    place.git(
        "w",
        &["config", "--worktree", "core.hooksPath", "/elsewhere"],
    );
    installed(&place.baton("r", &["install"]));
    place.git("r", &["worktree", "remove", "--force", "../w"]);
    place.git("r", &add);
    // What a kill has left goes too.
    place.write("r/.git/baton/.tmpAbCdEf", "half");
    let said = place.baton("r", &["uninstall"]);
    assert!(said.out.contains("its worktree is gone"), "{said:?}");
    assert_eq!(place.try_git("w", &["config", "core.hooksPath"]).out, "");
    assert!(!place.at("r/.git/baton").exists());
}
