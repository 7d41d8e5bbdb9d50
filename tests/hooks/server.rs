//! `pre-receive` on a bare repository, pushed to by clones without hooks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::gits::each_git;
use crate::support::{self, Fixture, Ran};
use git_baton::hooks::Hook;

struct Server {
    f: Fixture,
    bare: PathBuf,
}

impl Server {
    fn new(git: &support::Git) -> Self {
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
        let root = s.f.object(&[], support::HANDOFF, "forged\n", "no policy");
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
        let bad = s.f.object(&[&loose], support::HANDOFF, "forged\n", "bad");
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
fn a_server_without_a_journal_or_a_policy_file_decides_nothing() {
    each_git(|git| {
        let s = Server::new(git);
        fs::remove_dir_all(s.bare.join("baton")).unwrap();
        s.f.commit("one", "1");
        let before = s.refs();
        s.push(&["main"]).undecided("journal");
        assert_eq!(s.refs(), before);
    });
}

#[test]
fn both_git_versions_push_to_each_other() {
    let gits = support::gits::gits();
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
