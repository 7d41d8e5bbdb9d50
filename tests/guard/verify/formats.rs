//! The forms in which it is told.

use snapbox::{assert_data_eq, str};

use crate::verify::{verify, with_bundle, with_handoff_written};

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
  "overrides": [],
  "accepted": []
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

#[test]
fn a_reader_that_has_gone_is_told_nothing() {
    let sandbox = with_bundle();
    for args in [&["verify", "--all"][..], &["policy", "show"], &["doctor"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let out = sandbox.baton().args(args).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!((out.status.code(), &*said), (Some(2), ""), "{args:?}");
    }
}
