//! Processes of this machine, by their number.

use rustix::process::{Pid, test_kill_process};

/// The number of this process.
pub fn own_id() -> u32 {
    std::process::id()
}

/// Whether a process of this number is there, whoever owns it.
pub fn is_running(id: u32) -> bool {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// When a process began, in a unit of the system's own: two processes that had one number one
/// after the other differ in it. `None` where the system does not tell.
pub fn started(id: u32) -> Option<u64> {
    let stat = super::file::read_if_exists(format!("/proc/{id}/stat").as_ref());
    let stat = String::from_utf8_lossy(&stat.ok()??).into_owned();
    // The second field, a name in parentheses, may hold anything; the twenty-second is meant.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(19)?.parse().ok()
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
}
