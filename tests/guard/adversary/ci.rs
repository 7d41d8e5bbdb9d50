//! CI on a fresh clone: `verify` with the events of a forge, and what the forge then does.

use std::fs;

use crate::adversary::accepted::Case;
use crate::adversary::ops::Signature;
use crate::adversary::oracle::{self, Word};
use crate::adversary::world::World;
use baton_testkit::Ran;

impl World {
    /// `verify` on a clone of the repository as it is, with this variable and event.
    fn verify(&self, head: &str, target: &str, env: &[(&str, &str)], event: &str) -> Ran {
        let git_dir = self.f.path("ci/.git");
        let remote = git_dir.join("refs/remotes/origin");
        fs::create_dir_all(&remote).unwrap();
        fs::write(remote.join("main"), format!("{target}\n")).unwrap();
        fs::write(git_dir.join("HEAD"), format!("{head}\n")).unwrap();
        let path = self.f.path("event.json");
        fs::write(&path, event).unwrap();
        let mut all = vec![("GITHUB_EVENT_PATH", path.to_str().unwrap())];
        all.extend(env);
        let ran = self.baton("ci", &["verify"], &all);
        for sign in ["panicked", "overflow"] {
            assert!(!ran.err.contains(sign), "{ran:#?}");
        }
        ran
    }

    /// Somebody asks for a merge into the server's default branch.
    pub fn request(&mut self, what: &str, service: u8, stale: bool) {
        let Some(target) = self.server.get("main").cloned() else {
            return;
        };
        let Some((merged, clean)) = self.merged(&target, what) else {
            return;
        };
        let base = match stale {
            true => self.history.adoption.clone(),
            false => target.clone(),
        };
        let fork = self.f.git(["merge-base", &target, what]).out;
        let fork = fork.trim();
        let event = format!(
            r#"{{"action":"synchronize","repository":{{"default_branch":"main"}},
                "pull_request":{{"base":{{"sha":"{base}","ref":"main"}},"head":{{"sha":"{what}"}}}}}}"#
        );
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_SHA", &merged),
        ];
        let detached = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", what),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", fork),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        let results = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", &merged),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", fork),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", what),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &target),
            ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"),
        ];
        let ran = match service % 3 {
            0 => self.verify(&merged, &target, &github, &event),
            1 if !fork.is_empty() => self.verify(what, &target, &detached, ""),
            _ => self.verify(&merged, &target, &results, ""),
        };
        let case = Case::new(&self.history, [&*target, &*merged]);
        let word = oracle::of_move(&case, "main", &target, &merged);
        match (ran.code, word) {
            // What conflicts is not merged by a forge.
            (0, Word::Forbidden(reason)) if clean => {
                panic!("CI let {what} into {target}: {reason}\n{ran:#?}")
            }
            (1 | 2, Word::Allowed) if clean => {
                panic!("CI refused {what} into {target}, and nothing forbids it\n{ran:#?}")
            }
            _ => {}
        }
    }

    /// The merge that a forge would make, and whether git finds no conflict in it.
    fn merged(&mut self, target: &str, what: &str) -> Option<(String, bool)> {
        let (tree, clean) = self.merge_tree(target, what)?;
        let parents = [target.to_owned(), what.to_owned()];
        Some((self.make(&tree, &parents, Signature::None), clean))
    }

    /// The tree of a merge, and whether git finds no conflict in it.
    pub fn merge_tree(&self, target: &str, what: &str) -> Option<(String, bool)> {
        let ran = self.f.git(["merge-tree", "--write-tree", target, what]);
        let tree = ran.out.lines().next()?.to_owned();
        (ran.code <= 1 && tree.len() == 40).then_some((tree, ran.code == 0))
    }

    /// A push to the default branch of a forge without hooks.
    pub fn publish(&mut self, what: &str) {
        let before = std::mem::replace(&mut self.forge, what.to_owned());
        let event = format!(
            r#"{{"ref":"refs/heads/main","before":"{before}","after":"{what}",
                "repository":{{"default_branch":"main"}}}}"#
        );
        let github = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_SHA", what),
            ("GITHUB_REF", "refs/heads/main"),
        ];
        let ran = self.verify(what, what, &github, &event);
        let case = Case::new(&self.history, [what]).beside([&*before]);
        let history = oracle::since_adoption(&case, "main", &self.history.adoption, what);
        let moved = oracle::of_move(&case, "main", &before, what);
        match (ran.code, &history, moved) {
            (0, Word::Forbidden(reason), _) => {
                panic!(
                    "CI is green on {what} since {}: {reason}\n{ran:#?}",
                    self.history.adoption
                )
            }
            (0, _, Word::Forbidden(reason)) => {
                panic!("CI is green on {before} -> {what}: {reason}\n{ran:#?}")
            }
            (1 | 2, Word::Allowed, Word::Allowed) => {
                panic!("CI is red on {before} -> {what}, and nothing forbids it\n{ran:#?}")
            }
            _ => {}
        }
    }
}
