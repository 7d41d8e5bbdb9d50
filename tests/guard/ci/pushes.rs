//! Pushes, runs by the clock or by hand, and ranges: everything since the policy was adopted is judged.

use super::*;

#[test]
fn a_push_is_judged_with_everything_since_the_policy_was_adopted() {
    let mut sandbox = server();
    let bundle = sandbox.commit_bundle();
    let middle = sandbox.commit_file("a.txt", "a\n");
    let tip = sandbox.commit_file("b.txt", "b\n");
    sandbox.git(["push", "-q", "origin", "main"]);
    clone(&mut sandbox, &tip);
    let start = sandbox.git(["rev-parse", &format!("{bundle}^")]);
    for before in [&start, &middle, ZEROS] {
        bundled(
            &github(&sandbox, "push", &push("main", before, &tip)),
            &bundle,
        );
    }
}

#[test]
fn what_was_there_before_the_policy_breaks_no_rule_of_a_push() {
    let sandbox = Sandbox::empty();
    sandbox.commit_bundle();
    let before = sandbox.commit_file("baton.toml", "");
    let tip = sandbox.commit_file("a.txt", "a\n");
    let run = github(&sandbox, "push", &push("main", &before, &tip));
    allowed(
        &run,
        "3 commits and 1 branch move judged: none breaks a rule",
    );
}

#[test]
fn a_branch_that_the_policy_passes_over_stays_so_and_no_push_makes_another_one_so() {
    let exclude = "[branches]\nexclude = [\"scratch\", \"main\"]\n";
    let mut sandbox = Sandbox::with_policy("[branches]\nexclude = [\"scratch\"]\n");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    sandbox.git(["checkout", "-q", "-b", "scratch"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "main"]);
    sandbox.commit_file("baton.toml", exclude);
    let before = sandbox.commit_file("a.txt", "a\n");
    let tip = sandbox.commit_file("b.txt", "b\n");
    sandbox.git(["push", "-q", "origin", "scratch", "main~2:refs/heads/main"]);
    clone(&mut sandbox, &bundle);
    let run = github(&sandbox, "push", &push("scratch", ZEROS, &bundle));
    allowed(&run, "nothing judged");
    sandbox.git(["fetch", "-q", "../repo", "main"]);
    let run = github(&sandbox, "push", &push("main", &before, &tip));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("title=policy-change in "), "{run:?}");
}

#[test]
fn a_new_branch_is_judged_from_where_it_left_the_default_branch() {
    let mut sandbox = server();
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["push", "-q", "origin", "work"]);
    clone(&mut sandbox, &bundle);
    let run = github(&sandbox, "push", &push("work", ZEROS, &bundle));
    bundled(&run, &bundle);
    assert!(run.out.contains("in 1 of 2 commits"), "{run:?}");
}

#[test]
fn a_new_default_branch_is_judged_whole() {
    let mut sandbox = server();
    let bundle = sandbox.commit_bundle();
    sandbox.git(["push", "-q", "origin", "main"]);
    clone(&mut sandbox, &bundle);
    let run = github(&sandbox, "push", &push("main", ZEROS, &bundle));
    bundled(&run, &bundle);
    assert!(run.out.contains("in 1 of 2 commits"), "{run:?}");
}

#[test]
fn a_forced_push_to_the_default_branch_needs_the_tip_it_replaced() {
    let mut sandbox = signed_server();
    let start = sandbox.git(["rev-parse", "main"]);
    let lost = commit_signed(&sandbox, ".agents/HANDOFF.md");
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox.git(["reset", "-q", "--hard", &start]);
    let tip = sandbox.commit_file("other.txt", "rewritten\n");
    sandbox.git(["push", "-q", "--force", "origin", "main"]);
    clone(&mut sandbox, &tip);
    let event = push("main", &lost, &tip);
    let run = github(&sandbox, "push", &event);
    undecided(
        &run,
        &["is not in this clone", &format!("git fetch origin {lost}")],
    );

    sandbox.git(["fetch", "-q", "../repo", &lost]);
    let run = github(&sandbox, "push", &event);
    assert_eq!(run.code, 1, "{run:?}");
    let annotation = "title=handoff-rollback on refs/heads/main::";
    assert!(run.out.contains(annotation), "{run:?}");
}

