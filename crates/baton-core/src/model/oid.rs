use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A git object id, SHA-1 (20 bytes) or SHA-256 (32 bytes).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid {
    len: u8,
    bytes: [u8; 32],
}

/// Why a text or a byte string is not an object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object id: 40 or 64 hexadecimal digits are expected")]
pub struct OidError(pub String);

impl Oid {
    /// The id made of these raw bytes, which must be 20 or 32.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, OidError> {
        if raw.len() != 20 && raw.len() != 32 {
            return Err(OidError(format!("{} bytes", raw.len())));
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Ok(Self {
            len: raw.len() as u8,
            bytes,
        })
    }

    /// The id written in hexadecimal, either case.
    pub fn from_hex(hex: &[u8]) -> Result<Self, OidError> {
        let error = || OidError(String::from_utf8_lossy(hex).into_owned());
        if hex.len() != 40 && hex.len() != 64 {
            return Err(error());
        }
        let mut raw = [0; 32];
        for (byte, pair) in raw.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |c: u8| (c as char).to_digit(16);
            let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or_else(error)?;
            *byte = (high << 4 | low) as u8;
        }
        Self::from_bytes(&raw[..hex.len() / 2])
    }

    /// The raw bytes, 20 or 32.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len as usize]
    }

    /// True if this is the all-zeros id by which git says "no object".
    pub fn is_null(&self) -> bool {
        self.as_bytes().iter().all(|byte| *byte == 0)
    }

    /// The first ten digits, for people to read.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl FromStr for Oid {
    type Err = OidError;

    fn from_str(hex: &str) -> Result<Self, OidError> {
        Self::from_hex(hex.as_bytes())
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Oid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Oid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_for_both_hashes() {
        for hex in [
            "0123456789abcdef0123456789abcdef01234567".to_owned(),
            "ab".repeat(32),
        ] {
            assert_eq!(hex.parse::<Oid>().unwrap().to_string(), hex);
        }
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        for hex in ["", "abc", &"0".repeat(41), &"g".repeat(40), &"é".repeat(20)] {
            assert!(hex.parse::<Oid>().is_err(), "{hex}");
        }
    }

    #[test]
    fn zeros_of_either_length_are_null() {
        assert!("0".repeat(40).parse::<Oid>().unwrap().is_null());
        assert!("0".repeat(64).parse::<Oid>().unwrap().is_null());
        assert!(
            !format!("{}1", "0".repeat(39))
                .parse::<Oid>()
                .unwrap()
                .is_null()
        );
    }
}
