//! `git baton policy`.

use snapbox::{assert_data_eq, str};

use crate::verify::{policy, ruled};
use baton_testkit::Sandbox;

#[test]
fn the_policy_in_the_worktree_and_at_a_commit_are_shown_alike() {
    let sandbox = ruled();
    let text = policy(&sandbox, &["show"]);
    assert!(
        text.starts_with("version = 1  # default\n\n[handoff]\n"),
        "{text}"
    );
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

#[test]
fn a_bare_repository_is_asked_for_a_commit() {
    let mut sandbox = ruled();
    sandbox.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    sandbox.enter("bare.git");
    for verb in ["check", "show"] {
        let refused = policy(&sandbox, &[verb]);
        assert!(refused.contains("`--at HEAD` reads"), "{refused}");
        assert!(refused.ends_with("[exit 2]\n"), "{refused}");
        let at_head = policy(&sandbox, &[verb, "--at", "HEAD"]);
        assert!(at_head.ends_with("[exit 0]\n"), "{at_head}");
    }
}
