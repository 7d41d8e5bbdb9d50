//! What is verified, and what cannot be.

use snapbox::{assert_data_eq, str};

use crate::verify::{ruled, verify, with_bundle, with_handoff_written};
use baton_testkit::{Sandbox, log};

#[test]
fn a_clean_range() {
    let sandbox = ruled();
    sandbox.commit_file(&log(19), "done\n");
    assert_data_eq!(
        verify(&sandbox, &["HEAD~1..HEAD"]),
        str![[r#"
1 commit and 1 branch move judged: none breaks a rule
[exit 0]

"#]]
    );
}

#[test]
fn a_bundled_commit() {
    assert_data_eq!(
        verify(&with_bundle(), &["HEAD~2.."]),
        str![[r#"
a504fc40d9 Finish two sessions
  bundled-sessions (sessions 2025-12-18/19, 2025-12-18/20)
    the commit carries the work of 2 sessions (2025-12-18/19, 2025-12-18/20), and one commit may carry 1
    → commit each session's log and work on its own: unstage the other sessions' files (`git restore --staged -- <path>`) and name one session in the trailers

1 rule broken in 1 of 2 commits
[exit 1]

"#]]
    );
}

#[test]
fn a_protected_path() {
    assert_data_eq!(
        verify(&with_handoff_written(), &["HEAD~1.."]),
        str![[r#"
42dd4eb60c Write .agents/HANDOFF.md
  protected-path: .agents/HANDOFF.md
    the commit changes a protected file, which only the orchestrator's aggregate commit may change
    → make the commit again without the change to the file (`git restore --source=a23b2cb47f --staged --worktree -- :/.agents/HANDOFF.md` puts it back) and write your session's summary to .agents/temp/handoff-session-<number>-summary.md; the orchestrator brings every summary in

1 rule broken in 1 of 1 commit
[exit 1]

"#]]
    );
}

#[test]
fn everything_by_the_policy_of_its_day() {
    let sandbox = Sandbox::empty();
    sandbox.commit_bundle();
    sandbox.write("baton.toml", "");
    sandbox.commit("Set the rules");
    sandbox.write(&log(21), "done\n");
    sandbox.write(&log(22), "done\n");
    sandbox.commit("Finish two more");
    let all = verify(&sandbox, &["--all"]);
    assert_data_eq!(
        &all,
        str![[r#"
dbb2bcd750 Finish two more
  bundled-sessions (sessions 2025-12-18/21, 2025-12-18/22)
    the commit carries the work of 2 sessions (2025-12-18/21, 2025-12-18/22), and one commit may carry 1
    → commit each session's log and work on its own: unstage the other sessions' files (`git restore --staged -- <path>`) and name one session in the trailers

1 rule broken in 1 of 3 commits
[exit 1]

"#]]
    );
    assert_eq!(all, verify(&sandbox, &["main"]));
    for (older, count) in [("main~1", "2 commits"), ("main~2", "1 commit")] {
        assert_eq!(
            verify(&sandbox, &[older]),
            format!("{count} judged: none breaks a rule\n[exit 0]\n")
        );
    }
}

#[test]
fn a_policy_from_a_file() {
    let sandbox = with_bundle();
    sandbox.write("loose.toml", "[sessions]\nmax_per_commit = 2\n");
    let args = ["--policy", "loose.toml", "HEAD~2.."];
    assert_data_eq!(
        verify(&sandbox, &args),
        str![[r#"
2 commits and 1 branch move judged: none breaks a rule
[exit 0]

"#]]
    );
    let args = ["--policy", "gone.toml", "HEAD~2.."];
    assert_data_eq!(
        verify(&sandbox, &args),
        str![[r#"
  × the policy gone.toml cannot be read; `git baton init` writes one
  ╰─▶ No such file or directory (os error 2)

[exit 2]

"#]]
    );
}

#[test]
fn ranges_that_name_nothing() {
    let sandbox = ruled();
    assert_data_eq!(
        verify(&sandbox, &[]),
        str![[r#"
  × nothing says which commits to judge: the branch has no upstream
  help: name a range (`git baton verify origin/main..HEAD`), or judge everything (`--all`)

[exit 2]

"#]]
    );
    assert_data_eq!(
        verify(&sandbox, &["nowhere..HEAD"]),
        str![[r#"
  × `nowhere..HEAD` does not name a commit here: git finds nothing of that name
  help: check the name with `git rev-parse --verify`; `git fetch` may bring it

[exit 2]

"#]]
    );
    assert_data_eq!(
        verify(&sandbox, &["HEAD:baton.toml"]),
        str![[r#"
  × `HEAD:baton.toml` does not name a commit here: it names no commit
  help: check the name with `git rev-parse --verify`; `git fetch` may bring it

[exit 2]

"#]]
    );
    assert_data_eq!(
        verify(&sandbox, &["--", "--not"]),
        str![[r#"
  × `--not` does not name a commit here: it begins with a dash
  help: check the name with `git rev-parse --verify`; `git fetch` may bring it

[exit 2]

"#]]
    );
    assert_data_eq!(
        verify(&sandbox, &["--all", "HEAD"]),
        str![[r#"
error: the argument '--all' cannot be used with '[RANGE]...'

Usage: git baton verify --all [RANGE]...

For more information, try '--help'.
[exit 2]

"#]]
    );
}

#[test]
fn a_name_that_means_two_commits() {
    let sandbox = with_bundle();
    sandbox.git(["update-ref", "refs/remotes/origin/main", "HEAD~2"]);
    sandbox.git(["tag", "origin/main", "HEAD"]);
    let text = verify(&sandbox, &["origin/main..HEAD"]);
    assert_data_eq!(
        &text,
        str![[r#"
  × `origin/main` is ambiguous here: it may be refs/tags/origin/main or refs/remotes/origin/main
  help: write the full name of the one that you mean

[exit 2]

"#]]
    );
    for range in [
        "origin/main...HEAD",
        "^origin/main",
        "origin/main~0..HEAD",
        "HEAD..origin/main^{commit}",
    ] {
        let said = verify(&sandbox, &[range]);
        assert!(said.contains("is ambiguous here"), "{range}: {said}");
    }
    let full = verify(&sandbox, &["refs/remotes/origin/main..HEAD"]);
    assert!(full.contains("[exit 1]"), "{full}");
    sandbox.git(["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let same = verify(&sandbox, &["origin/main..HEAD"]);
    assert!(same.contains("[exit 0]"), "{same}");
}

#[test]
fn a_policy_that_cannot_be_read() {
    let sandbox = ruled();
    let base = sandbox.commit_file("baton.toml", "[sessions]\nmax_per_comit = 2\n");
    sandbox.commit_bundle();
    // The one before it judges.
    assert_data_eq!(
        verify(&sandbox, &[&format!("{base}..")]),
        str![[r#"
8263994e4b Finish two sessions
  bundled-sessions (sessions 2025-12-18/19, 2025-12-18/20)
    the commit carries the work of 2 sessions (2025-12-18/19, 2025-12-18/20), and one commit may carry 1
    → commit each session's log and work on its own: unstage the other sessions' files (`git restore --staged -- <path>`) and name one session in the trailers

1 rule broken in 1 of 1 commit
baton: warning: the policy 318360aced:baton.toml cannot be used: there is no key `max_per_comit` here; until a maintainer repairs it (`git baton policy check --at 318360aced` shows where), the policy before it judges
[exit 1]

"#]]
    );
}

#[test]
fn an_object_that_is_gone() {
    let sandbox = with_bundle();
    let tree = sandbox.git(["rev-parse", "HEAD^{tree}"]);
    let path = format!(".git/objects/{}/{}", &tree[..2], &tree[2..]);
    std::fs::remove_file(sandbox.repo().join(path)).unwrap();
    assert_data_eq!(
        verify(&sandbox, &["HEAD~2.."]),
        str![[r#"
  × object 7173bc7f7f9902d2b56dce8b33b04c7c45494831 is missing from the repository
  help: the history is incomplete: run `git fetch --refetch --no-filter` where a remote has the object (a partial clone leaves objects out), and `git fsck`

[exit 2]

"#]]
    );
}

#[test]
fn one_branch_with_a_broken_policy_keeps_no_other_from_being_judged() {
    let sandbox = ruled();
    let broken = "##[add-mask]x \u{1b}[2J\nbroken \"\n";
    for (tip_is_broken, code) in [(true, 2), (false, 1)] {
        sandbox.git(["checkout", "-q", "--orphan", "junk"]);
        sandbox.git(["rm", "-rfq", "."]);
        let root = sandbox.commit_file("baton.toml", broken);
        if !tip_is_broken {
            // By the policy of `main`, nobody but a maintainer may.
            sandbox.git(["rm", "-q", "baton.toml"]);
            sandbox.commit("Take it away");
        }
        sandbox.git(["checkout", "-q", "main"]);
        let all = sandbox.run(["verify", "--all"]);
        assert!(all.err.contains("refs/heads/junk: "), "{root}: {all:?}");
        assert!(
            !all.err.contains('\u{1b}') && !all.err.contains("\n##["),
            "{all:?}"
        );
        assert_eq!(all.code, code, "{all:?}");
        if tip_is_broken {
            let bundle = sandbox.commit_bundle();
            let all = sandbox.run(["verify", "--all"]);
            assert_eq!(all.code, 1, "{all:?}");
            assert!(all.out.contains(&bundle[..10]), "{all:?}");
            assert!(all.err.contains("refs/heads/junk: "), "{all:?}");
            sandbox.git(["reset", "-q", "--hard", "HEAD~1"]);
        }
        sandbox.git(["branch", "-q", "-D", "junk"]);
    }
}

#[test]
fn what_baton_keeps_for_itself_is_no_breach() {
    let sandbox = with_bundle();
    sandbox.git(["update-ref", "refs/baton/trash/1", "HEAD"]);
    sandbox.git(["reset", "-q", "--hard", "HEAD~1"]);
    assert_eq!(sandbox.run(["verify", "--all"]).code, 0);
    sandbox.git(["update-ref", "refs/tags/kept", "refs/baton/trash/1"]);
    assert_eq!(sandbox.run(["verify", "--all"]).code, 1);
}
