//! Whose turn it is to land: first come, first served, among the processes of this machine.
//!
//! Everybody draws a number and holds a lock on the file of that name; whoever has no lower number
//! before it that is still held has its turn. The system lets go of the lock of a process that
//! dies, so that nobody waits for the dead.

use std::path::Path;
use std::time::Duration;

use super::{MergeError, place};
use crate::git::{GitError, Repo};
use crate::sys::{FileLock, file};

/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(20);

/// A turn, held until it is dropped.
#[derive(Debug)]
pub struct Turn {
    path: std::path::PathBuf,
    _own: FileLock,
}

impl Turn {
    /// Waits for the turn; `stop` says whether to stop waiting.
    pub fn take(repo: &Repo, stop: &dyn Fn() -> bool) -> Result<Self, MergeError> {
        let directory = place::queue(repo);
        let (number, turn) = draw(&directory).map_err(GitError::io(&directory))?;
        loop {
            if !is_preceded(&directory, number).map_err(GitError::io(&directory))? {
                return Ok(turn);
            }
            if stop() {
                return Err(MergeError::Interrupted);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Behind the lock's end the file says nothing, and the next to look takes it away.
        let _ = file::remove_if_exists(&self.path);
    }
}

fn draw(directory: &Path) -> std::io::Result<(u64, Turn)> {
    // Two draw one after the other, each with the other's number before its eyes.
    let _drawing = FileLock::acquire(&directory.join("draw"))?;
    let number = numbers(directory)?.last().map_or(0, |last| last + 1);
    let path = directory.join(number.to_string());
    let own = FileLock::acquire(&path)?;
    Ok((number, Turn { path, _own: own }))
}

/// Whether somebody holds a lower number. The files of the dead go.
fn is_preceded(directory: &Path, number: u64) -> std::io::Result<bool> {
    for earlier in numbers(directory)? {
        if earlier >= number {
            return Ok(false);
        }
        let path = directory.join(earlier.to_string());
        match FileLock::try_acquire(&path)? {
            None => return Ok(true),
            Some(_abandoned) => file::remove_if_exists(&path)?,
        }
    }
    Ok(false)
}

fn numbers(directory: &Path) -> std::io::Result<Vec<u64>> {
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
        assert!(!is_preceded(dir.path(), first).unwrap());
        assert!(is_preceded(dir.path(), second).unwrap());
        drop(turn);
        assert!(!is_preceded(dir.path(), second).unwrap());
    }

    #[test]
    fn nobody_waits_for_the_dead() {
        let dir = tempfile::tempdir().unwrap();
        file::write_atomically(&dir.path().join("3"), b"").unwrap();
        let (number, _turn) = draw(dir.path()).unwrap();
        assert_eq!(number, 4);
        assert!(!is_preceded(dir.path(), number).unwrap());
        assert_eq!(numbers(dir.path()).unwrap(), [4]);
    }
}
