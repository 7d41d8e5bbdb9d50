//! From nothing to the guard, to worktrees and to a run, and repositories in which something is there already.

use std::fs;

use super::{Newcomer, commands};

#[test]
fn the_guard_alone_takes_three_commands() {
    for branch in ["main", "trunk"] {
        let new = Newcomer::new(branch, &["ann"]);
        let typed = new.follow("git baton init --guard-only", "git baton install");
        assert_eq!(typed.len(), 3, "{typed:?}");
        assert_eq!(new.sh("git status --porcelain"), "");
        assert_eq!(
            new.sh("git ls-files"),
            ".baton/allowed_signers\na\nbaton.toml\n"
        );
        let refused =
            new.try_sh("mkdir .agents; echo x >.agents/HANDOFF.md; git add -A; git commit -qm x");
        assert!(refused.err.contains("protected-path"), "{refused:?}");
        new.sh("git baton doctor");
    }
}

#[test]
fn worktrees_alone_take_two_commands() {
    let new = Newcomer::new("master", &[]);
    let typed = new.follow("git baton orchestrator pool init 2", "pool acquire");
    assert_eq!(typed.len(), 2, "{typed:?}");
    assert!(new.sh("git worktree list").contains("[auto/first-task]"));
}

#[test]
fn a_run_takes_four_commands() {
    let new = Newcomer::new("trunk", &["ann"]);
    let task = |id: &str| {
        format!(
            "[[task]]\nid = '{id}'\nagent = 'shell'\nprompt = 'echo {id} >{id}; git add {id}; git commit -qm \"Write {id}\"'\nfiles = ['{id}']\n"
        )
    };
    let tasks = new.sandbox.root.path().join("tasks.toml");
    fs::write(
        tasks,
        format!("version = 1\n{}{}{}", task("x"), task("y"), task("z")),
    )
    .unwrap();
    // Of what `install` names, the run.
    let mut typed = new.follow("git baton init", "git baton install");
    typed.push("git baton orchestrator run ../tasks.toml".to_owned());
    new.sh(typed.last().unwrap());
    assert_eq!(typed.len(), 4, "{typed:?}");
    assert_eq!(new.sh("cat x y z"), "x\ny\nz\n");
    assert_eq!(new.sh("git symbolic-ref --short HEAD"), "trunk\n");
    assert_eq!(new.sh("git status --porcelain"), "");
}

#[test]
fn what_is_not_there_yet_is_named() {
    let new = Newcomer::new("main", &[]);
    let printed = new.sh("git baton install");
    assert!(
        printed.contains(
            "no rule holds yet: `HEAD` carries no baton.toml; `git baton init` writes one"
        ),
        "{printed}"
    );
    assert_eq!(new.sh("git baton verify --all"), "nothing judged\n");
    new.sh("git init -q ../unborn");
    let refused = new.try_sh("cd ../unborn && git baton orchestrator pool init 1");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.err.contains("there is no commit yet"),
        "{refused:?}"
    );
    new.sh("cd ../unborn && git commit -q --allow-empty -m Begin && git baton orchestrator pool init 1");
}

#[test]
fn the_agent_that_is_here_and_other_hooks_are_found() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh(
        "touch lefthook.yml && printf '#!/bin/sh\\n' >../tools/codex && chmod +x ../tools/codex",
    );
    let path = format!(
        "PATH={}/tools:/usr/bin:/bin",
        new.sandbox.root.path().display()
    );
    let printed = new.sh(&format!("{path} git baton init"));
    assert!(printed.contains("found      the agent codex"), "{printed}");
    assert!(
        printed.contains("found      lefthook: its hooks go on running"),
        "{printed}"
    );
    assert!(
        new.sandbox
            .read("baton.settings.toml")
            .ends_with("[conductor]\nagent = \"codex\"\n")
    );
    let shown = new.sh(&format!("{path} git baton policy show"));
    assert!(
        shown.contains("agent = \"codex\"  # baton.settings.toml"),
        "{shown}"
    );
}

#[test]
fn the_tasks_of_the_readme_run_together() {
    let page = include_str!("../../../README.md");
    let (_, tasks) = page.split_once("$ cat ../tasks.toml\n").unwrap();
    let (tasks, _) = tasks.split_once("$ git baton orchestrator plan").unwrap();
    let new = Newcomer::new("main", &[]);
    fs::write(new.sandbox.root.path().join("tasks.toml"), tasks).unwrap();
    let plan = new.sh("git baton orchestrator plan ../tasks.toml");
    assert!(plan.contains("Execution Mode: PARALLEL"), "{plan}");
}

