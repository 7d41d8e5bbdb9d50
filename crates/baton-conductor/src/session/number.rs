//! Sessions' numbers: decimal integers of any length, without leading zeros.

/// The most digits of a number that a user may ask for: a claim must not outlive a log whose name
/// no file system takes.
pub const MAX_ASKED_DIGITS: usize = 9;

/// The most digits of a number from which counting goes on. Longer ones stand in foreign logs only.
pub const MAX_COUNTED_DIGITS: usize = 18;

/// Returns the key that sorts numbers by value.
pub fn key(number: &str) -> (usize, &str) {
    (number.len(), number)
}

/// The number after this one.
pub fn after(number: &str) -> String {
    let nines = number.len() - number.trim_end_matches('9').len();
    let (head, _) = number.split_at(number.len() - nines);
    let raised = match head.as_bytes().split_last() {
        Some((last, rest)) => {
            let rest = &head[..rest.len()];
            format!("{rest}{}", char::from(last + 1))
        }
        None => "1".to_owned(),
    };
    raised + &"0".repeat(nines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_carries() {
        for (number, next) in [("0", "1"), ("9", "10"), ("19", "20"), ("1099", "1100")] {
            assert_eq!(after(number), next);
        }
        assert_eq!(after(&"9".repeat(50)), format!("1{}", "0".repeat(50)));
    }

    #[test]
    fn numbers_sort_by_value() {
        assert!(key("9") < key("10"));
        assert!(key("19") < key("21"));
    }
}
