//! Objects that git accepts although it seldom makes them: each is judged as git sees it.

use std::fs;

use baton_testkit::gits::each_git;
use baton_testkit::{Fixture, HANDOFF, Make};

/// The id of the tree without entries, which is not written.
fn empty_tree(f: &Fixture) -> String {
    let id = f.git_with_input(["hash-object", "-t", "tree", "--stdin"], b"");
    id.ok().trim().to_owned()
}

#[test]
fn the_empty_tree_is_there_without_an_object() {
    each_git(|git| {
        for sha256 in [false, true] {
            let make = Make {
                sha256,
                ..Make::default()
            };
            for f in [Fixture::made(git, make), Fixture::empty(git, make)] {
                f.install();
                f.commit("a", "1");
                let root = f.object_of_tree(&empty_tree(&f), &[], "root");
                f.git(["branch", "pages", &root]).ok();
                let on_top = f.object_of_tree(&empty_tree(&f), &["pages"], "nothing again");
                f.git(["branch", "-f", "pages", &on_top]).ok();
                f.git(["switch", "-q", "--orphan", "fresh"]).ok();
                f.git(["commit", "-q", "--allow-empty", "-m", "root"]).ok();
                f.commit("b", "1");
                f.git(["rm", "-q", "b"]).ok();
                f.git(["commit", "-q", "-m", "empty again"]).ok();
                f.git([
                    "merge",
                    "-q",
                    "--no-edit",
                    "--allow-unrelated-histories",
                    "pages",
                ])
                .ok();
            }
        }
    });
}

#[test]
fn a_rebase_of_everything_begins_on_the_empty_tree() {
    each_git(|git| {
        let f = Fixture::empty(git, Make::default());
        f.commit("baton.toml", "version = 1\n");
        f.commit("a", "1");
        f.commit("b", "1");
        f.install();
        let todos = ["2d", "2h;2d;3G", "3s/pick/squash/"];
        for (number, todo) in todos.iter().enumerate() {
            f.git(["switch", "-q", "-c", &format!("work-{number}"), "main"])
                .ok();
            let todo: &str = &format!("sed -i -e '{todo}'");
            let env = [("GIT_SEQUENCE_EDITOR", todo), ("GIT_EDITOR", "true")];
            f.git_with_env(&env, ["rebase", "-q", "-i", "--root"]).ok();
        }
    });
}

#[test]
fn a_commit_of_the_empty_tree_takes_protected_files_away() {
    each_git(|git| {
        let f = Fixture::new(git);
        let commit = f.object_of_tree(&empty_tree(&f), &["main"], "nothing");
        f.refuses(
            "protected-path",
            &["update-ref", "refs/heads/main", &commit],
        );
    });
}

#[test]
fn a_tag_is_merged_as_the_commit_that_it_names() {
    each_git(|git| {
        let f = Fixture::new(git);
        for branch in ["one", "two", "three"] {
            f.git(["switch", "-q", "-c", branch, "main"]).ok();
            f.commit(branch, "1");
            f.commit("all", branch);
            f.git(["tag", "-am", branch, &format!("v-{branch}")]).ok();
            f.git(["reset", "-q", "--hard", "HEAD~1"]).ok();
            f.git(["tag", "-am", branch, &format!("inner-{branch}")])
                .ok();
            f.git([
                "tag",
                "-am",
                branch,
                &format!("w-{branch}"),
                &format!("inner-{branch}"),
            ])
            .ok();
        }
        f.git(["switch", "-q", "main"]).ok();
        f.commit("main", "1");
        f.git(["merge", "-q", "--no-edit", "inner-one"]).ok();
        f.git(["merge", "-q", "--no-edit", "w-two", "w-three"]).ok();
        f.git(["pull", "-q", "--no-edit", "--no-rebase", ".", "v-one"])
            .ok();
        let ran = f.git(["merge", "-q", "--no-edit", "v-two"]);
        assert_ne!(ran.code, 0, "it conflicts");
        f.write("all", "settled\n");
        f.git(["add", "all"]).ok();
        f.git(["commit", "-q", "--no-edit"]).ok();
    });
}

#[test]
fn a_tag_brings_no_bad_commit_in() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bad = f.bad_object();
        f.unguarded(["tag", "-am", "bad", "bad", &bad]).ok();
        f.unguarded(["tag", "-am", "twice", "twice", "bad"]).ok();
        f.commit("main", "1");
        for tag in ["bad", "twice"] {
            let ran = f.git(["merge", "-q", "--no-edit", tag]);
            ran.refused("protected-path");
            f.git(["merge", "--abort"]).ok();
        }
    });
}

#[test]
fn the_edge_of_a_shallow_clone_may_claim_any_date() {
    each_git(|git| {
        for ahead in ["1700000000", "1766000001", "1999999999"] {
            let f = Fixture::new(git);
            let env = [("GIT_COMMITTER_DATE", format!("{ahead} +0000"))];
            let env: Vec<_> = env
                .iter()
                .map(|(name, date)| (*name, date.as_str()))
                .collect();
            f.git_with_env(&env, ["commit", "-q", "--allow-empty", "-m", "edge"])
                .ok();
            let url = format!("file://{}", f.repo().display());
            f.git_at(f.dir(), ["clone", "-q", "--depth=1", &url, "shallow"])
                .ok();
            let shallow = f.path("shallow");
            f.install_at(&shallow.join(".git"), &baton_hooks::Hook::CLIENT);
            let run = |args: &[&str]| f.git_at(&shallow, args).ok();
            let commit = |name: &str| {
                fs::write(shallow.join(name), "1").unwrap();
                run(&["add", name]);
                run(&["commit", "-qm", name]);
            };
            run(&["switch", "-qc", "work"]);
            commit("n");
            run(&["switch", "-q", "main"]);
            commit("m");
            run(&["merge", "-q", "--no-edit", "work"]);
            run(&["switch", "-q", "work"]);
            run(&["merge", "-q", "--ff-only", "main"]);
            commit("o");
            run(&["rebase", "-q", "--force-rebase", "HEAD~1"]);
        }
    });
}

