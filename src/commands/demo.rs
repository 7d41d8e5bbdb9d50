//! `git baton demo`.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use miette::{IntoDiagnostic, WrapErr};

use super::{ALLOWED, BROKEN, ExitCode, INTERRUPTED};
use crate::cli::Demo;
use crate::demo::{self, Act, DemoError, Row, Scene, Shell, Stage, Table};
use baton_sys::executable;
use baton_sys::interrupt::Interrupt;

/// Builds the repositories, lets the agents try, prints the table and the verdict on what is
/// left.
pub fn run(args: &Demo) -> miette::Result<ExitCode> {
    let interrupt = Interrupt::watch()
        .into_diagnostic()
        .wrap_err("signals cannot be watched")?;
    let stage = Stage::new(args.keep.as_deref())?;
    match play(stage.path(), interrupt) {
        Err(DemoError::Interrupted) => Ok(INTERRUPTED),
        played => {
            let code = played?;
            if let Stage::Kept(path) = &stage {
                print(&advice(path))?;
            }
            Ok(code)
        }
    }
}

fn play(root: &Path, interrupt: Interrupt) -> Result<ExitCode, DemoError> {
    let began = Instant::now();
    let baton = executable::current().map_err(DemoError::io("git-baton"))?;
    let shell = Shell::new(root, &baton, interrupt);
    shell.check_git()?;
    let mut scene = Scene::build(&shell, root)?;
    print(&format!(
        "$ git baton session list\n{}\n\n",
        scene.sessions()?
    ))?;
    let mut table = Table::new(std::io::stdout().is_terminal());
    print(&table.head())?;
    let mut rows = demo::run_all(&scene, Act::AtWork, |row| print(&table.row(row)))?;
    print("\n")?;
    for (line, ran) in scene.conclude()? {
        let said = ran.said().trim_end().to_owned();
        print(&format!("$ {}\n{said}\n", shown(&line)))?;
    }
    rows.extend(demo::run_all(&scene, Act::Aggregated, |row| {
        print(&table.row(row))
    })?);
    print(&format!(
        "\n{}\n\n{}\n",
        demo::summary(&rows),
        scene.newest_entry()?
    ))?;
    let (line, conducted) = scene.conduct()?;
    print(&format!("$ {}\n{}\n", shown(line), conducted.said()))?;
    let verified = scene.verify()?;
    print(&format!(
        "{}\n$ git baton verify --all\n{}\n\n{:.1} seconds\n",
        scene.newest_entry()?,
        verified.said().trim_end(),
        began.elapsed().as_secs_f64(),
    ))?;
    let holds = conducted.succeeded && verified.succeeded && rows.iter().all(Row::holds);
    Ok(if holds { ALLOWED } else { BROKEN })
}

/// A line as a user types it.
fn shown(line: &str) -> String {
    line.replacen("git-", "git ", 1)
}

fn print(text: &str) -> Result<(), DemoError> {
    let written = anstream::stdout().write_all(text.as_bytes());
    written.map_err(DemoError::io("standard output"))
}

/// The things to look at in a demonstration that stays.
fn advice(path: &Path) -> String {
    format!(
        "\nEverything is still in {}. To try it yourself:\n    \
         cd {}\n    \
         echo '- mine' >> .agents/HANDOFF.md && git commit -a -m 'My own note'\n    \
         git log --graph --all && git baton verify --all\n",
        path.display(),
        shell_words::quote(&path.join("agent-a").to_string_lossy()),
    )
}
