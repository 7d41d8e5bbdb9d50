//! `pre-receive` on a bare repository, pushed to by clones without hooks.

use std::fs;
use std::path::{Path, PathBuf};

use baton_hooks::Hook;
use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, Ran};

struct Server {
    f: Fixture,
    bare: PathBuf,
}

impl Server {
    fn new(git: &baton_testkit::Git) -> Self {
        Self::of(Fixture::new(git))
    }

    fn of(f: Fixture) -> Self {
        let bare = f.add_remote("origin");
        f.install_at(&bare, &Hook::SERVER);
        Self { f, bare }
    }

    fn refs(&self) -> String {
        self.f.git_at(&self.bare, ["for-each-ref"]).ok()
    }

    /// How many objects the server has.
    fn objects(&self) -> usize {
        count(&self.bare.join("objects"))
    }

    fn push(&self, refspecs: &[&str]) -> Ran {
        let mut args = vec!["push", "-q", "origin"];
        args.extend(refspecs);
        self.f.unguarded(args)
    }

    #[track_caller]
    fn refuses(&self, rule: &str, refspecs: &[&str]) {
        let before = (self.refs(), self.objects());
        self.push(refspecs).refused(rule).by("pre-receive");
        assert_eq!(
            (self.refs(), self.objects()),
            before,
            "{refspecs:?} left something"
        );
    }
}

fn count(directory: &Path) -> usize {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { count(&path) } else { 1 })
        .sum()
}

#[test]
fn a_bad_push_is_refused_and_leaves_nothing() {
    each_git(|git| {
        let s = Server::new(git);
        let bad = s.f.bad_object();
        let good = s.f.commit("one", "1");
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/main")]);
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/new")]);
        let two = [
            format!("{good}:refs/heads/main"),
            format!("{bad}:refs/heads/new"),
        ];
        s.refuses("protected-path", &[&two[0], &two[1]]);
        s.refuses("protected-path", &["--atomic", &two[0], &two[1]]);
        s.push(&[&two[0]]).ok();
        s.f.aggregate("19");
        s.push(&["main"]).ok();
    });
}

#[test]
fn a_tag_or_another_namespace_does_not_launder_a_commit() {
    each_git(|git| {
        let s = Server::new(git);
        let bad = s.f.bad_object();
        s.push(&[&format!("{bad}:refs/foo/x"), &format!("{bad}:refs/tags/x")])
            .ok();
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/main")]);
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/new")]);
    });
}

#[test]
fn a_forced_push_or_a_deletion_does_not_lose_the_newest_entry() {
    each_git(|git| {
        let s = Server::new(git);
        s.f.aggregate("19");
        s.push(&["main"]).ok();
        s.refuses("handoff-rollback", &["+HEAD~1:refs/heads/main"]);
        s.refuses(
            "handoff-rollback",
            &["+before-policy^{commit}:refs/heads/main"],
        );
        s.f.git_at(&s.bare, ["symbolic-ref", "HEAD", "refs/heads/none"])
            .ok();
        s.refuses("handoff-rollback", &[":main"]);
        s.push(&["main:copy"]).ok();
        s.refuses("handoff-rollback", &[":main", ":copy"]);
        s.push(&[":main"]).ok();
    });
}

#[test]
fn a_branch_that_wrote_nothing_protected_can_be_deleted() {
    each_git(|git| {
        let s = Server::new(git);
        let side = s.f.object(&["HEAD"], "side", "1", "side");
        s.push(&[&format!("{side}:refs/heads/side")]).ok();
        s.push(&[":side"]).ok();
    });
}

#[test]
fn a_new_branch_that_drops_the_policy_is_judged_by_the_first_push() {
    each_git(|git| {
        let s = Server::new(git);
        let root =
            s.f.object(&[], baton_testkit::HANDOFF, "forged\n", "no policy");
        let tree = s.f.rev(&format!("{root}^{{tree}}"));
        let bad = s.f.object_of_tree(&tree, &["HEAD"], "bad");
        s.refuses("policy-change", &[&format!("{bad}:refs/heads/new")]);
    });
}

