//! Processes of this machine, by their number.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, test_kill_process};

/// The arguments of this process, without the program's name.
pub fn arguments() -> Vec<String> {
    let all = std::env::args_os().skip(1);
    all.map(|one| one.to_string_lossy().into_owned()).collect()
}

/// The number of this process.
pub fn own_id() -> u32 {
    std::process::id()
}

/// The number of threads that this machine runs at once.
pub fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// True if a process of this number is there and has not ended, of any owner. One that has ended keeps its
/// number until its parent has asked how.
pub fn is_running(id: u32) -> bool {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
        && stat(id).is_none_or(|stat| !stat.is_over())
}

/// When a process began, in a unit of the system's own: two processes that had one number one
/// after the other differ in it. `None` where the system does not tell.
pub fn started(id: u32) -> Option<u64> {
    stat(id)?.field(22)?.parse().ok()
}

/// True if the process of this number that began then ([`started`]) is not there any more: none of the number is, or a
/// later one.
pub fn is_gone(id: u32, started: Option<u64>) -> bool {
    !is_running(id) || self::started(id) != started
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

/// True if this process runs on behalf of that one through a git that runs hooks of its own accord: not by `git hook run`, which
/// is told to. False where the system does not tell.
pub fn is_called_through_git(from: u32) -> bool {
    let mut id = std::os::unix::process::parent_id();
    let mut found = false;
    while id != from {
        let Some(stat) = stat(id) else { return false };
        found = found || stat.name == "git" && subcommand(id).is_some_and(|name| name != b"hook");
        let parent = stat.field(4).and_then(|parent| parent.parse().ok());
        match parent {
            Some(parent) if parent > 1 => id = parent,
            _ => return false,
        }
    }
    found
}

/// The subcommand of a git, behind its own options.
fn subcommand(id: u32) -> Option<Vec<u8>> {
    const WITH_VALUE: [&[u8]; 5] = [b"-c", b"-C", b"--git-dir", b"--work-tree", b"--namespace"];
    let arguments = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
    let mut words = arguments.split(|byte| *byte == 0).skip(1);
    loop {
        match words.next()? {
            option if WITH_VALUE.contains(&option) => words.next().map(drop)?,
            option if option.starts_with(b"-") => {}
            word => return Some(word.to_owned()),
        }
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

/// Those git programs of this machine that may have made this file for something that lies in one of
/// these directories: they began before the file was written last, and work there, or were told
/// to. Where this user may not know what another's git works on, it counts. `None` where the system does
/// not tell.
pub fn gits_behind(file: &Path, directories: &[PathBuf]) -> Option<Vec<Found>> {
    let directories: Vec<_> = directories
        .iter()
        .filter_map(|one| one.canonicalize().ok())
        .collect();
    let names = super::file::directories("/proc".as_ref()).ok()?;
    let ids = names.iter().filter_map(|name| name.parse().ok());
    // After the list of processes: none of them is younger than the system then.
    let uptime = uptime()?;
    // The clocks of processes and of files do not tick at once.
    let age = age(file)?.as_secs_f64() - 1.0;
    let gits = ids.filter_map(|id| Some((id, stat(id).filter(Stat::is_live_git)?)));
    let found = gits.filter(|(id, stat)| {
        let began: Option<f64> = stat.field(22).and_then(|ticks| ticks.parse().ok());
        let began = began.map(|ticks| ticks / rustix::param::clock_ticks_per_second() as f64);
        let is_younger = began.is_some_and(|began| began <= uptime && uptime - began < age);
        *id != own_id() && !is_younger && may_work_in(*id, &directories)
    });
    let found = found.map(|(id, stat)| Found {
        id,
        name: stat.name,
    });
    Some(found.collect())
}

/// The time since a file was written last.
pub fn age(file: &Path) -> Option<Duration> {
    let written = std::fs::symlink_metadata(file).ok()?.modified().ok()?;
    SystemTime::now().duration_since(written).ok()
}

/// The time since this system started, in seconds.
fn uptime() -> Option<f64> {
    let text = super::file::read_if_exists("/proc/uptime".as_ref()).ok()??;
    let text = String::from_utf8_lossy(&text);
    text.split(' ').next()?.parse().ok()
}

/// True if a git program works in one of these directories, was told to by `GIT_DIR` or `--git-dir`, or
/// keeps that to itself. One that has ended holds nothing, even while its parent has not yet asked how.
fn may_work_in(id: u32, directories: &[PathBuf]) -> bool {
    match works_in(id, directories) {
        Ok(works) => works,
        Err(error) if is_end(&error) => false,
        Err(_) => stat(id).is_some_and(|stat| stat.is_live_git()),
    }
}

/// True if this is what the system says of a process that has ended.
fn is_end(error: &std::io::Error) -> bool {
    let gone = [rustix::io::Errno::NOENT, rustix::io::Errno::SRCH];
    gone.iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

fn works_in(id: u32, directories: &[PathBuf]) -> std::io::Result<bool> {
    let is_in = |path: &Path| directories.iter().any(|one| path.starts_with(one));
    let read = |name: &str| std::fs::read(format!("/proc/{id}/{name}"));
    let cwd = std::fs::read_link(format!("/proc/{id}/cwd"))?;
    let (environment, arguments) = (read("environ")?, read("cmdline")?);
    // One that is ending has given its memory back before its directory.
    let is_ending = arguments.is_empty();
    // It only waits for Baton, which holds no lock itself.
    let is_waiting = arguments.split(|byte| *byte == 0).nth(1) == Some(b"baton");
    if is_ending || is_waiting {
        return Ok(false);
    }
    let mut named = Vec::new();
    let mut words = arguments.split(|byte| *byte == 0).peekable();
    while let Some(word) = words.next() {
        match word.strip_prefix(b"--git-dir") {
            Some(b"") => named.extend(words.peek().copied()),
            Some(rest) => named.extend(rest.strip_prefix(b"=")),
            None => {}
        }
    }
    let variables = environment.split(|byte| *byte == 0);
    named.extend(variables.filter_map(|variable| variable.strip_prefix(b"GIT_DIR=")));
    let mut named = named
        .into_iter()
        .map(|path| cwd.join(OsStr::from_bytes(path)));
    Ok(is_in(&cwd) || named.any(|path| path.canonicalize().is_ok_and(|path| is_in(&path))))
}

/// The fields of `/proc/<id>/stat` on Linux (`proc_pid_stat(5)`).
struct Stat {
    name: String,
    /// The fields behind the name.
    rest: String,
}

impl Stat {
    /// True if it is a git program, Baton apart, that has not ended.
    fn is_live_git(&self) -> bool {
        self.name.starts_with("git") && !self.name.starts_with("git-baton") && !self.is_over()
    }

    /// True if it has ended, and only its number is left.
    fn is_over(&self) -> bool {
        matches!(self.field(3), Some("Z" | "X"))
    }

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
        assert!(!is_running(i32::MAX as u32));
        assert_eq!(started(i32::MAX as u32), None);
    }

    #[test]
    fn a_later_process_of_a_number_is_another() {
        let mut later = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        let (own, other) = (started(own_id()), started(later.id()));
        assert!(own.is_some() && own <= other, "{own:?} {other:?}");
        assert!(!is_gone(own_id(), own));
        assert!(is_gone(own_id(), own.map(|ticks| ticks - 1)));
        assert!(is_gone(own_id(), None));
        assert!(is_gone(i32::MAX as u32, None));
        later.kill().unwrap();
        later.wait().unwrap();
        assert!(is_gone(later.id(), other));
    }

    #[test]
    fn a_git_is_behind_a_file_that_it_may_have_made() {
        let here = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = here.path().join("file");
        let mut git = std::process::Command::new("git")
            .args(["hash-object", "--stdin"])
            .current_dir(elsewhere.path())
            .env("GIT_DIR", here.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::fs::write(&file, "").unwrap();
        let behind = |directory: &Path| {
            let found = gits_behind(&file, &[directory.to_owned()]).unwrap();
            found.iter().any(|found| found.id == git.id())
        };
        assert!(behind(here.path()) && behind(elsewhere.path()));
        assert!(!behind(tempfile::tempdir().unwrap().path()));
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        let times = std::fs::FileTimes::new().set_modified(long_ago);
        let opened = std::fs::File::options().write(true).open(&file).unwrap();
        opened.set_times(times).unwrap();
        assert!(!behind(here.path()), "it began after the file was written");
        drop(git.stdin.take());
        git.wait().unwrap();
    }

    #[test]
    fn a_git_that_has_ended_holds_nothing_though_nobody_has_asked_how() {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let here = tempfile::tempdir().unwrap();
        let mut git = std::process::Command::new("git")
            .arg("--version")
            .current_dir(here.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(git.id().try_into().unwrap()).unwrap();
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), options).unwrap();
        assert!(!is_running(git.id()) && started(git.id()).is_some());
        assert!(!may_work_in(git.id(), &[here.path().to_owned()]));
        git.wait().unwrap();
    }

    #[test]
    fn this_process_is_found_where_it_is() {
        let own = inside(&std::env::current_dir().unwrap());
        assert!(own.iter().any(|found| found.id == own_id()));
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(inside(elsewhere.path()), []);
    }
}
