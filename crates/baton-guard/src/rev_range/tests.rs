use std::path::Path;

use super::*;
use baton_sys::GitEnv;
use baton_testkit::git;

/// A repository fed by `git fast-import`; one line a commit:
/// `<mark> <branch> <parents by mark, commas between, or -> <path>=<text> …`, and a path without
/// `=` is deleted.
fn repository(directory: &Path, commits: &[&str]) -> Repo {
    let init = ["init", "--quiet", "--bare", "--initial-branch=main"];
    git(directory, &init, b"");
    let input: String = commits.iter().map(|line| commands(line)).collect();
    let import = ["fast-import", "--quiet"];
    git(directory, &import, input.as_bytes());
    let env = GitEnv {
        current_dir: directory.to_owned(),
        git_dir: Some(directory.to_owned()),
        ..GitEnv::default()
    };
    Repo::open(&env).unwrap()
}

fn commands(line: &str) -> String {
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap();
    let (mark, branch, parents) = (word(), word(), word());
    let mut text = format!(
        "commit refs/heads/{branch}\nmark :{mark}\ncommitter A <a@example.org> {mark} +0000\n\
         data {}\n{mark}\n",
        mark.len()
    );
    for (place, parent) in parents.split(',').filter(|one| *one != "-").enumerate() {
        let word = if place == 0 { "from" } else { "merge" };
        text += &format!("{word} :{parent}\n");
    }
    for file in words {
        let Some((path, content)) = file.split_once('=') else {
            text += &format!("D {file}\n");
            continue;
        };
        let length = content.len();
        text += &format!("M 100644 inline {path}\ndata {length}\n{content}\n");
    }
    text + "\n"
}

/// The messages, which are the marks, of the commits that break a rule.
fn broken(repo: &Repo) -> Vec<String> {
    let range = super::super::range::everything(repo).unwrap();
    let judgement = judge_by_parents(repo, &range).unwrap().unwrap_or_default();
    let mut marks: Vec<_> = judgement
        .verdict
        .violations
        .iter()
        .map(|one| repo.objects().commit(one.commit.unwrap(), &mut Vec::new()))
        .map(|commit| commit.unwrap().message.to_string())
        .collect();
    marks.sort();
    marks.dedup();
    marks
}

const POLICY: &str = "baton.toml=version=1";
const HANDOFF: &str = ".agents/HANDOFF.md=text";

fn line(words: &[&str]) -> String {
    words.join(" ")
}

#[test]
fn what_went_before_the_policy_is_not_judged() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", HANDOFF]);
    let change = "2 main 1 .agents/HANDOFF.md=other";
    let introduce = line(&["3 main 2", POLICY]);
    let repo = repository(directory.path(), &[&begin, change, &introduce]);
    assert_eq!(broken(&repo), [""; 0]);
}

#[test]
fn each_commit_is_judged_by_the_policy_that_held() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", POLICY, HANDOFF]);
    let change = "2 main 1 .agents/HANDOFF.md=other";
    let repo = repository(directory.path(), &[&begin, change, "3 main 2 a=a"]);
    assert_eq!(broken(&repo), ["2"]);
}

#[test]
fn an_orphan_branch_does_not_hide_what_it_brings() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", POLICY]);
    let orphan = line(&["2 orphan - x=x", HANDOFF]);
    let merge = line(&["4 main 1,3", "x=x", ".agents/HANDOFF.md=other"]);
    let commits = [
        &begin,
        &orphan,
        "3 orphan 2 .agents/HANDOFF.md=other",
        &merge,
    ];
    let repo = repository(directory.path(), &commits);
    assert_eq!(broken(&repo), ["2", "3"]);
}

#[test]
fn a_branch_from_before_the_policy_is_held_to_it_after_all() {
    let directory = tempfile::tempdir().unwrap();
    let introduce = line(&["2 main 1", POLICY]);
    let late = line(&["3 late 1", HANDOFF]);
    let commits = ["1 main - a=a", &introduce, &late, "4 late 3 b=b"];
    let repo = repository(directory.path(), &commits);
    assert_eq!(broken(&repo), ["3"]);
}

#[test]
fn a_merge_into_a_branch_without_policy_is_judged_by_the_policy_it_merges() {
    let directory = tempfile::tempdir().unwrap();
    let introduce = line(&["2 main 1", POLICY]);
    let merge = line(&["4 late 3,2", POLICY, HANDOFF]);
    let commits = ["1 main - a=a", &introduce, "3 late 1 b=b", &merge];
    let repo = repository(directory.path(), &commits);
    assert_eq!(broken(&repo), ["4"]);
}

#[test]
fn a_merge_that_takes_over_another_policy_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", POLICY]);
    let other = "2 other - baton.toml=version=1#";
    let merge = "3 main 1,2 baton.toml=version=1#";
    let repo = repository(directory.path(), &[&begin, other, merge]);
    assert_eq!(broken(&repo), ["3"]);
}