#[test]
fn a_merge_does_not_bring_signers_from_a_history_with_a_policy_of_its_own() {
    each_git(|git| {
        let s = Server::new(git);
        let signers = ".baton/allowed_signers";
        let tree = |commit: &str| s.f.rev(&format!("{commit}^{{tree}}"));
        let policy = s.f.object(&[], "baton.toml", "version = 1\n", "policy");
        let both = tree(&s.f.object(&[&policy], signers, "", "signers"));
        let root = s.f.object_of_tree(&both, &[], "a policy and its signers");
        let merged = tree(&s.f.object(&["HEAD"], signers, "", "signers"));
        let merge = s.f.object_of_tree(&merged, &["HEAD", &root], "merge");
        s.refuses("policy-change", &[&format!("{merge}:refs/heads/main")]);
    });
}

#[test]
fn the_policy_of_the_servers_branch_judges() {
    each_git(|git| {
        let s = Server::new(git);
        let loose = s.f.object(
            &["HEAD"],
            "baton.toml",
            "[branches]\ninclude = []\n",
            "loose",
        );
        let bad =
            s.f.object(&[&loose], baton_testkit::HANDOFF, "forged\n", "bad");
        s.refuses("policy-change", &[&format!("{bad}:refs/heads/main")]);
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/main")]);
        let unrelated =
            s.f.object(&[], "baton.toml", "[branches]\ninclude = []\n", "root");
        let tree = s.f.rev(&format!("{bad}^{{tree}}"));
        let merge = s.f.object_of_tree(&tree, &["HEAD", &unrelated], "theirs");
        s.refuses("protected-path", &[&format!("{merge}:refs/heads/main")]);
    });
}

#[test]
fn alternates_on_the_server_are_read() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bare = f.path("origin.git");
        f.git_at(
            f.dir(),
            [
                "clone",
                "-q",
                "--bare",
                "--shared",
                "repo",
                bare.to_str().unwrap(),
            ],
        )
        .ok();
        f.install_at(&bare, &Hook::SERVER);
        f.git(["remote", "add", "origin", bare.to_str().unwrap()])
            .ok();
        let s = Server { f, bare };
        let bad = s.f.bad_object();
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/main")]);
        s.f.commit("one", "1");
        s.push(&["main"]).ok();
    });
}

#[test]
fn a_server_without_a_journal_decides_the_same() {
    each_git(|git| {
        let s = Server::new(git);
        fs::remove_dir_all(s.bare.join("baton")).unwrap();
        fs::write(s.bare.join("baton"), "").unwrap();
        let bad = s.f.bad_object();
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/main")]);
        s.refuses("protected-path", &[&format!("{bad}:refs/heads/new")]);
        s.f.commit("one", "1");
        s.push(&["main", "main:new"]).ok();
    });
}

#[test]
fn both_git_versions_push_to_each_other() {
    let gits = baton_testkit::gits::gits();
    for server in &gits {
        let s = Server::new(server);
        for client in &gits {
            let bad = s.f.bad_object();
            let run = |commit: &str| {
                let to = format!("{commit}:refs/heads/by-{}", client.version.1);
                s.f.command_of(client, &s.f.repo())
                    .args([
                        "-c",
                        "core.hooksPath=/dev/null",
                        "push",
                        "-q",
                        "origin",
                        &to,
                    ])
                    .output()
                    .unwrap()
            };
            assert!(!run(&bad).status.success());
            assert!(run("HEAD").status.success());
        }
    }
}

/// A server with commits on which no hook has looked.
struct Hostile {
    s: Server,
    /// The last commit without the policy.
    before: String,
    /// The tree of `main` with a handoff of somebody's own.
    forged: String,
}

