//! Where a path leads, and what names a directory holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most links that lead nowhere that are followed.
const MAX_LINKS: usize = 16;

/// The names in a directory, in no order.
pub fn names(path: &Path) -> io::Result<Vec<String>> {
    let name = |entry: io::Result<fs::DirEntry>| {
        entry.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    fs::read_dir(path)?.map(name).collect()
}

/// The path with its links followed, as far as it leads somewhere.
pub fn resolve(path: &Path) -> PathBuf {
    resolve_within(path, MAX_LINKS)
}

fn resolve_within(path: &Path, links: usize) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return path.to_owned();
    };
    match fs::read_link(path) {
        Ok(target) if links > 0 => resolve_within(&parent.join(target), links - 1),
        _ => resolve_within(parent, links).join(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_links_to_what_is_not_there_yet() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().canonicalize().unwrap();
        fs::create_dir(top.join("real")).unwrap();
        for (target, link) in [("real", "link"), ("real/new", "to-new"), ("loop", "loop")] {
            std::os::unix::fs::symlink(target, top.join(link)).unwrap();
        }
        assert_eq!(resolve(&top.join("link/a/b")), top.join("real/a/b"));
        assert_eq!(resolve(&top.join("to-new")), top.join("real/new"));
        assert_eq!(resolve(&top.join("loop")), top.join("loop"));
        assert_eq!(names(&top.join("real")).unwrap(), [""; 0]);
    }
}
