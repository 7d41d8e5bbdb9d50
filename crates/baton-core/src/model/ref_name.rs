//! Names of references, as types: the full name of any of them, and the short name of a branch.
//!
//! Names are bytes, as git has them. Neither type turns into the other, or into a text, but by a method that says which
//! form comes out. This is the only module that knows where branches lie.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use bstr::{BStr, BString, ByteSlice};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The prefix of the full names of remote-tracking branches.
const TRACKED: &[u8] = b"refs/remotes/";

/// The full name of a reference: `refs/heads/main`, `refs/tags/v1`, `HEAD`.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefName(BString);

/// The short name of a branch: `main` for `refs/heads/main`.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BranchName(BString);

impl RefName {
    /// The reference of this full name, which is not checked.
    pub fn new(full: impl Into<BString>) -> Self {
        Self(full.into())
    }

    /// The name's bytes.
    pub fn as_bstr(&self) -> &BStr {
        self.0.as_bstr()
    }

    /// True if it is a branch.
    pub fn is_branch(&self) -> bool {
        is_branch(self.as_bstr())
    }

    /// The short name, if it is a branch.
    pub fn branch(&self) -> Option<BranchName> {
        short(self.as_bstr()).map(BranchName::new)
    }

    /// The branch that it is, or that it follows as a remote-tracking branch.
    pub fn branch_or_tracked(&self) -> Option<BranchName> {
        match self.0.strip_prefix(TRACKED) {
            Some(tracked) => Some(BranchName::new(tracked.split_once_str("/")?.1)),
            None => self.branch(),
        }
    }

    /// The name for people: short for a branch, full for another reference.
    pub fn readable(&self) -> Cow<'_, str> {
        short(self.as_bstr())
            .unwrap_or(self.as_bstr())
            .to_str_lossy()
    }
}

impl BranchName {
    /// The prefix of the full names of branches.
    pub const PREFIX: &'static str = "refs/heads/";

    /// The branch of this short name, which is not checked.
    pub fn new(short: impl Into<BString>) -> Self {
        Self(short.into())
    }

    /// The branch of this name, which may be short or full.
    pub fn given(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        Self::new(name.strip_prefix(Self::PREFIX.as_bytes()).unwrap_or(name))
    }

    /// The full name.
    pub fn full(&self) -> RefName {
        RefName([Self::PREFIX.as_bytes(), &self.0].concat().into())
    }

    /// The short name's bytes.
    pub fn short(&self) -> &BStr {
        self.0.as_bstr()
    }

    /// The remote-tracking branch that follows it at this remote.
    pub fn tracked_at(&self, remote: &BStr) -> RefName {
        RefName([TRACKED, remote, b"/", &self.0].concat().into())
    }
}

/// True if this full name is a branch's.
pub fn is_branch(full: &BStr) -> bool {
    full.starts_with(BranchName::PREFIX.as_bytes())
}

/// The short name of the branch of this full name.
pub(crate) fn short(full: &BStr) -> Option<&BStr> {
    full.strip_prefix(BranchName::PREFIX.as_bytes())
        .map(ByteSlice::as_bstr)
}

impl Deref for RefName {
    type Target = BStr;

    fn deref(&self) -> &BStr {
        self.as_bstr()
    }
}

impl AsRef<[u8]> for RefName {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<BStr> for RefName {
    fn as_ref(&self) -> &BStr {
        self.as_bstr()
    }
}

impl Borrow<BStr> for RefName {
    fn borrow(&self) -> &BStr {
        self.as_bstr()
    }
}

impl PartialEq<str> for RefName {
    fn eq(&self, full: &str) -> bool {
        self.0 == full
    }
}

impl PartialEq<&str> for RefName {
    fn eq(&self, full: &&str) -> bool {
        self.0 == *full
    }
}

impl PartialEq<BStr> for RefName {
    fn eq(&self, full: &BStr) -> bool {
        self.as_bstr() == full
    }
}

impl PartialEq<&BStr> for RefName {
    fn eq(&self, full: &&BStr) -> bool {
        self.as_bstr() == *full
    }
}

/// As a text, bytes that are no UTF-8 are replaced.
macro_rules! text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0.to_str_lossy())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }
    )*};
}

text!(RefName, BranchName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_has_a_full_and_a_short_name() {
        let branch = BranchName::new("auto/x");
        assert_eq!(branch.full(), "refs/heads/auto/x");
        assert_eq!(branch.full().branch(), Some(branch.clone()));
        assert_eq!(branch.to_string(), "auto/x");
        for name in ["auto/x", "refs/heads/auto/x"] {
            assert_eq!(BranchName::given(name), branch);
        }
    }

    #[test]
    fn a_short_name_that_looks_full_stays_apart() {
        let odd = BranchName::new("refs/heads/x");
        assert_eq!(odd.full(), "refs/heads/refs/heads/x");
        assert_eq!(odd.full().branch(), Some(odd));
    }

    #[test]
    fn other_references_are_no_branches() {
        for name in ["HEAD", "refs/heads", "refs/tags/v1", "refs/headsx/a"] {
            assert_eq!(RefName::new(name).branch(), None, "{name}");
            assert!(!RefName::new(name).is_branch(), "{name}");
            assert_eq!(RefName::new(name).readable(), name);
        }
    }

    #[test]
    fn a_tracking_branch_follows_one_of_its_name() {
        let branch = BranchName::new("a/b");
        let tracking = branch.tracked_at("origin".into());
        assert_eq!(tracking, "refs/remotes/origin/a/b");
        assert_eq!(tracking.branch_or_tracked(), Some(branch.clone()));
        assert_eq!(branch.full().branch_or_tracked(), Some(branch));
        assert_eq!(RefName::new("refs/remotes/x").branch_or_tracked(), None);
    }

    #[test]
    fn names_are_texts_in_json() {
        let name: RefName = serde_json::from_str("\"refs/heads/é\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"refs/heads/é\"");
        let short = name.branch().unwrap();
        assert_eq!(serde_json::to_string(&short).unwrap(), "\"é\"");
    }
}
