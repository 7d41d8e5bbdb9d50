//! A confined command beside the command alone.

use std::io::Result;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use baton_hooks::Hook;

use crate::Row;
use crate::benches::made;
use crate::history;
use crate::hooks::install;
use crate::run::{Contestant, git, medians, seal, succeed};

/// What a confinement may cost.
const LIMIT: Duration = Duration::from_millis(3);

/// The lines of the table; none where the kernel confines nothing.
pub fn rows(baton: &Path, directory: &Path) -> Result<Vec<Row>> {
    if let Some(reason) = baton_sys::confine::obstacle() {
        eprintln!("exec is not measured: {reason}");
        return Ok(Vec::new());
    }
    let repository = made(directory.join("confined/repository"), |path| {
        history::snapshot(path, 10_000)
    })?;
    install(&repository, baton, &Hook::CLIENT)?;
    let worktree = directory.join("confined/worktree");
    if !worktree.exists() {
        let mut add = git(&repository);
        succeed(
            add.args(["worktree", "add", "-q", "-b", "confined"])
                .arg(&worktree),
        )?;
    }
    let command = |words: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&worktree);
        seal(&mut command);
        command
    };
    let baton = baton.display().to_string();
    let times = medians(
        200,
        &[
            Contestant::new(|| command(&[&baton, "exec", "--", "/bin/true"])),
            Contestant::new(|| command(&["/bin/true"])),
        ],
    )?;
    let over = times[0].saturating_sub(times[1]);
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    Ok(vec![Row {
        name: "exec -- true, over true / 3 ms".to_owned(),
        ours: ms(over),
        peer: ms(LIMIT),
        ratio: over.as_secs_f64() / LIMIT.as_secs_f64(),
        target: Some(1.0),
    }])
}
