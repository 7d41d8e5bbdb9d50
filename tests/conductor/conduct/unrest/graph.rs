//! Random graphs of tasks, and what their agents do before they do what they are told.

use std::collections::{BTreeMap, BTreeSet};

use super::one_of;
use crate::conduct::kills::Random;
use crate::conduct::scene::{Scene, Task};

/// What agents do in all their attempts but the last ones. Each deed ends the attempt, or goes on to `finish`.
const DEEDS: [&str; 11] = [
    "limit",
    "limit",
    "bad",
    "crash",
    "gone",
    "gone_done",
    "stray",
    "stray_draft",
    "amend",
    "lock",
    "daemon",
];

/// What agents know how to do beside the scene's skills.
///
/// `draft` leaves work that is not committed, and notes it with the test; who deletes a worktree takes the notes back.
const DEEDS_DONE: &str = r#"
draft() {
    mkdir -p $BATON_TASK
    echo "draft of $BATON_TASK by $$" >$BATON_TASK/draft-$$
    cp $BATON_TASK/draft-$$ "$SIGNALS/draft-$BATON_TASK-$$"
}
finish() {
    git rm -q --ignore-unmatch $BATON_TASK/bad
    for draft in $BATON_TASK/draft-*; do test ! -e $draft || git add $draft; done
    git diff --cached --quiet || git commit -qm "Keep the rest of $BATON_TASK"
    test -e $BATON_TASK/file || sleep 0.1
    work $BATON_TASK/file; promise
}
delete() { rm -f "$SIGNALS"/draft-$BATON_TASK-*; rm -rf "$BATON_WORKTREE"; }
limit() { echo 'usage limit reached, try again in 0.3s'; exit 1; }
bad() { work $BATON_TASK/bad; promise; }
crash() { draft; kill -9 $$; }
gone() { draft; delete; exit 1; }
gone_done() { bad; delete; }
stray() { work elsewhere/$BATON_TASK; promise; }
stray_draft() { draft; echo x >>baton.toml; sleep 2; exit 1; }
amend() { draft; git commit -q --amend --allow-empty -m Mine; exit 1; }
lock() { touch "$(git rev-parse --git-dir)/index.lock"; kill -9 $$; }
daemon() {
    (setsid sh -c 'trap "" TERM; echo $$ >"$0"; while :; do sleep 1; done' "$SIGNALS/agent-daemon-$$" \
     >/dev/null 2>&1 </dev/null &)
    finish
}
"#;

/// Tasks, and what is to come of them.
pub struct Graph {
    tasks: Vec<(String, String)>,
    /// What each task waits for.
    pub after: BTreeMap<String, Vec<String>>,
    /// The tasks of whose work the gate approves nothing.
    doomed: BTreeSet<String>,
}

impl Graph {
    /// Tasks each of which waits for up to two earlier ones, and fails where the work of one of these is not there.
    pub fn random(count: usize, random: &mut Random) -> Self {
        let (mut tasks, mut all, mut doomed) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for number in 0..count {
            let mut after: Vec<String> = Vec::new();
            for _ in 0..random.below(3).min(number as u64) {
                after.push(format!("t{}", random.below(number as u64)));
            }
            after.sort();
            after.dedup();
            let id = format!("t{number}");
            let needed = after
                .iter()
                .map(|id| format!("test -e {id}/file || exit 1\n"));
            let mut script: String =
                "echo $$ >\"$SIGNALS/agent-$BATON_TASK-$BATON_ATTEMPT-$$\"\n".to_owned();
            script.extend(needed);
            if random.below(8) == 0 {
                let deeds = ["draft; bad", "bad"];
                script.push_str(deeds[random.below(2) as usize]);
                doomed.insert(id.clone());
            } else {
                script.push_str("case $BATON_ATTEMPT in\n");
                for attempt in 1..=random.below(4) {
                    script.push_str(&format!("{attempt}) {};;\n", one_of(&DEEDS, random)));
                }
                script.push_str("*) finish;;\nesac");
            }
            tasks.push((id.clone(), script));
            all.insert(id, after);
        }
        Self {
            tasks,
            after: all,
            doomed,
        }
    }

    /// The tasks of the run. What agents are killed for counts as a failed attempt.
    pub fn tasks(&self) -> Vec<Task> {
        let task = |(id, script): &(String, String)| {
            let after: Vec<_> = self.after[id].iter().map(String::as_str).collect();
            let attempts = if self.doomed.contains(id) { 2 } else { 60 };
            Task::new(id, script)
                .after(&after)
                .with(&format!("attempts = {attempts}"))
        };
        self.tasks.iter().map(task).collect()
    }

    /// The status with which a task ends.
    pub fn end_of(&self, id: &str) -> &'static str {
        let builds_on = &self.after[id];
        let may_begin = builds_on.iter().all(|other| self.end_of(other) == "done");
        match (may_begin, self.doomed.contains(id)) {
            (false, _) => "skipped",
            (true, true) => "failed",
            (true, false) => "done",
        }
    }
}

/// A repository for such tasks: a gate refuses what is bad, and another agent takes over at a limit.
pub fn scene(agents: usize) -> Scene {
    let spare = "[conductor.agents.spare]\ninput = \"task\"\n\
                 command = \"SIGNALS=ROOT/signals; . ROOT/skills.sh; eval \\\"$(cat)\\\"\"\n\
                 [conductor.gate]\n\
                 command = \"if ls */bad >/dev/null 2>&1; then echo TASK_REJECTED: it is bad; else echo TASK_APPROVED; fi\"";
    let settings = format!("max_agents = {agents}\nretry_delay = 0\nfallback = [\"spare\"]");
    let scene = Scene::with_policy(&settings, spare);
    scene.teach(DEEDS_DONE);
    scene
}
