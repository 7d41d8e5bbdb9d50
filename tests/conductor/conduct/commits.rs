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
