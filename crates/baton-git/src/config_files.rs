//! The files in which git's settings stand, read to spare a git that would find nothing in them.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use baton_sys::{config_home, executable, file, home, path_variable};

/// The variables that hold settings.
const VARIABLES: [&str; 2] = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];

/// How a program of the system begins that is no script.
const PROGRAM: &[u8] = b"\x7fELF";

/// False if git surely finds no setting of this section: no file of settings has it, and none includes another.
pub(super) fn may_hold(section: &str, git_dir: &Path, common_dir: &Path) -> bool {
    let Some(mut files) = outside() else {
        return true;
    };
    files.push(common_dir.join("config"));
    files.push(git_dir.join("config.worktree"));
    let words = [format!("[{section}"), "[include".to_owned()];
    files.iter().any(|path| match file::read_if_exists(path) {
        Ok(None) => false,
        Ok(Some(bytes)) => {
            let text = bytes.to_ascii_lowercase();
            words.iter().any(|word| text.contains_str(word))
        }
        Err(_) => true,
    })
}

/// The files outside of the repository (`git-config(1)`, "FILES"); `None` where they cannot be told.
fn outside() -> Option<Vec<PathBuf>> {
    if VARIABLES.iter().any(|name| path_variable(name).is_some()) {
        return None;
    }
    let mut files = match path_variable("GIT_CONFIG_SYSTEM") {
        Some(file) => vec![file],
        None => of_the_system()?,
    };
    match path_variable("GIT_CONFIG_GLOBAL") {
        Some(file) => files.push(file),
        None => files.extend([
            home()?.join(".gitconfig"),
            config_home()?.join("git/config"),
        ]),
    }
    Some(files)
}

/// The files that hold for everybody on this machine; `None` where it cannot be told which git it is.
fn of_the_system() -> Option<Vec<PathBuf>> {
    let git = PathBuf::from(executable::on_path("git", None)?);
    let mut files = vec![PathBuf::from("/etc/gitconfig")];
    // Git looks beside the directory in which it was installed; a script may start any git.
    for git in [file::resolved(&git)?, git] {
        let is_program = file::beginning(&git, 4).ok()??.starts_with(PROGRAM);
        let directory = git.parent()?;
        if !is_program || !directory.ends_with("bin") {
            return None;
        }
        files.push(directory.parent()?.join("etc/gitconfig"));
    }
    Some(files)
}
