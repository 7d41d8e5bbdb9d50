//! A job in the foreground: with this process's input, output and terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::{End, Job, TICK, TICK_WITHOUT_NEWS, news_of, poll_all, start};

/// The number of processes without a parent that are buried before all are looked at.
const MOST_ORPHANS: usize = 1000;

/// The result of a job in the foreground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreground {
    /// The end of its process.
    pub end: End,
    /// True if nothing runs that descends from it, so that [`end_leftovers`](super::end_leftovers) would find none.
    pub is_over: bool,
}

/// Runs a job in the foreground until its own process has ended; [`end_leftovers`](super::end_leftovers) ends the rest. What the
/// terminal asks of it the terminal tells it; a request to end that only this process gets is passed on. What loses its parents
/// meanwhile becomes this process's child.
///
/// Until then a signal does not end this process; afterwards it does, as by default.
///
/// Fails when the command does not start.
pub fn run_foreground(job: &Job) -> io::Result<Foreground> {
    let asked = Arc::new(AtomicBool::new(false));
    let over = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGQUIT, SIGHUP] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&over))?;
    }
    signal_hook::flag::register(SIGTERM, Arc::clone(&asked))?;
    let is_heir = inherit_orphans();
    let (mut child, started) = start(job, &mut job.foreground_command())?;
    let leader = Pid::from_child(&child);
    let news = news_of(leader);
    let tick = match news {
        Some(_) => TICK,
        None => TICK_WITHOUT_NEWS,
    };
    let status = loop {
        if asked.swap(false, Ordering::Relaxed) {
            // It may have ended.
            kill_process(leader, Signal::TERM).ok();
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let news = news.as_ref().map(|news| PollFd::new(news, PollFlags::IN));
        poll_all(&mut news.into_iter().collect::<Vec<_>>(), tick)?;
    };
    over.store(true, Ordering::Relaxed);
    started.ended(status);
    let end = match status.code() {
        Some(code) => End::Exited(code),
        None => End::Signalled(std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)),
    };
    Ok(Foreground {
        end,
        is_over: is_heir && is_childless(),
    })
}

/// Has the kernel give this process the children of its descendants that end (`PR_SET_CHILD_SUBREAPER`): whoever has no child
/// then has no descendant. False where the system does not do that.
#[cfg(target_os = "linux")]
fn inherit_orphans() -> bool {
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own)).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn inherit_orphans() -> bool {
    false
}

/// True if this process has no child, once those that have ended are buried.
#[cfg(target_os = "linux")]
fn is_childless() -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    // `__WALL`: children as well that are to tell nobody of their end.
    let options = WaitIdOptions::EXITED
        | WaitIdOptions::NOHANG
        | WaitIdOptions::from_bits_retain(libc::__WALL as u32);
    for _ in 0..MOST_ORPHANS {
        match waitid(WaitId::All, options) {
            Err(rustix::io::Errno::CHILD) => return true,
            Ok(Some(_)) => {}
            _ => return false,
        }
    }
    false
}

#[cfg(not(target_os = "linux"))]
fn is_childless() -> bool {
    false
}
