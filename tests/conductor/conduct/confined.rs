//! What a run tells of confined agents.

use baton_sys::confine;

use crate::conduct::scene::{Scene, Task};

#[test]
fn a_run_tells_what_a_confined_agent_was_refused() {
    if let Some(reason) = confine::obstacle() {
        eprintln!("not tested, this kernel confines nothing: {reason}");
        return;
    }
    let scene = Scene::with_policy("confine = \"required\"\nretry_delay = 0", "");
    let main = scene.sandbox.repo().display().to_string();
    let script = format!(
        "echo x > {main}/stolen || touch .git; echo x > /nowhere/deep; echo x > inside; rm inside; work a/one; promise"
    );
    let run = scene.run(&[Task::new("a", &script), Task::plain("b")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let refused = format!("attempt 1 was refused {main}/stolen, as the agent printed it: ");
    assert!(run.out.contains(&format!("a: {refused}")), "{}", run.out);
    let told = &scene.task("a")["refused_writes"];
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    assert!(scene.task("b")["refused_writes"].is_null());
    for words in [["status"], ["report"]] {
        let out = scene.orchestrator(&words).out.replace('\\', "");
        assert!(out.contains(&refused), "{out}");
    }
    assert!(!scene.has("stolen"));
}
