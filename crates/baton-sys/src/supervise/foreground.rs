//! A job in the foreground: with this process's input, output and terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::{End, Job, TICK, TICK_WITHOUT_NEWS, news_of, poll_all, start};

/// Runs a job in the foreground until its own process has ended; [`end_leftovers`](super::end_leftovers) ends the rest. What the
/// terminal asks of it the terminal tells it; a request to end that only this process gets is passed on.
///
/// Until then a signal does not end this process; afterwards it does, as by default.
///
/// Fails when the command does not start.
pub fn run_foreground(job: &Job) -> io::Result<End> {
    let asked = Arc::new(AtomicBool::new(false));
    let over = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT, SIGQUIT, SIGHUP] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&over))?;
    }
    signal_hook::flag::register(SIGTERM, Arc::clone(&asked))?;
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
    Ok(match status.code() {
        Some(code) => End::Exited(code),
        None => End::Signalled(std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)),
    })
}
