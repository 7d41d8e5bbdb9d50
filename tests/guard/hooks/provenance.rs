//! A protected entry is justified by who wrote it in the history that would land, not by its bytes.

use crate::hooks::signed::{SIGNERS, Signed};
use baton_testkit::HANDOFF;
use baton_testkit::gits::each_git;

/// What a maintainer tightened, loosened and tightened again.
struct BackAndForth {
    lax: String,
    strict: String,
    lax_again: String,
    strict_again: String,
}

impl BackAndForth {
    fn at(s: &Signed, path: &str) -> Self {
        let [loose, tight] = s.versions(path);
        let lax = s.rev("main");
        let strict = s.signed(&[&lax], path, &tight);
        let lax_again = s.signed(&[&strict], path, &loose);
        let strict_again = s.signed(&[&lax_again], path, &tight);
        s.put(&strict_again);
        Self {
            lax,
            strict,
            lax_again,
            strict_again,
        }
    }

    /// Commits that forget the last word by way of a merge.
    fn merges(&self, s: &Signed) -> Vec<String> {
        let new = &self.strict_again;
        let mut merges = Vec::new();
        for old in [&self.lax, &self.lax_again] {
            merges.push(s.merge(old, &[new, old]));
            merges.push(s.merge(old, &[old, new]));
        }
        let hidden = s.merge(&self.lax_again, &[new, &self.lax_again]);
        merges.push(s.merge(new, &[&hidden, &self.strict]));
        merges.push(s.merge(new, &[&hidden, new]));
        merges
    }
}

const PATHS: [&str; 3] = ["baton.toml", SIGNERS, HANDOFF];

#[test]
fn what_was_said_last_is_not_taken_back_by_a_merge() {
    each_git(|git| {
        for path in PATHS {
            let s = Signed::new(git);
            let said = BackAndForth::at(&s, path);
            s.guarded_remote();
            for merge in said.merges(&s) {
                let to_main = format!("{merge}:refs/heads/main");
                s.push(&[&to_main])
                    .refused("handoff-rollback")
                    .by("pre-receive");
                s.git(["push", "-q", "origin", &to_main])
                    .refused("handoff-rollback")
                    .by("pre-push");
                s.refuses(
                    "handoff-rollback",
                    &["update-ref", "refs/heads/main", &merge],
                );
                let ran = s.verify(&format!("{}..{merge}", said.strict_again));
                assert_eq!(ran.code, 1, "{path}: {ran:#?}");
                assert!(ran.out.contains("handoff-rollback"), "{path}: {ran:#?}");
            }
        }
    });
}

#[test]
fn what_was_said_last_is_not_taken_back_by_a_forced_push() {
    each_git(|git| {
        for path in PATHS {
            let s = Signed::new(git);
            let said = BackAndForth::at(&s, path);
            s.guarded_remote();
            s.push(&["main:release"]).ok();
            for old in [&said.lax, &said.strict, &said.lax_again] {
                for branch in ["main", "release"] {
                    let to = format!("+{old}:refs/heads/{branch}");
                    s.push(&[&to]).refused("handoff-rollback").by("pre-receive");
                    s.git(["push", "-q", "origin", &to])
                        .refused("handoff-rollback")
                        .by("pre-push");
                }
                s.refuses("handoff-rollback", &["update-ref", "refs/heads/main", old]);
                s.refuses("handoff-rollback", &["reset", "-q", "--soft", old]);
            }
        }
    });
}

#[test]
fn a_maintainer_settles_what_no_merge_may() {
    each_git(|git| {
        for path in PATHS {
            let s = Signed::new(git);
            let said = BackAndForth::at(&s, path);
            s.guarded_remote();
            let tree = s.rev(&format!("{}^{{tree}}", said.lax_again));
            let parents = [&said.strict_again[..], &said.lax_again];
            let settled = s.signed_tree(&tree, &parents);
            s.verify(&format!("{}..{settled}", said.strict_again)).ok();
            s.push(&[&format!("{settled}:refs/heads/main")]).ok();
            s.git(["update-ref", "refs/heads/main", &settled]).ok();
            // It is a writer as any other: what is older does not come back.
            let back = s.merge(&said.strict_again, &[&settled, &said.strict_again]);
            s.push(&[&format!("{back}:refs/heads/main")])
                .refused("handoff-rollback");
            let back = format!("+{}:refs/heads/main", said.lax_again);
            s.push(&[&back]).refused("handoff-rollback");
        }
    });
}

