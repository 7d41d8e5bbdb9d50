//! `git baton session start`: bindings, trailers and logs.

use std::fs;

use crate::session::scene::{DAY, commit_all, fixture, session, start};

#[test]
fn a_bound_worktree_starts_no_second_session_and_another_one_does() {
    let fixture = fixture();
    let (first, log) = start(&fixture, &fixture.repo(), &["--title", "First"]);
    let refused = session(&fixture, &fixture.repo(), &["start"]);
    assert_eq!(refused.code, 2);
    for told in ["First", "2025-12-18/1", "session end", "worktree add"] {
        let words = refused.err.split_whitespace().filter(|word| *word != "│");
        let said = words.collect::<Vec<_>>().join(" ");
        assert!(said.contains(told), "{told}: {refused:#?}");
    }
    assert_eq!(first, "1");
    assert!(fixture.repo().join(log).exists());
    let other = fixture.linked("other");
    assert_eq!(start(&fixture, &other, &[]).0, "2");
}

#[test]
fn commits_in_a_bound_worktree_carry_its_trailer() {
    let fixture = fixture();
    let other = fixture.linked("other");
    start(&fixture, &fixture.repo(), &[]);
    start(&fixture, &other, &[]);
    for (tree, id) in [(fixture.repo(), "2025-12-18/1"), (other, "2025-12-18/2")] {
        commit_all(&fixture, &tree, "log");
        let format = "--format=%(trailers:key=Baton-Session,valueonly)";
        assert_eq!(fixture.git_at(&tree, ["log", "-1", format]).ok(), id);
    }
}

#[test]
fn a_start_that_was_cut_short_goes_on() {
    let fixture = fixture();
    let (number, log) = start(&fixture, &fixture.repo(), &[]);
    fs::remove_file(fixture.repo().join(&log)).unwrap();
    fs::remove_file(fixture.git_dir().join("baton/session")).unwrap();
    assert_eq!(
        start(&fixture, &fixture.repo(), &["--id", &number]),
        (number, log.clone())
    );
    assert!(fixture.repo().join(log).exists());
}

#[test]
fn a_log_that_is_gone_is_written_anew() {
    let fixture = fixture();
    let repo = fixture.repo();
    let (number, log) = start(&fixture, &repo, &["--title", "Tidy"]);
    let taken = session(&fixture, &repo, &["start", "--id", &number]);
    assert!(taken.err.contains("still active"), "{taken:#?}");
    fs::remove_file(repo.join(&log)).unwrap();
    for asked in ["lint", "end"] {
        let said = session(&fixture, &repo, &[asked]);
        assert_eq!(said.code, 1, "{said:#?}");
        assert!(
            (said.out.clone() + &said.err).contains("session start --id 1` writes it"),
            "{said:#?}"
        );
    }
    let taken = session(&fixture, &repo, &["start"]);
    assert!(taken.err.contains("still active"), "{taken:#?}");
    start(&fixture, &repo, &["--id", &number]);
    assert!(
        fs::read_to_string(repo.join(&log))
            .unwrap()
            .contains("# Session 1: Tidy")
    );
}

#[test]
fn a_start_that_cannot_write_its_log_says_how_to_go_on() {
    let fixture = fixture();
    let repo = fixture.repo();
    fs::create_dir_all(repo.join(".agents")).unwrap();
    fs::write(repo.join(".agents/sessions"), "in the way").unwrap();
    let stopped = session(&fixture, &repo, &["start", "--date", DAY]);
    assert_eq!(stopped.code, 2);
    assert!(
        stopped.err.contains("`git baton session start --id 1`"),
        "{stopped:#?}"
    );
    fs::remove_file(repo.join(".agents/sessions")).unwrap();
    assert_eq!(start(&fixture, &repo, &["--id", "1"]).0, "1");
}
