//! Confined threads and what they start, by Landlock and seccomp: kernel features that need neither root nor a container.
//!
//! A restriction holds for the thread that takes it on and for every process that descends from it, for as long as they live;
//! it can be tightened and never loosened. So [`Room::within`] restricts a thread of its own, and the rest of this process
//! stays as it is. What no Landlock of today restricts: modes, owners and times of files (`chmod`, `chown`, `utime`), and
//! connecting to a service that listens on a socket in the file system.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use baton_core::confine::Confinement;

#[cfg(all(target_os = "linux", target_endian = "little"))]
#[path = "confine/landlock.rs"]
mod kernel;
#[cfg(not(all(target_os = "linux", target_endian = "little")))]
#[path = "confine/none.rs"]
mod kernel;
#[cfg(test)]
mod tests;

/// Why a command cannot be confined.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfineError {
    /// The system has no Landlock, or too old a one.
    #[error("a command cannot be confined here: {0}")]
    #[diagnostic(help(
        "it needs Landlock of Linux 6.2 or newer; `cat /sys/kernel/security/lsm` names it where it is switched on"
    ))]
    Unsupported(String),

    /// A path that the command may change cannot be opened.
    #[error("{} cannot be made writable for a confined command", .path.display())]
    #[diagnostic(help("look at it with `ls -ld`, or take it out of `conductor.writable`"))]
    Path {
        /// The path.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },

    /// A path cannot be hidden, because it lies in what the command may change.
    #[error("{} cannot be hidden: it lies in {}, which a confined command may change", .hidden.display(), .writable.display())]
    #[diagnostic(help(
        "move the file out of there, or take it out of `conductor.hide`: `git baton policy show` names the settings"
    ))]
    HiddenInside {
        /// The hidden path.
        hidden: PathBuf,
        /// The writable path around it.
        writable: PathBuf,
    },

    /// The kernel refuses to confine.
    #[error("the kernel does not confine the command: {0}")]
    #[diagnostic(help("`sudo dmesg | tail` may tell why"))]
    Refused(String),
}

/// A confinement that is ready for threads to take on.
#[derive(Debug)]
pub struct Room {
    kernel: kernel::Room,
}

impl Room {
    /// Prepares this confinement. Links in its paths are resolved now; a writable path that is not there is an error.
    pub fn new(confinement: &Confinement) -> Result<Self, ConfineError> {
        let resolved = |paths: &[PathBuf]| -> Vec<PathBuf> {
            let paths = paths.iter();
            paths
                .map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()))
                .collect()
        };
        let confinement = Confinement {
            writable: resolved(&confinement.writable),
            hidden: resolved(&confinement.hidden),
        };
        if let Some(overlap) = confinement.overlap() {
            return Err(ConfineError::HiddenInside {
                hidden: overlap.hidden,
                writable: overlap.writable,
            });
        }
        Ok(Self {
            kernel: kernel::Room::new(&confinement)?,
        })
    }

    /// Does this work in a thread that is confined, and so are the processes that it starts.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, ConfineError> {
        let confined = || {
            self.kernel.enter()?;
            Ok(work())
        };
        let joined = std::thread::scope(|scope| scope.spawn(confined).join());
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The reason for which no command can be confined on this machine; `None` where one can.
pub fn obstacle() -> Option<String> {
    match Room::new(&Confinement::default()) {
        Err(ConfineError::Unsupported(reason)) => Some(reason),
        _ => None,
    }
}

/// True if a confined process can send no signal to one outside: since Linux 6.12.
pub fn keeps_signals() -> bool {
    kernel::keeps_signals()
}
