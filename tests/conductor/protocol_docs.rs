//! The commands that docs/protocol.md shows work, in the order in which it shows them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use baton_testkit::{BATON, Sandbox, finish, write_program};

const PAGE: &str = include_str!("../../docs/protocol.md");

/// Stands for the agent who fills in the log: ticks each open row, with evidence.
const EDITOR: &str = "#!/bin/sh
sed 's/| \\[ \\] | |$/| [x] | seen |/' \"$1\" >\"$1.new\" && mv \"$1.new\" \"$1\"
";

fn script() -> String {
    let blocks = PAGE.split("```sh\n").skip(1);
    let commands = blocks.filter_map(|block| Some(block.split_once("```")?.0));
    commands.collect()
}

/// The program under the name by which git finds it, and the editor, on a `PATH`.
fn tools(root: &Path) -> String {
    let tools = root.join("tools");
    fs::create_dir(&tools).unwrap();
    symlink(BATON, tools.join("git-baton")).unwrap();
    let editor = tools.join("fill-in");
    write_program(&editor, EDITOR);
    let path = std::env::var("PATH").unwrap();
    format!("{}:{path}", tools.display())
}

#[test]
fn the_way_that_the_page_shows_can_be_gone() {
    let sandbox = Sandbox::empty();
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../remote.git"]);
    let remote = sandbox.root.path().join("remote.git");
    sandbox.git(["remote", "add", "origin", remote.to_str().unwrap()]);

    let key = sandbox.root.path().join(".ssh/id_ed25519");
    fs::create_dir(key.parent().unwrap()).unwrap();
    let keygen = ["-q", "-t", "ed25519", "-N", "", "-f"];
    let made = finish(sandbox.command("ssh-keygen").args(keygen).arg(&key));
    assert_eq!(made.code, 0, "{made:?}");

    let mut shell: Command = sandbox.command("sh");
    let run = finish(
        shell
            .args(["-eu", "-c", &script()])
            .env("PATH", tools(sandbox.root.path()))
            .env("EDITOR", "fill-in"),
    );
    assert_eq!(run.code, 0, "{run:?}");

    let handoff = sandbox.root.path().join("elsewhere/.agents/HANDOFF.md");
    let handoff = fs::read_to_string(handoff).unwrap();
    for told in [
        "### Parallel Sessions 1, 2 (",
        "#### Session 1: Parse dates\n",
        "- week dates\n",
        "#### Session 2: Know time zones\n",
        "Offsets are read; names are left.\n",
    ] {
        assert_eq!(handoff.matches(told).count(), 1, "{told}: {handoff}");
    }
}