#[test]
fn a_branch_that_is_behind_merges_and_goes_forward() {
    each_git(|git| {
        let s = Signed::new(git);
        let behind = s.rev("main");
        let feature = s.object(&["main"], "feature", "1", "feature");
        s.git(["branch", "feature", &feature]).ok();
        s.git(["branch", "behind", &behind]).ok();
        let said = BackAndForth::at(&s, "baton.toml");
        s.guarded_remote();
        s.aggregate("19");
        s.git(["push", "-q", "origin", "main"]).ok();
        s.git(["update-ref", "refs/heads/behind", "main"]).ok();
        s.git(["checkout", "-q", "feature"]).ok();
        s.git(["merge", "-q", "--no-edit", &said.lax_again]).ok();
        s.git(["merge", "-q", "--no-edit", "main"]).ok();
        s.git(["push", "-q", "origin", "feature"]).ok();
        s.git(["checkout", "-q", "main"]).ok();
        s.commit("main", "1");
        s.git(["merge", "-q", "--no-edit", "feature"]).ok();
        s.git(["push", "-q", "origin", "main"]).ok();
        s.verify("before-policy..main").ok();
    });
}

#[test]
fn two_branches_that_write_the_same_can_be_merged() {
    each_git(|git| {
        let s = Signed::new(git);
        let [_, tight] = s.versions("baton.toml");
        let one = s.signed(&["main"], "baton.toml", &tight);
        let also = s.object(&["main"], "also", "1", "also");
        let other = s.signed(&[&also], "baton.toml", &tight);
        s.guarded_remote();
        let merge = s.merge(&other, &[&one, &other]);
        s.push(&[&format!("{merge}:refs/heads/main")]).ok();
        s.git(["update-ref", "refs/heads/main", &merge]).ok();
        // Neither of them is the last word alone.
        let alone = format!("+{one}:refs/heads/main");
        s.push(&[&alone]).refused("handoff-rollback");
    });
}

#[test]
fn the_author_of_a_change_makes_it_again_before_it_lands() {
    each_git(|git| {
        let s = Signed::new(git);
        let [_, tight] = s.versions("baton.toml");
        let first = s.signed(&["main"], "baton.toml", &tight);
        let on_main = s.commit("main", "1");
        let again = s.signed(&[&on_main], "baton.toml", &tight);
        s.guarded_remote();
        s.git(["branch", "feature", &first]).ok();
        s.git(["push", "-q", "origin", "feature"]).ok();
        s.git(["branch", "-f", "feature", &again]).ok();
        s.git(["push", "-qf", "origin", "feature"]).ok();
    });
}

#[test]
fn what_nobody_might_write_is_given_up_freely() {
    each_git(|git| {
        let s = Signed::new(git);
        let good = s.rev("main");
        let bad = s.bad_object();
        let bare = s.add_remote("origin");
        s.publish(&bare, &bad, "main");
        s.install_at(&bare, &baton_hooks::Hook::SERVER);
        let next = s.object(&[&good], "next", "1", "next");
        let undone = s.merge(&next, &[&bad, &next]);
        s.push(&[&format!("{undone}:refs/heads/main")]).ok();
        s.publish(&bare, &bad, "main");
        s.push(&[&format!("+{good}:refs/heads/main")]).ok();
    });
}

/// A maintainer adopts the policy once more on older history, or on none, and joins the two: no
/// branch may go back behind either adoption for that.
#[test]
fn a_second_adoption_does_not_undo_the_first() {
    each_git(|git| {
        for (stands_on, adopted_first) in [
            (Some("before-policy"), false),
            (Some("before-policy"), true),
            (None, false),
        ] {
            let s = Signed::new(git);
            let first = s.rev("main");
            s.guarded_remote();
            s.push(&["main:release"]).ok();
            let tree = s.rev("main^{tree}");
            let before = stands_on.map(|name| s.rev(name));
            let parents: Vec<_> = before.iter().map(String::as_str).collect();
            let second = s.signed_tree(&tree, &parents);
            let joined = match adopted_first {
                true => s.signed_tree(&tree, &[&first, &second]),
                false => s.signed_tree(&tree, &[&second, &first]),
            };
            s.push(&[&format!("{joined}:refs/heads/main")]).ok();
            let before = s.rev("before-policy");
            for back in [&before, &second] {
                s.push(&[&format!("+{back}:refs/heads/release")])
                    .refused("handoff-rollback");
                s.push(&[&format!("+{back}:refs/heads/main")])
                    .refused("handoff-rollback");
            }
            s.push(&[&format!("{joined}:refs/heads/release")]).ok();
        }
    });
}