#[test]
fn a_git_directory_that_lies_elsewhere_is_no_bare_repository() {
    let new = Newcomer::new("main", &[]);
    new.sh("git init -q --separate-git-dir ../elsewhere .");
    new.sh("git baton init --frozen");
    new.sh("git add -A && git commit -qm 'Set the rules' && git baton install");
    new.sh("git baton session start --title Work && git baton doctor");
    new.sh("cd .agents && git baton policy check && git commit -q --allow-empty -m x");
    new.sh("echo mine >>.agents/HANDOFF.md; ! git commit -qnam mine");
}

#[test]
fn the_tasks_that_the_help_shows_can_be_planned() {
    let new = Newcomer::new("main", &["me"]);
    new.follow("git baton init", "git commit");
    let help = new.sh("git-baton orchestrator run --help");
    let (_, example) = help.split_once("A file of tasks").unwrap();
    let lines = example
        .lines()
        .skip(1)
        .map_while(|line| line.strip_prefix("  "));
    let tasks: String = lines.flat_map(|line| [line, "\n"]).collect();
    fs::write(new.sandbox.root.path().join("tasks.toml"), tasks).unwrap();
    let plan = new.sh("git baton orchestrator plan --format json ../tasks.toml");
    assert!(
        plan.contains("\"dates\"") && plan.contains("\"manual\""),
        "{plan}"
    );
}

#[test]
fn what_is_printed_holds_in_a_subdirectory_and_beside_staged_work() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh("mkdir -p packages/app && echo b >b && git add b");
    let printed = new.sh("cd packages/app && git baton init");
    for line in commands(&printed) {
        new.sh(&format!("cd packages/app && {line}"));
    }
    assert_eq!(new.sh("git status --porcelain"), "A  b\n");
}

#[test]
fn rules_may_arrive_in_a_clone_that_is_guarded_already() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh("git clone -q --bare . ../origin.git && git remote add origin ../origin.git && git fetch -q && git branch -q -u origin/main");
    new.sh("git clone -q ../origin.git ../other && cd ../other && git baton install");
    new.sh("cd ../other && echo l >l && git add l && git commit -qm Local");
    new.sh("git baton init --guard-only && git add -A && git commit -qm Rules");
    new.sh("git commit -q --allow-empty -m More && git push -q");
    new.sh("cd ../other && git pull -q --rebase && git switch -q --detach origin/main && git commit -q --allow-empty -m Looking");
}

#[test]
fn a_second_init_prints_all_that_is_not_committed() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh("echo '# Ours' >CLAUDE.md && git add CLAUDE.md && git commit -qm Page");
    new.sh("git baton init --agents claude");
    let again = new.sh("git baton init --agents codex");
    for line in commands(&again) {
        new.sh(line);
    }
    assert_eq!(new.sh("git status --porcelain"), "");
    for path in [
        ".agents/HANDOFF.md",
        ".claude/settings.json",
        ".codex/hooks.json",
    ] {
        new.sh(&format!("git ls-files --error-unmatch {path}"));
    }
    new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
    new.sh("git baton init --agents gemini");
    let again = new.sh("git baton init --agents gemini --ci github");
    for line in commands(&again) {
        new.sh(line);
    }
    assert_eq!(new.sh("git status --porcelain"), "");
    let told = new.sh("git baton init --agents gemini");
    assert!(!told.contains("git commit"), "{told}");
}

#[test]
fn settings_that_cannot_be_used_are_found() {
    let new = Newcomer::new("main", &["ann"]);
    new.follow("git baton init --guard-only", "git baton install");
    for setting in ["baton.pool.siz 3", "baton.pool.size three"] {
        new.sh(&format!("git config {setting}"));
        let told = new.sh("git baton doctor");
        assert!(
            told.contains("warning[settings-invalid]"),
            "{setting}: {told}"
        );
        new.sh("git config --remove-section baton.pool");
    }
    new.sh("printf '[pool]\\nsize = \"x\"\\n' >baton.settings.toml");
    assert!(new.sh("git baton doctor").contains("settings-invalid"));
}
