//! The session store on real repositories: both hashes, both reference formats.

use std::path::Path;
use std::process::Command;

use baton_conductor::session::allocate::{self, Claim, NewSession};
use baton_conductor::session::{SessionError, State, store};
use baton_core::model::RefName;
use baton_core::policy::Policy;
use baton_git::{RefEdit, Repo, StoreError};
use baton_sys::GitEnv;

use baton_testkit::gits::gits;

const FORMATS: [&str; 3] = [
    "--object-format=sha1",
    "--object-format=sha256",
    "--ref-format=reftable",
];

fn git(directory: &Path, args: &[&str]) -> String {
    let out = Command::new("git")
        .args(args)
        .current_dir(directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(out.status.success(), "git {args:?}: {out:?}");
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

fn open(directory: &Path) -> Repo {
    Repo::open(&GitEnv {
        current_dir: directory.to_owned(),
        ..GitEnv::default()
    })
    .unwrap()
}

fn in_each_format(test: impl Fn(&Repo)) {
    let known = if gits()[0].knows_reftable() { 3 } else { 2 };
    for format in &FORMATS[..known] {
        let directory = tempfile::tempdir().unwrap();
        git(directory.path(), &["init", "--quiet", format]);
        test(&open(directory.path()));
    }
}

fn titled(title: &str) -> NewSession {
    NewSession {
        date: Some("2025-12-18".to_owned()),
        title: title.to_owned(),
        ..NewSession::default()
    }
}

#[test]
fn a_session_is_created_changed_and_read_back() {
    in_each_format(|repo| {
        let created = allocate::create(repo, &Policy::default(), &titled("Tidy up")).unwrap();
        assert_eq!(created.claim, Claim::Local);
        assert_eq!(created.session.id().to_string(), "2025-12-18/1");
        assert_eq!(
            created.session.log_path,
            ".agents/sessions/2025-12-18-session-1-tidy-up.md"
        );
        let summary = bstr::BString::from(b"done \xff\n".as_slice());
        let changed = store::update(repo, "01", |session| {
            session.state = State::Ended;
            session.summary = Some(summary.clone());
            Ok::<_, SessionError>(())
        })
        .unwrap();
        assert_eq!(store::find(repo, "1").unwrap(), Some(changed.clone()));
        assert_eq!(store::list(repo).unwrap(), vec![changed]);
        assert_eq!(store::find(repo, "2").unwrap(), None);
        let directory = repo.program().directory();
        let author = git(
            directory,
            &[
                "log",
                "-1",
                "--format=%an <%ae> %cn",
                "refs/baton/sessions/1",
            ],
        );
        assert_eq!(author, "baton <baton@localhost> baton");
        git(directory, &["fsck", "--strict"]);
    });
}

#[test]
fn of_two_changes_to_one_reference_the_second_is_told_so() {
    in_each_format(|repo| {
        let store = repo.store();
        let blob = store.blob(b"x").unwrap();
        let edit = |name: &str, old, new| RefEdit {
            name: RefName::new(format!("refs/baton/test/{name}")),
            old,
            new,
        };
        store.transact(&[edit("a", None, Some(blob))], "a").unwrap();
        let both = [edit("b", None, Some(blob)), edit("a", None, Some(blob))];
        let raced = store.transact(&both, "both").unwrap_err();
        assert!(matches!(raced, StoreError::Raced(name) if name == "refs/baton/test/a"));
        let b = repo.refs().resolve("refs/baton/test/b").unwrap();
        assert_eq!(b, None, "none of a transaction happens, or all");
        store
            .transact(&[edit("a", Some(blob), None)], "gone")
            .unwrap();
        assert!(matches!(
            store.transact(&[edit("a", Some(blob), None)], "gone"),
            Err(StoreError::Raced(_))
        ));
    });
}

#[test]
fn a_change_that_meets_another_is_made_on_top_of_it() {
    in_each_format(|repo| {
        allocate::create(repo, &Policy::default(), &titled("x")).unwrap();
        let first = std::cell::Cell::new(true);
        let changed = store::update(repo, "1", |session| {
            if first.replace(false) {
                store::update(repo, "1", |other| {
                    other.task = Some("T-1".to_owned());
                    Ok::<_, SessionError>(())
                })?;
            }
            session.title = "y".to_owned();
            Ok::<_, SessionError>(())
        })
        .unwrap();
        assert_eq!(
            (changed.title.as_str(), changed.task.as_deref()),
            ("y", Some("T-1"))
        );
    });
}

#[test]
fn numbers_follow_the_logs_at_head_and_the_sessions_recorded() {
    in_each_format(|repo| {
        let directory = repo.program().directory().to_owned();
        let logs = directory.join(".agents/sessions");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("2025-12-01-session-09-old.md"), "x").unwrap();
        git(&directory, &["add", "."]);
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        git(
            &directory,
            &[&identity[..], &["commit", "-qm", "log"]].concat(),
        );
        let policy = Policy::default();
        let number =
            |new: &NewSession| allocate::create(repo, &policy, new).map(|c| c.session.number);
        assert_eq!(number(&titled("a")).unwrap(), "10");
        let given = |id: &str| NewSession {
            id: Some(id.to_owned()),
            ..titled("b")
        };
        assert_eq!(number(&given("0030")).unwrap(), "30");
        assert_eq!(number(&titled("c")).unwrap(), "31");
        for taken in ["9", "30"] {
            assert!(
                matches!(number(&given(taken)), Err(SessionError::Taken { .. })),
                "{taken}"
            );
        }
        assert!(matches!(
            number(&given("x")),
            Err(SessionError::Malformed(..))
        ));
    });
}
