//! `git baton uninstall`.

use std::path::Path;

use miette::IntoDiagnostic;

use super::{ALLOWED, ExitCode, init};
use baton_agents::setup;
use baton_git::Repo;
use baton_hooks::install;
use baton_sys::{GitEnv, file, worktree_file};

/// Takes the hooks out, and what `init` added for agents, and says what that came to.
pub fn run() -> miette::Result<ExitCode> {
    let env = GitEnv::from_process().into_diagnostic()?;
    let repo = Repo::open(&env)?;
    let mut text = String::new();
    if let Some(root) = repo.work_tree() {
        for path in setup::FILES {
            text.push_str(&clear(root, path, &init::copies(&repo))?);
        }
    }
    let done = install::uninstall(&repo)?;
    if text.is_empty() || !done.is_nothing() {
        text.insert_str(0, &done.to_string());
    }
    super::print(&text)?;
    Ok(ALLOWED)
}

/// Takes out of a file what was added for agents; tells what became of the file.
fn clear(root: &Path, path: &str, copies: &Path) -> miette::Result<String> {
    // What is no file, or no text, has nothing of Baton's in it.
    let bytes = worktree_file::read(root, path).ok().flatten();
    let Some(found) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Ok(String::new());
    };
    let rest = match setup::remove(path, &found) {
        Ok(Some(rest)) => rest,
        Err(error) if setup::names_call(&found) => {
            return Ok(format!(
                "left {path}: {error}; take out the lines with `git baton agent-hook` there\n"
            ));
        }
        _ => return Ok(String::new()),
    };
    let mut rest = Some(rest).filter(|rest| !rest.is_empty());
    let copy = copies.join(init::copy_name(path));
    let earlier = file::read_if_exists(&copy).into_diagnostic()?;
    if let Some(earlier) = earlier.and_then(|bytes| String::from_utf8(bytes).ok()) {
        if setup::is_made_of(path, &earlier, &found) {
            rest = Some(earlier);
        }
        file::remove_if_exists(&copy).into_diagnostic()?;
        file::remove_if_empty(copies);
    }
    if let Some(rest) = rest {
        worktree_file::write(root, path, rest.as_bytes())?;
        return Ok(format!(
            "taken out of {path}: what `git baton init` had added\n"
        ));
    }
    let file = root.join(path);
    file::remove_if_exists(&file).into_diagnostic()?;
    let directories = file
        .ancestors()
        .skip(1)
        .take_while(|directory| *directory != root);
    for directory in directories {
        file::remove_if_empty(directory);
    }
    Ok(format!(
        "removed: {path}, in which there was nothing else\n"
    ))
}
