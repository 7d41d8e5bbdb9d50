//! The result of a confined command's work.

use std::path::PathBuf;

use baton_core::model::{Oid, RefName};
use baton_core::report::escape;

/// The fate of the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchFate {
    /// It is where it was.
    Unmoved,
    /// The repository has it at this commit now.
    Moved(Oid),
    /// It did not move, since the judge refused its new commit, or another process moved it meanwhile.
    Refused {
        /// The commit, kept.
        commit: Oid,
        /// Git's or the hook's words.
        reason: String,
    },
}

/// The result of a confined command's work, once it is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The branch.
    pub branch: RefName,
    /// The outcome.
    pub fate: BranchFate,
    /// The other references made: branches and tags, under the names by which they are kept.
    pub kept: Vec<RefName>,
    /// Why the private git directory stays for the next command.
    pub stays: Option<&'static str>,
    /// The files whose permissions were put back.
    pub repaired: Vec<PathBuf>,
    /// What the command had put in the place of the file `.git`, and where it is now.
    pub moved: Option<PathBuf>,
    /// Why what the command did is not back, and where its git directory is kept.
    pub failed: Option<String>,
    /// The other messages.
    pub told: Vec<String>,
}

impl Report {
    /// The report on a command that left everything as it was.
    pub fn unmoved(branch: RefName) -> Self {
        Self {
            branch,
            fate: BranchFate::Unmoved,
            kept: Vec::new(),
            stays: None,
            repaired: Vec::new(),
            moved: None,
            failed: None,
            told: Vec::new(),
        }
    }

    /// True if all is back and nothing was refused.
    pub fn is_whole(&self) -> bool {
        let is_refused = matches!(self.fate, BranchFate::Refused { .. });
        !is_refused && self.repaired.is_empty() && self.failed.is_none()
    }

    /// Returns the reason why the work is not all on the branch, in a sentence.
    pub fn obstacle(&self) -> Option<String> {
        if let BranchFate::Refused { reason, .. } = &self.fate {
            return Some(format!("its commits are refused: {}", reason.trim()));
        }
        let stays = self.stays.map(str::to_owned);
        self.failed.clone().or(stays)
    }

    /// Returns the lines that a person has to read.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let branch = self.branch.readable().into_owned();
        if let BranchFate::Refused { commit, reason } = &self.fate {
            lines.push(format!("{branch} was not moved to {}:", commit.short()));
            let reasons = reason.lines().filter(|line| !line.trim().is_empty());
            lines.extend(reasons.map(|line| format!("  {}", escape::visible(line.as_bytes()))));
            lines.push("the commits stay in the worktree's confined git directory: mend them with another `git baton exec`".to_owned());
        }
        lines.extend(self.failed.clone());
        for name in &self.kept {
            lines.push(format!(
                "made inside, and kept as {}",
                escape::visible(name)
            ));
        }
        if let Some(why) = self.stays {
            lines.push(format!("{why}: go on with another `git baton exec`"));
        }
        for path in &self.repaired {
            lines.push(format!(
                "the command changed the permissions of {}; they are put back",
                path.display()
            ));
        }
        if let Some(path) = &self.moved {
            lines.push(format!(
                "the command replaced the file .git; what it put there is {}",
                path.display()
            ));
        }
        lines.extend(self.told.iter().cloned());
        lines
    }
}
