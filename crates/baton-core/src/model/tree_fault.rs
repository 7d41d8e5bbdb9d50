use std::fmt;

use bstr::BString;

/// An entry of a tree as git would not write it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MalformedEntry {
    /// Its path, or that of the tree where that cannot be taken apart.
    pub path: BString,
    /// The fault.
    pub fault: TreeFault,
}

/// A fault of a tree's entry that `git fsck` finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TreeFault {
    /// Another entry of the tree has the same name.
    Duplicate,
    /// The entry before it sorts behind it.
    Unsorted,
    /// Its mode begins with a zero.
    ZeroPadded,
    /// No git gives an entry this mode.
    OddMode(u32),
    /// Its id is all zeros.
    NullId,
    /// Its name is `.` or `..`.
    Dot,
    /// Its name is `.git`, or is taken for it by HFS+ or NTFS.
    DotGit,
    /// A slash is in its name.
    Slash,
    /// It is a list of submodules that is a symbolic link.
    LinkedModules,
    /// The tree cannot be taken apart.
    Unreadable,
    /// It lies below more directories than git checks out.
    TooDeep,
}

impl fmt::Display for TreeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "a directory holds two entries of this name",
            Self::Unsorted => "a directory is not sorted at this entry",
            Self::ZeroPadded => "the mode of this entry begins with a zero",
            Self::OddMode(mode) => return write!(f, "this entry has the mode {mode:o}"),
            Self::NullId => "this entry names no object, its id is all zeros",
            Self::Dot => "this entry is named `.` or `..`",
            Self::DotGit => "this entry is `.git` to some file system",
            Self::Slash => "the name of this entry holds a slash",
            Self::LinkedModules => "this list of submodules is a symbolic link",
            Self::Unreadable => "this directory cannot be taken apart",
            Self::TooDeep => "this directory lies deeper than git checks out",
        })
    }
}
