//! `prepare-commit-msg`: the session's trailer.

use std::fs;

use baton_testkit::Fixture;
use baton_testkit::gits::each_git;

const TRAILER: &str = "Baton-Session: 2025-12-18/19";

/// A fixture whose main worktree belongs to session 19.
fn with_session(git: &baton_testkit::Git) -> Fixture {
    let f = Fixture::new(git);
    fs::write(f.git_dir().join("baton/session"), "2025-12-18/19\n").unwrap();
    f
}

fn message(f: &Fixture, of: &str) -> String {
    f.git(["log", "-1", "--format=%B", of]).ok()
}

fn stage(f: &Fixture, text: &str) {
    f.write("file", text);
    f.git(["add", "file"]).ok();
}

#[test]
fn the_trailer_is_added_once_however_the_message_comes() {
    each_git(|git| {
        let f = with_session(git);
        fs::write(f.path("text"), "from a file\n\nbody\n---\nnot a patch\n").unwrap();
        let text = f.path("text");
        let text = text.to_str().unwrap();
        let edit = f.path("edit");
        fs::write(
            &edit,
            "#!/bin/sh\nsed -i '1s/.*/written in the editor/' \"$1\"\n",
        )
        .unwrap();
        f.shell(&format!("chmod +x {}", edit.display())).ok();
        let editor = [("GIT_EDITOR", edit.to_str().unwrap())];
        let ways: [&[&str]; 6] = [
            &["commit", "-qm", "subject"],
            &["commit", "-qF", text],
            &["commit", "-qv"],
            &["commit", "-q", "-t", text],
            &["commit", "-qm", "subject", "-s"],
            &["commit", "-qm", "subject\n\nbaton-session: 2025-12-18/19"],
        ];
        for (n, way) in ways.into_iter().enumerate() {
            stage(&f, &n.to_string());
            f.git_with_env(&editor, way).ok();
            let message = message(&f, "HEAD");
            let count = message
                .to_lowercase()
                .matches(&TRAILER.to_lowercase())
                .count();
            assert_eq!(count, 1, "{way:?}: {message}");
            let parsed = f.git([
                "log",
                "-1",
                "--format=%(trailers:key=Baton-Session,valueonly)",
            ]);
            assert_eq!(parsed.ok(), "2025-12-18/19", "{way:?}: {message}");
        }
    });
}

#[test]
fn a_merge_belongs_to_the_session_and_what_is_replayed_does_not() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.git(["checkout", "-q", "-b", "side"]).ok();
        f.commit("side", "1");
        f.git(["checkout", "-q", "main"]).ok();
        f.commit("main", "1");
        fs::write(f.git_dir().join("baton/session"), "2025-12-18/19").unwrap();
        f.git(["merge", "-q", "--no-edit", "side"]).ok();
        assert!(message(&f, "HEAD").ends_with(TRAILER));
        f.git(["reset", "-q", "--hard", "HEAD~1"]).ok();

        f.git(["cherry-pick", "side"]).ok();
        assert_eq!(message(&f, "HEAD"), "write side");
        f.git(["commit", "-q", "--amend", "-m", "amended"]).ok();
        assert_eq!(
            message(&f, "HEAD"),
            "amended\n\nBaton-Session: 2025-12-18/19"
        );
        f.git(["commit", "-q", "--amend", "--no-edit"]).ok();
        assert_eq!(message(&f, "HEAD").matches(TRAILER).count(), 1);
        f.git(["reset", "-q", "--hard", "HEAD~1"]).ok();
        f.git(["checkout", "-q", "side"]).ok();
        f.git(["rebase", "-q", "main"]).ok();
        assert_eq!(message(&f, "HEAD"), "write side");
    });
}

#[test]
fn an_empty_message_still_gives_a_commit_up() {
    each_git(|git| {
        let f = with_session(git);
        stage(&f, "1");
        let before = f.state();
        let ran = f.git(["commit", "-q"]);
        assert_ne!(ran.code, 0, "{ran:#?}");
        assert!(ran.err.contains("empty commit message"), "{ran:#?}");
        assert_eq!(f.state(), before);
    });
}

#[test]
fn a_worktree_without_a_session_or_a_policy_gets_no_trailer() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.commit("one", "1");
        assert_eq!(message(&f, "HEAD"), "write one");
        fs::write(f.git_dir().join("baton/session"), "no session\n").unwrap();
        f.commit("two", "1");
        assert_eq!(message(&f, "HEAD"), "write two");

        let bare = Fixture::empty(git, baton_testkit::Make::default());
        bare.install();
        fs::write(bare.git_dir().join("baton/session"), "2025-12-18/19").unwrap();
        bare.commit("one", "1");
        bare.commit("two", "1");
        assert_eq!(message(&bare, "HEAD"), "write two");
    });
}

#[test]
fn each_linked_worktree_has_its_own_session() {
    each_git(|git| {
        let f = with_session(git);
        let linked = f.linked("side");
        let own = f.git_dir().join("worktrees/side/baton");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("session"), "2025-12-18/20").unwrap();
        f.git_at(&linked, ["commit", "-q", "--allow-empty", "-m", "x"])
            .ok();
        assert!(message(&f, "side").ends_with("Baton-Session: 2025-12-18/20"));
        f.git(["commit", "-q", "--allow-empty", "-m", "x"]).ok();
        assert!(message(&f, "main").ends_with(TRAILER));
    });
}

#[test]
fn another_sessions_log_does_not_pass_under_this_sessions_trailer() {
    each_git(|git| {
        let f = with_session(git);
        f.write(".agents/sessions/2025-12-18-session-20.md", "log");
        f.git(["add", "."]).ok();
        f.refuses("bundled-sessions", &["commit", "-qm", "x"])
            .by("commit-msg");
        f.refuses("bundled-sessions", &["commit", "-nqm", "x"])
            .by("reference-transaction");
    });
}
