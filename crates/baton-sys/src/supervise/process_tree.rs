//! The processes of a job: all in its leader's session or group, all that carry its id in their
//! environment, and all that descend from one of these.
//!
//! Read from `/proc` (proc(5), `/proc/pid/stat` and `/proc/pid/environ`). Where there is none,
//! no process is found, and a job's group is all that is known of it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

use rustix::process::{Pid, Signal};

use super::JOB_VARIABLE;

/// The processes of one job.
#[derive(Debug)]
pub(super) struct ProcessTree {
    id: String,
    leader: Option<Stat>,
    /// The processes found before: a child that has lost its parents since belongs to the job still.
    known: BTreeSet<ProcessId>,
}

/// A process, by its number and the time of its start: a later process of that number has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProcessId {
    pid: i32,
    started: u64,
}

/// The processes of a job at one moment.
#[derive(Debug, Default)]
pub(super) struct ProcessSnapshot {
    /// Those that run.
    pub(super) alive: Vec<ProcessId>,
    /// Those of them that have not become a program of their own yet: until then they may take a
    /// signal with a handler of their parent's, and lose it.
    pub(super) forked: BTreeSet<ProcessId>,
    /// True if there are no others. A process that is becoming another program shows no
    /// environment for a moment; one that ends may have left a child that this look has missed.
    pub(super) is_sure: bool,
}

/// The system's record of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    id: ProcessId,
    ended: bool,
    parent: i32,
    group: i32,
    session: i32,
    flags: u64,
}

/// The mark of a thread of the kernel (`PF_KTHREAD`, include/linux/sched.h).
const KERNEL: u64 = 0x0020_0000;

/// The mark of a process that has not called exec since its fork (`PF_FORKNOEXEC`, same file).
const FORKED: u64 = 0x0000_0040;

impl ProcessTree {
    /// The job with this id, led by a process that is not reaped yet.
    pub(super) fn of_leader(id: &str, leader: Pid) -> Self {
        Self {
            id: id.to_owned(),
            leader: stat(leader.as_raw_nonzero().get()),
            known: BTreeSet::new(),
        }
    }

    /// The job with this id.
    pub(super) fn of_job(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            leader: None,
            known: BTreeSet::new(),
        }
    }

    /// The processes that run now.
    pub(super) fn alive(&mut self) -> ProcessSnapshot {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let mut is_sure = true;
        let (mut new, mut found): (Vec<Stat>, Vec<Stat>) = (Vec::new(), Vec::new());
        let mut others: Vec<Stat> = processes().filter(|stat| self.may_have(stat)).collect();
        others.retain(|stat| match self.has(stat) {
            _ if stat.id.pid == own => false,
            Some(true) => {
                new.push(*stat);
                false
            }
            Some(false) => true,
            None => {
                is_sure = false;
                true
            }
        });
        while !new.is_empty() {
            let (children, rest) = others
                .into_iter()
                .partition(|stat| new.iter().any(|one| one.id.pid == stat.parent));
            others = rest;
            found.append(&mut new);
            new = children;
        }
        found.retain(|stat| !stat.ended);
        self.known = found.iter().map(|stat| stat.id).collect();
        let forked = found.iter().filter(|stat| stat.flags & FORKED != 0);
        ProcessSnapshot {
            forked: forked.map(|stat| stat.id).collect(),
            alive: found.into_iter().map(|stat| stat.id).collect(),
            is_sure,
        }
    }

    /// True if a process can belong to the job: what is older than its leader does not descend
    /// from it.
    fn may_have(&self, stat: &Stat) -> bool {
        let begun = self.leader.map_or(0, |leader| leader.id.started);
        stat.flags & KERNEL == 0 && stat.id.started >= begun
    }

    /// True if a process belongs to the job by itself, not by its parents; `None` when it cannot
    /// be told now.
    fn has(&self, stat: &Stat) -> Option<bool> {
        let in_group = |leader: Stat| {
            let leader = leader.id.pid;
            stat.session == leader || stat.group == leader
        };
        if self.leader.is_some_and(in_group) || self.known.contains(&stat.id) {
            return Some(true);
        }
        match stat.ended {
            true => Some(false),
            false => carries(stat.id.pid, &self.id),
        }
    }
}

impl ProcessId {
    /// Sends a signal to this process alone.
    pub(super) fn signal(self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return;
        };
        #[cfg(target_os = "linux")]
        if let Ok(fd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
            // Once it is open, it is this process or its successor for good.
            if stat(self.pid).is_some_and(|stat| stat.id == self) {
                // It may have ended.
                rustix::process::pidfd_send_signal(&fd, signal).ok();
            }
            return;
        }
        if stat(self.pid).is_some_and(|stat| stat.id == self) {
            // It may have ended.
            rustix::process::kill_process(pid, signal).ok();
        }
    }
}

fn processes() -> impl Iterator<Item = Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| stat(entry.ok()?.file_name().to_str()?.parse().ok()?))
}

fn stat(pid: i32) -> Option<Stat> {
    parse(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(pid: i32, stat: &[u8]) -> Option<Stat> {
    // The second field, a name in parentheses, may hold anything.
    let stat = String::from_utf8_lossy(stat);
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    let flags = fields.nth(2)?.parse().ok()?;
    Some(Stat {
        id: ProcessId {
            pid,
            started: fields.nth(12)?.parse().ok()?,
        },
        ended: matches!(state, "Z" | "X"),
        parent,
        group,
        session,
        flags,
    })
}

/// True if a process was started with this id in its environment; `None` when it is about to
/// become another program or has just ended.
fn carries(pid: i32, id: &str) -> Option<bool> {
    let environment = match fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => environment,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Some(false),
        Err(_) => return None,
    };
    if environment.is_empty() {
        // Whoever was started without any has arguments still.
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return (!arguments.is_empty()).then_some(false);
    }
    let ids = environment.split(|byte| *byte == 0).filter_map(|one| {
        one.strip_prefix(JOB_VARIABLE.as_bytes())?
            .strip_prefix(b"=")
    });
    let is_own = |ids: &[u8]| {
        ids.split(|byte| *byte == b'/')
            .any(|one| one == id.as_bytes())
    };
    Some(ids.into_iter().any(is_own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_hides_nothing() {
        let line = b"7 (a) Z 9 (b)) S 5 6 4 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 8812 1 2";
        assert_eq!(
            parse(7, line),
            Some(Stat {
                id: ProcessId {
                    pid: 7,
                    started: 8812
                },
                ended: false,
                parent: 5,
                group: 6,
                session: 4,
                flags: 4_194_560
            })
        );
        assert_eq!(parse(7, b"7 (a"), None);
    }

    #[test]
    fn nobody_carries_an_id_that_was_never_given() {
        assert_eq!(ProcessTree::of_job("no such job").alive().alive, []);
    }
}
