//! Several at work at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// Has each item worked on, at most `at_once` at the same time, and gives each answer to `done`
/// as it comes. The first error of `done` is returned, once those at work, which see by the
/// function they are given that they are to stop, have ended.
pub fn each<T: Send, R: Send, E>(
    items: Vec<T>,
    at_once: usize,
    work: &(dyn Fn(T, &(dyn Fn() -> bool + Sync)) -> R + Sync),
    done: &mut dyn FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let workers = at_once.clamp(1, items.len().max(1));
    let items = Mutex::new(items.into_iter());
    let cancelled = AtomicBool::new(false);
    let stop = || cancelled.load(Ordering::Relaxed);
    let mut first = Ok(());
    std::thread::scope(|scope| {
        let (answers, answered) = mpsc::channel();
        for _ in 0..workers {
            let (items, stop, answers) = (&items, &stop, answers.clone());
            scope.spawn(move || {
                while !stop() {
                    let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(item) = item else { break };
                    // The caller may have gone.
                    answers.send(work(item, stop)).ok();
                }
            });
        }
        drop(answers);
        for answer in answered {
            if first.is_ok() {
                first = done(answer);
            }
            if first.is_err() {
                cancelled.store(true, Ordering::Relaxed);
            }
        }
    });
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn as_many_as_may_work_at_once() {
        let meet = Barrier::new(2);
        let mut seen = Vec::new();
        let worked = each(
            vec![1, 2, 3, 4],
            2,
            &|item, _| {
                meet.wait();
                item * 10
            },
            &mut |answer| {
                seen.push(answer);
                Ok::<(), ()>(())
            },
        );
        seen.sort();
        assert_eq!((worked, seen), (Ok(()), vec![10, 20, 30, 40]));
    }

    #[test]
    fn an_error_stops_the_rest() {
        let worked = each(
            (0..100).collect(),
            1,
            &|item, stop| (item, stop()),
            &mut |(item, _)| match item {
                0 => Ok(()),
                _ => Err(item),
            },
        );
        assert_eq!(worked, Err(1));
        assert_eq!(
            each(Vec::<u8>::new(), 3, &|_, _| (), &mut |()| Err(())),
            Ok(())
        );
    }
}
