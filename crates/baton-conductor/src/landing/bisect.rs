//! Which link of a chain breaks it.

/// The least position in `passed + 1..=failed` at which `holds` says no, where it says yes at
/// `passed` and no at `failed`, and no everywhere behind the first no.
///
/// Asks about the binary logarithm of their distance, and never of the two that are known.
pub fn first_bad<E>(
    passed: usize,
    failed: usize,
    mut holds: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    let (mut good, mut bad) = (passed, failed);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match holds(middle)? {
            true => good = middle,
            false => bad = middle,
        }
    }
    Ok(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_does_not_hold_is_found_in_few_steps() {
        for last in 1..40 {
            for culprit in 1..=last {
                let mut asked = 0;
                let found = first_bad(0, last, |at| {
                    asked += 1;
                    assert!(at > 0 && at < last);
                    Ok::<_, ()>(at < culprit)
                });
                assert_eq!(found, Ok(culprit));
                assert!(asked <= 6, "{asked} of {last}");
            }
        }
    }

    #[test]
    fn an_error_ends_the_search() {
        assert_eq!(first_bad(0, 8, |_| Err("no")), Err("no"));
    }
}
