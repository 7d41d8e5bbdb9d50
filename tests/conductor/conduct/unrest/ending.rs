//! What holds once a run has come to its end, whatever was done to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::AGENTS;
use super::graph::Graph;
use crate::conduct::processes::OwnProcess;
use crate::conduct::scene::Scene;

/// Checks all that holds then, and says what does not.
pub fn check(scene: &Scene, graph: &Graph, beside: &[String]) -> Result<(), String> {
    let checks = [
        tasks_came_to_their_ends(scene, graph),
        each_landed_once_in_order(scene, graph),
        only_approved_work_is_on_the_target(scene, beside),
        no_draft_is_gone(scene),
        no_process_is_left(scene),
        nothing_is_left_behind(scene),
    ];
    let wrong: Vec<_> = checks.into_iter().filter_map(Result::err).collect();
    holds(wrong.is_empty(), || wrong.join("\n"))?;
    scene.assert_clean();
    scene.sandbox.git(["fsck", "--connectivity-only"]);
    Ok(())
}

fn holds(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(wrong()),
    }
}

fn tasks_came_to_their_ends(scene: &Scene, graph: &Graph) -> Result<(), String> {
    let state = scene.state();
    for task in state["tasks"].as_array().unwrap() {
        let expected = graph.end_of(task["id"].as_str().unwrap());
        holds(task["status"]["name"] == expected, || {
            format!("not {expected}: {task}")
        })?;
    }
    Ok(())
}

fn each_landed_once_in_order(scene: &Scene, graph: &Graph) -> Result<(), String> {
    let all = ["rev-list", "--topo-order", "--reverse", "main"];
    let all = scene.sandbox.git(all);
    let all: Vec<_> = all.lines().collect();
    let places = |id: &str| {
        let file = format!("{id}/file");
        let adds = [
            "log",
            "--no-merges",
            "--diff-filter=A",
            "--format=%H",
            "main",
            "--",
            &file,
        ];
        let found = scene.sandbox.git(adds);
        let found = found
            .lines()
            .filter_map(|commit| all.iter().position(|one| *one == commit));
        found.collect::<Vec<_>>()
    };
    for (id, after) in &graph.after {
        let own = places(id);
        let expected = usize::from(graph.end_of(id) == "done");
        holds(own.len() == expected, || format!("{id} landed at {own:?}"))?;
        for earlier in after.iter().filter(|_| expected == 1) {
            holds(places(earlier)[0] < own[0], || {
                format!("{earlier} comes after {id}")
            })?;
        }
    }
    Ok(())
}

/// No commit that the target has named holds what the gate refuses, and none is lost that a person has made.
fn only_approved_work_is_on_the_target(scene: &Scene, beside: &[String]) -> Result<(), String> {
    let tips = scene.sandbox.git(["rev-list", "--first-parent", "main"]);
    for tip in tips.lines() {
        let files = scene.sandbox.git(["ls-tree", "-r", "--name-only", tip]);
        let odd = files
            .lines()
            .find(|file| file.ends_with("/bad") || file.starts_with("elsewhere"));
        holds(odd.is_none(), || format!("{tip} has {odd:?}"))?;
    }
    let lost = beside.iter().find(|name| !scene.has(name));
    holds(lost.is_none(), || format!("{lost:?} is gone from main"))
}

/// All that agents have left without a commit is in some commit that a reference reaches.
fn no_draft_is_gone(scene: &Scene) -> Result<(), String> {
    let objects = scene.sandbox.git(["rev-list", "--objects", "--all"]);
    let kept: BTreeSet<_> = objects
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    for draft in scene.signals("draft-") {
        let id = scene
            .sandbox
            .git(["hash-object".as_ref(), draft.as_os_str()]);
        holds(kept.contains(id.trim()), || {
            format!("{} is gone", draft.display())
        })?;
    }
    Ok(())
}

fn no_process_is_left(scene: &Scene) -> Result<(), String> {
    let left: Vec<_> = OwnProcess::all(scene).iter().map(|one| one.id).collect();
    holds(left.is_empty(), || format!("processes {left:?} are left"))
}

/// No lock, no temporary file, no worktree but the pool's, and no branch of work that has landed.
fn nothing_is_left_behind(scene: &Scene) -> Result<(), String> {
    let root = scene.sandbox.root.path();
    let mut left = locks(scene);
    left.extend(files_below(root).into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        // What a git that was killed leaves of an object, git clears away itself.
        name.starts_with(".tmp") || path.starts_with(root.join("tmp"))
    }));
    holds(left.is_empty(), || format!("{left:?} are left"))?;
    let pool = scene.json(&["pool", "status", "--format", "json"]);
    let slots = pool["slots"].as_array().unwrap();
    holds(slots.len() <= AGENTS, || {
        format!("{} worktrees are left", slots.len())
    })?;
    let worktrees = scene.sandbox.git(["worktree", "list", "--porcelain"]);
    let worktrees = worktrees
        .lines()
        .filter(|line| line.starts_with("worktree "))
        .count();
    holds(worktrees == slots.len() + 1, || {
        format!("{worktrees} worktrees, {} slots", slots.len())
    })?;
    // What no gate has approved stays where it is.
    let merged = ["branch", "--merged", "main", "--format=%(refname:short)"];
    let merged = scene.sandbox.git(merged);
    holds(merged.trim() == "main", || {
        format!("branches are left: {merged}")
    })
}

/// The locks of git below the scene's directory. Baton's own locks are files that stay.
pub fn locks(scene: &Scene) -> Vec<PathBuf> {
    let baton = scene.sandbox.repo().join(".git/baton");
    let mut all = files_below(scene.sandbox.root.path());
    all.retain(|path| {
        let is_own = path.parent().unwrap().ends_with("baton") || path.starts_with(&baton);
        path.extension().is_some_and(|end| end == "lock") && !is_own
    });
    all
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    collect(directory, &mut all);
    all
}

/// All files below a directory, but for git's objects and what is removed meanwhile.
fn collect(directory: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_directory = path.is_dir() && !path.is_symlink();
        match is_directory && !path.ends_with(".git/objects") {
            true => collect(&path, all),
            false if !is_directory => all.push(path),
            false => {}
        }
    }
}
