//! Paths that another session claims: told before a commit, or refused, as the policy says.

use std::fs;
use std::path::{Path, PathBuf};

use baton_testkit::gits::gits;
use baton_testkit::{BATON, Fixture, Git, Ran, finish};

const RULE: &str = "claimed-path";
const REFUSE: &str = "version = 1\n[sessions]\nclaims = \"refuse\"\n";

fn session(f: &Fixture, worktree: &Path, args: &[&str]) -> Ran {
    finish(f.program(BATON, worktree).arg("session").args(args))
}

/// A repository with worktrees `one` and `two`; the session of the first claims `src/`.
fn claimed(git: &Git, policy: &str) -> (Fixture, [PathBuf; 2]) {
    let f = Fixture::with_policy(git, policy);
    f.commit("src/old.rs", "old\n");
    let trees = ["one", "two"].map(|name| f.linked(name));
    for tree in &trees {
        session(&f, tree, &["start", "--date", "2025-12-18"]).ok();
    }
    session(&f, &trees[0], &["claim", "src/"]).ok();
    (f, trees)
}

fn commit(f: &Fixture, tree: &Path, path: &str) -> Ran {
    let path = tree.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "new\n").unwrap();
    f.git_at(tree, ["add", path.to_str().unwrap()]).ok();
    f.git_at(tree, ["commit", "-qm", "work"])
}

#[test]
fn a_commit_of_a_claimed_path_is_warned_of_it() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, "version = 1\n");
        let ran = commit(&f, &two, "src/new.rs");
        assert_eq!(ran.code, 0, "{ran:#?}");
        let told = format!(
            "baton: warning: src/new.rs is claimed by session 2025-12-18/1, which works in {} on branch one",
            one.display()
        );
        assert!(ran.err.contains(&told), "{told}: {ran:#?}");
        for (tree, path) in [
            (&one, "src/a.rs"),
            (&two, "docs/a.md"),
            (&f.repo(), "docs/b.md"),
        ] {
            let ran = commit(&f, tree, path);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{path}");
        }
        let ran = commit(&f, &f.repo(), "src/main.rs");
        assert!(
            ran.err.contains("src/main.rs is claimed"),
            "without a session: {ran:#?}"
        );
    }
}

#[test]
fn a_commit_of_a_claimed_path_is_refused_where_the_policy_says_so() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, REFUSE);
        let ran = commit(&f, &two, "src/new.rs");
        ran.refused(RULE).by("pre-commit");
        assert!(ran.err.contains("git baton session show 1"), "{ran:#?}");
        f.git_at(&two, ["reset", "-q"]).ok();
        f.git_at(&two, ["rm", "-q", "src/old.rs"]).ok();
        let ran = f.git_at(&two, ["commit", "-qm", "gone"]);
        assert!(ran.refused(RULE).err.contains("src/old.rs"), "{ran:#?}");
        f.git_at(&two, ["reset", "-q", "--hard"]).ok();
        assert_eq!(commit(&f, &one, "src/a.rs").code, 0);
        assert_eq!(
            commit(&f, &two, ".agents/sessions/2025-12-18-session-2.md").code,
            0
        );

        session(&f, &one, &["release"]).ok();
        let ran = commit(&f, &two, "src/new.rs");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    }
}

#[test]
fn a_merge_brings_the_work_of_the_session_that_claims_it() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, REFUSE);
        assert_eq!(commit(&f, &one, "src/a.rs").code, 0);
        assert_eq!(commit(&f, &two, "docs/a.md").code, 0);
        let ran = f.git_at(&two, ["merge", "-q", "--no-edit", "one"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    }
}

#[test]
fn a_claim_covers_what_is_below_it_before_it_is_there_and_after() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, REFUSE);
        session(&f, &one, &["claim", "lib/new"]).ok();
        let ran = commit(&f, &two, "lib/new/f.rs");
        assert!(ran.refused(RULE).err.contains("lib/new/f.rs"), "{ran:#?}");
        assert_eq!(commit(&f, &one, "lib/new/g.rs").code, 0);
        let ran = f.git_at(&two, ["commit", "-qm", "again"]);
        ran.refused(RULE);
        f.git_at(&two, ["reset", "-q", "--hard"]).ok();
        assert_eq!(commit(&f, &two, "lib/newer/f.rs").code, 0);
    }
}

#[test]
fn a_path_that_is_there_is_claimed_as_it_is_called() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, REFUSE);
        assert_eq!(commit(&f, &one, "app/[id]/page.tsx").code, 0);
        assert_eq!(commit(&f, &one, "app/{a,b}.ts").code, 0);
        assert_eq!(commit(&f, &one, "app/back\\slash/x").code, 0);
        session(&f, &one.join("app/[id]"), &["claim", "page.tsx"]).ok();
        let named = ["claim", "app/{a,b}.ts", "app/back\\slash/x"];
        session(&f, &one, &named).ok();
        for path in ["app/[id]/page.tsx", "app/{a,b}.ts", "app/back\\slash/x"] {
            let ran = commit(&f, &two, path);
            ran.refused(RULE);
            f.git_at(&two, ["reset", "-q", "--hard"]).ok();
        }
        for path in ["app/i/page.tsx", "app/a.ts", "app/backslash/x"] {
            let ran = commit(&f, &two, path);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{path}");
        }
    }
}

#[test]
fn a_reference_that_names_no_record_stops_no_commit() {
    for git in gits() {
        let (f, [one, two]) = claimed(&git, REFUSE);
        let file = f.repo().join(".git/refs/baton/claims");
        let commit_id = f.git(["rev-parse", "HEAD"]).ok();
        let missing = format!("{}\n", "1".repeat(40));
        for (at, text) in [
            commit_id.as_str(),
            &missing,
            "ref: refs/heads/one\n",
            "garbage\n",
            "",
        ]
        .into_iter()
        .enumerate()
        {
            fs::write(&file, text).unwrap();
            for tree in [&one, &two] {
                let ran = commit(&f, tree, &format!("other/{at}"));
                assert_eq!(ran.code, 0, "{text}: {ran:#?}");
                let told = "git update-ref --no-deref -d refs/baton/claims";
                assert!(ran.err.contains(told), "{text}: {ran:#?}");
            }
            let doctor = finish(f.program(BATON, &one).arg("doctor"));
            assert!(doctor.out.contains("refs/baton/claims"), "{doctor:#?}");
            let asked = session(&f, &one, &["claim", "x"]);
            assert_eq!(asked.code, 2, "{text}: {asked:#?}");
            assert!(asked.err.contains("--no-deref"), "{text}: {asked:#?}");
        }
        session(&f, &two, &["abandon", "--reason", "over"]).ok();
        fs::remove_file(&file).unwrap();
        assert_eq!(commit(&f, &one, "other/last").err, "");
    }
}
