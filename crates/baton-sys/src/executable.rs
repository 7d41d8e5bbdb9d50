//! Programs as files: which one is this, and how to put it somewhere.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::{command, file, shared};

/// A file to run, to read, and for its owner to write.
const SCRIPT_MODE: u32 = 0o755;

/// A file to run and to read.
const PROGRAM_MODE: u32 = 0o555;

/// The file of the running program.
pub fn current() -> io::Result<std::path::PathBuf> {
    std::env::current_exe()
}

/// True if the two describe one file, perhaps under two names.
pub fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// True if both names lead to one file.
pub fn are_one_file(one: &Path, other: &Path) -> bool {
    matches!((one.metadata(), other.metadata()), (Ok(one), Ok(other)) if is_same_file(&one, &other))
}

/// True if the system would run the file for this user, as git asks it before it runs a hook: also a file system may forbid it.
pub fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Returns true if the permissions of the file let a user run it.
pub fn is_marked(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// True if the system runs files of this directory: not where its file system is mounted so that it runs none.
pub fn runs_from(directory: &Path) -> io::Result<bool> {
    let probe = tempfile::NamedTempFile::new_in(directory)?;
    let mode = Permissions::from_mode(0o700);
    probe.as_file().set_permissions(mode)?;
    Ok(is_executable(probe.path()))
}

/// The command that runs this file as git runs a hook: a text that names no interpreter is one for the shell, which is told
/// from a program as shells do it, by the lack of a zero byte.
pub fn hook_command(path: &Path) -> Command {
    // One that may be run and not read is a program.
    let beginning = file::beginning(path, 128).ok().flatten();
    let is_program = |bytes: Vec<u8>| bytes.starts_with(b"#!") || bytes.contains(&0);
    if beginning.is_none_or(is_program) {
        return Command::new(path);
    }
    let mut shell = Command::new("/bin/sh");
    shell.arg(path);
    shell
}

/// The directories in which programs are looked for, as one text.
pub fn search_path() -> Option<String> {
    std::env::var("PATH").ok()
}

/// The first file on the search path that the system would run by this name, by its absolute path; one in
/// the directory `last` only where there is no other.
pub fn on_path(name: &str, last: Option<&str>) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let mut directories: Vec<_> = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .collect();
    directories.sort_by_key(|directory| last.is_some_and(|last| directory == Path::new(last)));
    let mut files = directories
        .into_iter()
        .map(|directory| directory.join(name));
    files
        .find(|file| is_executable(file))?
        .to_str()
        .map(str::to_owned)
}

/// True if the shell has something of this name to run: the file at this path, a program on its
/// search path, or a word of its own.
pub fn is_known_to_shell(name: &str) -> io::Result<bool> {
    // Not every shell looks whether a file that is named so could be run.
    if name.contains('/') {
        return Ok(is_executable(name.as_ref()));
    }
    let mut command = Command::new("sh");
    command.args(["-c", "command -v \"$1\" >/dev/null 2>&1", "sh", name]);
    command.stdin(Stdio::null());
    Ok(command::status(&mut command)?.success())
}

/// The SHA-256 of the file's content, in hexadecimal.
pub fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    let bytes = hasher.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Copies the program at `from` to `to` in one step: who runs `to` meanwhile, or after a crash,
/// runs the old program or the new one, whole. No one may write to it.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    put(to, PROGRAM_MODE, |file| {
        io::copy(&mut File::open(from)?, file).map(drop)
    })
}

/// Writes a script that anyone may run, in one step, in place of what had its name.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, SCRIPT_MODE, |file| file.write_all(bytes))
}

/// Puts a file of this mode and content in one step in place of what has its name.
fn put(path: &Path, mode: u32, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    shared::make_directories(directory)?;
    let mut temporary = tempfile::NamedTempFile::new_in(directory)?;
    fill(temporary.as_file_mut())?;
    let file = temporary.as_file();
    file.set_permissions(Permissions::from_mode(mode))?;
    shared::take_over(temporary.path());
    file.sync_all()?;
    // Closed first: the system runs no file that is open for writing.
    let closed = temporary.into_temp_path();
    closed.persist(path).map_err(|error| error.error)?;
    sync_directory(directory)
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_shell_knows_programs_and_its_own_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for (name, expected) in [
            ("ls", true),
            ("if", true),
            ("cd", true),
            ("/bin/sh", true),
            ("no-such-program", false),
            (file.to_str().unwrap(), false),
        ] {
            assert_eq!(is_known_to_shell(name).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_script_replaces_a_file_and_a_link_to_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("source"), "program").unwrap();
        copy(&at("source"), &at("program")).unwrap();
        let mode = |name: &str| at(name).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("program"), 0o555);
        assert!(!is_executable(&at("source")));
        fs::write(at("file"), "old").unwrap();
        std::os::unix::fs::symlink(at("source"), at("link")).unwrap();
        for name in ["file", "link", "fresh", "fresh"] {
            write(&at(name), b"new").unwrap();
            assert_eq!(fs::read(at(name)).unwrap(), b"new");
            assert_eq!(mode(name), 0o755);
            assert!(!at(name).is_symlink());
        }
        assert_eq!(fs::read(at("source")).unwrap(), b"program");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 5);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_put_has_been_closed_before_it_has_its_name() {
        use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
        let dir = tempfile::tempdir().unwrap();
        let events = inotify::init(CreateFlags::NONBLOCK).unwrap();
        let watched = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO;
        inotify::add_watch(&events, dir.path(), watched).unwrap();
        write(&dir.path().join("hook"), b"#!/bin/sh\n").unwrap();
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&events, &mut buffer);
        let mut next = || reader.next().unwrap().events();
        assert_eq!(next(), ReadFlags::CLOSE_WRITE);
        assert_eq!(next(), ReadFlags::MOVED_TO);
    }

    #[test]
    fn the_digest_is_the_usual_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("empty");
        fs::write(&path, "").unwrap();
        assert!(digest(&path).unwrap().starts_with("e3b0c44298fc1c14"));
    }
}
