//! The commits of a run: the agents' own, one landing for each task, one aggregate.

use crate::conduct::scene::{Scene, Task};

const LOGS: &str = ".agents/sessions";

fn subjects(scene: &Scene) -> Vec<String> {
    let said = scene.sandbox.git(["log", "--format=%s", "main"]);
    let mut subjects: Vec<_> = said.lines().map(str::to_owned).collect();
    subjects.sort();
    subjects
}

#[track_caller]
fn done(scene: &Scene, tasks: &[Task]) {
    let run = scene.run(tasks);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    scene.assert_clean();
}

/// The subjects of the commits that change the log of a session.
fn of_logs(scene: &Scene) -> Vec<String> {
    let args = ["log", "--no-merges", "--format=%s", "main", "--", LOGS];
    let said = scene.sandbox.git(args);
    said.lines().map(str::to_owned).collect()
}

#[test]
fn a_run_makes_one_commit_for_each_task_beside_the_agents_and_one_for_all() {
    let scene = Scene::new();
    done(&scene, &[Task::plain("a"), Task::plain("b")]);
    assert_eq!(
        subjects(&scene),
        [
            "Aggregate sessions 1, 2",
            "Merge branch 'auto/a'",
            "Merge branch 'auto/b'",
            "Set the rules",
            "Write a/file",
            "Write b/file",
        ]
    );
    let mut logs = of_logs(&scene);
    logs.sort();
    assert_eq!(logs, ["Write a/file", "Write b/file"]);
}

#[test]
fn an_agent_may_commit_lose_or_rewrite_its_log() {
    let scene = Scene::new();
    let own = |id: &str, script: &str| Task::new(id, &format!("{script}; promise"));
    done(
        &scene,
        &[
            own(
                "adds",
                "mkdir adds; echo a >adds/a; git add -A; git commit -qm 'Add all'",
            ),
            own("cleans", "work cleans/a; git clean -qfdx"),
            own(
                "drops",
                "mkdir drops; echo a >drops/a; git add -A; git commit -qm 'Drop it'; rm -r .agents/sessions",
            ),
        ],
    );
    let mut logs = of_logs(&scene);
    logs.sort();
    assert_eq!(logs, ["Add all", "Drop it", "Write cleans/a"]);
}

#[test]
fn a_commit_that_others_have_or_that_is_signed_or_a_merge_stays_as_it_is() {
    let scene = Scene::new();
    let key = scene.sandbox.root.path().join("key");
    let key = key.to_str().unwrap();
    let args = ["-q", "-t", "ed25519", "-N", "", "-C", "agent", "-f", key];
    let made = baton_testkit::finish(scene.sandbox.command("ssh-keygen").args(args));
    assert_eq!(made.code, 0, "{made:#?}");
    let origin = scene.sandbox.root.path().join("origin.git");
    let origin = origin.to_str().unwrap();
    scene.sandbox.git(["init", "-q", "--bare", origin]);
    scene.sandbox.git(["remote", "add", "origin", origin]);
    scene.sandbox.git(["push", "-q", "origin", "main"]);
    let sign = format!(
        "mkdir signs; echo a >signs/a; git add signs; \
         git -c gpg.format=ssh -c user.signingkey={key} commit -q -S -m 'Sign it'; promise"
    );
    done(
        &scene,
        &[
            Task::new(
                "pushes",
                "work pushes/a; git push -q origin HEAD >&2; promise",
            ),
            Task::new("signs", &sign),
            Task::new(
                "merges",
                "git switch -qc merges-side; work merges/a; git switch -q auto/merges; \
                 git merge -q --no-ff -m 'Merge it' merges-side; promise",
            ),
        ],
    );
    let mut logs = of_logs(&scene);
    logs.sort();
    let closed = ["merges", "pushes", "signs"].map(|id| format!("Do {id}"));
    let titles: Vec<_> = logs.iter().filter_map(|one| one.split_once(": ")).collect();
    let mut titles: Vec<_> = titles.iter().map(|(_, title)| *title).collect();
    titles.sort_unstable();
    assert_eq!(titles, closed, "{logs:?}");
    let signed = scene
        .sandbox
        .git(["rev-list", "main", "--grep", "^Sign it"]);
    let signed = scene.sandbox.git(["cat-file", "commit", &signed]);
    assert!(signed.contains("\ngpgsig "), "{signed}");
}

#[test]
fn an_agent_that_rewrites_what_it_began_on_may_try_again() {
    let scene = Scene::with_policy("retry_on_failure = 1\nretry_delay = 0", "");
    let script = "if test -e \"$SIGNALS/tried\"; then work a/file; promise; exit; fi\n\
                  touch \"$SIGNALS/tried\"; mkdir -p a; echo x >a/file; git add a\n\
                  git commit -q --amend --no-edit; promise";
    done(&scene, &[Task::new("a", script)]);
    assert_eq!(scene.task("a")["failed"], 1);
    assert_eq!(
        scene
            .sandbox
            .git(["rev-list", "--count", "main", "--grep", "Set the rules"]),
        "1"
    );
}

/// A scene in whose repository a team's hook asks for conventional commits, with these settings.
fn conventional(settings: &str) -> Scene {
    let scene = Scene::new();
    scene.sandbox.write("baton.settings.toml", settings);
    scene.sandbox.commit("Set the rules");
    let hook = "#!/bin/sh\ngrep -qE '^(feat|chore)(\\(baton\\))?: ' \"$1\" || { echo 'not conventional'; exit 1; }\n";
    let repo = scene.sandbox.repo();
    assert_eq!(scene.sandbox.run(["uninstall"]).code, 0);
    baton_testkit::write_program(&repo.join(".git/hooks/commit-msg"), hook);
    assert_eq!(scene.sandbox.run(["install"]).code, 0);
    scene
}

