//! Who belongs to a job: all in its leader's session or group, all that carry its id in their
//! environment, and all that descend from one of these.
//!
//! Read from `/proc` (proc(5), `/proc/pid/stat` and `/proc/pid/environ`). Where there is none,
//! nobody is found, and a job's group is all that is known of it.

use std::fs;

use rustix::process::{Pid, Signal};

use super::JOB_VARIABLE;

/// Which job's.
#[derive(Debug)]
pub(super) struct Kin {
    id: String,
    leader: Option<i32>,
}

/// A process of the job that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pid: i32,
    started: u64,
}

/// What the system says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    member: Member,
    ended: bool,
    parent: i32,
    group: i32,
    session: i32,
}

impl Kin {
    /// The job with this id, led by a process that is not reaped yet.
    pub(super) fn of_session(id: &str, leader: Pid) -> Self {
        Self {
            id: id.to_owned(),
            leader: Some(leader.as_raw_nonzero().get()),
        }
    }

    /// The job with this id.
    pub(super) fn of_job(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            leader: None,
        }
    }

    /// All of them that run.
    pub(super) fn alive(&self) -> Vec<Member> {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        let mut others: Vec<Stat> = processes().filter(|stat| stat.member.pid != own).collect();
        let mut found: Vec<Stat> = Vec::new();
        let (mut new, rest): (Vec<Stat>, _) = others.into_iter().partition(|stat| self.has(stat));
        others = rest;
        while !new.is_empty() {
            let (children, rest) = others
                .into_iter()
                .partition(|stat| new.iter().any(|one| one.member.pid == stat.parent));
            others = rest;
            found.append(&mut new);
            new = children;
        }
        found.retain(|stat| !stat.ended);
        found.into_iter().map(|stat| stat.member).collect()
    }

    /// Whether a process belongs to the job by itself, not by its parents.
    fn has(&self, stat: &Stat) -> bool {
        let leader = self.leader;
        leader.is_some_and(|leader| stat.session == leader || stat.group == leader)
            || carries(stat.member.pid, &self.id)
    }
}

impl Member {
    /// The number, and the time of its start: a later process of that number has another one.
    pub(super) fn identity(&self) -> (i32, u64) {
        (self.pid, self.started)
    }

    /// Sends it a signal, and nobody else.
    pub(super) fn signal(self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return;
        };
        #[cfg(target_os = "linux")]
        if let Ok(fd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
            // Once it is open, it is this process or its successor for good.
            if stat(self.pid).is_some_and(|stat| stat.member == self) {
                let _gone_is_fine = rustix::process::pidfd_send_signal(&fd, signal);
            }
            return;
        }
        if stat(self.pid).is_some_and(|stat| stat.member == self) {
            let _gone_is_fine = rustix::process::kill_process(pid, signal);
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
    Some(Stat {
        member: Member {
            pid,
            started: fields.nth(15)?.parse().ok()?,
        },
        ended: matches!(state, "Z" | "X"),
        parent,
        group,
        session,
    })
}

/// Whether a process was started with this id in its environment.
fn carries(pid: i32, id: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    environment
        .split(|byte| *byte == 0)
        .filter_map(|one| {
            one.strip_prefix(JOB_VARIABLE.as_bytes())?
                .strip_prefix(b"=")
        })
        .any(|ids| {
            ids.split(|byte| *byte == b'/')
                .any(|one| one == id.as_bytes())
        })
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
                member: Member {
                    pid: 7,
                    started: 8812
                },
                ended: false,
                parent: 5,
                group: 6,
                session: 4
            })
        );
        assert_eq!(parse(7, b"7 (a"), None);
    }

    #[test]
    fn nobody_carries_an_id_that_was_never_given() {
        assert_eq!(Kin::of_job("no such job").alive(), []);
    }
}
