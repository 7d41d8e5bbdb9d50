//! Pushes: by a guarded clone, to a guarded server, and as CI sees them.

use std::fs;
use std::path::PathBuf;

use baton_hooks::Hook;

use crate::branch_move::{LANDING, RULE, baton, fixture};
use baton_testkit::gits::each_git;
use baton_testkit::{BATON, Fixture, Git, Ran, run};

struct Server {
    f: Fixture,
    bare: PathBuf,
}

impl Server {
    fn new(git: &Git, policy: &str) -> Self {
        let f = fixture(git, policy);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        Self { f, bare }
    }

    /// Pushes as a clone without hooks.
    fn push(&self, refspecs: &[&str]) -> Ran {
        let mut args = vec!["push", "-q", "origin"];
        args.extend(refspecs);
        self.f.unguarded(args)
    }

    #[track_caller]
    fn refuses(&self, refspecs: &[&str]) {
        let refs = || self.f.git_at(&self.bare, ["for-each-ref"]).ok();
        let before = refs();
        self.push(refspecs).refused(RULE).by("pre-receive");
        assert_eq!(refs(), before, "{refspecs:?}");
    }

    /// A commit without a change, on these parents.
    fn on(&self, parents: &[&str]) -> String {
        let tree = self.f.rev(&format!("{}^{{tree}}", parents[0]));
        self.f.object_of_tree(&tree, parents, "made by hand")
    }
}

#[test]
fn a_clone_pushes_what_has_landed_in_it() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        f.add_remote("origin");
        for refspec in [
            "work:main",
            "+before-policy:main",
            ":main",
            "work:refs/heads/release/1",
        ] {
            f.git(["push", "-q", "origin", refspec])
                .refused(RULE)
                .by("pre-push");
        }
        f.git(["push", "-q", "origin", "work:other"]).ok();
        baton(&f, "orchestrator merge work").ok();
        f.git(["push", "-q", "origin", "main"]).ok();
        f.git(["push", "-q", "origin", "main:release/1"]).ok();
        f.git(["push", "-q", "origin", ":other"]).ok();
    });
}

#[test]
fn a_server_takes_the_form_of_a_landing_alone() {
    each_git(|git| {
        let s = Server::new(git, LANDING);
        s.refuses(&["work:main"]);
        s.refuses(&["+before-policy:main"]);
        s.refuses(&[":main"]);
        s.refuses(&["work:refs/heads/release/1"]);
        s.refuses(&["before-policy:refs/heads/new", "work:refs/heads/MAIN"]);
        let foxtrot = s.on(&["work", "main"]);
        s.refuses(&[&format!("{foxtrot}:main")]);
        let merged = s.on(&["main", "work"]);
        let topped = s.on(&[&merged]);
        s.refuses(&[&format!("{topped}:main")]);
        s.push(&["work:work2"]).ok();
        s.push(&[&format!("{merged}:main")]).ok();
        s.push(&["+work~1:work2"]).ok();
        s.refuses(&["+before-policy:main"]);
        s.push(&["main:release/1"]).ok();
    });
}

#[test]
fn a_server_takes_landings_and_aggregates() {
    each_git(|git| {
        let s = Server::new(git, LANDING);
        baton(&s.f, "orchestrator merge work").ok();
        s.push(&["main"]).ok();
        s.f.unguarded(["switch", "-qc", "auto/log"]).ok();
        s.f.aggregate("19");
        let aggregate = s.f.rev("HEAD");
        let log = s.f.rev("HEAD~1");
        // Its session's log came by a plain commit.
        s.refuses(&[&format!("{aggregate}:main")]);
        let merge = s.f.object_of_tree(
            &s.f.rev(&format!("{log}^{{tree}}")),
            &["main", &log],
            "merge",
        );
        s.push(&[&format!("{merge}:main")]).ok();
    });
}

#[test]
fn a_landing_without_form_is_left_to_others_and_said() {
    each_git(|git| {
        let s = Server::new(git, &format!("{LANDING}[merge]\nstrategy = \"squash\"\n"));
        let ran = s.push(&["work:main"]);
        assert!(ran.err.contains("not judged here: branch-move"), "{ran:#?}");
        ran.ok();
        s.refuses(&["+before-policy:main"]);
        s.refuses(&[":main"]);
    });
}

