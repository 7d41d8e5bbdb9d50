//! The settings that a merge depends on beside its commits.

use std::path::PathBuf;

use bstr::ByteSlice;
use sha2::{Digest, Sha256};

use crate::{GitError, Repo};
use baton_sys::{config_home, file};

/// The sections of git's configuration that can change what a merge comes to.
const SECTIONS: [&str; 5] = ["merge.", "diff.", "core.", "filter.", "attr."];

/// A digest of git's version, of its settings that can matter to a merge, and of the attributes
/// that are in no tree: results found under one are not to be trusted under another.
pub fn settings_digest(repo: &Repo) -> Result<String, GitError> {
    let program = repo.program();
    let mut digest = Sha256::new();
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    add(&program.version_said()?.1);
    let settings = program.output(["config", "--list", "-z"])?;
    for setting in settings.split(|byte| *byte == 0) {
        if SECTIONS
            .iter()
            .any(|section| setting.starts_with(section.as_bytes()))
        {
            add(setting);
        }
    }
    let names_attributes = |setting: &[u8]| setting.starts_with(b"core.attributesfile\n");
    let is_named = settings.split(|byte| *byte == 0).any(names_attributes);
    for path in attribute_files(repo, is_named)? {
        let content = file::read_if_exists(&path).ok().flatten();
        add(&content.unwrap_or_default());
    }
    let digest = digest.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The files in which gitattributes(5) says that attributes are, but for the tree; the settings may name one of them.
fn attribute_files(repo: &Repo, is_named: bool) -> Result<Vec<PathBuf>, GitError> {
    let args = ["config", "--type=path", "--get", "core.attributesFile"];
    let configured = match is_named {
        true => repo.program().answer_or_none(args)?,
        false => None,
    };
    let own = match configured {
        Some(path) => Some(repo.program().directory().join(path.trim().to_path_lossy())),
        None => config_home().map(|home| home.join("git/attributes")),
    };
    let shared = repo.common_dir().join("info/attributes");
    let everybodys = PathBuf::from("/etc/gitattributes");
    Ok([shared, everybodys].into_iter().chain(own).collect())
}
