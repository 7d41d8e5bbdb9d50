//! The files in which git's settings stand, read to spare a git that would find nothing in them.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use baton_sys::{config_home, executable, file, home, path_variable};

/// The variables that hold settings.
const VARIABLES: [&str; 2] = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];

/// The beginning of a program of the system that is no script.
const PROGRAM: &[u8] = b"\x7fELF";

/// False if git surely finds no setting of this section: no file of settings has it, and none includes another.
pub(super) fn may_hold(section: &str, git_dir: &Path, common_dir: &Path) -> bool {
    let Some(mut files) = outside() else {
        return true;
    };
    files.push(common_dir.join("config"));
    files.push(git_dir.join("config.worktree"));
    any_holds(&files, section)
}

fn any_holds(files: &[PathBuf], section: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_seen_however_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        let held = |text: &str| {
            std::fs::write(&path, text).unwrap();
            any_holds(&[directory.path().join("none"), path.clone()], "baton")
        };
        for text in [
            "[baton]\n\tmirror = x\n",
            "[user]\n\tname = a\n[BATON \"conductor\"]\n",
            "[core] bare = false [Baton.conductor] mirror = x",
            "[include]\n\tpath = other\n",
            "[includeIf \"gitdir:~/work/\"]\n\tpath = other\n",
        ] {
            assert!(held(text), "{text}");
        }
        for text in ["", "[merge \"baton\"]\n", "[user]\n\tname = baton\n"] {
            assert!(!held(text), "{text}");
        }
        assert!(
            any_holds(&[directory.path().to_owned()], "baton"),
            "a directory cannot be read"
        );
    }
}
