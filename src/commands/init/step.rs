//! The treatment of each file.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use diffy::{DiffOptions, PatchFormatter};
use miette::{IntoDiagnostic, WrapErr};

use crate::scaffold::{self, Choices, Existing, Scaffold};
use baton_core::policy::POLICY_PATH;
use baton_core::report::escape;
use baton_sys::{file, worktree_file};

use super::Rules;

/// The treatment of one file.
pub struct Step {
    /// The file.
    pub file: Scaffold,
    /// Its content before.
    pub found: Option<Vec<u8>>,
    /// Its treatment.
    pub action: Action,
}

/// The treatment of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is written where there is none.
    Create,
    /// It takes the place of another, of which a copy is kept.
    Replace,
    /// It says what it should.
    Nothing,
    /// It says something else, and stays.
    Leave,
    /// It is the repository's own.
    Keep,
    /// It is not written: the rules in force can never change.
    Refuse,
}

/// Looks at every place before anything is written. Where there is a policy already, the handoff
/// document is under its rules and is not begun here.
pub fn plan(
    root: &Path,
    choices: &Choices,
    force: bool,
    rules: Rules,
) -> Result<Vec<Step>, worktree_file::WorktreeFileError> {
    let waits = worktree_file::read(root, POLICY_PATH)?.is_some();
    let is_begun = worktree_file::read(root, scaffold::HANDOFF_PATH)?.is_some();
    let takes_handoff = rules == Rules::None && (!waits || is_begun);
    let files = scaffold::files(choices).into_iter();
    files
        .filter(|file| takes_handoff || file.path != scaffold::HANDOFF_PATH)
        .map(|file| {
            let found = worktree_file::read(root, file.path)?;
            let is_rule = [POLICY_PATH, scaffold::SIGNERS_PATH].contains(&file.path);
            let action = match &found {
                Some(bytes) if bytes.replace("\r\n", "\n") == file.text.as_bytes() => {
                    Action::Nothing
                }
                Some(_) if file.existing == Existing::Theirs && !force => Action::Keep,
                _ if is_rule && rules == Rules::Frozen => Action::Refuse,
                None => Action::Create,
                Some(_) if file.path == scaffold::HANDOFF_PATH => Action::Keep,
                Some(_) if file.path == scaffold::GITLAB_PIPELINE => Action::Keep,
                Some(_) if force => Action::Replace,
                Some(_) => Action::Leave,
            };
            Ok(Step {
                file,
                found,
                action,
            })
        })
        .collect()
}

impl Step {
    /// Writes the file, once a copy of what is there is kept below `copies`; gives what became of it.
    pub fn execute(&self, root: &Path, copies: &Path) -> miette::Result<String> {
        let path = self.file.path;
        let write = || worktree_file::write(root, path, self.file.text.as_bytes());
        Ok(match self.action {
            Action::Create => {
                write()?;
                format!("created    {path}\n")
            }
            Action::Replace => {
                let found = self.found.as_deref().unwrap_or_default();
                let copy = keep_copy(copies, root, path, found)?;
                write()?;
                let copy = copy.display();
                format!(
                    "replaced   {path}, of which {copy} is a copy\n{}",
                    self.diff()
                )
            }
            Action::Nothing => format!("unchanged  {path}\n"),
            Action::Leave => format!("left       {path}, which differs:\n{}", self.diff()),
            Action::Keep => format!("kept       {path}, which is yours\n"),
            Action::Refuse => format!(
                "left       {path}: the rules were committed without a maintainer, and can never change\n"
            ),
        })
    }

    /// From what is there to what `init` writes.
    fn diff(&self) -> String {
        let found = escape::invalid_bytes(self.found.as_deref().unwrap_or_default());
        let header = (
            format!("a/{}", self.file.path),
            format!("b/{}", self.file.path),
        );
        let mut options = DiffOptions::new();
        options.set_original_filename(header.0);
        options.set_modified_filename(header.1);
        let patch = options.create_patch(&found, &self.file.text);
        let format = PatchFormatter::new().missing_newline_message(false);
        let diff = format.fmt_patch(&patch).to_string();
        let lines = diff.lines().map(|line| escape::visible(line.as_bytes()));
        lines.map(|line| line + "\n").collect()
    }

    /// True if the file is new here.
    pub fn is_written(&self) -> bool {
        matches!(self.action, Action::Create | Action::Replace)
    }
}

/// Keeps what is at a path below `root` under a name of its own below `copies`.
pub fn keep_copy(copies: &Path, root: &Path, path: &str, found: &[u8]) -> miette::Result<PathBuf> {
    let name = copy_name(path);
    let mut copy = copies.join(&name);
    let mut number = 1;
    while file::is_taken(&copy) {
        number += 1;
        copy = copies.join(format!("{name}.{number}"));
    }
    let kept = file::make_directory(copies);
    kept.and_then(|()| file::write_copy(&root.join(path), &copy, found))
        .into_diagnostic()
        .wrap_err_with(|| format!("{path} cannot be kept as {}", copy.display()))?;
    Ok(copy)
}

/// The name of the first copy of what was at a path.
pub fn copy_name(path: &str) -> String {
    path.replace('/', "-")
}
