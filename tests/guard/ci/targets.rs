//! Requests with several merge bases, and to targets that have moved meanwhile.

use super::*;

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
