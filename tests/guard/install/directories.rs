//! Directories of hooks on a server: Gitea's and Forgejo's, which a delegate runs, and GitLab's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use baton_testkit::write_program;

use crate::install::place::{Place, Said, set_mode};

/// Reads the input once, and gives it to each program of `<its own name>.d/`; all of them run.
const DELEGATE: &str = r#"#!/usr/bin/env bash
# Written by the forge. Do not change it.
input=$(cat)
codes=""
name=$(basename $0)
GIT_DIR=${GIT_DIR:-$(dirname $0)/..}
for each in ${GIT_DIR}/hooks/${name}.d/*; do
  test -x "${each}" && test -f "${each}" || continue
  echo "${input}" | "${each}"
  codes="${codes} $?"
done
for code in ${codes}; do
  [ ${code} -eq 0 ] || exit ${code}
done
"#;

/// The same with the hook's arguments.
const WITH_ARGUMENTS: &str = r#"#!/bin/sh
input=$(cat)
for each in "$0.d"/*; do
    printf '%s\n' "$input" | "$each" "$@" || exit
done
"#;

/// Refuses pushes to `protected`, as a forge's branch protection does, and tells that it ran.
const PROTECTION: &str = r#"#!/bin/sh
while read -r old new name; do
    echo "gitea $name" >>"$GIT_DIR/ran"
    test "$name" != refs/heads/protected || { echo "branch protection says no" >&2; exit 1; }
done
"#;

fn script(place: &Place, path: &str, text: &str) {
    write_program(&place.at(path), text);
}

/// A clone `r` with a policy, and a server `s.git` of it without hooks.
fn pushed() -> Place {
    let place = Place::new();
    place.repository("r");
    place.git(".", &["clone", "-q", "--bare", "r", "s.git"]);
    let _ = fs::remove_dir_all(place.at("s.git/hooks"));
    place.git("r", &["remote", "add", "origin", "../s.git"]);
    place
}

/// The same with a forge's hooks on the server.
fn forge() -> Place {
    let place = pushed();
    script(&place, "s.git/hooks/pre-receive", DELEGATE);
    script(&place, "s.git/hooks/pre-receive.d/gitea", PROTECTION);
    place
}

/// Every file of the server's directories of hooks, but the example hooks of git.
fn hooks(place: &Place) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![place.at("s.git/hooks"), place.at("s.git/custom_hooks")];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(place.at("s.git")).unwrap();
            all.push(name.display().to_string());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    all.retain(|name| !name.ends_with(".sample"));
    all.sort();
    all
}

#[track_caller]
fn baton(place: &Place, args: &[&str]) -> Said {
    let said = place.baton("s.git", args);
    assert_eq!(said.code, Some(0), "{said:?}");
    said
}

fn install(place: &Place) -> Said {
    baton(place, &["install", "--server"])
}

/// Pushes a new commit, which may break a rule.
fn push(place: &Place, branch: &str, breaks: bool) -> Said {
    place.git("r", &["reset", "-q", "--hard", "origin/main"]);
    let path = if breaks {
        "r/.agents/HANDOFF.md"
    } else {
        "r/work"
    };
    place.write(path, &format!("for {branch}\n"));
    place.git("r", &["add", "."]);
    place.git("r", &["commit", "-q", "-m", branch]);
    let target = format!("+HEAD:refs/heads/{branch}");
    place.try_git("r", &["push", "-q", "origin", &target])
}

/// Whether the push is let in, refused by the forge's protection, and refused by Baton.
fn answers(place: &Place, branch: &str, breaks: bool) -> (bool, bool, bool) {
    place.git("r", &["fetch", "-q", "origin"]);
    let said = push(place, branch, breaks);
    let is_there = place.try_git("s.git", &["rev-parse", "-q", "--verify", branch]);
    let tip = place.git("r", &["rev-parse", "HEAD"]);
    assert_eq!(is_there.out == tip, said.code == Some(0), "{said:?}");
    (
        said.code == Some(0),
        said.err.contains("branch protection says no"),
        said.err.contains("baton: refused (pre-receive)"),
    )
}

#[track_caller]
fn both_guard(place: &Place) {
    assert_eq!(answers(place, "one", false), (true, false, false));
    assert_eq!(answers(place, "protected", false), (false, true, false));
    assert_eq!(answers(place, "two", true), (false, false, true));
    let (lands, by_forge, _) = answers(place, "protected", true);
    assert!(!lands && by_forge);
}

#[track_caller]
fn healthy(place: &Place) {
    let said = baton(place, &["doctor"]);
    assert!(said.out.starts_with("healthy: "), "{said:?}");
}

#[test]
fn a_delegate_keeps_its_place_and_runs_baton_beside_the_forge() {
    let place = forge();
    let before = hooks(&place);
    let said = install(&place);
    assert!(said.out.contains("pre-receive.d/50-baton"), "{said:?}");
    let delegate = fs::read_to_string(place.at("s.git/hooks/pre-receive"));
    assert_eq!(delegate.unwrap(), DELEGATE);
    both_guard(&place);
    healthy(&place);
    let installed = hooks(&place);
    let again = install(&place);
    assert!(
        again
            .out
            .contains("there already: reference-transaction, pre-receive.d/50-baton"),
        "{again:?}"
    );
    assert_eq!(hooks(&place), installed);
    both_guard(&place);
    let said = baton(&place, &["uninstall"]);
    assert!(said.out.contains("pre-receive.d/50-baton"), "{said:?}");
    assert_eq!(hooks(&place), before);
    assert!(!place.at("s.git/baton").exists());
    assert_eq!(answers(&place, "protected", false), (false, true, false));
    assert_eq!(answers(&place, "two", true), (true, false, false));
}

#[test]
fn the_hooks_of_a_directory_run_in_their_order() {
    let place = forge();
    let word = |name: &str| {
        let text = format!("#!/bin/sh\ncat >/dev/null\necho {name} >>\"$GIT_DIR/ran\"\n");
        script(&place, &format!("s.git/hooks/pre-receive.d/{name}"), &text);
    };
    word("10-first");
    word("90-last");
    install(&place);
    fs::remove_file(place.at("s.git/hooks/pre-receive.d/gitea")).unwrap();
    assert_eq!(answers(&place, "two", true), (false, false, true));
    let ran = fs::read_to_string(place.at("s.git/ran")).unwrap();
    assert_eq!(ran, "10-first\n90-last\n");
    healthy(&place);
}

#[test]
fn an_installation_that_renamed_the_delegate_is_put_right() {
    for written_anew in [false, true] {
        let place = forge();
        let before = hooks(&place);
        install(&place);
        let at = |name: &str| place.at(&format!("s.git/hooks/{name}"));
        fs::remove_file(at("pre-receive.d/50-baton")).unwrap();
        fs::rename(at("pre-receive"), at("pre-receive.before-baton")).unwrap();
        fs::hard_link(place.at("s.git/baton/bin/git-baton"), at("pre-receive")).unwrap();
        assert_eq!(answers(&place, "protected", false), (true, false, false));
        let told = baton(&place, &["doctor"]);
        assert!(told.out.contains("earlier-hook-silent"), "{told:?}");
        assert!(told.out.contains("git baton install --server"), "{told:?}");
        if written_anew {
            fs::remove_file(at("pre-receive")).unwrap();
            script(&place, "s.git/hooks/pre-receive", DELEGATE);
        }
        place.git("s.git", &["branch", "-q", "-D", "protected"]);
        install(&place);
        both_guard(&place);
        healthy(&place);
        assert!(!at("pre-receive.before-baton").exists());
        baton(&place, &["uninstall"]);
        assert_eq!(hooks(&place), before, "{written_anew}");
    }
}

#[test]
fn the_last_hook_is_left_to_no_directory() {
    let place = forge();
    script(&place, "s.git/hooks/reference-transaction", WITH_ARGUMENTS);
    let other = "#!/bin/sh\ncat >/dev/null\necho other >>\"$GIT_DIR/ran\"\n";
    let path = "s.git/hooks/reference-transaction.d/10-other";
    script(&place, path, other);
    let before = hooks(&place);
    install(&place);
    let kept = place.at("s.git/hooks.before-baton/reference-transaction");
    assert!(kept.exists());
    both_guard(&place);
    healthy(&place);
    let ran = fs::read_to_string(place.at("s.git/ran")).unwrap();
    assert!(ran.contains("other\n"), "{ran}");
    let tip = place.git("r", &["rev-parse", "HEAD"]);
    place.git("r", &["push", "-q", "origin", "HEAD:refs/tags/kept"]);
    let moved = place.try_git("s.git", &["update-ref", "refs/heads/main", tip.trim()]);
    assert!(
        moved.err.contains("refused (reference-transaction)"),
        "{moved:?}"
    );
    place.git("s.git", &["update-ref", "refs/heads/side", "main"]);
    baton(&place, &["uninstall"]);
    assert_eq!(hooks(&place), before);
}

/// Dispatchers that do not run every program of the directory, or do not heed what it says, or do not give it the input.
const UNLIKE: [&str; 5] = [
    "for each in \"$0.d\"/*.sh; do [ -x \"$each\" ] || continue; \"$each\" \"$@\" || exit 1; done",
    "for each in \"$0.d\"/*; do \"$each\" \"$@\"; done; exit 0",
    "for each in \"$0.d\"/*; do sh \"$each\" \"$@\" || exit; done",
    "for each in \"$0.d\"/*; do \"$each\" \"$@\" & done; wait",
    "ls \"$0.d\" >/dev/null; echo \"$@\" >/dev/null",
];

#[test]
fn no_dispatcher_is_believed_for_naming_its_directory() {
    for text in UNLIKE {
        let place = pushed();
        for hook in ["pre-receive", "reference-transaction"] {
            let hook = format!("s.git/hooks/{hook}");
            script(&place, &hook, &format!("#!/bin/sh\n{text}\n"));
            let eats = "#!/bin/sh\ncat >/dev/null\necho ran >>\"$GIT_DIR/ran\"\n";
            script(&place, &format!("{hook}.d/10-eats.sh"), eats);
        }
        install(&place);
        healthy(&place);
        assert_eq!(answers(&place, "two", true), (false, false, true), "{text}");
        assert!(answers(&place, "one", false).0, "{text}");
        let ran = place.at("s.git/ran");
        assert_eq!(ran.exists(), !text.starts_with("ls"), "{text}");
    }
}

#[test]
fn a_hook_that_runs_no_directory_runs_first_as_ever() {
    let place = pushed();
    for (text, has_directory) in [
        (PROTECTION, true),
        (DELEGATE, false),
        (
            "#!/bin/sh\n# pre-receive.d/ is of no use\ncat >/dev/null\n",
            true,
        ),
    ] {
        script(&place, "s.git/hooks/pre-receive", text);
        if has_directory {
            fs::create_dir_all(place.at("s.git/hooks/pre-receive.d")).unwrap();
        } else {
            fs::remove_dir(place.at("s.git/hooks/pre-receive.d")).unwrap();
        }
        install(&place);
        assert!(place.at("s.git/hooks.before-baton/pre-receive").exists());
        assert!(!place.at("s.git/hooks/pre-receive.d/50-baton").exists());
        assert_eq!(answers(&place, "two", true), (false, false, true));
        healthy(&place);
        baton(&place, &["uninstall"]);
    }
}

#[test]
fn doctor_and_installing_again_find_what_a_delegate_lost() {
    let place = forge();
    install(&place);
    let own = place.at("s.git/hooks/pre-receive.d/50-baton");
    let program = place.at("s.git/baton/bin/git-baton");
    let told = |id: &str| {
        let said = place.baton("s.git", &["doctor"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains(id), "{id}: {said:?}");
        assert!(said.out.contains("pre-receive"), "{said:?}");
    };
    fs::remove_file(&own).unwrap();
    told("hook-missing");
    install(&place);
    both_guard(&place);

    fs::remove_file(&own).unwrap();
    fs::copy(&program, &own).unwrap();
    assert_eq!(answers(&place, "three", true), (false, false, true));
    set_mode(&own, 0o644);
    told("hook-not-executable");
    install(&place);

    fs::remove_file(&own).unwrap();
    script(&place, "s.git/hooks/pre-receive.d/50-baton", "#!/bin/sh\n");
    told("hook-replaced");
    let refused = place.baton("s.git", &["install", "--server"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    fs::rename(&own, own.with_file_name("50-other")).unwrap();
    install(&place);
    fs::remove_file(own.with_file_name("50-other")).unwrap();
    healthy(&place);

    // Without its delegate nothing runs the directory.
    fs::remove_file(place.at("s.git/hooks/pre-receive")).unwrap();
    told("hook-missing");
    install(&place);
    assert!(!own.exists());
    assert_eq!(answers(&place, "two", true), (false, false, true));
    healthy(&place);
    fs::remove_file(place.at("s.git/hooks/pre-receive")).unwrap();
    script(&place, "s.git/hooks/pre-receive", DELEGATE);
    told("hook-missing");
    install(&place);
    both_guard(&place);
    healthy(&place);
}

#[test]
fn a_directory_that_others_share_is_not_gone_into() {
    for (link, made) in [
        ("hooks/pre-receive.d", "hooks"),
        ("custom_hooks", ""),
        ("custom_hooks/pre-receive.d", "custom_hooks"),
    ] {
        let place = pushed();
        script(&place, "s.git/hooks/pre-receive", DELEGATE);
        script(&place, "shared/gitea", PROTECTION);
        fs::create_dir_all(place.at("s.git").join(made)).unwrap();
        symlink("../../shared", place.at("s.git").join(link)).unwrap();
        if link == "custom_hooks" {
            fs::remove_file(place.at("s.git/custom_hooks")).unwrap();
            symlink("../shared", place.at("s.git/custom_hooks")).unwrap();
        }
        let refused = place.baton("s.git", &["install", "--server"]);
        assert_eq!(refused.code, Some(2), "{link}: {refused:?}");
        assert!(!place.at("s.git/baton/bin").exists());
        let remedy = refused
            .err
            .split('`')
            .find(|part| part.starts_with("cp -RL"));
        let mut shell = place.command(Path::new("sh"), "s.git");
        let mended = shell.args(["-c", remedy.unwrap()]).status().unwrap();
        assert!(mended.success(), "{refused:?}");
        install(&place);
        assert_eq!(fs::read_dir(place.at("shared")).unwrap().count(), 1);
        healthy(&place);
    }
}

/// Pushes as GitLab does: `hooks/` is passed over, and all that `custom_hooks/` holds runs.
fn as_gitlab(place: &Place) {
    let runner = r#"#!/bin/sh
input=$(cat)
for each in "$PWD/custom_hooks/pre-receive" "$PWD/custom_hooks/pre-receive.d"/*; do
    test -x "$each" || continue
    printf '%s\n' "$input" | GIT_DIR="$PWD" "$each" || exit
done
"#;
    script(place, "gitlab/pre-receive", runner);
    let hooks = place.at("gitlab");
    let receive = format!("git -c core.hooksPath='{}' receive-pack", hooks.display());
    place.git("r", &["config", "remote.origin.receivepack", &receive]);
}

#[test]
fn gitlab_runs_baton_with_the_repositorys_own_hooks() {
    let place = pushed();
    as_gitlab(&place);
    script(&place, "s.git/custom_hooks/pre-receive", PROTECTION);
    let before = hooks(&place);
    install(&place);
    both_guard(&place);
    healthy(&place);
    install(&place);
    let own = place.at("s.git/custom_hooks/pre-receive.d/50-baton");
    // Who does not push through GitLab meets the hook of git.
    place.git("r", &["config", "--unset", "remote.origin.receivepack"]);
    assert_eq!(answers(&place, "two", true), (false, false, true));
    as_gitlab(&place);
    fs::remove_file(&own).unwrap();
    assert_eq!(answers(&place, "two", true), (true, false, false));
    let told = place.baton("s.git", &["doctor"]);
    assert!(told.out.contains("hook-missing"), "{told:?}");
    install(&place);
    assert_eq!(answers(&place, "three", true), (false, false, true));
    baton(&place, &["uninstall"]);
    assert_eq!(hooks(&place), before);
}

#[test]
fn what_a_directory_is_not_told_is_no_leave() {
    let place = forge();
    install(&place);
    for (cwd, program, hook) in [
        (
            "s.git",
            "hooks/pre-receive.d/50-baton",
            "input of pre-receive",
        ),
        (
            "s.git/hooks/pre-receive.d",
            "./50-baton",
            "input of pre-receive",
        ),
    ] {
        let mut shell = place.command(Path::new("sh"), cwd);
        let line = format!("GIT_DIR='{}' {program}", place.at("s.git").display());
        let said = crate::install::place::said(shell.args(["-c", &line]).output().unwrap());
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains(hook), "{hook}: {said:?}");
    }
    // By another process: a fork of another test would hold the file open for writing.
    let mut copy = place.command(Path::new("cp"), "");
    copy.arg(crate::install::place::program())
        .arg(place.at("50-baton"));
    assert!(copy.status().unwrap().success());
    let said = place.command(&place.at("50-baton"), "s.git");
    let said = crate::install::place::said({ said }.output().unwrap());
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("which hook"), "{said:?}");
}
