//! What nobody can guess, and no two processes get twice.

use std::fs::File;
use std::io::{self, Read};

/// 128 random bits as 32 hexadecimal digits.
pub fn id() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_id_comes_twice() {
        let one = super::id().unwrap();
        assert_eq!(one.len(), 32);
        assert_ne!(one, super::id().unwrap());
    }
}
