//! The files that a confined command may reach: a description, which the operating system is asked to enforce elsewhere.

mod refused;

use std::path::{Path, PathBuf};

pub use refused::refused_path;

/// The paths that a confined command may change, and those whose content it may not read. It reads everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Directories, with all below them, and files that it may change.
    pub writable: Vec<PathBuf>,
    /// Directories, with all below them, and files that it may not read.
    pub hidden: Vec<PathBuf>,
}

/// A hidden path that cannot be hidden, and the writable one that it meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The hidden path.
    pub hidden: PathBuf,
    /// The writable one.
    pub writable: PathBuf,
}

impl Confinement {
    /// The first hidden path inside of a writable one. The kernel grants rights by directory and takes none away below, so
    /// that hiding one file there would hide each new file beside it.
    pub fn overlap(&self) -> Option<Overlap> {
        self.hidden.iter().find_map(|hidden| {
            let writable = self.writable.iter().find(|one| hidden.starts_with(one))?;
            Some(Overlap {
                hidden: hidden.clone(),
                writable: writable.clone(),
            })
        })
    }

    /// The paths below which everything may be read: all of the root but what is hidden. `list` names what lies in a
    /// directory, without links, whose targets have a place of their own.
    pub fn readable(&self, list: &dyn Fn(&Path) -> Vec<PathBuf>) -> Vec<PathBuf> {
        let mut readable = Vec::new();
        let mut open = vec![PathBuf::from("/")];
        while let Some(path) = open.pop() {
            if self.hidden.contains(&path) {
                continue;
            }
            match self.hidden.iter().any(|hidden| hidden.starts_with(&path)) {
                true => open.extend(list(&path)),
                false => readable.push(path),
            }
        }
        readable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Vec<PathBuf> {
        paths.iter().map(PathBuf::from).collect()
    }

    fn list(directory: &Path) -> Vec<PathBuf> {
        let all = ["/home", "/usr", "/home/me", "/home/me/.ssh", "/home/me/src"];
        let all = paths(&all);
        let inside = all.into_iter();
        inside
            .filter(|path| path.parent() == Some(directory))
            .collect()
    }

    #[test]
    fn all_but_the_hidden_is_readable() {
        let mut confinement = Confinement {
            hidden: paths(&["/home/me/.ssh"]),
            ..Confinement::default()
        };
        let mut readable = confinement.readable(&list);
        readable.sort();
        assert_eq!(readable, paths(&["/home/me/src", "/usr"]));
        confinement.hidden.clear();
        assert_eq!(confinement.readable(&list), paths(&["/"]));
    }

    #[test]
    fn what_is_hidden_lies_outside_of_what_is_writable() {
        let confinement = Confinement {
            writable: paths(&["/home/me/src"]),
            hidden: paths(&["/home/me/src2", "/home/me/src/.env"]),
        };
        let overlap = confinement.overlap().unwrap();
        assert_eq!(overlap.hidden, Path::new("/home/me/src/.env"));
    }
}