#[test]
fn branches_that_have_landed_may_go() {
    each_git(|git| {
        let policy = format!("{LANDING}[[branch]]\nnames = [\"**\"]\ndelete = \"landing\"\n");
        let s = Server::new(git, &policy);
        s.push(&["work:auto/x"]).ok();
        s.refuses(&[":auto/x"]);
        let merged = s.on(&["main", "work"]);
        s.refuses(&[":auto/x", &format!("{merged}:main")]);
        s.push(&[&format!("{merged}:main")]).ok();
        s.push(&[":auto/x"]).ok();
    });
}

#[test]
fn ci_judges_a_push_like_a_server() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let main = f.rev("main");
        let merged = {
            let tree = f.rev("work^{tree}");
            f.object_of_tree(&tree, &["main", "work"], "merge")
        };
        for (before, after, code) in [
            (&main, &f.rev("work"), 1),
            (&main, &merged, 0),
            (&merged, &main, 1),
        ] {
            let ran = pushed(&f, "main", before, after);
            assert_eq!(ran.code, code, "{ran:#?}");
            assert_eq!(ran.out.contains(RULE), code == 1, "{ran:#?}");
        }
    });
}

const REWRITE: &str =
    "version = 1\n[[branch]]\nnames = [\"release/*\"]\nrewrite = \"maintainers\"\n";

#[test]
fn what_a_forced_push_leaves_behind_need_not_be_here() {
    each_git(|git| {
        let f = fixture(git, REWRITE);
        let bare = f.add_remote("origin");
        f.unguarded(["push", "-q", "origin", "work:release/1"]).ok();
        // Another clone pushes what this one never sees.
        let other = f.path("other");
        let clone = [
            "clone",
            "-q",
            bare.to_str().unwrap(),
            other.to_str().unwrap(),
        ];
        f.git_at(f.dir(), clone).ok();
        let branch = ["switch", "-q", "release/1"];
        f.git_at(&other, branch).ok();
        f.git_at(&other, ["commit", "-q", "--allow-empty", "-m", "unseen"])
            .ok();
        f.git_at(&other, ["push", "-q", "origin", "release/1"]).ok();
        let unseen = f.git_at(&other, ["rev-parse", "HEAD"]).ok();
        f.git(["push", "-q", "origin", "+main:release/1"])
            .refused(RULE)
            .by("pre-push");
        f.git(["push", "-q", "origin", "main:release/2"]).ok();
        for (before, code) in [(unseen.as_str(), 1), (&f.rev("main"), 0)] {
            let ran = pushed(&f, "release/1", before, &f.rev("work"));
            assert_eq!(ran.code, code, "{ran:#?}");
            assert_eq!(ran.out.contains(RULE), code == 1, "{ran:#?}");
        }
    });
}

#[test]
fn ci_judges_a_new_branch_by_the_default_branch_too() {
    each_git(|git| {
        let f = fixture(git, LANDING);
        let policy = "version = 1\n[[branch]]\nnames = [\"new\"]\nmove = \"maintainers\"\n";
        let now = f.object(&["main"], "baton.toml", policy, "newer rules");
        f.unguarded(["update-ref", "refs/remotes/origin/main", &now])
            .ok();
        let none = "0".repeat(40);
        let old = f.object(&["main"], "new", "1", "on older rules");
        let ran = pushed(&f, "new", &none, &old);
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(ran.out.contains(RULE), "{ran:#?}");
        let ran = pushed(&f, "free", &none, &old);
        assert_eq!(ran.code, 0, "{ran:#?}");
    });
}

/// What CI says of a push to this branch.
fn pushed(f: &Fixture, branch: &str, before: &str, after: &str) -> Ran {
    f.unguarded(["switch", "-q", "--detach", after]).ok();
    let event = f.path("event.json");
    let json = serde_json::json!({
        "ref": format!("refs/heads/{branch}"), "before": before, "after": after,
        "repository": {"default_branch": "main"},
    });
    fs::write(&event, json.to_string()).unwrap();
    let mut verify = f.command(&f.repo());
    verify
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", "push")
        .env("GITHUB_EVENT_PATH", &event)
        .args(["-c", &format!("alias.sh=!{BATON} verify"), "sh"]);
    run(&mut verify, b"")
}
