use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::DemoError;

/// The directory in which the demonstration is built.
pub enum Stage {
    /// One that is deleted with this value.
    Passing {
        /// Deletes it.
        directory: TempDir,
        /// Its path without symbolic links.
        path: PathBuf,
    },
    /// One that stays; its path without symbolic links.
    Kept(PathBuf),
}

impl Stage {
    /// Uses this directory, which must be empty or not exist yet, and without one a temporary
    /// directory.
    pub fn new(keep: Option<&Path>) -> Result<Self, DemoError> {
        let Some(path) = keep else {
            let temporary = std::env::temp_dir();
            let directory = tempfile::Builder::new()
                .prefix("git-baton-demo-")
                .tempdir()
                .map_err(DemoError::io(temporary))?;
            let path = canonical(directory.path())?;
            return Ok(Self::Passing { directory, path });
        };
        fs::create_dir_all(path).map_err(DemoError::io(path))?;
        let mut entries = fs::read_dir(path).map_err(DemoError::io(path))?;
        match entries.next() {
            None => Ok(Self::Kept(canonical(path)?)),
            Some(_) => Err(DemoError::Occupied(path.to_owned())),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Passing { path, .. } | Self::Kept(path) => path,
        }
    }
}

fn canonical(path: &Path) -> Result<PathBuf, DemoError> {
    fs::canonicalize(path).map_err(DemoError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_stage_goes_and_a_named_one_stays() {
        let stage = Stage::new(None).unwrap();
        let path = stage.path().to_owned();
        fs::write(path.join("file"), "").unwrap();
        drop(stage);
        assert!(!path.exists());
        let around = tempfile::tempdir().unwrap();
        let named = around.path().join("a/b c");
        drop(Stage::new(Some(&named)).unwrap());
        assert!(named.is_dir());
    }

    #[test]
    fn what_is_there_is_not_built_over() {
        let around = tempfile::tempdir().unwrap();
        fs::write(around.path().join("file"), "").unwrap();
        assert!(matches!(
            Stage::new(Some(around.path())),
            Err(DemoError::Occupied(_))
        ));
    }
}
