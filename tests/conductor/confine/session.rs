//! The session's own commands, from inside.

use std::fs;

use baton_testkit::BATON;

use super::scene::each_git;
use crate::session::scene::{session, start, tick};

#[test]
fn a_session_is_summed_up_and_ended_from_inside() {
    each_git(|scene| {
        let (fixture, agent) = (&scene.fixture, &scene.agent);
        let (number, log) = start(fixture, agent, &[]);
        tick(agent, &log);
        let line = format!(
            "set -e; echo done > done; git add -A; git commit -qm work
             printf '# Summary\\n\\nAll done.\\n' | {BATON} session summary -
             git add -A; git commit -qm log; {BATON} session show >/dev/null; {BATON} session end"
        );
        let ran = scene.shell(&line);
        ran.clone().ok();
        let shown = session(fixture, agent, &["show", &number]).ok();
        assert!(
            shown.contains("All done.") && shown.contains("ended"),
            "{shown} {ran:?}"
        );
        let trailer = scene.git(&["log", "-1", "--format=%(trailers:key=Baton-Session)"]);
        assert!(trailer.contains(&number), "{trailer}");
        assert_eq!(fs::read_to_string(agent.join("done")).unwrap(), "done\n");
        scene.is_settled();
    });
}

#[test]
fn what_other_worktrees_share_is_not_changed_from_inside() {
    each_git(|scene| {
        start(&scene.fixture, &scene.agent, &[]);
        for verb in ["start", "claim src", "release", "abandon --reason x"] {
            let ran = scene.shell(&format!("{BATON} session {verb}"));
            assert_eq!(ran.code, 2, "{verb}: {ran:?}");
            assert!(ran.err.contains("does not work here"), "{verb}: {ran:?}");
        }
        scene
            .shell(&format!("{BATON} session claim && {BATON} session list"))
            .ok();
    });
}
