//! Values that cannot be guessed, and that no two processes get twice.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read};

/// 128 random bits as 32 hexadecimal digits.
pub fn id() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// 32 hexadecimal digits that no other process has, where a guess gains nothing: they come
/// from the randomness with which the standard library seeds its hash tables, and cannot fail.
pub fn name() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_id_and_no_name_comes_twice() {
        let one = super::id().unwrap();
        assert_eq!(one.len(), 32);
        assert_ne!(one, super::id().unwrap());
        assert_eq!(super::name().len(), 32);
        assert_ne!(super::name(), super::name());
    }
}
