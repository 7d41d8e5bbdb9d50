//! One command, run to its end under supervision: a session of its own, a time limit, a log, and
//! nothing left behind.
//!
//! The command is ended with all that descends from it: `process_tree` finds that, `ending` ends it step by
//! step, and `output` reads what it writes.

mod ending;
mod foreground;
mod job;
mod output;
mod process_tree;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bstr::BString;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

pub use foreground::{Foreground, run_foreground};
pub use job::{JOB_VARIABLE, Job, REPOSITORY_VARIABLES, Words};
pub use output::Stream;

use super::command::{self, Started};
use ending::Ending;
use output::Output;
use process_tree::ProcessTree;

/// The time between two questions to the caller whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// The same where the system does not tell of a process's end by itself.
const TICK_WITHOUT_NEWS: Duration = Duration::from_millis(20);

/// The time that a killed process may take to go; one that the kernel holds is given up.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// The end of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit status.
    Exited(i32),
    /// By this signal, which did not come from here.
    Signalled(i32),
    /// Its time was over.
    TimedOut,
    /// The caller asked for it.
    Stopped,
}

/// The result of a job.
#[derive(Debug)]
pub struct Finished {
    /// The end of its process.
    pub end: End,
    /// The time until nothing of it was left.
    pub elapsed: Duration,
    /// The end of its output, a few kilobytes.
    pub tail: BString,
    /// Why the log is not complete.
    pub log_error: Option<io::Error>,
}

/// Takes a line of output.
pub type OnLine<'a> = &'a mut dyn FnMut(Stream, &[u8]);

/// Runs a job to its end, and ends with it whatever it started: when this returns, nothing of
/// it runs.
///
/// `stop` is asked several times a second whether to end the job. `on_line` gets every line of
/// output without its end and the stream it came from, as soon as it is complete; of a line longer
/// than `output::LONGEST_LINE`, its beginning.
///
/// What a job starts is found by its session, by its descent and by [`JOB_VARIABLE`]. A process
/// that leaves the session, loses its parents and clears its environment is not found; it does
/// not hold this function up.
///
/// Fails when the command does not start.
pub fn run(job: &Job, stop: &dyn Fn() -> bool, on_line: OnLine<'_>) -> io::Result<Finished> {
    let begun = Instant::now();
    let mut running = Running::start(job)?;
    let end = running.watch(job.limit, stop, on_line)?;
    if let Some(started) = running.started.take() {
        started.ended(format_args!("{end:?}"));
    }
    running.end_all(job.grace, on_line)?;
    running.take_output(on_line)?;
    let (tail, log_error) = std::mem::take(&mut running.output).finish(on_line);
    Ok(Finished {
        end,
        elapsed: begun.elapsed(),
        tail,
        log_error,
    })
}

/// Starts the command of a job, confined as the job is.
fn start(job: &Job, command: &mut Command) -> io::Result<(Child, Started)> {
    match &job.room {
        Some(room) => room
            .within(|| command::start(command))
            .map_err(io::Error::other)?,
        None => command::start(command),
    }
}

/// Ends whatever is left of the job with this id, whose supervisor is gone. Returns how many
/// processes there were.
pub fn end_leftovers(id: &str, grace: Duration) -> io::Result<usize> {
    let mut processes = ProcessTree::of_job(id);
    let mut ending = Ending::new(grace);
    let mut found = BTreeSet::new();
    while let Some(pause) = {
        let snapshot = processes.alive();
        found.extend(snapshot.alive.iter().copied());
        ending.next(&snapshot)
    } {
        poll_all(&mut [], pause)?;
    }
    Ok(found.len())
}

/// A job's process until it is reaped. Dropped before, it is killed.
struct Running<'job> {
    child: Child,
    started: Option<Started>,
    reaped: bool,
    leader: Pid,
    /// Becomes readable when the process ends.
    news: Option<OwnedFd>,
    pipes: Vec<(Stream, PipeReader)>,
    input: Option<(PipeWriter, &'job [u8])>,
    output: Output,
    processes: ProcessTree,
}

impl<'job> Running<'job> {
    fn start(job: &'job Job) -> io::Result<Self> {
        let (out, stdout) = io::pipe()?;
        set_nonblocking(&out)?;
        let mut pipes = vec![(Stream::Out, out)];
        let mut command = job.command();
        match job.keeps_errors_apart {
            true => {
                let (err, stderr) = io::pipe()?;
                set_nonblocking(&err)?;
                pipes.push((Stream::Err, err));
                command.stderr(stderr);
            }
            false => {
                command.stderr(stdout.try_clone()?);
            }
        }
        command.stdout(stdout);
        let input = match &job.input {
            Some(bytes) => {
                let (theirs, ours) = io::pipe()?;
                set_nonblocking(&ours)?;
                command.stdin(theirs);
                Some((ours, bytes.as_slice()))
            }
            None => {
                command.stdin(Stdio::null());
                None
            }
        };
        let output = Output::new(job.log.as_deref());
        let (child, started) = start(job, &mut command)?;
        let leader = Pid::from_child(&child);
        Ok(Self {
            news: news_of(leader),
            child,
            started: Some(started),
            reaped: false,
            leader,
            pipes,
            input,
            output,
            processes: ProcessTree::of_leader(&job.id, leader),
        })
    }

