//! Paths that may not be written, by any writer.

use crate::path::{How, join};
use crate::tests::with_ground;

#[test]
fn a_path_is_seen_from_its_directory() {
    for (directory, path, joined) in [
        ("/src/app", "a.rs", "/src/app/a.rs"),
        ("/src/app", "./x/../a.rs", "/src/app/a.rs"),
        ("/src/app", "../../../a", "/a"),
        ("/src/app", "/tmp//a/", "/tmp/a"),
    ] {
        assert_eq!(join(directory, path), joined);
    }
}

#[test]
fn aliases_of_a_path_are_that_path() {
    with_ground(|ground| {
        for path in [
            ".agents/HANDOFF.md",
            ".AGENTS/handoff.md",
            ".agents/HANDOFF.md.",
            ".a\u{200c}gents/HANDOFF.md",
            "linked/HANDOFF.md",
            "alias.md",
            ".baton/allowed_signers",
            "docs/frozen/a",
            ".agents/sessions/2025-01-01-session-6.md",
            ".git/hooks/pre-commit",
            ".GIT/hooks/pre-commit",
            ".git/config",
            ".codex/hooks.json",
        ] {
            let place = join("/src/app", path);
            assert!(ground.refuses(&place, How::Write).is_some(), "{path}");
            let other = join("/src/six", path);
            let is_link = path.starts_with("linked") || path.starts_with("alias");
            let is_own = path.contains("session-6");
            assert!(
                ground.refuses(&other, How::Write).is_some() || is_link || is_own,
                "{other}"
            );
        }
        for path in [
            ".agents/sessions/2025-01-01-session-7.md",
            ".agents/notes.md",
            ".git/COMMIT_EDITMSG",
            ".git/index.lock",
            ".gitignore",
            ".github/workflows/ci.yml",
            ".claude/commands/x.md",
            "docs/HANDOFF.md",
        ] {
            assert_eq!(
                ground.refuses(&join("/src/app", path), How::Write),
                None,
                "{path}"
            );
        }
    });
}

#[test]
fn a_maintainer_may_change_the_policy() {
    with_ground(|ground| {
        let signs = || true;
        let ground = crate::Ground {
            signs_as_maintainer: &signs,
            root: ground.root.clone(),
            git_dir: ground.git_dir.clone(),
            common_dir: ground.common_dir.clone(),
            branch: None,
            session: None,
            others: Vec::new(),
            claims: Vec::new(),
            stash: Vec::new(),
            home: None,
            policy: ground.policy,
            files: ground.files,
        };
        assert_eq!(ground.refuses("/src/app/baton.toml", How::Write), None);
        assert!(
            ground
                .refuses("/src/app/.agents/HANDOFF.md", How::Write)
                .is_some()
        );
    });
}

#[test]
fn what_another_session_claims_is_left_to_it() {
    with_ground(|ground| {
        for (path, how) in [
            ("lib/api/new.md", How::Write),
            ("lib/API/new.md", How::Write),
            ("lib/api/old", How::Tree),
            ("lib/api", How::Tree),
            ("lib", How::Tree),
        ] {
            let refusal = ground.refuses(&join("/src/app", path), how).unwrap();
            assert!(
                refusal.message.contains("session 2025-01-01/6"),
                "{refusal}"
            );
        }
        for (path, how) in [
            ("lib/guide.rs", How::Write),
            ("lib/apis", How::Tree),
            ("src/main.rs", How::Write),
            ("src", How::Tree),
            ("lib/api", How::Directory),
        ] {
            let refusal = ground.refuses(&join("/src/app", path), how);
            assert_eq!(refusal, None, "{path}");
        }
    });
}
