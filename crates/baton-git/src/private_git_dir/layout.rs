//! The files with which a private git directory begins.

use std::io;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use crate::{GitError, Repo};
use baton_core::model::{BranchName, Oid, RefName};
use baton_sys::file::{self, FileStat};

/// Directories that git looks for.
const DIRECTORIES: [&str; 5] = [
    "objects/pack",
    "objects/info",
    BranchName::PREFIX,
    "info",
    "baton",
];

/// Files of the common git directory that a private one has too.
const COMMON: [&str; 3] = ["shallow", "info/exclude", "info/attributes"];

/// Files of the worktree's git directory that a private one has too.
const OWN: [&str; 3] = ["index", "info/sparse-checkout", "baton/session"];

/// Makes a private git directory at this path, where one for the same branch may be that nobody has changed since: what is
/// there is left as it is. `HEAD`, without which it is none, comes last.
pub fn create(path: &Path, repo: &Repo, branch: &RefName) -> Result<BString, GitError> {
    let head = [b"ref: ", branch.as_bstr().as_bytes(), b"\n"].concat();
    let held = path.join("HEAD");
    let held = file::read_if_exists(&held).map_err(GitError::io(held))?;
    if held.is_none_or(|held| held != head) {
        file::remove_all_if_exists(path).map_err(GitError::io(path))?;
    }
    for name in DIRECTORIES {
        let directory = path.join(name);
        file::make_directory(&directory).map_err(GitError::io(directory))?;
    }
    // An agent's own sandbox opens only directories that are there.
    let name = branch.to_string();
    let logs = path.join("logs").join(&name);
    let places = [path.join(&name), logs, path.join("refs/baton/records")];
    for directory in places.iter().filter_map(|place| place.parent()) {
        file::make_directory(directory).map_err(GitError::io(directory))?;
    }
    let write = |name: &str, bytes: &[u8]| {
        let file = path.join(name);
        file::write_if_other(&file, bytes).map_err(GitError::io(file))
    };
    let mut objects = repo.common_dir().join("objects").into_os_string();
    objects.push("\n");
    write("objects/info/alternates", objects.as_encoded_bytes())?;
    write("config", &config(repo))?;
    let refs = packed_refs(repo)?;
    write("packed-refs", &refs)?;
    let copy = |from: &Path, name: &str| {
        let to = path.join(name);
        copy(&from.join(name), &to).map_err(GitError::io(to))
    };
    for name in COMMON {
        copy(repo.common_dir(), name)?;
    }
    for name in OWN {
        copy(repo.git_dir(), name)?;
    }
    for shared in entries(repo.git_dir())? {
        let name = shared.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("sharedindex.") {
            copy(repo.git_dir(), &name)?;
        }
    }
    link(&repo.common_dir().join("hooks"), &path.join("hooks"))?;
    link_records(repo, path)?;
    write("HEAD", &head)?;
    Ok(refs)
}

/// Has the one file be as the other is, or not be there either.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let key = |stat: FileStat| (stat.size, stat.modified, stat.mode);
    let stats = (FileStat::of(from)?, FileStat::of(to)?);
    match stats {
        (None, None) => Ok(()),
        (None, Some(_)) => file::remove_if_exists(to),
        (Some(one), Some(other)) if key(one) == key(other) => Ok(()),
        _ => file::copy_if_exists(from, to).map(drop),
    }
}

/// Baton's files of this machine, to be read: the installation, the journal of judged commits, earlier hooks.
fn link_records(repo: &Repo, path: &Path) -> Result<(), GitError> {
    for record in entries(&repo.baton_dir())? {
        let Some(name) = record.file_name() else {
            continue;
        };
        let to = path.join("baton").join(name);
        let is_lock = Path::new(name).extension().is_some_and(|end| end == "lock");
        let is_copy = file::is_taken(&to) && !file::is_link(&to);
        if name != "confined" && !is_lock && !is_copy {
            link(&record, &to)?;
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, GitError> {
    file::entries(directory).map_err(GitError::io(directory))
}

/// Has a link lead there, whatever had its name.
fn link(target: &Path, path: &Path) -> Result<(), GitError> {
    let leads = file::link_target(path).ok();
    if leads.is_some_and(|leads| leads == target.as_os_str().as_encoded_bytes()) {
        return Ok(());
    }
    let removed = file::remove_if_exists(path);
    let linked = removed.and_then(|()| file::link_to(target, path));
    linked.map_err(GitError::io(path))
}

/// The settings: the repository's, but for those that name its own place, and for what would run on behind a command.
fn config(repo: &Repo) -> Vec<u8> {
    let mut text = BString::default();
    let mut section = |name: &str, values: &[(&str, &[u8])]| {
        text.extend_from_slice(format!("[{name}]\n").as_bytes());
        for (key, value) in values {
            text.extend_from_slice(format!("\t{key} = ").as_bytes());
            text.extend_from_slice(&quoted(value));
            text.push(b'\n');
        }
    };
    let is_sha256 = repo.objects().id_len() == 32;
    let version = if is_sha256 { b"1" } else { b"0" };
    section("core", &[("repositoryFormatVersion", version)]);
    if is_sha256 {
        section("extensions", &[("objectFormat", b"sha256")]);
    }
    for file in [
        repo.common_dir().join("config"),
        repo.git_dir().join("config.worktree"),
    ] {
        if file::is_file(&file) {
            section("include", &[("path", file.as_os_str().as_encoded_bytes())]);
        }
    }
    let root = repo.work_tree().unwrap_or(repo.git_dir());
    section(
        "core",
        &[
            ("bare", b"false"),
            ("worktree", root.as_os_str().as_encoded_bytes()),
            ("fsmonitor", b"false"),
        ],
    );
    section("gc", &[("auto", b"0")]);
    section("maintenance", &[("auto", b"false")]);
    text.into()
}

/// A value as git reads one in double quotes (`git-config(1)`).
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in value {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', *byte]),
            b'\n' => quoted.extend(b"\\n"),
            _ => quoted.push(*byte),
        }
    }
    quoted.push(b'"');
    quoted
}

/// References of one worktree, and the stashes, whose list is a log that is not copied.
const NOT_SHARED: [&[u8]; 4] = [
    b"refs/stash",
    b"refs/bisect/",
    b"refs/worktree/",
    b"refs/rewritten/",
];

/// All references, as git packs them.
fn packed_refs(repo: &Repo) -> Result<BString, GitError> {
    let mut text = BString::from("# pack-refs with: sorted \n");
    for (name, id) in repo.refs().below("refs/")? {
        if NOT_SHARED.iter().any(|one| name.starts_with(one)) {
            continue;
        }
        text.extend_from_slice(format!("{id} ").as_bytes());
        text.extend_from_slice(&name);
        text.push(b'\n');
    }
    Ok(text)
}

/// The references of such a text.
pub fn parse_packed(text: &[u8]) -> Vec<(RefName, Oid)> {
    let lines = text.lines().filter_map(|line| line.split_once_str(" "));
    let named = lines.filter_map(|(id, name)| {
        let id = Oid::from_hex(id).ok()?;
        Some((RefName::new(name), id))
    });
    named.collect()
}
