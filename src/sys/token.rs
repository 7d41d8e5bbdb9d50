//! Words that nobody else has.

use std::hash::{BuildHasher, RandomState};

/// 16 hexadecimal digits, others at each call in whatever process on whatever machine. No secret:
/// they come from the randomness with which the standard library seeds its hash tables.
pub fn unique() -> String {
    format!("{:016x}", RandomState::new().hash_one(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let words: std::collections::BTreeSet<_> = (0..100).map(|_| unique()).collect();
        assert_eq!(words.len(), 100);
    }
}
