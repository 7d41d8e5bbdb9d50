use snapbox::{IntoData, assert_data_eq, str};

use super::*;
use crate::model::SessionId;

const BUNDLED: &str = "55ecdbdc08790f358e8ffe9896a97dea7510565c";

fn oid(hex: &str) -> Oid {
    hex.parse().unwrap()
}

fn violation(rule: RuleId) -> Violation {
    Violation {
        rule,
        commit: None,
        reference: None,
        old: None,
        path: None,
        sessions: Vec::new(),
        message: "It happened.".to_owned(),
        help: "Do this.".to_owned(),
    }
}

/// Two rules broken by one commit, and one by a branch; out of order and one repeated.
fn three_broken() -> Report {
    let sessions = ["2025-12-22/62", "2025-12-22/63"].map(|id| SessionId::parse(id).unwrap());
    let bundled = Violation {
        commit: Some(oid(BUNDLED)),
        sessions: sessions.to_vec(),
        message: "The commit adds the logs of 2 sessions; the policy allows 1.".to_owned(),
        help: "Make one commit for each session.".to_owned(),
        ..violation(RuleId::BundledSessions)
    };
    let written = Violation {
        commit: Some(oid(BUNDLED)),
        path: Some(".agents/HANDOFF.md".into()),
        message: "The commit writes `.agents/HANDOFF.md`, 100% of it.".to_owned(),
        help: "Write the session's log: it is yours.".to_owned(),
        ..violation(RuleId::ProtectedPath)
    };
    let lost = Violation {
        reference: Some(RefName::new("refs/heads/main")),
        old: None,
        path: Some(".agents/HANDOFF.md".into()),
        ..violation(RuleId::HandoffRollback)
    };
    let summary = Summary {
        commits: 14,
        tips: 2,
        published: 3,
    };
    Report::new(vec![bundled.clone(), lost, written, bundled], summary)
        .with_messages([(oid(BUNDLED), "docs: end two sessions\n\nBoth.\n")])
}

fn clean(commits: usize, tips: usize) -> Report {
    let summary = Summary {
        commits,
        tips,
        published: 0,
    };
    Report::new(Vec::new(), summary)
}

#[test]
fn the_verdict_and_not_the_format_decides_the_exit_code() {
    assert_eq!(three_broken().exit_code(), 1);
    assert_eq!(clean(14, 1).exit_code(), 0);
}

#[test]
fn violations_are_grouped_in_order_of_history_and_not_repeated() {
    let report = three_broken();
    let rules: Vec<_> = report.violations().iter().map(|it| it.rule).collect();
    let expected = [
        RuleId::ProtectedPath,
        RuleId::BundledSessions,
        RuleId::HandoffRollback,
    ];
    assert_eq!(rules, expected);
}

