//! Which settings count: the main worktree's file, and git's configuration.

use baton_testkit::{Ran, Sandbox};

const SETTINGS: &str = "baton.settings.toml";

fn slots(sandbox: &Sandbox) -> usize {
    let status = sandbox.run(["orchestrator", "pool", "status"]);
    assert_eq!(status.code, 0, "{status:?}");
    status
        .out
        .lines()
        .filter(|line| line.starts_with("wt-"))
        .count()
}

fn init(sandbox: &Sandbox) -> usize {
    let made = sandbox.run(["orchestrator", "pool", "init"]);
    assert_eq!(made.code, 0, "{made:?}");
    slots(sandbox)
}

#[track_caller]
fn refused(run: &Ran, told: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    let words: Vec<_> = run.err.split_whitespace().filter(|it| *it != "│").collect();
    let words = words.join(" ");
    for told in told {
        assert!(words.contains(told), "{told}: {run:?}");
    }
}

#[test]
fn a_clones_configuration_comes_before_the_file_and_the_file_before_the_policy() {
    let sandbox = Sandbox::with_policy("[pool]\nsize = 1\n");
    assert_eq!(init(&sandbox), 1);
    sandbox.write(SETTINGS, "[pool]\nsize = 2\n");
    assert_eq!(init(&sandbox), 2);
    sandbox.git(["config", "baton.pool.size", "3"]);
    assert_eq!(init(&sandbox), 3);
}

#[test]
fn a_worktree_of_an_agent_has_no_say() {
    let mut sandbox = Sandbox::with_policy("");
    sandbox.git(["worktree", "add", "-q", "-b", "agent", "../agent"]);
    sandbox.enter("agent");
    sandbox.write(SETTINGS, "[pool]\nsize = 0\n");
    sandbox.commit("Look at my settings");
    sandbox.enter("repo");
    sandbox.write(SETTINGS, "[pool]\nsize = 1\n");
    sandbox.enter("agent");
    assert_eq!(init(&sandbox), 1);
}

#[test]
fn a_bare_repository_has_the_settings_of_its_head() {
    let mut sandbox = Sandbox::with_policy("");
    sandbox.write(SETTINGS, "[pool]\nsize = 2\nroot = \"trees\"\n");
    sandbox.commit("Set the pool");
    sandbox.git(["clone", "-q", "--bare", ".", "../bare.git"]);
    sandbox.enter("bare.git");
    sandbox.git(["config", "baton.pool.root", "../trees"]);
    assert_eq!(init(&sandbox), 2);
    assert!(sandbox.root.path().join("trees/wt-2").is_dir());
}

#[test]
fn what_cannot_be_used_is_named_with_its_place() {
    let sandbox = Sandbox::with_policy("");
    let init = || sandbox.run(["orchestrator", "pool", "init"]);
    sandbox.git(["config", "baton.pool.size", "many"]);
    refused(&init(), &["the settings in git config --local", "\"many\""]);
    sandbox.git(["config", "baton.pool.size", "1"]);
    sandbox.git(["config", "baton.pool.sise", "1"]);
    refused(
        &init(),
        &["there is no key `sise` here", "did you mean `size`?"],
    );
    sandbox.git(["config", "--unset", "baton.pool.sise"]);
    sandbox.git(["config", "baton.merge.resolver", "x"]);
    refused(&init(), &["`resolver` is a rule: it stands in baton.toml"]);
    sandbox.git(["config", "--unset", "baton.merge.resolver"]);
    sandbox.write(SETTINGS, "[merge]\ntest_seconds = 0\n");
    refused(
        &init(),
        &[
            "the settings in baton.settings.toml cannot be used",
            "some time",
        ],
    );
}

#[test]
fn work_lands_on_the_branch_that_the_main_worktree_has() {
    let sandbox = Sandbox::with_policy("");
    sandbox.git(["branch", "-m", "trunk"]);
    sandbox.git(["branch", "auto/a"]);
    let merged = sandbox.run(["orchestrator", "merge", "--format", "json"]);
    assert_eq!(merged.code, 0, "{merged:?}");
    assert!(merged.out.contains("\"into\": \"trunk\""), "{merged:?}");
    sandbox.git(["branch", "other"]);
    sandbox.git(["config", "baton.merge.into", "other"]);
    let merged = sandbox.run(["orchestrator", "merge", "--format", "json"]);
    assert!(merged.out.contains("\"into\": \"other\""), "{merged:?}");
    sandbox.git(["config", "--unset", "baton.merge.into"]);
    sandbox.git(["switch", "-q", "--detach"]);
    let merged = sandbox.run(["orchestrator", "merge"]);
    refused(
        &merged,
        &[
            "no branch is named to merge into",
            "git config baton.merge.into",
        ],
    );
}

#[test]
fn settings_among_the_rules_are_warned_of_until_they_move() {
    let sandbox = Sandbox::with_policy(
        "# Rules.\nversion = 1\n\n# Few.\n[pool]\nsize = 1\nstale_after = 9\n",
    );
    let status = |told: bool| {
        let run = sandbox.run(["orchestrator", "pool", "init"]);
        assert_eq!(run.code, 0, "{run:?}");
        let warned = "baton.toml holds settings (pool.size and 1 more), which belong in \
                      baton.settings.toml; `git baton policy migrate` moves them";
        assert_eq!(run.err.contains(warned), told, "{run:?}");
    };
    status(true);
    let moved = sandbox.run(["policy", "migrate"]);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert_eq!(sandbox.read("baton.toml"), "# Rules.\nversion = 1\n");
    assert!(
        sandbox
            .read(SETTINGS)
            .ends_with("# Few.\n[pool]\nsize = 1\nstale_after = 9\n")
    );
    // Typed as it is printed, under the guard, without a signature.
    assert_eq!(sandbox.run(["install"]).code, 0);
    let line = moved.out.lines().last().unwrap().trim();
    assert!(line.starts_with("git add baton.toml"), "{moved:?}");
    let typed = baton_testkit::finish(sandbox.command("sh").args(["-c", line]));
    assert_eq!(typed.code, 0, "{typed:?}");
    status(false);
    let again = sandbox.run(["policy", "migrate"]);
    assert!(again.out.contains("nothing to move"), "{again:?}");
}
