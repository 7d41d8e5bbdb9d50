//! Repositories of unusual kinds are guarded like any other.

use std::fs;
use std::os::unix::fs::symlink;

use baton_hooks::Hook;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF, Make};

/// What has to hold in every kind of repository.
fn guards(f: &Fixture) {
    f.commit("fine", "1");
    f.write(HANDOFF, "forged\n");
    f.refuses("protected-path", &["commit", "-aqm", "x"])
        .by("pre-commit");
    f.refuses("protected-path", &["commit", "-anqm", "x"])
        .by("reference-transaction");
    f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
    let bad = f.bad_object();
    f.refuses("protected-path", &["update-ref", "refs/heads/main", &bad]);
    f.refuses("protected-path", &["branch", "new", &bad]);
    f.git(["checkout", "-q", "-b", "side"]).ok();
    f.commit("side", "1");
    f.git(["checkout", "-q", "main"]).ok();
    f.commit("main", "1");
    f.git(["rebase", "-q", "main", "side"]).ok();
    f.git(["checkout", "-q", "main"]).ok();
    f.git(["merge", "-q", "--no-ff", "--no-edit", "side"]).ok();
    f.aggregate("19");
    f.git(["reset", "-q", "--hard", "HEAD~1"])
        .refused("handoff-rollback");
}

#[test]
fn a_sha256_repository_is_guarded() {
    each_git(|git| {
        guards(&Fixture::made(
            git,
            Make {
                sha256: true,
                ..Make::default()
            },
        ))
    });
}

#[test]
fn a_reftable_repository_is_guarded() {
    each_git(|git| {
        if !git.knows_reftable() {
            return;
        }
        guards(&Fixture::made(
            git,
            Make {
                reftable: true,
                ..Make::default()
            },
        ));
        let f = Fixture::made(
            git,
            Make {
                reftable: true,
                sha256: true,
            },
        );
        let lines: String = (0..5000)
            .map(|n| format!("create refs/heads/b{n} HEAD\n"))
            .collect();
        f.git_with_input(["update-ref", "--stdin"], lines.as_bytes())
            .ok();
    });
}

#[test]
fn a_symlinked_or_separate_git_directory_is_guarded() {
    each_git(|git| {
        let f = Fixture::new(git);
        fs::rename(f.git_dir(), f.path("real.git")).unwrap();
        symlink(f.path("real.git"), f.git_dir()).unwrap();
        guards(&f);
        let f = Fixture::new(git);
        let elsewhere = f.path("elsewhere.git");
        f.git([
            "init",
            "-q",
            "--separate-git-dir",
            elsewhere.to_str().unwrap(),
        ])
        .ok();
        guards(&f);
    });
}

#[test]
fn a_submodule_is_guarded_and_can_be_updated() {
    each_git(|git| {
        let f = Fixture::new(git);
        let outer = f.path("outer");
        f.git_at(f.dir(), ["init", "-q", "outer"]).ok();
        f.git_at(&outer, ["submodule", "add", "-q", "../repo", "sub"])
            .ok();
        f.git_at(&outer, ["commit", "-qm", "x"]).ok();
        let sub = outer.join("sub");
        f.install_at(&outer.join(".git/modules/sub"), &Hook::CLIENT);
        baton_testkit::write_below(&sub, HANDOFF, "forged\n");
        let before = f.state_at(&sub);
        f.git_at(&sub, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_at(&sub, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state_at(&sub), before);
        f.git_at(&sub, ["checkout", "-q", "HEAD", "--", "."]).ok();
        f.commit("newer", "1");
        f.git_at(&outer, ["submodule", "update", "--remote", "-q"])
            .ok();
        f.git_at(&outer, ["submodule", "update", "-q"]).ok();
    });
}

#[test]
fn a_minimal_path_is_enough() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        let path = [("PATH", "/usr/bin"), ("HOME", "/nonexistent")];
        let before = f.state();
        f.git_with_env(&path, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_with_env(&path, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state(), before);
        f.git(["checkout", "-q", "HEAD", "--", HANDOFF]).ok();
        f.git_with_env(&path, ["commit", "-q", "--allow-empty", "-m", "x"])
            .ok();
    });
}

#[test]
fn another_object_directory_hides_nothing() {
    each_git(|git| {
        let f = Fixture::new(git);
        f.write(HANDOFF, "forged\n");
        let own = f.git_dir().join("objects");
        let other = f.path("objects");
        fs::create_dir(&other).unwrap();
        let env = [
            ("GIT_OBJECT_DIRECTORY", other.to_str().unwrap()),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", own.to_str().unwrap()),
        ];
        let before = f.state();
        f.git_with_env(&env, ["commit", "-aqm", "x"])
            .refused("protected-path");
        f.git_with_env(&env, ["commit", "-naqm", "x"])
            .refused("protected-path");
        assert_eq!(f.state(), before);

        // The object of another commit under the bad one's name.
        let bad = f.bad_object();
        let innocent = f.object(&["HEAD"], "fine", "1", "innocent");
        let loose = |root: &std::path::Path, oid: &str| root.join(&oid[..2]).join(&oid[2..]);
        fs::create_dir_all(loose(&other, &bad).parent().unwrap()).unwrap();
        fs::copy(loose(&own, &innocent), loose(&other, &bad)).unwrap();
        let hidden = f.path("hidden");
        fs::rename(loose(&own, &bad), &hidden).unwrap();
        let ran = f.git_with_env(&env, ["update-ref", "refs/heads/main", &bad]);
        assert_ne!(ran.code, 0, "{ran:#?}");
        assert_eq!(f.state(), before);
    });
}

#[test]
fn a_clone_takes_what_is_there() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.unguarded(["update-ref", "refs/heads/main", &bad]).ok();
        let template = f.path("template");
        fs::create_dir_all(template.join("hooks")).unwrap();
        fs::create_dir_all(template.join("baton")).unwrap();
        fs::write(template.join("baton/baseline"), "").unwrap();
        for hook in Hook::CLIENT {
            fs::copy(
                baton_testkit::BATON,
                template.join("hooks").join(hook.name()),
            )
            .unwrap();
        }
        let template = format!("--template={}", template.display());
        f.git_at(f.dir(), ["clone", "-q", &template, "repo", "clone"])
            .ok();
        let clone = f.path("clone");
        f.git_at(&clone, ["commit", "-q", "--allow-empty", "-m", "x"])
            .ok();
        baton_testkit::write_below(&clone, HANDOFF, "again\n");
        f.git_at(&clone, ["commit", "-naqm", "x"])
            .refused("protected-path");
    });
}
