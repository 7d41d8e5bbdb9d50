use super::*;

fn policy(toml: &str) -> Policy {
    Policy::parse(POLICY_PATH, toml.as_bytes()).unwrap()
}

fn writer(policy: &Policy, path: &str) -> Option<Writer> {
    policy.writer_of(path.into())
}

#[test]
fn an_empty_file_is_the_default_policy() {
    assert_eq!(policy(""), Policy::default());
    assert_eq!(policy("version = 1\n"), Policy::default());
    let policy = Policy::default();
    assert_eq!(policy.handoff.path, ".agents/HANDOFF.md");
    assert_eq!(policy.sessions.max_per_commit, 1);
    assert_eq!(policy.trailers.session, "Baton-Session");
    assert!(!policy.signing.aggregate);
    assert!(policy.applies_everywhere());
}

#[test]
fn the_effective_policy_reads_back_as_itself() {
    let full = policy(
        r##"
        [handoff]
        path = "docs/STATE.md"
        heading = "# Log"
        [[protected]]
        paths = ["docs/", "a/**/*.lock", "\"quoted\""]
        writer = "nobody"
        [sessions]
        logs = ["log/{session}.md"]
        summaries = []
        max_per_commit = 3
        bind_summaries = "required"
        [trailers]
        session = "S"
        [branches]
        include = ["main", "release/*"]
        exclude = ["wip/**"]
        [signing]
        aggregate = "required"
        maintainers = ["a@b"]
        "##,
    );
    for policy in [full, Policy::default()] {
        let text = policy.effective_toml();
        assert_eq!(self::policy(&text), policy, "{text}");
    }
}

#[test]
fn the_first_matching_entry_decides_the_writer() {
    let policy = policy(
        r#"
        [[protected]]
        paths = ["docs/open.md"]
        writer = "aggregate"
        [[protected]]
        paths = ["docs/", "*.lock"]
        writer = "nobody"
        "#,
    );
    assert_eq!(writer(&policy, "docs/open.md"), Some(Writer::Aggregate));
    assert_eq!(writer(&policy, "docs/deep/x"), Some(Writer::Nobody));
    assert_eq!(writer(&policy, "Cargo.lock"), Some(Writer::Nobody));
    assert_eq!(writer(&policy, "sub/Cargo.lock"), None);
    assert_eq!(writer(&policy, "docs2/x"), None);
    assert_eq!(
        writer(&policy, ".agents/HANDOFF.md"),
        Some(Writer::Aggregate)
    );
}

#[test]
fn policy_files_are_maintainers_whatever_the_file_says() {
    let policy = policy("[[protected]]\npaths = [\"**\"]\nwriter = \"nobody\"\n");
    for path in [
        "baton.toml",
        "BATON.toml",
        ".baton/allowed_signers",
        ".baton",
    ] {
        assert_eq!(writer(&policy, path), Some(Writer::Maintainers), "{path}");
        assert!(policy.is_policy_file(path.into()));
    }
    assert!(!policy.is_policy_file(".baton/other".into()));
}

#[test]
fn aliases_and_what_takes_a_directory_away_have_the_writer_of_the_path() {
    let policy = Policy::default();
    for path in [
        ".agents/handoff.md",
        ".AGENTS/HANDOFF.MD",
        ".agents\\HANDOFF.md",
        ".agents/HANDOFF.md.",
        ".agents/HANDOFF.md::$DATA",
        ".agent\u{17f}/HANDOFF.md",
        ".agents",
        ".Agents",
    ] {
        assert_eq!(writer(&policy, path), Some(Writer::Aggregate), "{path}");
    }
    assert!(policy.is_handoff(".agents/handoff.md".into()));
    assert!(!policy.is_handoff(".agents".into()));
    for path in [".agents/sessions", ".agents/HANDOFF.md.bak", "agents", ""] {
        assert_eq!(writer(&policy, path), None, "{path}");
    }
}

/// What readers have to find: the path is watched, and every directory above it is entered.
fn is_found(policy: &Policy, path: &str) -> bool {
    let mut above = path.match_indices('/').map(|(slash, _)| &path[..slash]);
    policy.watches(path.into()) && above.all(|it| policy.may_watch_below(it.into()))
}

#[test]
fn what_lies_below_an_alias_of_a_protected_file_has_its_writer() {
    let policy = policy("[[protected]]\npaths = [\"docs/PLAN.md\"]\nwriter = \"nobody\"\n");
    for (path, expected) in [
        ("Baton.TOML/x", Writer::Maintainers),
        ("baton.toml./a/b/c", Writer::Maintainers),
        ("BATON~1.TOM", Writer::Maintainers),
        ("baton~2.tom/x", Writer::Maintainers),
        (".baton/ALLOWE~1", Writer::Maintainers),
        (".baton/allowed_\u{17f}igners/x", Writer::Maintainers),
        ("BATON~1/allowed_signers", Writer::Maintainers),
        (".Agents/handoff.md/x", Writer::Aggregate),
        ("AGENTS~1/HANDOFF.md", Writer::Aggregate),
        ("docs/plan.md/x", Writer::Nobody),
        ("DOCS/PL\u{ad}AN.md", Writer::Nobody),
    ] {
        assert_eq!(writer(&policy, path), Some(expected), "{path}");
        assert!(is_found(&policy, path), "{path}");
        let is_policy = expected == Writer::Maintainers;
        assert_eq!(policy.is_policy_file(path.into()), is_policy, "{path}");
    }
}