    /// Waits until the process ends, or has to.
    fn watch(
        &mut self,
        limit: Option<Duration>,
        stop: &dyn Fn() -> bool,
        on_line: OnLine<'_>,
    ) -> io::Result<End> {
        let begun = Instant::now();
        loop {
            if let Some(end) = self.end()? {
                return Ok(end);
            }
            if stop() {
                return Ok(End::Stopped);
            }
            let left = limit.map(|limit| limit.saturating_sub(begun.elapsed()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(End::TimedOut);
            }
            let tick = match self.news {
                Some(_) => TICK,
                None => TICK_WITHOUT_NEWS,
            };
            self.wait(tick.min(left.unwrap_or(tick)), true, on_line)?;
        }
    }

    /// Ends whatever of the job is left.
    fn end_all(&mut self, grace: Duration, on_line: OnLine<'_>) -> io::Result<()> {
        let mut ending = Ending::new(grace);
        while let Some(pause) = ending.next(&self.processes.alive()) {
            let until = Instant::now() + pause;
            let mut left = pause;
            while !left.is_zero() {
                let ended = self.end()?.is_some();
                self.wait(left, !ended, on_line)?;
                if !ended && self.end()?.is_some() {
                    break;
                }
                left = until.saturating_duration_since(Instant::now());
            }
        }
        self.kill();
        Ok(())
    }

    /// The end of the process, if it has ended. It is not reaped by this: as long as it is not, its
    /// number, which is its group's and session's, can be no other's.
    fn end(&self) -> io::Result<Option<End>> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let status = loop {
            match waitid(WaitId::Pid(self.leader), options) {
                Err(Errno::INTR) => {}
                status => break status?,
            }
        };
        Ok(status.map(|status| match status.exit_status() {
            Some(code) => End::Exited(code),
            None => End::Signalled(status.terminating_signal().unwrap_or_default()),
        }))
    }

    /// Waits for output, room for input or (when `for_end`) the process's end, no longer than
    /// this, and deals with what came.
    fn wait(&mut self, at_most: Duration, for_end: bool, on_line: OnLine<'_>) -> io::Result<()> {
        let mut fds = Vec::with_capacity(4);
        for (_, pipe) in &self.pipes {
            fds.push(PollFd::new(pipe, PollFlags::IN));
        }
        if let Some((pipe, _)) = &self.input {
            fds.push(PollFd::new(pipe, PollFlags::OUT));
        }
        if let Some(news) = self.news.as_ref().filter(|_| for_end) {
            fds.push(PollFd::new(news, PollFlags::IN));
        }
        poll_all(&mut fds, at_most)?;
        self.give_input();
        self.take_output(on_line)
    }

    /// Writes as much of the input as there is room for. A process that closes its input has
    /// read what it wanted.
    fn give_input(&mut self) {
        while let Some((pipe, rest)) = &mut self.input {
            match pipe.write(rest) {
                Ok(written) if written < rest.len() => *rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => self.input = None,
            }
        }
    }

    /// Reads the output that is there, but no more than a few megabytes at once: a process that
    /// writes without end must not keep this one from looking at the clock.
    fn take_output(&mut self, on_line: OnLine<'_>) -> io::Result<()> {
        let mut buffer = [0; 64 * 1024];
        let Self { pipes, output, .. } = self;
        let mut failed = None;
        pipes.retain_mut(|(stream, pipe)| {
            for _ in 0..64 {
                match pipe.read(&mut buffer) {
                    Ok(0) => return false,
                    Ok(count) => output.take(*stream, &buffer[..count], on_line),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            true
        });
        failed.map_or(Ok(()), Err)
    }

    /// Kills the group and reaps its leader, unless the kernel still holds it.
    fn kill(&mut self) {
        if std::mem::replace(&mut self.reaped, true) {
            return;
        }
        // It may have ended.
        kill_process_group(self.leader, Signal::KILL).ok();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < LAST_WAIT {
            let mut fds: Vec<_> = self
                .news
                .iter()
                .map(|news| PollFd::new(news, PollFlags::IN))
                .collect();
            if poll_all(&mut fds, TICK_WITHOUT_NEWS).is_err() {
                break;
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A descriptor that becomes readable when this child ends; `None` where the system has no such thing.
#[cfg(target_os = "linux")]
fn news_of(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn news_of(_: Pid) -> Option<OwnedFd> {
    None
}

fn set_nonblocking(fd: &impl AsFd) -> io::Result<()> {
    Ok(fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?)
}

fn poll_all(fds: &mut [PollFd<'_>], at_most: Duration) -> io::Result<()> {
    let timeout = Timespec {
        tv_sec: at_most.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: at_most.subsec_nanos().into(),
    };
    match poll(fds, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
