//! Ctrl-C and friends, for work that has something to clear away first.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Tells whether this process was asked to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on the process is not ended by an interrupt, a hang-up or a termination; the
    /// holder of this has to ask and end by itself.
    pub fn watch() -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGHUP, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// True if one has come.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// From now on, writing past a limit on the size of files is an error like a full disk's, for this
/// process and for those that it starts. By default it is a signal that ends the process where it
/// stands; git then leaves its lock behind.
pub fn outlive_file_size_limit() {
    #[expect(
        unsafe_code,
        reason = "the standard library sets no signal's disposition; ignoring one runs no code of ours"
    )]
    // SAFETY: SIG_IGN is a valid disposition of SIGXFSZ.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
