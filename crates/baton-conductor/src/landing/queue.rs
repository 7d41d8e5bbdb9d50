//! Whose turn it is to land: first come, first served, among the processes of this machine.
//!
//! Each process draws a number and holds a lock on the file of that name; the one without a lower number
//! before it that is still held has its turn. The system lets go of the lock of a process that
//! dies, so that no process waits for the dead.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::{MergeError, place};
use baton_git::{GitError, Repo};
use baton_sys::{FileLock, file};

/// The interval at which a waiting process asks whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// A turn, held until it is dropped.
#[derive(Debug)]
pub struct Turn {
    path: PathBuf,
    _own: FileLock,
}

impl Turn {
    /// Waits for the turn; `stop` says whether to stop waiting.
    pub fn take(repo: &Repo, stop: &dyn Fn() -> bool) -> Result<Self, MergeError> {
        let directory = place::queue(repo);
        let failed = || GitError::io(&directory);
        let (number, turn) = draw(&directory).map_err(failed())?;
        for earlier in numbers(&directory).map_err(failed())? {
            if earlier >= number {
                break;
            }
            let path = directory.join(earlier.to_string());
            match wait(&path, stop).map_err(failed())? {
                // The file of somebody who died stays behind.
                Some(_held) => file::remove_if_exists(&path).map_err(failed())?,
                None => return Err(MergeError::Interrupted),
            }
        }
        Ok(turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Behind the lock's end the file says nothing, and the next to look takes it away.
        let _ = file::remove_if_exists(&self.path);
    }
}

fn draw(directory: &Path) -> io::Result<(u64, Turn)> {
    // Two draw one after the other, each with the other's number before its eyes.
    let _drawing = FileLock::acquire(&directory.join("draw"))?;
    let number = numbers(directory)?.last().map_or(0, |last| last + 1);
    let path = directory.join(number.to_string());
    let own = FileLock::acquire(&path)?;
    Ok((number, Turn { path, _own: own }))
}

/// Waits for the lock on this file; `None` where `stop` says to stop.
fn wait(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<Option<FileLock>> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    // The system has no wait for a lock that ends at a given time; one that nobody hears of any
    // more is let go of as soon as it comes.
    std::thread::spawn(move || sender.send(FileLock::acquire(&path)));
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(lock) => return lock.map(Some),
            Err(RecvTimeoutError::Timeout) if stop() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
            Err(error @ RecvTimeoutError::Disconnected) => return Err(io::Error::other(error)),
        }
    }
}

fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let names = file::files_below(directory, &|_| false)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_has_a_higher_number_and_waits_for_the_lower() {
        let dir = tempfile::tempdir().unwrap();
        let (first, turn) = draw(dir.path()).unwrap();
        let (second, _other) = draw(dir.path()).unwrap();
        assert!(first < second);
        let path = dir.path().join(first.to_string());
        assert!(wait(&path, &|| true).unwrap().is_none());
        drop(turn);
        assert!(wait(&path, &|| false).unwrap().is_some());
    }

    #[test]
    fn nobody_waits_for_the_dead() {
        let dir = tempfile::tempdir().unwrap();
        file::write_atomically(&dir.path().join("3"), b"").unwrap();
        let (number, _turn) = draw(dir.path()).unwrap();
        assert_eq!(number, 4);
        assert!(wait(&dir.path().join("3"), &|| false).unwrap().is_some());
        assert_eq!(numbers(dir.path()).unwrap(), [3, 4]);
    }
}
