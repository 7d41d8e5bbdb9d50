//! The first ten minutes: whoever types what is printed gets there, and nothing is refused on the way.

use std::fs;
use std::os::unix::fs::symlink;

use baton_testkit::{BATON, Ran, Sandbox, finish};

/// A repository with one commit, on this branch, of a user with these SSH keys.
struct Newcomer {
    sandbox: Sandbox,
}

impl Newcomer {
    fn new(branch: &str, keys: &[&str]) -> Self {
        let sandbox = Sandbox::empty();
        let tools = sandbox.root.path().join("tools");
        fs::create_dir(&tools).unwrap();
        symlink(BATON, tools.join("git-baton")).unwrap();
        let new = Self { sandbox };
        for key in keys {
            new.sh(&format!(
                "mkdir -p ~/.ssh && ssh-keygen -q -t ed25519 -N '' -C {key}@example.org -f ~/.ssh/id_{key}"
            ));
        }
        new.sh(&format!(
            "git switch -qc {branch} || true; echo a >a; git add a; git commit -qm First"
        ));
        new
    }

    fn try_sh(&self, line: &str) -> Ran {
        let mut shell = self.sandbox.command("sh");
        let path = format!(
            "{}/tools:{}",
            self.sandbox.root.path().display(),
            std::env::var("PATH").unwrap()
        );
        finish(shell.args(["-c", line]).env("PATH", path))
    }

    #[track_caller]
    fn sh(&self, line: &str) -> String {
        let run = self.try_sh(line);
        assert_eq!(run.code, 0, "{line}: {run:?}");
        run.out
    }

    /// Types a command, and then what each prints that comes next, until nothing does or `last` was
    /// typed; gives what was typed.
    #[track_caller]
    fn follow(&self, first: &str, last: &str) -> Vec<String> {
        let mut typed = Vec::new();
        let mut due = vec![first.to_owned()];
        while let Some(line) = due.pop() {
            let printed = self.sh(&line);
            let next = printed.lines().filter_map(|line| line.strip_prefix("   "));
            let next: Vec<_> = next.filter(|line| line.starts_with("git ")).collect();
            let is_last = line.contains(last);
            typed.push(line);
            if is_last {
                break;
            }
            for command in next.into_iter().rev() {
                due.push(command.to_owned());
            }
        }
        assert!(typed.last().unwrap().contains(last), "{typed:?}");
        typed
    }
}

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
fn the_only_key_is_taken_and_told() {
    let new = Newcomer::new("main", &["ann"]);
    let printed = new.sh("git baton init --guard-only");
    assert!(
        printed.contains("maintainer ann@example.org, by "),
        "{printed}"
    );
    assert!(
        printed.contains("/.ssh/id_ann.pub, the only SSH key here"),
        "{printed}"
    );
    let list = new.sandbox.read(".baton/allowed_signers");
    assert!(
        list.contains("\nann@example.org namespaces=\"git\" ssh-ed25519 "),
        "{list}"
    );
}

#[test]
fn of_several_keys_the_one_that_signs_is_taken_and_otherwise_each_is_named() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    let undecided = new.try_sh("git baton init --guard-only");
    assert_eq!(
        (undecided.code, undecided.out.as_str()),
        (2, ""),
        "{undecided:?}"
    );
    assert!(!new.sandbox.repo().join("baton.toml").exists());
    let words: Vec<_> = undecided.err.lines().map(str::trim).collect();
    let command = words
        .iter()
        .find(|line| line.starts_with("git baton init --signer") && line.ends_with("id_bob.pub"));
    new.sh(command.unwrap_or_else(|| panic!("{undecided:?}")));
    assert!(
        new.sandbox
            .read(".baton/allowed_signers")
            .contains("\nbob@example.org ")
    );

    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git config user.signingkey ~/.ssh/id_bob.pub");
    let printed = new.sh("git baton init --guard-only");
    assert!(printed.contains("bob@example.org"), "{printed}");
    assert!(
        printed.contains("the key with which git signs here"),
        "{printed}"
    );
}

#[test]
fn a_key_may_be_given_as_git_has_it() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git baton init --guard-only --signer \"key::$(cat ~/.ssh/id_bob.pub)\"");
    assert!(
        new.sandbox
            .read(".baton/allowed_signers")
            .contains("\nbob@example.org ")
    );
}

#[test]
fn without_a_key_rules_that_can_never_change_are_asked_for_by_name() {
    let new = Newcomer::new("main", &[]);
    let undecided = new.try_sh("git baton init");
    assert_eq!(
        (undecided.code, undecided.out.as_str()),
        (2, ""),
        "{undecided:?}"
    );
    let words: Vec<_> = undecided.err.split_whitespace().collect();
    let words = words.join(" ");
    for told in [
        "ssh-keygen -t ed25519",
        "`git baton init --frozen`",
        "can never change after their first commit",
    ] {
        assert!(words.contains(told), "{undecided:?}");
    }
    let typed = new.follow("git baton init --frozen", "git baton install");
    assert_eq!(typed.len(), 3, "{typed:?}");
}

#[test]
fn a_typo_in_the_first_policy_is_told_before_anything_is_guarded() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh(
        "git baton init --guard-only && printf '[sessions]\\nmax_per_comit = 2\\n' >>baton.toml",
    );
    new.sh("git add -A && git commit -qm Rules");
    let refused = new.try_sh("git baton install");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
    for told in [
        "did you mean `max_per_commit`",
        "mend the policy, commit it",
    ] {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    // Which is what the refusal says to do.
    new.sh("sed -i s/comit/commit/ baton.toml && git commit -qam 'Mend the rules' && git baton install");
    new.sh("git branch n && git commit -q --allow-empty -m more && git baton verify --all");
}

