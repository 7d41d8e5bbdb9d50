//! `git baton doctor`, with real git: each thing that can be wrong, made wrong.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::install::place::{Place, Said, program, said, set_mode};
use serde_json::Value;

/// A repository in which Baton is installed and all is well.
fn healthy() -> Place {
    let place = Place::new();
    place.repository("r");
    place.git("r", &["worktree", "add", "-q", "-b", "w", "../w"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place
}

/// The ids of what is found, each once, after checking that the exit code agrees.
fn found(place: &Place, cwd: &str) -> BTreeSet<String> {
    let said = place.baton(cwd, &["doctor", "--format", "json"]);
    let document: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
    let healthy = document["healthy"].as_bool().unwrap();
    assert_eq!(said.code, Some(if healthy { 0 } else { 1 }), "{said:?}");
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["id"].as_str().unwrap().to_owned())
        .collect()
}

fn assert_finds(place: &Place, id: &str) {
    for cwd in ["r", "w"] {
        assert_eq!(found(place, cwd), BTreeSet::from([id.to_owned()]), "{cwd}");
    }
}

#[test]
fn a_fresh_installation_is_healthy() {
    let place = healthy();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    for cwd in ["r", "w"] {
        let said = place.baton(cwd, &["doctor"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(
            said.out,
            "healthy: the guard sees every commit that lands here\n"
        );
    }
}

#[test]
fn the_programs_that_run_are_logged_when_asked_for() {
    let place = Place::new();
    place.repository("r");
    fs::write(place.at("r/.git/hooks/pre-commit"), "#!/bin/sh\n").unwrap();
    set_mode(&place.at("r/.git/hooks/pre-commit"), 0o755);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    for (level, is_logged) in [("debug", true), ("info", false), ("loud", false)] {
        let mut commit = place.command(Path::new("git"), "r");
        commit.args(["commit", "-q", "--allow-empty", "-m", "x"]);
        let said = said(commit.env("BATON_LOG", level).output().unwrap());
        assert_eq!(said.code, Some(0), "{said:?}");
        let line = said.err.lines().find(|line| line.contains("pre-commit"));
        let ended = |line: &str| line.starts_with("DEBUG ") && line.contains(": exit status: 0, ");
        assert_eq!(line.is_some_and(ended), is_logged, "{level}: {said:?}");
    }
}

#[test]
fn rules_that_are_not_committed_are_found() {
    let place = Place::new();
    place.git(".", &["init", "-q", "r"]);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place.write("r/baton.toml", "");
    assert_eq!(
        found(&place, "r"),
        BTreeSet::from(["policy-missing".to_owned()])
    );
    place.git("r", &["add", "baton.toml"]);
    place.git("r", &["commit", "-q", "-m", "rules"]);
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn a_repository_without_a_commit_has_no_rules() {
    let place = Place::new();
    place.git(".", &["init", "-q", "-b", "main", "empty"]);
    assert_eq!(place.baton("empty", &["install"]).code, Some(0));
    place.git(".", &["init", "-q", "--bare", "-b", "trunk", "s.git"]);
    let server = place.baton("s.git", &["install", "--server"]);
    assert_eq!(server.code, Some(0), "{server:?}");
    let missing = BTreeSet::from(["policy-missing".to_owned()]);
    for at in ["empty", "s.git"] {
        assert_eq!(found(&place, at), missing, "{at}");
    }
    place.repository("r");
    place.git("r", &["push", "-q", "../s.git", "main"]);
    assert_eq!(found(&place, "s.git"), BTreeSet::new());
}

#[test]
fn what_ails_a_hook_is_found_and_mended() {
    let hook = "r/.git/hooks/reference-transaction";
    type Ail = fn(&Place, &str);
    let ails: [(&str, Ail); 5] = [
        ("hook-missing", |place, hook| {
            fs::remove_file(place.at(hook)).unwrap()
        }),
        ("hook-not-executable", |place, hook| {
            fs::remove_file(place.at(hook)).unwrap();
            place.write(hook, "#!/bin/sh\n");
        }),
        ("hook-replaced", |place, hook| {
            fs::remove_file(place.at(hook)).unwrap();
            place.write_hook(hook, "x");
        }),
        ("hook-replaced", |place, hook| {
            fs::remove_file(place.at(hook)).unwrap();
            place.write(hook, "");
            set_mode(&place.at(hook), 0o755);
        }),
        ("hook-dangling", |place, hook| {
            fs::remove_file(place.at(hook)).unwrap();
            symlink("nowhere", place.at(hook)).unwrap();
        }),
    ];
    for (id, ail) in ails {
        let place = healthy();
        ail(&place, hook);
        assert_finds(&place, id);
        assert_eq!(place.baton("r", &["install"]).code, Some(0), "{id}");
        // What git passed over does not run now either.
        let is_silent = matches!(id, "hook-dangling" | "hook-not-executable");
        let left = is_silent.then(|| "earlier-hook-silent".to_owned());
        assert_eq!(found(&place, "r"), left.into_iter().collect(), "{id}");
    }
}

/// Runs a line of shell in a new file system on `m`, where this system lets its users mount one.
fn on_mounted(place: &Place, line: &str) -> Option<Said> {
    fs::create_dir_all(place.at("m")).unwrap();
    let run = |line: &str| {
        let mut shell = place.command(Path::new("unshare"), ".");
        let line = format!("mount -t tmpfs none m && {line}");
        said(shell.args(["-Urm", "sh", "-c", &line]).output().unwrap())
    };
    (run("true").code == Some(0)).then(|| run(line))
}

#[test]
fn hooks_that_the_system_does_not_run_are_no_guard() {
    let place = Place::new();
    place.repository("r");
    let baton = program().display();
    let begin = "cp -a r m/r && cd m/r";
    let forbid = "mount -o remount,noexec \"$OLDPWD/m\"";
    let line = format!("{begin} && {baton} install && {forbid} && {baton} doctor");
    let Some(told) = on_mounted(&place, &line) else {
        return;
    };
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("error[hook-not-executable]"), "{told:?}");
    assert!(told.out.contains("mounted with `exec`"), "{told:?}");
    let line = format!("{begin} && {forbid} && {baton} install");
    let refused = on_mounted(&place, &line).unwrap();
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("`noexec`"), "{refused:?}");
}

#[test]
fn a_hooks_path_is_found_in_every_scope() {
    let place = healthy();
    place.git("r", &["config", "extensions.worktreeConfig", "true"]);
    place.write("included", "[core]\n\thooksPath = /elsewhere\n");
    let scopes: [(&[&str], &str); 4] = [
        (&["--global", "core.hooksPath"], "/elsewhere"),
        (&["--local", "core.hooksPath"], ".husky"),
        (&["--worktree", "core.hooksPath"], ""),
        (&["--local", "include.path"], "../../included"),
    ];
    for (setting, value) in scopes {
        place.git("r", &[&["config"], setting, &[value]].concat());
        assert_finds(&place, "hooks-bypassed");
        place.git("r", &[&["config", "--unset"], setting].concat());
        assert_eq!(found(&place, "r"), BTreeSet::new());
    }
    let mut command = place.command(program(), "r");
    let command = command.arg("doctor").envs([
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", "/dev/null"),
    ]);
    let said = said(command.output().unwrap());
    assert!(
        said.code == Some(1) && said.out.contains("hooks-bypassed"),
        "{said:?}"
    );
}

#[test]
fn what_ails_the_program_or_the_records_is_found() {
    let manifest = |place: &Place, from: &str, to: &str| {
        let path = "r/.git/baton/install.json";
        let text = fs::read_to_string(place.at(path)).unwrap();
        place.write(path, &text.replace(from, to));
    };
    let place = healthy();
    fs::remove_file(place.at("r/.git/baton/bin/git-baton")).unwrap();
    assert_finds(&place, "program-missing");

    let place = healthy();
    let this = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    manifest(&place, &this, "\"0.0.9\"");
    assert_finds(&place, "program-older");
    manifest(&place, "\"0.0.9\"", "\"99.0.0\"");
    assert_finds(&place, "program-newer");
    place.write("r/.git/baton/install.json", "{");
    assert_finds(&place, "record-broken");
    assert_eq!(place.baton("r", &["install"]).code, Some(2));

    let place = healthy();
    fs::remove_file(place.at("r/.git/baton/baseline")).unwrap();
    assert_finds(&place, "journal-missing");
    assert_eq!(place.baton("r", &["uninstall"]).code, Some(0));
    assert_finds(&place, "not-installed");
}

#[test]
fn a_policy_that_cannot_be_read_is_found() {
    let place = healthy();
    place.write("w/baton.toml", "versoin = 1\n");
    assert_finds(&place, "policy-invalid");
    let past = ["-c", "core.hooksPath=/dev/null", "commit", "-q", "-am", "x"];
    place.git("w", &past);
    // The policy before it judges, and finds the unsigned change too.
    let ids = ["policy-invalid", "commit-unjudged", "commit-breaks-rule"];
    for cwd in ["r", "w"] {
        assert_eq!(found(&place, cwd), ids.map(str::to_owned).into(), "{cwd}");
    }
}

#[test]
fn commits_that_came_past_the_guard_are_found() {
    let place = healthy();
    let past = ["-c", "core.hooksPath=/dev/null", "commit", "-q", "-am", "x"];
    place.git("w", &[&past[..], &["--allow-empty"]].concat());
    assert_finds(&place, "commit-unjudged");
    place.write("w/.agents/HANDOFF.md", "# Handoff\nmine\n");
    place.git("w", &past);
    let both = [
        "commit-unjudged".to_owned(),
        "commit-breaks-rule".to_owned(),
    ];
    assert_eq!(found(&place, "r"), BTreeSet::from(both));
    let commit = place.git("w", &["rev-parse", "HEAD"]);
    let said = place.baton("r", &["doctor"]);
    assert!(
        said.out.contains(&format!("commit {}", commit.trim())),
        "{said:?}"
    );
}

#[test]
fn no_line_in_the_journal_hides_what_breaks_a_rule() {
    for forged in ["journal", "baseline", "neither"] {
        let place = healthy();
        place.write("w/.agents/HANDOFF.md", "# Handoff\nmine\n");
        let past = ["-c", "core.hooksPath=/dev/null", "commit", "-q", "-am", "x"];
        place.git("w", &past);
        let commit = place.git("w", &["rev-parse", "HEAD"]);
        let commit = commit.trim();
        let policy = place.git("w", &["rev-parse", "HEAD:baton.toml"]);
        match forged {
            "journal" => place.write(
                &format!("r/.git/baton/journal/{}", &commit[..2]),
                &format!("{commit} {} passed\n", policy.trim()),
            ),
            "baseline" => {
                let path = "r/.git/baton/baseline";
                let text = fs::read_to_string(place.at(path)).unwrap();
                place.write(path, &format!("{text}{commit}\n"));
            }
            _ => fs::remove_file(place.at("r/.git/baton/baseline")).unwrap(),
        }
        for cwd in ["r", "w"] {
            let found = found(&place, cwd);
            assert!(found.contains("commit-breaks-rule"), "{forged}: {found:?}");
        }
    }
}

#[test]
fn a_branch_made_anew_from_a_root_is_found() {
    let past = |place: &Place, args: &[&str]| {
        place.git("r", &[&["-c", "core.hooksPath=/dev/null"], args].concat())
    };
    // With the policy elsewhere: in a detached HEAD, on another branch, on a remote.
    for policy in ["head", "branch", "remote"] {
        let place = healthy();
        if policy == "remote" {
            place.git(".", &["init", "-q", "--bare", "s.git"]);
            place.git("r", &["remote", "add", "origin", "../s.git"]);
            place.git("r", &["push", "-q", "origin", "main"]);
            place.git("r", &["worktree", "remove", "--force", "../w"]);
            past(&place, &["branch", "-q", "-D", "w"]);
        }
        place.git("r", &["switch", "-q", "--detach"]);
        past(&place, &["branch", "-q", "-D", "main"]);
        past(&place, &["switch", "-q", "--orphan", "main"]);
        place.write("r/.agents/HANDOFF.md", "# Handoff\nmine\n");
        past(&place, &["add", "-A"]);
        past(&place, &["commit", "-q", "-m", "root"]);
        if policy == "head" {
            past(&place, &["switch", "-q", "--detach", "w"]);
        }
        let found = found(&place, "r");
        assert!(found.contains("commit-breaks-rule"), "{policy}: {found:?}");
    }
}

#[test]
fn a_branch_that_follows_what_is_no_branch_is_found() {
    for target in ["refs/tags/good", "refs/remotes/o/x", "refs/notes/x"] {
        let place = healthy();
        place.git("r", &["update-ref", target, "main"]);
        place.write("r/.git/refs/heads/side", &format!("ref: {target}\n"));
        let found = found(&place, "r");
        assert!(found.contains("branch-symbolic"), "{target}: {found:?}");
    }
    let place = healthy();
    place.write("r/.git/refs/heads/side", "ref: refs/heads/main\n");
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn published_commits_that_break_rules_are_found() {
    let place = healthy();
    place.git(".", &["clone", "-q", "r", "other"]);
    place.write("other/.agents/HANDOFF.md", "# Handoff\nmine\n");
    place.git("other", &["commit", "-q", "-am", "x"]);
    place.git("r", &["remote", "add", "origin", "../other"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place.git("r", &["fetch", "-q", "origin"]);
    place.try_git("r", &["merge", "-q", "origin/main"]);
    assert_finds(&place, "commit-breaks-rule");
}

#[test]
fn history_before_the_policy_and_before_the_installation_is_taken_as_it_is() {
    let place = Place::new();
    place.git(".", &["init", "-q", "-b", "main", "r"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place.git(
        "r",
        &["commit", "-q", "--allow-empty", "-m", "no policy yet"],
    );
    place.write("r/baton.toml", "version = 1\n");
    place.git("r", &["add", "."]);
    place.git("r", &["commit", "-q", "-m", "policy"]);
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "judged"]);
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn broken_worktrees_are_found() {
    let place = healthy();
    let r = |place: &Place| found(place, "r").into_iter().collect::<Vec<_>>();
    fs::rename(place.at("w"), place.at("moved")).unwrap();
    assert_eq!(r(&place), ["worktree-missing"]);
    fs::rename(place.at("moved"), place.at("w")).unwrap();
    place.write("w/.git", "gitdir: /elsewhere\n");
    assert_eq!(r(&place), ["worktree-broken"]);
    fs::remove_file(place.at("r/.git/worktrees/w/HEAD")).unwrap();
    assert_eq!(r(&place), ["worktree-broken"]);
    // git is just adding it.
    place.write("r/.git/worktrees/w/locked", "initializing");
    assert_eq!(found(&place, "r"), BTreeSet::new());
    // git is just removing it, and is killed.
    fs::remove_file(place.at("r/.git/worktrees/w/locked")).unwrap();
    fs::remove_dir_all(place.at("w")).unwrap();
    assert_eq!(r(&place), ["worktree-missing"]);
    place.git("r", &["worktree", "prune"]);
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn a_record_that_lacks_an_object_is_found() {
    let place = healthy();
    let record = place.git("r", &["commit-tree", "-m", "x", "HEAD^{tree}"]);
    let record = record.trim();
    place.git("r", &["update-ref", "refs/baton/sessions/1", record]);
    assert_eq!(found(&place, "r"), BTreeSet::new());
    let object = format!("r/.git/objects/{}/{}", &record[..2], &record[2..]);
    fs::remove_file(place.at(&object)).unwrap();
    assert_eq!(
        found(&place, "r"),
        BTreeSet::from(["record-unreadable".to_owned()])
    );
}

#[test]
fn an_earlier_hook_added_later_is_found() {
    let place = healthy();
    place.git("r", &["config", "core.hooksPath", ".githooks"]);
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    place.write_hook("w/.githooks/post-index-change", "x");
    assert_finds(&place, "earlier-hook-silent");
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn what_cannot_be_told_is_no_health() {
    let place = Place::new();
    assert_eq!(place.baton(".", &["doctor"]).code, Some(2));
    let place = healthy();
    place.write("r/.git/refs/heads/gone", &format!("{}\n", "1".repeat(40)));
    assert_eq!(place.baton("r", &["doctor"]).code, Some(2));
}

#[test]
fn remotes_that_are_not_as_they_were_are_found() {
    let place = healthy();
    for name in ["s.git", "t.git"] {
        place.git(".", &["init", "-q", "--bare", name]);
    }
    let url = format!("file://{}", place.at("s.git").display());
    let changes: [&[&str]; 5] = [
        &["remote", "add", "origin", "../s.git"],
        &["remote", "set-url", "origin", "../t.git"],
        &["remote", "rename", "origin", "upstream"],
        &["config", "url.../s.git.insteadOf", "../t.git"],
        &["remote", "add", "other", &url],
    ];
    for change in changes {
        place.git("r", change);
        for cwd in ["r", "w"] {
            let said = place.baton(cwd, &["doctor"]);
            assert_eq!(said.code, Some(0), "{said:?}");
            assert!(said.out.contains("warning[remote-unrecorded]"), "{said:?}");
        }
        assert_eq!(place.baton("r", &["install"]).code, Some(0));
        assert_eq!(found(&place, "r"), BTreeSet::new(), "{change:?}");
    }
}

#[test]
fn an_address_is_shown_without_its_password() {
    let place = healthy();
    let url = "https://user:secret@example.org/r.git";
    place.git("r", &["remote", "add", "origin", url]);
    let said = place.baton("r", &["doctor"]);
    assert!(said.out.contains("https://example.org/r.git"), "{said:?}");
    assert!(!said.out.contains("secret"), "{said:?}");
}

#[test]
fn a_git_that_the_hooks_cannot_start_is_found() {
    let place = healthy();
    let manifest = "r/.git/baton/install.json";
    let text = fs::read_to_string(place.at(manifest)).unwrap();
    let key = text.find("\"git\": ").unwrap();
    let line = text[key..].lines().next().unwrap();
    for git in ["\"/nowhere/git\"", "\"git\"", "\"/bin/false\"", "null"] {
        place.write(manifest, &text.replace(line, &format!("\"git\": {git},")));
        assert_eq!(
            found(&place, "w"),
            ["git-unrecorded".to_owned()].into(),
            "{git}"
        );
    }
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn a_record_of_an_earlier_baton_is_found() {
    let place = healthy();
    let manifest = place.at("r/.git/baton/install.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    for key in ["git", "path", "remotes", "connection"] {
        record.as_object_mut().unwrap().remove(key).unwrap();
    }
    fs::write(&manifest, record.to_string()).unwrap();
    let both = ["git-unrecorded".to_owned(), "remote-unrecorded".to_owned()];
    assert_eq!(found(&place, "w"), both.into());
    assert_eq!(place.baton("r", &["install"]).code, Some(0));
    assert_eq!(found(&place, "r"), BTreeSet::new());
}

#[test]
fn an_object_that_another_stands_for_is_found() {
    let place = healthy();
    place.git("r", &["commit", "-q", "--allow-empty", "-m", "x"]);
    place.git("r", &["replace", "--graft", "HEAD"]);
    assert_finds(&place, "object-replaced");
    place.git("r", &["replace", "-d", "HEAD"]);
    // What a rewrite of history left behind.
    let gone = format!("refs/replace/{}", "1".repeat(40));
    place.git("r", &["update-ref", &gone, "HEAD"]);
    assert_eq!(found(&place, "r"), BTreeSet::new());
}
