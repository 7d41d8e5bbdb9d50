//! The files that `cp` and its like write: copies, moves and links.

use super::Shell;
use super::arguments::{operands, values};
use crate::path::How;

/// Refuses the files that this command copies, moves or links to, if one may not be written.
pub(super) fn judge(shell: &mut Shell, name: &str, args: &[String]) {
    let valued: &[&str] = match name {
        "install" => &["-m", "-o", "-g", "-t", "--mode", "--target-directory"],
        "rsync" | "scp" => &[
            "-e",
            "--exclude",
            "--include",
            "--filter",
            "-f",
            "-P",
            "-i",
            "-o",
        ],
        _ => &["-t", "-S", "--target-directory"],
    };
    let mut sources = operands(args, valued);
    let into = match name {
        "rsync" | "scp" => Vec::new(),
        _ => values(args, &["-t", "--target-directory"]),
    };
    if name == "ln" && sources.len() == 1 && into.is_empty() {
        sources.push(".".to_owned());
    }
    let Some(target) = into.first().cloned().or_else(|| sources.pop()) else {
        return;
    };
    let is_tree = match name {
        "mv" | "gmv" => true,
        "rsync" => args
            .iter()
            .any(|arg| arg.starts_with('-') && arg.contains(['a', 'r'])),
        _ => args.iter().any(|arg| {
            ["--recursive", "--archive"].contains(&arg.as_str())
                || arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['r', 'R', 'a'])
        }),
    };
    let how = if is_tree { How::Tree } else { How::Write };
    let place = shell.absolute(&target);
    let is_directory = !into.is_empty()
        || sources.len() > 1
        || target.ends_with('/')
        || shell.ground.files.is_directory(&place);
    let sources: Vec<_> = sources
        .iter()
        .flat_map(|source| shell.present(source))
        .collect();
    for source in &sources {
        if matches!(name, "mv" | "gmv")
            || name == "rsync" && args.iter().any(|arg| arg == "--remove-source-files")
        {
            shell.writes(source, How::Tree);
        }
        let own = source
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        // What is below such a source goes into the target itself.
        let spreads = name == "rsync" && source.ends_with('/') || ["", ".", ".."].contains(&own);
        let written = match is_directory && !spreads {
            true => format!("{}/{own}", target.trim_end_matches('/')),
            false => target.clone(),
        };
        let written = if written.starts_with('/') || !target.starts_with('/') {
            written
        } else {
            format!("/{written}")
        };
        if !(spreads && is_directory) {
            shell.writes(&written, how);
        } else {
            shell.writes(&written, How::Directory);
        }
        if name == "ln"
            || name == "cp"
                && args
                    .iter()
                    .any(|arg| ["-l", "-s", "--link", "--symbolic-link"].contains(&arg.as_str()))
        {
            let link = shell.absolute(&written);
            let is_symbolic = args.iter().any(|arg| {
                arg == "--symbolic"
                    || arg.starts_with('-') && !arg.starts_with("--") && arg.contains('s')
            });
            let from = match (is_symbolic, link.rsplit_once('/')) {
                (true, Some((directory, _))) => directory.to_owned(),
                _ => shell.cwd.clone(),
            };
            shell.links.insert(link, crate::path::join(&from, source));
        }
    }
}
