//! `git baton verify` as CI services run it: real clones, real events.

use baton_testkit::{Ran, Sandbox, ZEROS, finish, log};
use serde_json::{Value, json};

/// A server's bare repository, in `origin.git`, and a working repository that pushes to it.
fn server() -> Sandbox {
    let sandbox = Sandbox::with_policy("");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox
}

/// Clones the server's repository as a CI job does, with all branches, and checks `commit` out.
fn clone(sandbox: &mut Sandbox, commit: &str) {
    sandbox.git(["clone", "-q", "--no-local", "../origin.git", "../job"]);
    sandbox.enter("job");
    sandbox.git(["checkout", "-q", "--detach", commit]);
}

fn shallow_clone(sandbox: &mut Sandbox) {
    let url = format!("file://{}/origin.git", sandbox.root.path().display());
    let branch = "--branch=work";
    sandbox.git(["clone", "-q", "--depth=1", branch, &url, "../job"]);
    sandbox.enter("job");
}

fn github(sandbox: &Sandbox, name: &str, event: &Value) -> Ran {
    let path = sandbox.root.path().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let mut command = sandbox.baton();
    command
        .args(["verify", "--format", "github"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", path);
    finish(&mut command)
}

fn gitlab(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Ran {
    let mut command = sandbox.baton();
    command
        .arg("verify")
        .env("GITLAB_CI", "true")
        .env("CI_DEFAULT_BRANCH", "main")
        .envs(variables.iter().copied());
    finish(&mut command)
}

/// What a fetch of a branch would have left.
fn track(sandbox: &Sandbox, branch: &str, commit: &str) {
    let name = format!("refs/remotes/origin/{branch}");
    sandbox.git(["update-ref", &name, commit]);
}

fn pull_request(base: &str, head: &str) -> Value {
    json!({"pull_request": {"base": {"sha": base, "ref": "main"}, "head": {"sha": head}}})
}

fn push(branch: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "repository": {"default_branch": "main"},
    })
}

#[track_caller]
fn allowed(run: &Ran, conclusion: &str) {
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.out.trim_end(), conclusion, "{run:?}");
}

#[track_caller]
fn bundled(run: &Ran, commit: &str) {
    assert_eq!(run.code, 1, "{run:?}");
    let title = format!("title=bundled-sessions in {}::", &commit[..10]);
    assert!(run.out.contains(&title), "{run:?}");
}

#[track_caller]
fn undecided(run: &Ran, told: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    let words: Vec<_> = run.err.split_whitespace().filter(|it| *it != "│").collect();
    let text = words.join(" ");
    for part in told {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

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
    allowed(&run, "0 commits judged: none breaks a rule");
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
    allowed(&run, "0 commits judged: none breaks a rule");
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

#[test]
fn gitlab_merge_requests_are_judged_detached_and_for_merged_results() {
    let mut sandbox = server();
    let base = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "main"]);
    let target = sandbox.commit_file("b.txt", "b\n");
    sandbox.git(["merge", "-q", "--no-ff", "-m", "Merge work", "work"]);
    let merged = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.git(["push", "-q", "origin", "work", "HEAD:merged", "HEAD~1:main"]);
    clone(&mut sandbox, &merged);
    let common = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_COMMIT_BEFORE_SHA", ZEROS),
    ];
    let detached = [&common[..], &[("CI_COMMIT_SHA", &bundle)]].concat();
    let results = [
        &common[..],
        &[
            ("CI_COMMIT_SHA", &merged),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", &bundle),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &target),
        ],
    ]
    .concat();
    for variables in [detached, results] {
        let run = gitlab(&sandbox, &variables);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains(&bundle[..10]), "{run:?}");
        assert!(run.out.contains("in 1 of 1 commit"), "{run:?}");
    }
}

