//! Pull requests and merge groups: which commits are judged, and by whose policy.

use super::*;

#[test]
fn a_pull_request_is_judged_from_its_merge_base_and_annotated() {
    let mut sandbox = server();
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    let tip = sandbox.commit_file(".agents/HANDOFF.md", "mine\n");
    sandbox.git(["checkout", "-q", "main"]);
    let base = sandbox.commit_file("main.txt", "others' work\n");
    sandbox.git(["push", "-q", "origin", "main", "work"]);
    clone(&mut sandbox, &tip);
    let run = github(&sandbox, "pull_request", &pull_request(&base, &tip));
    bundled(&run, &bundle);
    let file = "::error file=.agents/HANDOFF.md,line=1,title=protected-path in ";
    assert!(run.out.contains(file), "{run:?}");
    assert!(
        run.out.contains("2 rules broken in 2 of 2 commits"),
        "{run:?}"
    );
}

#[test]
fn a_pull_request_that_keeps_the_rules_passes_whatever_is_checked_out() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let tip = sandbox.commit_file(&log(19), "done\n");
    sandbox.git(["push", "-q", "origin", "work"]);
    clone(&mut sandbox, &base);
    let run = github(&sandbox, "pull_request", &pull_request(&base, &tip));
    allowed(
        &run,
        "1 commit and 1 branch move judged: none breaks a rule",
    );
}

#[test]
fn a_pull_request_cannot_loosen_the_policy_that_judges_it() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    sandbox.commit_file("baton.toml", "[sessions]\nmax_per_commit = 9\n");
    let bundle = sandbox.commit_bundle();
    sandbox.git(["push", "-q", "origin", "work"]);
    clone(&mut sandbox, &bundle);
    let run = github(&sandbox, "pull_request", &pull_request(&base, &bundle));
    bundled(&run, &bundle);
    assert!(run.out.contains("title=policy-change in "), "{run:?}");
}

#[test]
fn a_pull_request_to_a_branch_without_rules_is_passed_over() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    sandbox.commit_file("baton.toml", "[branches]\nexclude = [\"scratch\"]\n");
    let set = sandbox.git(["rev-parse", "HEAD"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git([
        "push",
        "-q",
        "origin",
        "work",
        &format!("{set}:refs/heads/scratch"),
    ]);
    clone(&mut sandbox, &base);
    let mut event = pull_request(&set, &bundle);
    bundled(&github(&sandbox, "pull_request", &event), &bundle);
    event["pull_request"]["base"]["ref"] = json!("scratch");
    let run = github(&sandbox, "pull_request", &event);
    allowed(&run, "nothing judged");
}

#[test]
fn a_branch_from_before_the_policy_is_judged_by_the_policy_of_its_target() {
    let sandbox = Sandbox::empty();
    sandbox.commit_file("README.md", "hello\n");
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "main"]);
    let target = sandbox.commit_file("baton.toml", "");
    track(&sandbox, "main", &target);
    let run = github(&sandbox, "pull_request", &pull_request(&target, &bundle));
    bundled(&run, &bundle);
}

#[test]
fn a_branch_from_before_a_stricter_policy_is_held_to_what_its_target_says() {
    let sandbox = Sandbox::with_policy("[sessions]\nmax_per_commit = 9\n");
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "main"]);
    let target = sandbox.commit_file("baton.toml", "");
    track(&sandbox, "main", &target);
    let run = github(&sandbox, "pull_request", &pull_request(&target, &bundle));
    bundled(&run, &bundle);
}

#[test]
fn a_base_without_a_policy_is_said_to_have_none() {
    let sandbox = Sandbox::empty();
    let base = sandbox.commit_file("README.md", "hello\n");
    track(&sandbox, "main", &base);
    let tip = sandbox.commit_bundle();
    let run = github(&sandbox, "pull_request", &pull_request(&base, &tip));
    assert_eq!(run.code, 0, "{run:?}");
    let note = format!(
        "nothing to judge: baton.toml is not in the base, {}",
        &base[..10]
    );
    assert!(run.err.contains(&note), "{run:?}");
}

#[test]
fn a_history_without_a_policy_is_said_to_have_none() {
    let sandbox = Sandbox::empty();
    let before = sandbox.commit_file("README.md", "hello\n");
    let after = sandbox.commit_bundle();
    let of_gitlab = [
        ("CI_COMMIT_SHA", &after[..]),
        ("CI_COMMIT_BEFORE_SHA", &before),
        ("CI_COMMIT_BRANCH", "main"),
    ];
    let runs = [
        sandbox.run(["verify", "--all"]),
        sandbox.run(["verify", "HEAD"]),
        github(&sandbox, "push", &push("main", &before, &after)),
        gitlab(&sandbox, &of_gitlab),
    ];
    for run in runs {
        assert_eq!(run.code, 0, "{run:?}");
        let note = "nothing to judge: no commit of this history carries baton.toml";
        assert!(run.err.contains(note), "{run:?}");
        assert!(!run.out.contains("2 commits"), "{run:?}");
    }
    sandbox.write("baton.toml", "");
    sandbox.commit("Set the rules");
    let run = sandbox.run(["verify", "--all"]);
    assert!(run.err.is_empty(), "{run:?}");
}

#[test]
fn a_merge_group_is_judged_with_the_commits_that_the_queue_made() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    let tip = sandbox.commit_bundle();
    sandbox.git(["push", "-q", "origin", "HEAD:gh-readonly-queue/main/pr-1"]);
    clone(&mut sandbox, &tip);
    let event = json!({"merge_group": {
        "base_sha": base, "head_sha": tip, "base_ref": "refs/heads/main",
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-1",
    }});
    bundled(&github(&sandbox, "merge_group", &event), &tip);
}

#[test]
fn an_event_that_cannot_be_read_is_no_pass() {
    let sandbox = server();
    let path = sandbox.root.path().join("event.json");
    for (event, reason) in [(None, "is not there"), (Some("{"), "holds no JSON: EOF")] {
        if let Some(event) = event {
            std::fs::write(&path, event).unwrap();
        }
        let mut command = sandbox.baton();
        command
            .arg("verify")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "push")
            .env("GITHUB_EVENT_PATH", &path);
        let run = finish(&mut command);
        undecided(&run, &["event cannot be read", "event.json", reason]);
    }
}

#[test]
fn a_shallow_clone_is_sent_for_the_full_history() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    sandbox.commit_bundle();
    let tip = sandbox.commit_file("a.txt", "a\n");
    sandbox.git(["push", "-q", "origin", "work"]);
    shallow_clone(&mut sandbox);
    let run = github(&sandbox, "pull_request", &pull_request(&base, &tip));
    undecided(&run, &["shallow clone", "fetch-depth: 0", "GIT_DEPTH: 0"]);
    let run = github(&sandbox, "push", &push("work", ZEROS, &tip));
    undecided(&run, &["shallow clone"]);
}

#[test]
fn a_base_that_was_not_fetched_is_named() {
    let mut sandbox = server();
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let tip = sandbox.commit_file("a.txt", "a\n");
    sandbox.git(["checkout", "-q", "main"]);
    let base = sandbox.commit_file("b.txt", "not pushed\n");
    sandbox.git(["push", "-q", "origin", "work"]);
    clone(&mut sandbox, &tip);
    let run = github(&sandbox, "pull_request", &pull_request(&base, &tip));
    undecided(&run, &[&base, "is not in this clone", "git fetch origin"]);
}