#[test]
fn a_merge_of_the_branch_on_which_the_policy_changed_is_none_of_those() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", POLICY]);
    let merge = "4 main 3,2 baton.toml=version=1#";
    let commits = [
        &begin,
        "2 topic 1 baton.toml=version=1#",
        "3 main 1 a=a",
        merge,
    ];
    let repo = repository(directory.path(), &commits);
    assert_eq!(broken(&repo), ["2"]);
}

#[test]
fn a_policy_taken_away_and_brought_back_began_with_its_first_commit() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main -", POLICY]);
    let handoff = line(&["3 main 2", HANDOFF]);
    let back = line(&["4 main 3", POLICY]);
    let commits = [&begin, "2 main 1 baton.toml", &handoff, &back];
    let repo = repository(directory.path(), &commits);
    assert_eq!(broken(&repo), ["2", "3"]);
}

#[test]
fn the_answer_does_not_depend_on_how_many_batches_there_are() {
    let directory = tempfile::tempdir().unwrap();
    let mut commits = vec![line(&["1 main -", POLICY])];
    for mark in 2..1500 {
        let path = if mark % 100 == 0 {
            ".agents/HANDOFF.md"
        } else {
            "a"
        };
        commits.push(format!("{mark} main {} {path}={mark}", mark - 1));
    }
    let commits: Vec<_> = commits.iter().map(String::as_str).collect();
    let repo = repository(directory.path(), &commits);
    let range = super::super::range::everything(&repo).unwrap();
    let judgement = judge_by_parents(&repo, &range).unwrap().unwrap();
    assert_eq!(judgement.commits, 1499);
    let subject = |oid| repo.objects().commit(oid, &mut Vec::new()).unwrap().message;
    let violations = judgement.verdict.violations.iter();
    let order: Vec<_> = violations.map(|one| subject(one.commit.unwrap())).collect();
    let newest_first: Vec<_> = (1..15)
        .rev()
        .map(|hundred| format!("{hundred}00"))
        .collect();
    assert_eq!(order, newest_first);
}

/// Two sessions' logs in one commit, which the default policy forbids.
const BUNDLE: &str = ".agents/sessions/2025-12-18-session-19-a.md=a \
                      .agents/sessions/2025-12-18-session-20-b.md=b";
/// A policy that allows it.
const LAX: &str = "baton.toml=sessions={max_per_commit=9}";

#[test]
fn what_a_merge_brings_is_held_to_the_policy_in_force_where_it_lands() {
    let begin = line(&["1 main - a=a", POLICY]);
    let root = line(&["2 main - a=a"]);
    let adopted = line(&["3 main 2", POLICY]);
    let orphan = line(&["4 side - x=x", BUNDLE]);
    let old = line(&["4 side 2", BUNDLE]);
    let own = line(&["4 side 2", LAX]);
    let own_root = line(&["4 side - x=x", LAX]);
    let bundle = line(&["5 side 4", BUNDLE]);
    let first = |mark: &str, tip: &str| line(&[mark, "main", &format!("{tip},1"), POLICY]);
    for (commits, expected) in [
        // An orphan root, merged as first parent.
        (vec![begin.clone(), orphan, first("6", "4")], vec!["4"]),
        // A history older than the policy, in either order.
        (
            vec![
                root.clone(),
                adopted.clone(),
                old.clone(),
                "6 main 3,4 b=b".into(),
            ],
            vec!["4"],
        ),
        (
            vec![
                root.clone(),
                adopted.clone(),
                old,
                line(&["6 main 4,3", POLICY]),
            ],
            vec!["4"],
        ),
        // The same with a policy of its own.
        (
            vec![
                root,
                adopted,
                own,
                bundle.clone(),
                line(&["6 main 3,5", POLICY]),
            ],
            vec!["5"],
        ),
        (
            vec![begin, own_root, bundle, line(&["6 main 1,5", POLICY])],
            vec!["5"],
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let commits: Vec<_> = commits.iter().map(String::as_str).collect();
        let repo = repository(directory.path(), &commits);
        let broken = broken(&repo);
        for mark in expected {
            assert!(
                broken.iter().any(|one| one == mark),
                "{commits:?}: {broken:?}"
            );
        }
    }
}

#[test]
fn an_old_branch_that_touches_nothing_protected_may_be_merged() {
    let directory = tempfile::tempdir().unwrap();
    let adopted = line(&["2 main 1", POLICY]);
    let commits = [
        "1 main - a=a",
        &adopted,
        "3 side 1 b=b",
        "4 main 2,3 b=b",
        "5 main 4 c=c",
    ];
    assert_eq!(broken(&repository(directory.path(), &commits)), [""; 0]);
}

#[test]
fn another_project_in_a_directory_keeps_its_own_history() {
    let directory = tempfile::tempdir().unwrap();
    let begin = line(&["1 main - a=a", POLICY]);
    let other = line(&["2 side - x=x", HANDOFF]);
    let merge = "4 main 1,3 lib/x=x lib/.agents/HANDOFF.md=other";
    let commits = [&begin, &other, "3 side 2 .agents/HANDOFF.md=other", merge];
    let repo = repository(directory.path(), &commits);
    git(directory.path(), &["branch", "-D", "side"], b"");
    assert_eq!(broken(&repo), [""; 0]);
}