#[test]
fn what_lies_in_an_alias_of_a_directory_above_a_protected_path_is_found() {
    let policy =
        policy("[[protected]]\npaths = [\"docs/deep/PLAN.md\", \"é/*.md\"]\nwriter = \"nobody\"\n");
    for (path, expected) in [
        (".Agents/x", Writer::Aggregate),
        (".agents./a/b", Writer::Aggregate),
        (".a\u{ad}gents/x", Writer::Aggregate),
        ("agents~1/x/y", Writer::Aggregate),
        (".Baton/x", Writer::Maintainers),
        ("BATON~1/x", Writer::Maintainers),
        ("Docs/x", Writer::Nobody),
        ("docs/DEEP/x/y", Writer::Nobody),
        ("É/x", Writer::Nobody),
        ("e\u{301}/x", Writer::Nobody),
    ] {
        assert_eq!(policy.writer_beside(path.into()), Some(expected), "{path}");
        assert_eq!(writer(&policy, path), None, "{path}");
        assert!(is_found(&policy, path), "{path}");
    }
    for path in [
        ".agents/x",
        ".agents/sub/x",
        ".agentsx/y",
        "docs/x",
        "docs/deep/x",
        "docs/deeper/X",
        ".baton/x",
        "agents/x",
        "batons/x",
        "x~1/y",
    ] {
        assert_eq!(policy.writer_beside(path.into()), None, "{path}");
    }
}

#[test]
fn no_alias_sorts_after_the_bound_that_begins_as_its_path_does() {
    let policy = Policy::default();
    let bound = policy.scan_bound().unwrap();
    for path in [
        "baton.toml.",
        "baton.toml::$DATA",
        "baton.toml/x",
        "baton\u{ad}.toml",
        "b\u{200b}aton.toml",
        "baton~1.tom",
        "agents~1/x",
        ".baton\u{ad}/x",
    ] {
        assert!(
            policy.watches(path.into()) && BStr::new(path) < bound,
            "{path}"
        );
    }
}

#[test]
fn a_handoff_document_matched_by_a_wildcard_is_guarded_above_too() {
    let policy = policy("[[protected]]\npaths = [\"**/HANDOFF.md\"]\nwriter = \"nobody\"\n");
    assert_eq!(policy.protected.len(), 1);
    assert_eq!(writer(&policy, ".agents/HANDOFF.md"), Some(Writer::Nobody));
    assert_eq!(writer(&policy, ".agents"), Some(Writer::Nobody));
}

#[test]
fn logs_and_summaries_name_their_session() {
    let policy = Policy::default();
    let session = |path: &str| policy.session_of(path.into()).map(|id| id.to_string());
    let log = ".agents/sessions/2025-12-18-session-019-tidy.md";
    let summary = ".agents/temp/handoff-session-19-summary.md";
    assert_eq!(session(log).as_deref(), Some("2025-12-18/19"));
    assert_eq!(session(summary).as_deref(), Some("19"));
    assert!(policy.log_session(log.into()).is_some());
    assert_eq!(policy.log_session(summary.into()), None);
    assert_eq!(session(".agents/sessions/README.md"), None);
}

#[test]
fn only_branches_are_judged_and_only_the_included() {
    let policy = policy("[branches]\ninclude = [\"main\", \"rel/*\"]\nexclude = [\"rel/x\"]\n");
    let applies = |name: &str| policy.applies_to(&RefName::new(name));
    assert!(applies("refs/heads/main"));
    assert!(applies("refs/heads/MAIN"));
    assert!(applies("refs/heads/rel/1"));
    assert!(!applies("refs/heads/rel/x"));
    assert!(applies("refs/heads/rel/X"));
    assert!(!applies("refs/heads/rel/1/2"));
    for name in [
        "refs/tags/main",
        "main",
        "HEAD",
        "refs/heads",
        "refs/remotes/o/main",
    ] {
        assert!(!applies(name), "{name}");
    }
    assert!(!policy.applies_everywhere());
}

#[test]
fn readers_descend_only_where_the_default_policy_has_something() {
    let policy = Policy::default();
    for directory in [
        "",
        ".agents",
        ".AGENTS",
        ".agents/sessions",
        ".agents/Temp",
        ".baton",
    ] {
        assert!(policy.may_watch_below(directory.into()), "{directory}");
    }
    for directory in [
        "src",
        ".agents/sessions/old",
        ".agents/other",
        ".baton/x",
        ".b",
        "b",
        ".git",
    ] {
        assert!(!policy.may_watch_below(directory.into()), "{directory}");
    }
    assert_eq!(policy.scan_bound(), Some("c".into()));
    for (directory, protects) in [("", true), (".AGENTS", true), (".agents/sessions", false)] {
        assert_eq!(policy.may_protect_below(directory.into()), protects);
    }
}

#[test]
fn a_leading_wildcard_has_no_bound() {
    let policy = policy("[[protected]]\npaths = [\"*.lock\"]\nwriter = \"nobody\"\n");
    assert_eq!(policy.scan_bound(), None);
    assert!(policy.may_watch_below("".into()));
    assert!(!policy.may_watch_below("src".into()));
}
