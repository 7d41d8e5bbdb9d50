//! Processes of this machine, by their number.

use std::path::Path;

use rustix::process::{Pid, test_kill_process};

/// The number of this process.
pub fn own_id() -> u32 {
    std::process::id()
}

/// How many threads this machine runs at once.
pub fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether a process of this number is there, whoever owns it.
pub fn is_running(id: u32) -> bool {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// When a process began, in a unit of the system's own: two processes that had one number one
/// after the other differ in it. `None` where the system does not tell.
pub fn started(id: u32) -> Option<u64> {
    stat(id)?.field(22)?.parse().ok()
}

/// The process on whose behalf this one runs: the one that started it, or that started the
/// `git` which did.
pub fn caller_id() -> u32 {
    let parent = std::os::unix::process::parent_id();
    match stat(parent) {
        Some(found) if found.name == "git" => found
            .field(4)
            .and_then(|parent| parent.parse().ok())
            .unwrap_or(parent),
        _ => parent,
    }
}

/// A process and the name of its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub id: u32,
    /// The name of its program.
    pub name: String,
}

/// Those processes of this machine whose current directory is this one or lies below it, as far as
/// this user may know; none where the system does not tell.
pub fn inside(directory: &Path) -> Vec<Found> {
    let Ok(directory) = directory.canonicalize() else {
        return Vec::new();
    };
    let names = super::file::directories("/proc".as_ref()).unwrap_or_default();
    let ids = names.iter().filter_map(|name| name.parse().ok());
    ids.filter(|id| {
        let there = std::fs::read_link(format!("/proc/{id}/cwd"));
        there.is_ok_and(|there| there.starts_with(&directory))
    })
    .filter_map(|id| {
        let name = stat(id)?.name;
        Some(Found { id, name })
    })
    .collect()
}

/// What Linux says of a process in `/proc/<id>/stat` (`proc_pid_stat(5)`).
struct Stat {
    name: String,
    /// The fields behind the name.
    rest: String,
}

impl Stat {
    /// A field behind the name, by its number in the manual, which counts from one.
    fn field(&self, number: usize) -> Option<&str> {
        self.rest.split(' ').nth(number.checked_sub(3)?)
    }
}

fn stat(id: u32) -> Option<Stat> {
    let bytes = super::file::read_if_exists(format!("/proc/{id}/stat").as_ref()).ok()??;
    let text = String::from_utf8_lossy(&bytes);
    // The name in parentheses may hold anything, parentheses too.
    let (head, rest) = text.rsplit_once(") ")?;
    let (_, name) = head.split_once(" (")?;
    Some(Stat {
        name: name.to_owned(),
        rest: rest.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_running_and_began_once() {
        assert!(is_running(own_id()));
        assert_eq!(started(own_id()), started(own_id()));
        assert!(!is_running(i32::MAX as u32));
        assert_eq!(started(i32::MAX as u32), None);
    }

    #[test]
    fn this_process_is_found_where_it_is() {
        let own = inside(&std::env::current_dir().unwrap());
        assert!(own.iter().any(|found| found.id == own_id()));
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(inside(elsewhere.path()), []);
    }
}
