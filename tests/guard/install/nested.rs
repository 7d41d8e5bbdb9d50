//! Earlier hooks that call others: the hook that git runs, one that a tool renamed, or git in another worktree.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use baton_testkit::write_program;

use crate::install::neighbours::{install, repository};
use crate::install::place::{Place, said};
use crate::install::put::installed;

/// What runs in a commit and a push.
#[track_caller]
fn work(place: &Place) -> Vec<String> {
    place.log();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    place.git("r", &["push", "-q", "origin", "main"]);
    place.log()
}

#[test]
fn a_hook_that_falls_through_to_the_local_one_reaches_it() {
    let goes_on = "own=$(git rev-parse --git-common-dir)/hooks/$(basename \"$0\")\n[ ! -x \"$own\" ] || exec \"$own\" \"$@\"\n";
    let eats = format!("cat >/dev/null\n{goes_on}");
    for (text, expected) in [
        (
            goes_on,
            &["team", "local pre-commit", "team", "local pre-push"][..],
        ),
        (
            &eats,
            &["team", "local pre-commit", "team", "team", "local pre-push"],
        ),
        // A link to it.
        ("", &["local pre-commit", "local pre-push"]),
    ] {
        let place = repository();
        for hook in ["pre-commit", "pre-push"] {
            place.write_hook(&format!("r/.git/hooks/{hook}"), &format!("local {hook}"));
            let team = place.at(&format!("r/.gh/{hook}"));
            if text.is_empty() {
                fs::create_dir_all(place.at("r/.gh")).unwrap();
                symlink(format!("../.git/hooks/{hook}"), team).unwrap();
            } else {
                let log = place.at("log");
                let text = format!("#!/bin/sh\necho team >>'{}'\n{text}", log.display());
                write_program(&team, &text);
            }
        }
        place.git("r", &["config", "core.hooksPath", ".gh"]);
        install(&place);
        assert_eq!(work(&place), expected, "{text}");
        assert_eq!(place.break_a_rule("r").code, Some(128));
    }
}

#[test]
fn an_earlier_hook_runs_for_what_it_does_in_another_worktree_and_leaves_behind() {
    let place = repository();
    place.git("r", &["worktree", "add", "-q", "-b", "w", "../w"]);
    let (log, mark) = (place.at("log"), place.at("mark"));
    let text = format!(
        "#!/bin/sh\nbasename \"$(pwd)\" >>'{}'\nprintf %s \"$BATON_EARLIER_HOOK\" >'{}'\n\
         [ \"$(basename \"$(pwd)\")\" != r ] || {{ unset $(git rev-parse --local-env-vars)\n\
         cd ../w && git commit -q --allow-empty -m y; }}\n",
        log.display(),
        mark.display()
    );
    write_program(&place.at("r/.git/hooks/pre-commit"), &text);
    install(&place);
    assert_eq!(work(&place), ["r", "w"]);
    // As a process does that the hook has started, and that goes on.
    let mark = fs::read_to_string(mark).unwrap();
    let mut git = place.command(Path::new("git"), "w");
    git.env("BATON_EARLIER_HOOK", mark);
    let later = git.args(["commit", "-q", "--allow-empty", "-m", "z"]);
    installed(&said(later.output().unwrap()));
    assert_eq!(place.log(), ["w"]);
}

#[test]
fn an_earlier_hook_runs_for_a_commit_that_it_makes_itself() {
    let place = repository();
    let log = place.at("log");
    let text = format!(
        "#!/bin/sh\necho \"team $INNER\" >>'{}'\n[ -z \"$INNER\" ] || exit 1\n\
         ! INNER=inner git commit -q --allow-empty -m inner\n",
        log.display()
    );
    write_program(&place.at("r/.git/hooks/pre-commit"), &text);
    install(&place);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.log(), ["team ", "team inner"]);
    assert_eq!(place.git("r", &["rev-list", "--count", "HEAD"]), "2\n");
}

#[test]
fn a_hook_that_has_git_run_the_local_one_reaches_it() {
    let place = repository();
    place.write_hook("r/.git/hooks/pre-commit", "local");
    let log = place.at("log");
    let text = format!(
        "#!/bin/sh\necho team >>'{}'\ngit -c core.hooksPath=.git/hooks hook run pre-commit\n",
        log.display()
    );
    write_program(&place.at("r/.gh/pre-commit"), &text);
    place.git("r", &["config", "core.hooksPath", ".gh"]);
    install(&place);
    assert_eq!(work(&place), ["team", "local"]);
}

#[test]
fn a_hook_that_asks_git_where_the_hooks_are_is_told_of() {
    for text in [
        ". \"$(git rev-parse --git-path hooks)/lib.sh\"",
        "\"$(git config core.hooksPath)/check\"",
    ] {
        let place = repository();
        place.write_hook("r/.gh/pre-commit", "team");
        write_program(&place.at("r/.gh/lib/more"), &format!("#!/bin/sh\n{text}\n"));
        place.write("r/.gh/README", "# git rev-parse --git-path hooks\n");
        place.git("r", &["config", "core.hooksPath", ".gh"]);
        let said = install(&place).out;
        let warning = format!("warning: {} asks git", place.at("r/.gh/lib/more").display());
        assert_eq!(said.matches("asks git").count(), 1, "{said}");
        assert!(said.contains(&warning), "{said}");
        let told = place.baton("r", &["doctor"]);
        assert!(
            told.out.contains("warning[earlier-hook-misled]"),
            "{told:?}"
        );
    }
}