#[test]
fn gitlab_pushes_are_judged_from_the_tip_before_or_the_default_branch() {
    let mut sandbox = server();
    let start = sandbox.git(["rev-parse", "main"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let bundle = sandbox.commit_bundle();
    let tip = sandbox.commit_file("a.txt", "a\n");
    sandbox.git(["push", "-q", "origin", "work"]);
    clone(&mut sandbox, &tip);
    let pushed = |before| {
        let variables = [
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_BRANCH", "work"),
            ("CI_COMMIT_SHA", tip.as_str()),
            ("CI_COMMIT_BEFORE_SHA", before),
        ];
        gitlab(&sandbox, &variables)
    };
    for before in [start.as_str(), ZEROS, &bundle] {
        let run = pushed(before);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains("in 1 of 3 commits"), "{run:?}");
    }
}

/// A server whose policy names a maintainer, for whom `commit_signed` signs.
fn signed_server() -> Sandbox {
    let sandbox = Sandbox::empty();
    let key = sandbox.root.path().join("key");
    let mut keygen = sandbox.command("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "m", "-f"]);
    assert_eq!(finish(keygen.arg(&key)).code, 0);
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let signers = format!("m@example.org namespaces=\"git\" {public}");
    sandbox.write(".baton/allowed_signers", signers);
    sandbox.write("baton.toml", "version = 1\n");
    sandbox.write(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n");
    sandbox.commit("Set the rules");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox
}

/// Commits one more line of a file as the maintainer.
fn commit_signed(sandbox: &Sandbox, path: &str) -> String {
    let text = sandbox.read(path) + "# one more line\n";
    sandbox.write(path, text);
    sandbox.git(["add", "-A"]);
    let key = format!(
        "user.signingkey={}",
        sandbox.root.path().join("key").display()
    );
    let message = "By a maintainer\n\nBaton-Override: it has to be";
    let config = ["-c", "gpg.format=ssh", "-c", &key];
    let commit = ["commit", "-q", "-S", "-m", message];
    sandbox.git([&config[..], &commit].concat());
    sandbox.git(["rev-parse", "HEAD"])
}

/// A branch `feat` of the server that has merged the change of `path` on `main` and kept none of
/// it, after `main` has merged the branch: both the change and the branch's first commit are merge
/// bases, and the date of that one says which of them git names first. Returns both tips.
fn criss_cross(sandbox: &Sandbox, path: &str, date: &str) -> [String; 2] {
    sandbox.git(["checkout", "-q", "-b", "feat"]);
    sandbox.write("x.txt", "x\n");
    sandbox.git(["add", "-A"]);
    let mut commit = sandbox.command("git");
    commit.args(["commit", "-q", "-m", "An innocent feature"]);
    assert_eq!(finish(commit.env("GIT_COMMITTER_DATE", date)).code, 0);
    sandbox.git(["checkout", "-q", "main"]);
    let change = commit_signed(sandbox, path);
    sandbox.git(["merge", "-q", "--no-ff", "-m", "Merge feat", "feat"]);
    let target = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.git(["checkout", "-q", "feat"]);
    let ours = ["merge", "-q", "-s", "ours", "-m", "Sync with main", &change];
    sandbox.git(ours);
    let tip = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.git(["push", "-q", "origin", "main", "feat"]);
    [target, tip]
}

#[test]
fn a_request_is_judged_from_every_merge_base() {
    for path in ["baton.toml", ".agents/HANDOFF.md"] {
        for date in ["2030-01-01T00:00:00Z", "2001-01-01T00:00:00Z"] {
            let mut sandbox = signed_server();
            let [target, tip] = criss_cross(&sandbox, path, date);
            clone(&mut sandbox, &tip);
            let event = pull_request(&target, &tip);
            let variables = [
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_COMMIT_SHA", tip.as_str()),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", target.as_str()),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ];
            for run in [
                github(&sandbox, "pull_request", &event),
                gitlab(&sandbox, &variables),
                sandbox.run(["verify", "origin/main..origin/feat"]),
                sandbox.run(["verify", "origin/feat", "^origin/main"]),
            ] {
                assert_eq!(run.code, 1, "{path} {date} {run:?}");
                assert!(run.out.contains("handoff-rollback"), "{run:?}");
            }
        }
    }
}

#[test]
fn an_honest_request_with_several_merge_bases_passes() {
    for date in ["2030-01-01T00:00:00Z", "2001-01-01T00:00:00Z"] {
        let mut sandbox = signed_server();
        let [target, _] = criss_cross(&sandbox, ".agents/HANDOFF.md", date);
        sandbox.git(["reset", "-q", "--hard", "HEAD~1"]);
        sandbox.git(["merge", "-q", "--no-ff", "-m", "Sync", "main~1"]);
        let tip = sandbox.commit_file("y.txt", "y\n");
        sandbox.git(["push", "-q", "--force", "origin", "feat"]);
        clone(&mut sandbox, &tip);
        let run = github(&sandbox, "pull_request", &pull_request(&target, &tip));
        assert_eq!(run.code, 0, "{run:?}");
    }
}

#[test]
fn a_request_is_judged_by_the_policy_that_its_target_has_now() {
    let mut sandbox = Sandbox::with_policy("[sessions]\nmax_per_commit = 9\n");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    let named = sandbox.git(["rev-parse", "HEAD"]);
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let tip = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "main"]);
    sandbox.commit_file("baton.toml", "");
    sandbox.git(["push", "-q", "origin", "main", "work"]);
    clone(&mut sandbox, &tip);
    bundled(
        &github(&sandbox, "pull_request", &pull_request(&named, &tip)),
        &tip,
    );
    let group = json!({"merge_group": {
        "base_sha": named, "head_sha": tip, "base_ref": "refs/heads/main",
    }});
    bundled(&github(&sandbox, "merge_group", &group), &tip);
    for target in [
        "CI_MERGE_REQUEST_DIFF_BASE_SHA",
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    ] {
        let variables = [
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", tip.as_str()),
            (target, named.as_str()),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        let run = gitlab(&sandbox, &variables);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains("bundled-sessions"), "{run:?}");
    }
    sandbox.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    let run = github(&sandbox, "pull_request", &pull_request(&named, &tip));
    let fetch = "`git fetch origin +refs/heads/main:refs/remotes/origin/main`";
    undecided(&run, &["refs/heads/main", fetch]);
    sandbox.git([
        "fetch",
        "-q",
        "origin",
        "+refs/heads/main:refs/remotes/origin/main",
    ]);
    bundled(
        &github(&sandbox, "pull_request", &pull_request(&named, &tip)),
        &tip,
    );
}

#[test]
fn what_a_rewound_target_has_lost_is_judged_again() {
    let mut sandbox = server();
    let bundle = sandbox.commit_bundle();
    sandbox.git(["checkout", "-q", "-b", "work"]);
    let tip = sandbox.commit_file("a.txt", "a\n");
    sandbox.git(["push", "-q", "origin", "work", "main~1:main"]);
    clone(&mut sandbox, &tip);
    bundled(
        &github(&sandbox, "pull_request", &pull_request(&bundle, &tip)),
        &bundle,
    );
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