#[test]
fn human() {
    assert_data_eq!(
        render(&three_broken(), Format::Human, Style::default()),
        str![[r#"
55ecdbdc08 docs: end two sessions
  protected-path: .agents/HANDOFF.md
    The commit writes `.agents/HANDOFF.md`, 100% of it.
    → Write the session's log: it is yours.
  bundled-sessions (sessions 2025-12-22/62, 2025-12-22/63)
    The commit adds the logs of 2 sessions; the policy allows 1.
    → Make one commit for each session.

refs/heads/main
  handoff-rollback: .agents/HANDOFF.md
    It happened.
    → Do this.

3 rules broken in 1 of 14 commits (3 already published) and 1 of 2 branch moves

"#]]
    );
}

#[test]
fn human_in_colour_and_narrow() {
    let style = Style {
        colour: true,
        width: Some(40),
    };
    assert_data_eq!(
        render(&three_broken(), Format::Human, style).replace('\u{1b}', "^"),
        str![[r#"
^[33m55ecdbdc08^[0m docs: end two sessions
  ^[1m^[31mprotected-path^[0m: .agents/HANDOFF.md
    The commit writes
    `.agents/HANDOFF.md`, 100% of it.
    ^[32m→^[0m Write the session's log: it is
      yours.
  ^[1m^[31mbundled-sessions^[0m (sessions 2025-12-22/62, 2025-12-22/63)
    The commit adds the logs of 2
    sessions; the policy allows 1.
    ^[32m→^[0m Make one commit for each session.

^[33mrefs/heads/main^[0m
  ^[1m^[31mhandoff-rollback^[0m: .agents/HANDOFF.md
    It happened.
    ^[32m→^[0m Do this.

^[1m^[31m3 rules broken in 1 of 14 commits (3 already published) and 1 of 2 branch moves^[0m

"#]]
    );
}

#[test]
fn the_last_line_counts_what_was_judged() {
    assert_eq!(
        human::conclusion(&clean(14, 0)),
        "14 commits judged: none breaks a rule"
    );
    assert_eq!(
        human::conclusion(&clean(1, 2)),
        "1 commit and 2 branch moves judged: none breaks a rule"
    );
    assert_eq!(
        human::conclusion(&clean(0, 1)),
        "1 branch move judged: none breaks a rule"
    );
}

#[test]
fn refusal_tells_each_reason_and_the_way_on() {
    let staged = Violation {
        path: Some(".agents/HANDOFF.md".into()),
        ..violation(RuleId::ProtectedPath)
    };
    assert_data_eq!(
        human::notice(&[staged], "refused", "pre-commit"),
        str![[r#"
baton: refused (pre-commit)
  protected-path: .agents/HANDOFF.md
    It happened.
    → Do this.

"#]]
    );
    assert_data_eq!(
        human::notice(three_broken().violations(), "refused", "pre-push"),
        str![[r#"
baton: refused (pre-push)
55ecdbdc08
  protected-path: .agents/HANDOFF.md
    The commit writes `.agents/HANDOFF.md`, 100% of it.
    → Write the session's log: it is yours.
  bundled-sessions (sessions 2025-12-22/62, 2025-12-22/63)
    The commit adds the logs of 2 sessions; the policy allows 1.
    → Make one commit for each session.
refs/heads/main
  handoff-rollback: .agents/HANDOFF.md
    It happened.
    → Do this.

"#]]
    );
}

#[test]
fn a_long_refusal_is_cut_short_and_counted() {
    let many = vec![violation(RuleId::ProtectedPath); 40];
    let text = human::notice(&many, "refused", "pre-push");
    assert!(text.lines().count() < 40, "{text}");
    assert!(text.ends_with("  and 30 more: `git baton verify` names them all\n"));
}

#[test]
fn a_branch_with_its_new_tip_is_a_branch() {
    let lost = Violation {
        commit: Some(oid(BUNDLED)),
        reference: Some(RefName::new("refs/heads/main")),
        old: None,
        ..violation(RuleId::HandoffRollback)
    };
    let summary = Summary {
        tips: 1,
        ..Summary::default()
    };
    let report = Report::new(vec![lost], summary).with_messages([(oid(BUNDLED), "older")]);
    let text = human::render(&report, Style::default());
    assert!(
        text.starts_with("refs/heads/main at 55ecdbdc08 older\n"),
        "{text}"
    );
    assert!(
        text.ends_with("1 rule broken in 1 of 1 branch move\n"),
        "{text}"
    );
}

#[test]
fn json() {
    assert_data_eq!(
        render(&three_broken(), Format::Json, Style::default()),
        str![[r#"
{
  "version": 1,
  "summary": {
    "commits": 14,
    "tips": 2,
    "published": 3,
    "broken_commits": 1,
    "broken_tips": 1
  },
  "violations": [
    {
      "rule": "protected-path",
      "commit": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
      "subject": "docs: end two sessions",
      "reference": null,
      "path": ".agents/HANDOFF.md",
      "sessions": [],
      "why": "The commit writes `.agents/HANDOFF.md`, 100% of it.",
      "instead": "Write the session's log: it is yours.",
      "help": "https://github.com/git-baton/git-baton/blob/main/docs/rules/protected-path.md"
    },
    {
      "rule": "bundled-sessions",
      "commit": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
      "subject": "docs: end two sessions",
      "reference": null,
      "path": null,
      "sessions": [
        "2025-12-22/62",
        "2025-12-22/63"
      ],
      "why": "The commit adds the logs of 2 sessions; the policy allows 1.",
      "instead": "Make one commit for each session.",
      "help": "https://github.com/git-baton/git-baton/blob/main/docs/rules/bundled-sessions.md"
    },
    {
      "rule": "handoff-rollback",
      "commit": null,
      "reference": "refs/heads/main",
      "path": ".agents/HANDOFF.md",
      "sessions": [],
      "why": "It happened.",
      "instead": "Do this.",
      "help": "https://github.com/git-baton/git-baton/blob/main/docs/rules/handoff-rollback.md"
    }
  ],
  "overrides": [],
  "accepted": []
}

"#]]
    );
}

#[test]
fn sarif() {
    let log: serde_json::Value = serde_json::from_str(&sarif::render(&three_broken())).unwrap();
    let run = &log["runs"][0];
    let results = serde_json::to_string_pretty(&run["results"]).unwrap();
    assert_data_eq!(
        results,
        str![[r#"
[
  {
    "level": "error",
    "locations": [
      {
        "logicalLocations": [
          {
            "fullyQualifiedName": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
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
      "text": "The commit writes `.agents/HANDOFF.md`, 100% of it.\n→ Write the session's log: it is yours."
    },
    "partialFingerprints": {
      "primaryLocationLineHash": "3cb02323744ebd907f03892b2e3f283d"
    },
    "properties": {
      "commit": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
      "reference": null,
      "sessions": [],
      "subject": "docs: end two sessions"
    },
    "ruleId": "protected-path",
    "ruleIndex": 0
  },
  {
    "level": "error",
    "locations": [
      {
        "logicalLocations": [
          {
            "fullyQualifiedName": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
            "kind": "commit"
          }
        ],
        "physicalLocation": {
          "artifactLocation": {
            "uri": "baton.toml",
            "uriBaseId": "SRCROOT"
          },
          "region": {
            "startLine": 1
          }
        }
      }
    ],
    "message": {
      "text": "The commit adds the logs of 2 sessions; the policy allows 1.\n→ Make one commit for each session."
    },
    "partialFingerprints": {
      "primaryLocationLineHash": "31e6d3d91af02b95bfcdaed27a39ac2c"
    },
    "properties": {
      "commit": "55ecdbdc08790f358e8ffe9896a97dea7510565c",
      "reference": null,
      "sessions": [
        "2025-12-22/62",
        "2025-12-22/63"
      ],
      "subject": "docs: end two sessions"
    },
    "ruleId": "bundled-sessions",
    "ruleIndex": 1
  },
  {
    "level": "error",
    "locations": [
      {
        "logicalLocations": [
          {
            "fullyQualifiedName": "refs/heads/main",
            "kind": "branch"
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
      "text": "It happened.\n→ Do this."
    },
    "partialFingerprints": {
      "primaryLocationLineHash": "0c836158886b8665cbf7dc36f36e16c9"
    },
    "properties": {
      "commit": null,
      "reference": "refs/heads/main",
      "sessions": [],
      "subject": null
    },
    "ruleId": "handoff-rollback",
    "ruleIndex": 4
  }
]
"#]]
        .raw()
    );
    for (index, rule) in RuleId::ALL.iter().enumerate() {
        let rules = &run["tool"]["driver"]["rules"];
        assert_eq!(rules[index]["id"], rule.as_str());
    }
}

#[test]
fn sarif_fingerprints_tell_violations_apart() {
    let log: serde_json::Value = serde_json::from_str(&sarif::render(&three_broken())).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let prints: BTreeSet<_> = results
        .iter()
        .map(|it| it["partialFingerprints"].to_string())
        .collect();
    assert_eq!(prints.len(), results.len());
}

#[test]
fn sarif_encodes_a_path_from_its_bytes() {
    let odd = Violation {
        path: Some(b"a b/100%/caf\xe9:#?.md".into()),
        ..violation(RuleId::ProtectedPath)
    };
    let report = Report::new(vec![odd], Summary::default());
    assert!(sarif::render(&report).contains(r#""uri": "a%20b/100%25/caf%E9%3A%23%3F.md""#));
}

#[test]
fn github() {
    assert_data_eq!(
        render(&three_broken(), Format::Github, Style::default()),
        str![[r#"
::error file=.agents/HANDOFF.md,line=1,title=protected-path in 55ecdbdc08::“docs: end two sessions”%0AThe commit writes `.agents/HANDOFF.md`, 100%25 of it.%0A→ Write the session's log: it is yours.
::error title=bundled-sessions in 55ecdbdc08::“docs: end two sessions”%0Asessions 2025-12-22/62, 2025-12-22/63%0AThe commit adds the logs of 2 sessions; the policy allows 1.%0A→ Make one commit for each session.
::error file=.agents/HANDOFF.md,line=1,title=handoff-rollback on refs/heads/main::It happened.%0A→ Do this.
3 rules broken in 1 of 14 commits (3 already published) and 1 of 2 branch moves

"#]]
    );
}

#[test]
fn github_escapes_properties() {
    let odd = Violation {
        path: Some("a,b:c%d\n::error::e".into()),
        ..violation(RuleId::ProtectedPath)
    };
    let text = github::render(&Report::new(vec![odd], Summary::default()));
    assert!(
        text.starts_with("::error file=a%2Cb%3Ac%25d\\u{a}%3A%3Aerror%3A%3Ae,line=1,"),
        "{text}"
    );
}

/// All that a hostile author controls, at once.
fn hostile() -> Report {
    let poison = "\u{1b}[2J\u{9b}31m\r\n::error file=x::owned\n##[add-mask]x ::stop-commands::y \
                  ##vso[task.complete]\u{202e}\u{7f}\u{2028}\0";
    let mut raw = poison.as_bytes().to_vec();
    raw.extend(b"\xff\xfe.md");
    let mut message = raw.clone();
    message.extend(std::iter::repeat_n(b'x', 1 << 20));
    let commit = Violation {
        commit: Some(oid(BUNDLED)),
        path: Some(raw.clone().into()),
        sessions: vec![SessionId::new(None, &"9".repeat(1 << 20)).unwrap()],
        message: format!("::error::{poison} {}", "y".repeat(1 << 20)),
        help: poison.to_owned(),
        ..violation(RuleId::ProtectedPath)
    };
    let branch = Violation {
        reference: Some(RefName::new(raw)),
        old: None,
        ..violation(RuleId::HandoffRollback)
    };
    Report::new(vec![commit, branch], Summary::default()).with_messages([(oid(BUNDLED), message)])
}

#[test]
fn hostile_text_steers_neither_terminal_nor_runner() {
    let report = hostile();
    let narrow = Style {
        colour: false,
        width: Some(20),
    };
    let mut texts = [Format::Human, Format::Json, Format::Sarif, Format::Github]
        .map(|format| render(&report, format, narrow))
        .to_vec();
    texts.push(human::notice(
        report.violations(),
        "refused",
        "a\n::error::b\u{1b}",
    ));
    for text in texts {
        let unseen = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2028}".contains(c));
        assert!(!text.contains(unseen));
        assert!(!text.contains("##[") && !text.contains("##vso["));
        let commands = text.lines().filter(|it| it.trim_start().starts_with("::"));
        for command in commands {
            assert!(command.starts_with("::error file=") || command.starts_with("::error title="));
        }
    }
}

#[test]
fn hostile_text_adds_no_annotations() {
    let text = github::render(&hostile());
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn text_for_people_stays_short() {
    let report = hostile();
    assert!(human::render(&report, Style::default()).len() < 20_000);
    assert!(human::notice(report.violations(), "refused", "pre-push").len() < 20_000);
    assert!(github::render(&report).len() < 20_000);
}

#[test]
fn json_keeps_a_path_byte_for_byte() {
    let exact = "new\nline\u{1b}";
    let odd = |path: &[u8]| Violation {
        path: Some(path.into()),
        ..violation(RuleId::ProtectedPath)
    };
    let report = Report::new(
        vec![odd(b"caf\xe9"), odd(exact.as_bytes())],
        Summary::default(),
    );
    let document: serde_json::Value = serde_json::from_str(&json::render(&report)).unwrap();
    let items = &document["violations"];
    assert_eq!(items[0]["path"], "caf\\xe9");
    assert_eq!(items[0]["path_bytes"], "636166e9");
    assert_eq!(items[1]["path"], exact);
    assert_eq!(items[1].get("path_bytes"), None);
}