/// A commit object of these bytes, which git may not like to write.
fn raw_commit(f: &Fixture, bytes: &[u8]) -> String {
    let args = [
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--literally",
        "--stdin",
    ];
    f.git_with_input(args, bytes).ok().trim().to_owned()
}

#[test]
fn an_odd_commit_is_judged_like_any_other() {
    each_git(|git| {
        let f = Fixture::new(git);
        let tree_of = |commit: &str| f.rev(&format!("{commit}^{{tree}}"));
        let fine = tree_of(&f.object(&["main"], "fine", "1", "x"));
        let bad = tree_of(&f.bad_object());
        let main = f.rev("main");
        let who = "A <a@example.org> 1766000000 +0000";
        let full = format!("author {who}\ncommitter {who}\n");
        let headers: [Vec<u8>; 9] = [
            b"\nno author\n".to_vec(),
            format!("author {who}\n\nno committer\n").into(),
            b"author x\ncommitter <> 99999999999999999999 +9999\n\nodd people\n".to_vec(),
            [full.as_bytes(), b"encoding no-such-thing\n\n\xff\xfe\n"].concat(),
            [full.as_bytes(), b"encoding latin-1\n\nr\xe9sum\xe9\n"].concat(),
            [full.as_bytes(), b"\nbefore\0after\n"].concat(),
            format!("{full}gpgsig a\n b\ngpgsig c\ngpgsig-sha256 d\n\nsigned by nobody\n").into(),
            format!("{full}mergetag object {main}\n type commit\n\nwith more\n").into(),
            full.clone().into(),
        ];
        for header in &headers {
            let made = |tree: &str, parents: &str| {
                let start = format!("tree {tree}\n{parents}");
                raw_commit(&f, &[start.as_bytes(), header.as_slice()].concat())
            };
            let parent = format!("parent {main}\n");
            let twice = format!("{parent}{parent}");
            f.git(["branch", "-f", "odd", "main"]).ok();
            for parents in [&parent, &twice] {
                f.git(["update-ref", "refs/heads/odd", &made(&fine, parents), &main])
                    .ok();
                f.git(["update-ref", "refs/heads/odd", &main]).ok();
                let commit = made(&bad, parents);
                let ran = f.git(["update-ref", "refs/heads/odd", &commit]);
                ran.refused("protected-path");
            }
        }
    });
}

#[test]
fn what_a_tag_names_in_vain_is_no_commit() {
    each_git(|git| {
        let f = Fixture::new(git);
        let bare = f.add_remote("origin");
        f.install_at(&bare, &baton_hooks::Hook::SERVER);
        f.git(["tag", "-am", "a tree", "tree", "HEAD^{tree}"]).ok();
        f.git(["tag", "-am", "a file", "file", &format!("HEAD:{HANDOFF}")])
            .ok();
        f.git(["tag", "-am", "a tag", "tag-of-file", "file"]).ok();
        let who = "tagger A <a@example.org> 1766000000 +0000";
        let text = format!(
            "object {}\ntype blob\ntag odd\n{who}\n\nnot so\n",
            f.rev("main")
        );
        let args = ["hash-object", "-t", "tag", "-w", "--literally", "--stdin"];
        let id = f.git_with_input(args, text.as_bytes()).ok();
        f.git(["update-ref", "refs/tags/odd", id.trim()]).ok();
        f.git(["update-ref", "refs/remotes/origin/oddly", "refs/tags/tree"])
            .ok();
        f.commit("a", "1");
        f.git(["push", "-q", "origin", "main", "tree", "tag-of-file"])
            .ok();
        f.git(["switch", "-q", "-c", "new"]).ok();
        f.commit("b", "1");
        f.git(["push", "-q", "origin", "new"]).ok();
    });
}

#[test]
fn no_date_hides_history_or_brings_it_back() {
    each_git(|git| {
        for odd in ["@86400 +0000", "@4000000000 +0000"] {
            for then in [None, Some("@86400 +0000")] {
                let f = Fixture::new(git);
                let bare = f.add_remote("origin");
                f.install_at(&bare, &baton_hooks::Hook::SERVER);
                f.git(["switch", "-q", "-c", "honest"]).ok();
                f.commit("h", "1");
                f.git(["switch", "-q", "main"]).ok();
                for date in [Some(odd), then].into_iter().flatten() {
                    let env = [("GIT_COMMITTER_DATE", date)];
                    f.git_with_env(&env, ["commit", "-q", "--allow-empty", "-m", "odd"])
                        .ok();
                }
                f.git(["push", "-q", "origin", "main"]).ok();
                f.git(["push", "-q", "origin", "honest"]).ok();
                f.git(["branch", "later", "honest"]).ok();
                f.git(["switch", "-q", "later"]).ok();
                f.git(["merge", "-q", "--no-edit", "main"]).ok();
                f.git(["push", "-q", "origin", "later", "later:main"]).ok();
                let verified = f.baton(["verify", "main..honest"]);
                assert_eq!(verified.code, 0, "{verified:#?}");
            }
        }
    });
}
