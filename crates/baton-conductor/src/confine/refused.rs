//! The paths that a confined command was refused, as it prints them.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use baton_core::confine::{Confinement, refused_path};
use baton_sys::file;

/// The number of paths that are told of a command, and of characters of a line.
const MOST: usize = 20;
const LONGEST: usize = 300;

/// A path outside of what a command may change, and the line in which it printed that the system refused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPath {
    /// The path.
    pub path: PathBuf,
    /// The line.
    pub line: String,
}

/// Reads a confined command's output for what it was refused. Nobody else knows: the kernel tells the command alone. Only a
/// path counts that this process could write and the command could not, so that the confinement is what refused it.
#[derive(Debug)]
pub struct Refusals {
    writable: Vec<PathBuf>,
    found: Vec<RefusedPath>,
}

impl Refusals {
    /// Those of a command that is confined so.
    pub fn of(confinement: &Confinement) -> Self {
        let writable = confinement.writable.iter();
        Self {
            writable: writable.filter_map(|path| file::resolved(path)).collect(),
            found: Vec::new(),
        }
    }

    /// Takes a line of output: text, or an event with texts in it.
    pub fn take(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let small = line.to_ascii_lowercase();
        let is_of_interest = ["denied", "eacces", "read-only"]
            .iter()
            .any(|word| small.contains(word));
        if !is_of_interest {
            return;
        }
        match serde_json::from_str(&line) {
            Ok(event @ Value::Object(_)) => self.take_event(&event),
            _ => self.take_text(&line),
        }
    }

    /// Returns the refused paths, in order, each once.
    pub fn found(self) -> Vec<RefusedPath> {
        self.found
    }

    fn take_event(&mut self, event: &Value) {
        match event {
            Value::String(text) => text.lines().for_each(|line| self.take_text(line)),
            Value::Array(values) => values.iter().for_each(|value| self.take_event(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.take_event(value)),
            _ => {}
        }
    }

    fn take_text(&mut self, line: &str) {
        let Some(path) = refused_path(line).and_then(|path| self.outside(path)) else {
            return;
        };
        if self.found.len() < MOST && self.found.iter().all(|known| known.path != path) {
            let line = line.trim().chars().take(LONGEST).collect();
            self.found.push(RefusedPath { path, line });
        }
    }

    /// The path, if the confinement alone keeps the command from it.
    fn outside(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        // What stands there is another thing for each process, or a device that a command may write to.
        let is_the_systems = ["/proc", "/sys", "/dev"]
            .iter()
            .any(|one| path.starts_with(one));
        if path.components().any(|part| part == Component::ParentDir)
            || is_the_systems && !path.starts_with("/dev/shm")
        {
            return None;
        }
        let parent = file::resolved(path.parent()?)?;
        let place = file::resolved(path)
            .unwrap_or_else(|| parent.join(path.file_name().unwrap_or_default()));
        let is_inside = self.writable.iter().any(|one| place.starts_with(one));
        let could_write =
            file::is_writable(&parent) && (!file::is_taken(path) || file::is_writable(path));
        (!is_inside && could_write).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lines that are told of a command that is confined to `worktree` in a directory beside `main`.
    fn told(lines: &[&str]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let at = file::resolved(root.path()).unwrap();
        for directory in ["worktree", "main"] {
            std::fs::create_dir(at.join(directory)).unwrap();
        }
        std::fs::write(at.join("main/there"), "").unwrap();
        let mut refusals = Refusals::of(&Confinement {
            writable: vec![at.join("worktree")],
            hidden: Vec::new(),
        });
        let here = at.display().to_string();
        for line in lines {
            refusals.take(line.replace("ROOT", &here).as_bytes());
        }
        let found = refusals.found().into_iter();
        found
            .map(|one| one.path.display().to_string().replace(&here, "ROOT"))
            .collect()
    }

    #[test]
    fn what_lies_outside_is_told_once() {
        let lines = [
            "sh: 1: cannot create ROOT/main/new: Permission denied",
            "touch: cannot touch 'ROOT/main/new': Permission denied",
            "rm: cannot remove 'ROOT/main/there': Permission denied",
        ];
        assert_eq!(told(&lines), ["ROOT/main/new", "ROOT/main/there"]);
    }

    #[test]
    fn a_text_in_an_event_counts() {
        let event = r#"{"type":"user","content":[{"text":"one\nbash: line 1: ROOT/main/new: Permission denied"}]}"#;
        assert_eq!(told(&[event]), ["ROOT/main/new"]);
    }

    #[test]
    fn nobody_is_accused_of_what_the_confinement_did_not_refuse() {
        for line in [
            "touch: cannot touch 'ROOT/worktree/read-only': Permission denied",
            "touch: cannot touch 'ROOT/main/nowhere/deep': Permission denied",
            "touch: cannot touch 'ROOT/main/../worktree/x': Permission denied",
            "bwrap: cannot open '/proc/self/uid_map': Permission denied",
            "cat ROOT/main/there: no such user",
            "made ROOT/main/there",
        ] {
            assert!(told(&[line]).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_link_into_the_worktree_leads_inside() {
        let root = tempfile::tempdir().unwrap();
        let at = file::resolved(root.path()).unwrap();
        std::fs::create_dir(at.join("worktree")).unwrap();
        std::os::unix::fs::symlink(at.join("worktree"), at.join("link")).unwrap();
        let mut refusals = Refusals::of(&Confinement {
            writable: vec![at.join("worktree")],
            hidden: Vec::new(),
        });
        let line = format!(
            "touch: cannot touch '{}/link/x': Permission denied",
            at.display()
        );
        refusals.take(line.as_bytes());
        assert!(refusals.found().is_empty());
    }
}
