//! The steps by which processes are ended.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::LAST_WAIT;
use super::process_tree::{ProcessId, ProcessSnapshot};

/// The first pause between two looks at who is left of a job that is being ended.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The longest pause between two looks at who is left of a job that is being ended.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The steps of ending processes: ask each program once, kill those that stay, give up in the end.
pub struct Ending {
    /// The processes that were asked, and whether each had called exec by then.
    asked: BTreeSet<(ProcessId, bool)>,
    kill_after: Instant,
    pause: Duration,
}

impl Ending {
    /// Begins to end processes that have this long to go by themselves.
    pub fn new(grace: Duration) -> Self {
        Self {
            asked: BTreeSet::new(),
            kill_after: Instant::now() + grace,
            pause: FIRST_PAUSE,
        }
    }

    /// Signals the processes that are left, and says how long to wait before looking again; `None` when
    /// none is left to wait for.
    pub fn next(&mut self, snapshot: &ProcessSnapshot) -> Option<Duration> {
        let now = Instant::now();
        if (snapshot.alive.is_empty() && snapshot.is_sure) || now > self.kill_after + LAST_WAIT {
            return None;
        }
        let late = now >= self.kill_after;
        for process in &snapshot.alive {
            if late {
                process.signal(Signal::KILL);
            } else if self
                .asked
                .insert((*process, !snapshot.forked.contains(process)))
            {
                process.signal(Signal::TERM);
                // A stopped process hears nothing else.
                process.signal(Signal::CONT);
            }
        }
        self.pause = match snapshot.alive.is_empty() {
            true => FIRST_PAUSE,
            false => (self.pause * 2).min(LONGEST_PAUSE),
        };
        let left = self.kill_after.saturating_duration_since(now);
        Some(if late {
            self.pause
        } else {
            self.pause.min(left)
        })
    }
}
