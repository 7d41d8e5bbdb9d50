//! What `git baton verify` and `git baton policy` say, word for word. Dates and names are fixed,
//! and so commit ids are too.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod sandbox;

use sandbox::{Run, Sandbox, log};
use snapbox::{assert_data_eq, str};

/// `main` with one commit that sets the default policy.
fn ruled() -> Sandbox {
    Sandbox::with_policy("")
}

fn with_bundle() -> Sandbox {
    let sandbox = ruled();
    sandbox.commit_file("a.txt", "a\n");
    sandbox.commit_bundle();
    sandbox
}

fn with_handoff_written() -> Sandbox {
    let sandbox = ruled();
    sandbox.commit_file(".agents/HANDOFF.md", "mine\n");
    sandbox
}

/// All that a run says, as somebody at a terminal sees it.
fn transcript(run: &Run) -> String {
    format!("{}{}[exit {}]\n", run.out, run.err, run.code)
}

fn verify(sandbox: &Sandbox, args: &[&str]) -> String {
    transcript(&sandbox.run([&["verify"], args].concat()))
}

fn policy(sandbox: &Sandbox, args: &[&str]) -> String {
    transcript(&sandbox.run([&["policy"], args].concat()))
}

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
fn json() {
    let text = verify(&with_bundle(), &["--format", "json", "HEAD~2.."]);
    assert_data_eq!(
        text,
        str![[r#"
{
  "version": 1,
  "summary": {
    "commits": 2,
    "tips": 1,
    "published": 0,
    "broken_commits": 1,
    "broken_tips": 0
  },
  "violations": [
    {
      "rule": "bundled-sessions",
      "commit": "a504fc40d99aa0a14fc44d9d0a55a8ca8f2d591e",
      "subject": "Finish two sessions",
      "reference": null,
      "path": null,
      "sessions": [
        "2025-12-18/19",
        "2025-12-18/20"
      ],
      "why": "the commit carries the work of 2 sessions (2025-12-18/19, 2025-12-18/20), and one commit may carry 1",
      "instead": "commit each session's log and work on its own: unstage the other sessions' files (`git restore --staged -- <path>`) and name one session in the trailers",
      "help": "https://github.com/git-baton/git-baton/blob/main/docs/rules/bundled-sessions.md"
    }
  ],
  "overrides": []
}
[exit 1]

"#]]
    );
}

#[test]
fn sarif() {
    let text = verify(&with_handoff_written(), &["--format", "sarif", "HEAD~1.."]);
    assert_data_eq!(
        text,
        str![[r#"
{
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "runs": [
    {
      "originalUriBaseIds": {
        "SRCROOT": {
          "description": {
            "text": "The root of the repository."
          }
        }
      },
      "properties": {
        "commits": 1,
        "published": 0,
        "tips": 1
      },
      "results": [
        {
          "level": "error",
          "locations": [
            {
              "logicalLocations": [
                {
                  "fullyQualifiedName": "42dd4eb60ce30f74be623b8743af7395cb7ab7c7",
                  "kind": "commit"
                }
              ],
              "physicalLocation": {
                "artifactLocation": {
                  "uri": ".agents/HANDOFF.md",
                  "uriBaseId": "SRCROOT"
                },
                "region": {
                  "startLine": 1
                }
              }
            }
          ],
          "message": {
            "text": "the commit changes a protected file, which only the orchestrator's aggregate commit may change/n→ make the commit again without the change to the file (`git restore --source=a23b2cb47f --staged --worktree -- :/.agents/HANDOFF.md` puts it back) and write your session's summary to .agents/temp/handoff-session-<number>-summary.md; the orchestrator brings every summary in"
          },
          "partialFingerprints": {
            "primaryLocationLineHash": "9834cecf89113f8076c52f158f7d7c59"
          },
          "properties": {
            "commit": "42dd4eb60ce30f74be623b8743af7395cb7ab7c7",
            "reference": null,
            "sessions": [],
            "subject": "Write .agents/HANDOFF.md"
          },
          "ruleId": "protected-path",
          "ruleIndex": 0
        }
      ],
...
  "version": "2.1.0"
}
[exit 1]

"#]]
    );
}

#[test]
fn github() {
    let text = verify(&with_handoff_written(), &["--format", "github", "HEAD~1.."]);
    assert_data_eq!(
        text,
        str![[r#"
::error file=.agents/HANDOFF.md,line=1,title=protected-path in 42dd4eb60c::“Write .agents/HANDOFF.md”%0Athe commit changes a protected file, which only the orchestrator's aggregate commit may change%0A→ make the commit again without the change to the file (`git restore --source=a23b2cb47f --staged --worktree -- :/.agents/HANDOFF.md` puts it back) and write your session's summary to .agents/temp/handoff-session-<number>-summary.md; the orchestrator brings every summary in
1 rule broken in 1 of 1 commit
[exit 1]

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
fn a_policy_that_cannot_be_read() {
    let sandbox = ruled();
    let base = sandbox.commit_file("baton.toml", "[sessions]\nmax_per_comit = 2\n");
    sandbox.commit_bundle();
    assert_data_eq!(
        verify(&sandbox, &[&format!("{base}..")]),
        str![[r#"
  × the policy 318360aced:baton.toml cannot be used
  ╰─▶ there is no key `max_per_comit` here
   ╭─[318360aced:baton.toml:2:1]
 1 │ [sessions]
 2 │ max_per_comit = 2
   · ──────┬──────
   ·       ╰── here
   ╰────
  help: did you mean `max_per_commit`?

[exit 2]

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
fn the_policy_in_the_worktree_and_at_a_commit_are_shown_alike() {
    let sandbox = ruled();
    let text = policy(&sandbox, &["show"]);
    assert!(text.starts_with("version = 1\n\n[handoff]\n"), "{text}");
    assert_eq!(text, policy(&sandbox, &["show", "--at", "HEAD"]));
}

#[test]
fn a_valid_policy() {
    assert_data_eq!(
        policy(&ruled(), &["check"]),
        str![[r#"
baton.toml is valid
[exit 0]

"#]]
    );
}

#[test]
fn a_policy_with_an_unknown_key() {
    let sandbox = ruled();
    sandbox.write(
        "baton.toml",
        "version = 1\n\n[sessions]\nmax_per_comit = 2\n",
    );
    assert_data_eq!(
        policy(&sandbox, &["check", "baton.toml"]),
        str![[r#"
  × the policy baton.toml cannot be used
  ╰─▶ there is no key `max_per_comit` here
   ╭─[baton.toml:4:1]
 3 │ [sessions]
 4 │ max_per_comit = 2
   · ──────┬──────
   ·       ╰── here
   ╰────
  help: did you mean `max_per_commit`?

[exit 2]

"#]]
    );
}

#[test]
fn a_policy_with_a_bad_glob() {
    let sandbox = ruled();
    let entry = "[[protected]]\npaths = [\"docs/[a\"]\nwriter = \"nobody\"\n";
    sandbox.write("baton.toml", entry);
    assert_data_eq!(
        policy(&sandbox, &["check", "baton.toml"]),
        str![[r#"
  × the policy baton.toml cannot be used
  ╰─▶ `docs/[a` is not a pattern of paths: unclosed character class; missing ']'
   ╭─[baton.toml:2:10]
 1 │ [[protected]]
 2 │ paths = ["docs/[a"]
   ·          ────┬────
   ·              ╰── here
 3 │ writer = "nobody"
   ╰────
  help: paths look like `docs/PLAN.md`, `docs/` or `docs/**/*.md`

[exit 2]

"#]]
    );
}

#[test]
fn a_policy_with_a_wrong_type() {
    let sandbox = ruled();
    sandbox.write("baton.toml", "[sessions]\nmax_per_commit = \"two\"\n");
    assert_data_eq!(
        policy(&sandbox, &["check", "baton.toml"]),
        str![[r#"
  × the policy baton.toml cannot be used
  ╰─▶ invalid type: string "two", expected usize
   ╭─[baton.toml:2:18]
 1 │ [sessions]
 2 │ max_per_commit = "two"
   ·                  ──┬──
   ·                    ╰── here
   ╰────

[exit 2]

"#]]
    );
}

#[test]
fn no_policy_at_all() {
    let sandbox = Sandbox::empty();
    sandbox.commit_file("a.txt", "a\n");
    assert_data_eq!(
        policy(&sandbox, &["check", "--at", "HEAD"]),
        str![[r#"
  × HEAD carries no baton.toml
  help: `git baton init` writes one

[exit 2]

"#]]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_nobody_takes_is_no_panic() {
    let sandbox = with_bundle();
    let full = || {
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let command = |args: &[&str]| {
        let mut command = sandbox.baton();
        command.args(args);
        command
    };
    for args in [
        &["verify", "--all"][..],
        &["policy", "show"],
        &["policy", "check"],
        &["doctor"],
    ] {
        let out = command(args).stdout(full()).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("the result cannot be written"), "{said}");
    }
    let status = command(&["verify", "nowhere"]).stderr(full()).status();
    assert_eq!(status.unwrap().code(), Some(2));
}