const WORK: &str = "mkdir $BATON_TASK; echo a >$BATON_TASK/a; git add $BATON_TASK; git commit -qm 'feat: add'; promise";

#[test]
fn messages_that_the_teams_hook_refuses_are_found_before_anything_begins() {
    let scene = conventional("");
    let run = scene.run(&[Task::new("a", WORK)]);
    assert_eq!(run.code, 2, "{run:#?}");
    let said = run.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for (message, key) in [
        (
            "`Close session 1: Do a`",
            "`close = \"chore(baton): close session {session}\"`",
        ),
        (
            "`Merge branch 'auto/a'`",
            "`merge = \"chore(baton): merge {branch}\"`",
        ),
        (
            "`Aggregate session 1`",
            "`aggregate = \"chore(baton): aggregate {sessions}\"`",
        ),
    ] {
        let said = said.replace("│ ", "");
        assert!(said.contains(message) && said.contains(key), "{said}");
    }
    assert_eq!(
        scene
            .sandbox
            .git(["for-each-ref", "refs/baton", "refs/heads/auto"]),
        ""
    );
}

#[test]
fn a_run_obeys_the_teams_hook_by_the_subjects_of_the_policy() {
    let subjects = "[subjects]\nclose = 'chore(baton): close {session}'\n\
                    merge = 'chore(baton): land {title}'\naggregate = 'chore(baton): aggregate {sessions}'\n";
    let scene = conventional(subjects);
    let merges = "git switch -qc side; mkdir b; echo b >b/a; git add b; git commit -qm 'feat: add b'; \
                  git switch -q auto/b; git merge -q --no-ff -m 'feat: merge' side; promise";
    done(&scene, &[Task::new("a", WORK), Task::new("b", merges)]);
    assert_eq!(
        subjects_since_rules(&scene),
        [
            "chore(baton): aggregate sessions 1, 2",
            "chore(baton): close",
            "chore(baton): land Do a",
            "chore(baton): land Do b",
            "feat: add",
            "feat: add b",
            "feat: merge",
        ]
    );
}

/// The subjects but that of the first commit, without the number of a session that is closed.
fn subjects_since_rules(scene: &Scene) -> Vec<String> {
    let mut subjects = subjects(scene);
    subjects.retain(|one| one != "Set the rules");
    for one in &mut subjects {
        if let Some((start, _)) = one.split_once("close ") {
            *one = format!("{start}close");
        }
    }
    subjects
}

#[test]
fn a_run_signs_as_git_signs_here_and_does_not_begin_where_it_cannot() {
    let scene = Scene::new();
    let key = scene.sandbox.root.path().join("key");
    let keygen = |args: &[&str]| {
        let mut command = scene.sandbox.command("ssh-keygen");
        let ran = baton_testkit::finish(command.args(args).arg("-f").arg(&key));
        assert_eq!(ran.code, 0, "{ran:#?}");
    };
    keygen(&["-q", "-t", "ed25519", "-N", "secret", "-C", "own"]);
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
        ("commit.gpgSign", "true"),
    ] {
        scene.sandbox.git(["config", name, value]);
    }
    let before = scene.sandbox.git(["rev-parse", "main"]);
    let run = scene.run(&[Task::plain("a")]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.err.contains("cannot be signed"), "{}", run.err);
    assert!(run.err.contains("ssh-add"), "{}", run.err);
    assert_eq!(scene.sandbox.git(["for-each-ref", "refs/baton"]), "");

    keygen(&["-q", "-p", "-P", "secret", "-N", ""]);
    done(&scene, &[Task::plain("a")]);
    let made = scene.sandbox.git(["rev-list", &format!("{before}..main")]);
    assert_eq!(made.lines().count(), 3);
    for commit in made.lines() {
        let object = scene.sandbox.git(["cat-file", "commit", commit]);
        assert!(object.contains("\ngpgsig "), "{object}");
    }
}

#[test]
fn a_run_whose_committer_is_not_known_does_not_begin() {
    let scene = Scene::new();
    for name in ["user.name", "user.email"] {
        scene.sandbox.git(["config", "--unset", name]);
    }
    scene.sandbox.git(["config", "user.useConfigOnly", "true"]);
    let tasks = scene.tasks("tasks.toml", &[Task::plain("a")]);
    let mut command = scene.sandbox.baton();
    for role in ["AUTHOR", "COMMITTER"] {
        command.env_remove(format!("GIT_{role}_NAME"));
        command.env_remove(format!("GIT_{role}_EMAIL"));
    }
    let run = baton_testkit::finish(command.args(["orchestrator", "run", tasks.to_str().unwrap()]));
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(
        run.err.contains("git does not know who commits here"),
        "{}",
        run.err
    );
    assert_eq!(scene.sandbox.git(["for-each-ref", "refs/baton"]), "");
}

#[test]
fn in_a_sparse_checkout_a_task_lands_with_its_log() {
    let scene = Scene::new();
    scene.sandbox.git(["sparse-checkout", "set", "a"]);
    done(&scene, &[Task::plain("a")]);
    assert_eq!(of_logs(&scene), ["Write a/file"]);
}