impl Hostile {
    fn new(git: &baton_testkit::Git) -> Self {
        let s = Server::new(git);
        let before = s.f.rev("before-policy^{commit}");
        s.f.commit("work", "1");
        s.push(&["main"]).ok();
        let bad = s.f.bad_object();
        let forged = s.f.rev(&format!("{bad}^{{tree}}"));
        Self { s, before, forged }
    }

    /// Tips whose history is not that of `main`, each with a handoff, and some with a policy, of
    /// their own.
    fn tips(&self) -> Vec<String> {
        let f = &self.s.f;
        let root = f.object_of_tree(&self.forged, &[], "a root with a copy of the policy");
        let own = f.object(&[], "baton.toml", "[sessions]\nmax_per_commit = 9\n", "own");
        let on_own = f.object(
            &[&own],
            baton_testkit::HANDOFF,
            "forged\n",
            "on a policy of its own",
        );
        let older = f.object_of_tree(&self.forged, &[&self.before], "older");
        let bare = f.object(&[], baton_testkit::HANDOFF, "forged\n", "no policy");
        let mut tips = vec![root.clone(), own, on_own, older.clone(), bare];
        for side in [&root, &older] {
            for parents in [[side.as_str(), "main"], ["main", side]] {
                tips.push(f.object_of_tree(&self.forged, &parents, "merged"));
            }
        }
        tips
    }

    fn server_git(&self, args: &[&str]) -> Ran {
        self.s.f.git_at(&self.s.bare, args)
    }

    /// Has a branch of the server name a commit without a push of it, and without the server's hooks.
    fn by_hand(&self, commit: &str, branch: &str) {
        let kept = format!("refs/kept/{commit}");
        self.s.push(&[&format!("+{commit}:{kept}")]).ok();
        let name = format!("refs/heads/{branch}");
        let past = ["-c", "core.hooksPath=/dev/null"];
        let moves = ["update-ref", &name, commit];
        self.server_git(&[&past[..], &moves].concat()).ok();
    }

    #[track_caller]
    fn refuses(&self, refspecs: &[&str]) {
        let before = self.s.refs();
        self.s.push(refspecs).by("pre-receive");
        assert_eq!(self.s.refs(), before, "{refspecs:?} moved something");
    }
}

#[test]
fn a_branch_made_anew_is_held_to_the_default_branch() {
    each_git(|git| {
        let h = Hostile::new(git);
        h.s.push(&["main:release"]).ok();
        h.s.push(&[":release"]).ok();
        for tip in h.tips() {
            h.refuses(&[&format!("{tip}:refs/heads/release")]);
            h.refuses(&[&format!("{tip}:refs/heads/free/name")]);
        }
        // What is older than the policy may be named, and nothing is built on it.
        h.s.push(&[&format!("{}:refs/heads/release", h.before)])
            .ok();
        for tip in h.tips() {
            h.refuses(&[&format!("+{tip}:refs/heads/release")]);
        }
        h.s.push(&["main:release"]).ok();
        let page = h.s.f.object(&[], "index.html", "pages", "pages");
        let next = h.s.f.object(&[&page], "index.html", "more", "more");
        h.s.push(&[&format!("{page}:refs/heads/pages")]).ok();
        h.s.push(&[&format!("{next}:refs/heads/pages")]).ok();
    });
}

#[test]
fn without_a_default_branch_the_others_are_the_measure() {
    each_git(|git| {
        let h = Hostile::new(git);
        h.s.push(&["main:release"]).ok();
        for head in ["refs/heads/none", "refs/heads/main"] {
            h.server_git(&["symbolic-ref", "HEAD", head]).ok();
            h.server_git(&["update-ref", "-d", "refs/heads/main"]).ok();
            for tip in h.tips() {
                h.refuses(&[&format!("{tip}:refs/heads/main")]);
            }
        }
        let entry = h.s.f.aggregate("19");
        h.s.push(&[&format!("{entry}:refs/heads/release")]).ok();
        let older = format!("{entry}~1:refs/heads/main");
        h.s.refuses("handoff-rollback", &[&older]);
        h.s.push(&[&format!("{entry}:refs/heads/main")]).ok();
    });
}

