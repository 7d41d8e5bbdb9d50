//! Files that a process was writing when it was killed.

use std::io;
use std::path::Path;

use super::file::{TEMPORARY, entries, remove_if_exists};
use super::process;

/// The first part of the names of the indices that `git commit` makes of a part of the changes (`builtin/commit.c`); the
/// process id and a `.lock` come next.
const NEXT_INDEX: &str = "next-index-";

/// Removes what processes of this machine that are gone were writing into this directory.
pub fn remove(directory: &Path) -> io::Result<()> {
    for path in entries(directory)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let own = name.strip_prefix(TEMPORARY);
        let own = own.and_then(|rest| Some(rest.split_once('-')?.0));
        let of_git = name.strip_prefix(NEXT_INDEX);
        let of_git = of_git.and_then(|rest| rest.strip_suffix(".lock"));
        let writer = own.or(of_git).and_then(|writer| writer.parse().ok());
        if writer.is_some_and(|writer| !process::is_running(writer)) {
            remove_if_exists(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_a_process_was_writing_that_is_gone_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let own = std::process::id();
        let names = [
            format!(".tmp-{}-x", gone.id()),
            format!(".tmp-{own}-x"),
            ".tmp-x".to_owned(),
            format!("next-index-{}.lock", gone.id()),
            format!("next-index-{own}.lock"),
        ];
        for name in &names {
            fs::write(dir.path().join(name), "").unwrap();
        }
        remove(dir.path()).unwrap();
        let is_there = names.map(|name| dir.path().join(name).exists());
        assert_eq!(is_there, [false, true, true, false, true]);
        remove(&dir.path().join("none")).unwrap();
    }
}