#[test]
fn a_rebased_branch_whose_old_tip_is_gone_is_judged_as_a_new_one() {
    let mut sandbox = server();
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let lost = sandbox.commit_file("first.txt", "first\n");
    sandbox.git(["push", "-q", "origin", "work"]);
    sandbox.git(["reset", "-q", "--hard", "main"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["push", "-q", "--force", "origin", "work"]);
    clone(&mut sandbox, &bundle);
    bundled(
        &github(&sandbox, "push", &push("work", &lost, &bundle)),
        &bundle,
    );
}

#[test]
fn a_tag_and_a_deletion_leave_nothing_to_judge() {
    let sandbox = server();
    let tip = sandbox.commit_bundle();
    let mut tag = push("", ZEROS, &tip);
    tag["ref"] = json!("refs/tags/v1");
    let deletion = push("work", &tip, ZEROS);
    for (event, reason) in [
        (tag, "a tag was pushed"),
        (deletion, "the branch was deleted"),
    ] {
        let run = github(&sandbox, "push", &event);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            run.err.contains(&format!("nothing to judge: {reason}")),
            "{run:?}"
        );
    }
}

#[test]
fn a_run_by_the_clock_or_by_hand_judges_the_branch_as_it_is() {
    let mut sandbox = server();
    let bundle = sandbox.commit_bundle();
    let tip = sandbox.commit_file("a.txt", "a\n");
    sandbox.git(["push", "-q", "origin", "main"]);
    clone(&mut sandbox, &tip);
    let path = sandbox.root.path().join("event.json");
    std::fs::write(&path, "{}").unwrap();
    for name in ["schedule", "workflow_dispatch", "repository_dispatch"] {
        let mut command = sandbox.baton();
        command
            .args(["verify", "--format", "github"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", name)
            .env("GITHUB_EVENT_PATH", &path)
            .env("GITHUB_SHA", &tip)
            .env("GITHUB_REF", "refs/heads/main");
        bundled(&finish(&mut command), &bundle);
    }
    for source in ["schedule", "web", "api"] {
        let run = gitlab(
            &sandbox,
            &[
                ("CI_PIPELINE_SOURCE", source),
                ("CI_COMMIT_BRANCH", "main"),
                ("CI_COMMIT_SHA", &tip),
                ("CI_COMMIT_BEFORE_SHA", ZEROS),
            ],
        );
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains(&bundle[..10]), "{run:?}");
    }
}

#[test]
fn a_range_that_begins_before_the_policy_is_judged_from_there() {
    let sandbox = Sandbox::empty();
    sandbox.commit_bundle();
    let old = sandbox.commit_file("README.md", "hello\n");
    sandbox.commit_file("baton.toml", "");
    let clean = sandbox.commit_file("a.txt", "a\n");
    let run = sandbox.run(["verify", &format!("{old}..{clean}")]);
    allowed(&run, "2 commits judged: none breaks a rule");
    for session in [21, 22] {
        sandbox.write(&log(session), "done\n");
    }
    let bundle = sandbox.commit("Finish two more");
    let tip = sandbox.commit_file("b.txt", "b\n");
    track(&sandbox, "main", &old);
    let range = format!("{old}..{tip}");
    for run in [
        sandbox.run(["verify", &range]),
        sandbox.run(["verify", &tip, &format!("^{old}")]),
        github(&sandbox, "pull_request", &pull_request(&old, &tip)),
        github(&sandbox, "push", &push("main", &old, &tip)),
    ] {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains(&bundle[..10]), "{run:?}");
        assert!(run.out.contains("1 rule broken"), "{run:?}");
    }
}