#[test]
fn frozen_rules_say_what_needs_no_signature() {
    let new = Newcomer::new("main", &[]);
    new.follow("git baton init --frozen --guard-only", "git baton install");
    new.sh("printf '[sessions]\\nmax_per_commit = 2\\n' >>baton.toml");
    let refused = new.try_sh("git commit -qam x");
    assert_ne!(refused.code, 0);
    for told in [
        "committed without a maintainer",
        "settings need no signature",
        "`git config baton.pool.size 3`",
    ] {
        assert!(refused.err.contains(told), "{told}: {refused:?}");
    }
    new.sh("git restore --staged --worktree baton.toml");
    new.sh("git config baton.pool.size 3 && git baton orchestrator pool init");
    new.sh("printf '[pool]\\nsize = 2\\n' >baton.settings.toml && git add -A && git commit -qm Settings");
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
    let page = include_str!("../../README.md");
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
fn no_maintainer_is_taken_off_the_list_in_silence() {
    let new = Newcomer::new("main", &[]);
    new.sh("ssh-keygen -q -t ed25519 -N '' -f ../key && git baton init --signer ../key.pub");
    let told = new.sh("git baton init --frozen 2>&1");
    assert!(told.contains("`--frozen` changes nothing"), "{told}");
    new.sh("rm .baton/allowed_signers && git baton init --frozen");
    assert_eq!(new.sh("ls .baton 2>/dev/null || true"), "");
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

/// The lines that are indented: commands to type.
fn commands(printed: &str) -> Vec<&str> {
    let lines = printed.lines().filter_map(|line| line.strip_prefix("   "));
    lines.filter(|line| !line.starts_with(' ')).collect()
}

#[test]
fn rules_that_wait_in_the_worktree_get_their_maintainer() {
    let new = Newcomer::new("main", &["ann"]);
    new.sh("printf 'version = 1\\n' >baton.toml && git baton init --guard-only");
    assert!(new.sandbox.read(".baton/allowed_signers").contains("ann@"));
    assert_eq!(new.sandbox.read("baton.toml"), "version = 1\n");
}

#[test]
fn a_key_that_git_does_not_sign_with_yet_is_told_with_the_settings() {
    let new = Newcomer::new("main", &["ann"]);
    let printed = new.sh("git baton init --guard-only");
    let (_, told) = printed.split_once("after `").unwrap();
    let (settings, _) = told.split_once('`').unwrap();
    new.sh("git add -A && git commit -qm Rules && git baton install");
    new.sh(settings);
    new.sh("printf '# ours\\n' >>baton.toml && git commit -qS -am Remark");
}

#[test]
fn a_maintainer_is_added_as_it_is_printed() {
    let new = Newcomer::new("main", &["ann", "bob"]);
    new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
    new.follow("git baton init --guard-only", "git baton install");
    new.sh("printf '# ours\\n' >>baton.toml && git commit -qS -am Remark");
    let told = new.try_sh("git baton init --guard-only --signer ~/.ssh/id_bob.pub");
    assert!(!told.out.contains("--force"), "{told:?}");
    for line in commands(&told.out) {
        new.sh(line);
    }
    new.sh("git config user.signingkey ~/.ssh/id_bob.pub");
    new.sh("printf '# theirs\\n' >>baton.toml && git commit -qS -am Remark");
    assert!(
        new.sandbox
            .read("baton.toml")
            .contains("# ours\n# theirs\n")
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
fn rules_that_nobody_could_change_again_do_not_come_in() {
    let mistakes = [
        "printf '[signing]\\nmaintainers = [\"me\"]\\n' >>baton.toml",
        ": >.baton/allowed_signers",
        "sed -i 's/namespaces=/valid-before=\"20200101\",namespaces=/' .baton/allowed_signers",
    ];
    for mistake in mistakes {
        let new = Newcomer::new("main", &["ann"]);
        new.sh("git config gpg.format ssh && git config user.signingkey ~/.ssh/id_ann.pub");
        new.sh("git baton init --guard-only");
        let first = format!(
            "cp -r . ../first && cd ../first && {mistake} && git add -A && git baton install"
        );
        new.sh(&first);
        let ran = new.try_sh("cd ../first && git commit -qm Rules");
        assert!(
            ran.err.contains("nobody could ever change"),
            "{mistake}: {ran:?}"
        );

        new.sh("git add -A && git commit -qm Rules && git baton install && git branch before");
        new.sh(mistake);
        for line in ["git baton policy check", "git commit -qS -am Mistake"] {
            let ran = new.try_sh(line);
            assert_ne!(ran.code, 0, "{mistake}: {ran:?}");
            assert!(
                ran.err.contains("nobody could ever change"),
                "{mistake}: {ran:?}"
            );
        }
        new.sh("git -c core.hooksPath=/dev/null commit -qS -am Mistake");
        let ran = new.try_sh("git baton policy check --at HEAD");
        assert!(
            ran.err.contains("nobody could ever change"),
            "{mistake}: {ran:?}"
        );
        let ran = new.try_sh("git baton verify before..HEAD");
        assert_eq!(ran.code, 2, "{mistake}: {ran:?}");
    }
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