#[test]
fn what_came_to_a_server_without_a_push_launders_nothing() {
    each_git(|git| {
        let h = Hostile::new(git);
        let f = &h.s.f;
        let tree = |commit: &str| f.rev(&format!("{commit}^{{tree}}"));
        let root = h.tips().swap_remove(0);
        let older = f.object_of_tree(&h.forged, &[&h.before], "older");
        for side in [&root, &older] {
            h.by_hand(side, "x");
            f.unguarded(["push", "-qf", "origin", &format!("{side}:refs/tags/x")])
                .ok();
            let by_hand = f.object(&["main"], "by-hand", "1", "moved on the server");
            h.by_hand(&by_hand, "main");
            for wanted in [h.forged.clone(), tree("main")] {
                for parents in [[by_hand.as_str(), side], [side, &by_hand]] {
                    let merge = f.object_of_tree(&wanted, &parents, "merge");
                    h.refuses(&[&format!("+{merge}:refs/heads/main")]);
                    h.refuses(&[&format!("{merge}:refs/heads/release/2")]);
                }
            }
            h.by_hand(&f.rev("main"), "main");
        }
    });
}

#[test]
fn what_an_attack_has_left_behind_can_be_put_right() {
    each_git(|git| {
        let h = Hostile::new(git);
        let f = &h.s.f;
        let broken = f.object(&[], "baton.toml", "not a policy\n", "broken");
        let mut tips = h.tips();
        tips.push(broken);
        for tip in tips {
            h.by_hand(&tip, "release");
            h.s.push(&[":release"]).ok();
            h.by_hand(&tip, "release");
            h.s.push(&["+main:release"]).ok();
            h.s.push(&[":release"]).ok();
        }
        let bad = f.bad_object();
        h.by_hand(&bad, "main");
        h.s.push(&["+main:main"]).ok();
    });
}

#[test]
fn updates_that_come_together_are_judged_by_what_was_there() {
    each_git(|git| {
        let h = Hostile::new(git);
        h.server_git(&["config", "receive.denyDeleteCurrent", "ignore"])
            .ok();
        h.s.f.aggregate("19");
        h.s.push(&["main", "main:release"]).ok();
        for tip in h.tips() {
            h.refuses(&[":release", &format!("{tip}:refs/heads/release2")]);
            h.refuses(&[&format!("{tip}:refs/heads/a"), ":release"]);
        }
        h.refuses(&[":main", ":release"]);
        h.refuses(&[":main", ":release", &format!("{}:refs/heads/x", h.before)]);
        h.s.push(&[":main", ":release", "main:refs/heads/trunk"])
            .ok();
        h.s.push(&["main:main", "main:release"]).ok();
        h.refuses(&[":trunk", ":release", "+main~1:main"]);
    });
}

#[test]
fn what_a_branch_alone_carries_is_not_deleted_with_it() {
    each_git(|git| {
        let h = Hostile::new(git);
        h.s.f.git(["checkout", "-q", "-b", "side"]).ok();
        h.s.f.aggregate("19");
        h.s.push(&["side"]).ok();
        h.s.push(&["side:refs/tags/a-tag"]).ok();
        let ran = h.s.push(&[":side"]);
        ran.refused("handoff-rollback").by("pre-receive");
        let tip = h.s.f.rev("side");
        assert!(
            ran.err.contains(&format!("git baton accept {tip} ")),
            "{ran:#?}"
        );
        h.s.refuses("handoff-rollback", &["+main:side"]);
        h.s.push(&["side:main"]).ok();
        h.s.push(&[":side"]).ok();
    });
}
