use super::Oid;

/// The record of one path in a tree or an index: its mode and the object it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// The mode as git writes it in a tree, in octal: 100644, 100755, 120000, 160000 or 40000.
    pub mode: u32,
    /// The object: a blob, a tree, or, for a submodule, a commit of another repository.
    pub oid: Oid,
}

/// The kinds of entry that a path can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file, executable or not.
    File,
    /// A symbolic link.
    Symlink,
    /// A submodule: a commit of another repository.
    Submodule,
    /// A directory.
    Tree,
}

impl Entry {
    /// The kind by the mode.
    pub fn kind(&self) -> EntryKind {
        EntryKind::of(self.mode)
    }
}

impl EntryKind {
    /// The kind by the mode's type bits, read as git reads them: what is no directory, link or
    /// submodule is a file (old histories hold modes such as 100664).
    pub fn of(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Tree,
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Submodule,
            _ => Self::File,
        }
    }
}
