//! Merge requests and pushes of GitLab.

use super::*;

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
