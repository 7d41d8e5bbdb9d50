//! The confinement by Landlock, and by seccomp what Landlock does not know.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::ConfineError;
use baton_core::confine::Confinement;

/// The oldest Landlock that keeps a file's content: before it, `truncate` was free.
const OLDEST: ABI = ABI::V3;

/// The first that keeps signals and abstract sockets.
const WITH_SCOPES: ABI = ABI::V6;

/// The devices that any program may write to: the terminal, and what swallows or gives bytes.
const DEVICES: [&str; 8] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
];

/// `TIOCSTI` and `TIOCLINUX`, the same on each processor for which there is a filter; the type of libc's is not.
const TYPING: [u64; 2] = [0x5412, 0x541c];

/// A confinement as the kernel knows it.
#[derive(Debug)]
pub struct Room {
    rules: RulesetCreated,
    filter: BpfProgram,
}

impl Room {
    /// Has the kernel know the confinement.
    pub fn new(confinement: &Confinement) -> Result<Self, ConfineError> {
        let handled = match confinement.hidden.is_empty() {
            true => AccessFs::from_write(OLDEST),
            false => AccessFs::from_write(OLDEST) | AccessFs::ReadFile,
        };
        let unsupported = |error: RulesetError| ConfineError::Unsupported(error.to_string());
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(handled)
            .map_err(unsupported)?
            .set_compatibility(CompatLevel::BestEffort)
            .scope(Scope::from_all(WITH_SCOPES))
            .map_err(unsupported)?;
        let mut rules = rules.create().map_err(unsupported)?;
        // No device: who is root could make the disk's and write to that.
        let below = AccessFs::from_write(OLDEST) & !(AccessFs::MakeChar | AccessFs::MakeBlock);
        for path in &confinement.writable {
            rules = allow(rules, path, below)?;
        }
        for path in DEVICES.map(Path::new) {
            if path.exists() {
                rules = allow(rules, path, AccessFs::WriteFile.into())?;
            }
        }
        if !confinement.hidden.is_empty() {
            for path in confinement.readable(&entries) {
                // What is gone meanwhile, or cannot be opened, nobody reads.
                if std::fs::symlink_metadata(&path).is_ok() && PathFd::new(&path).is_ok() {
                    rules = allow(rules, &path, AccessFs::ReadFile.into())?;
                }
            }
        }
        Ok(Self {
            rules,
            filter: filter()?,
        })
    }

    /// Confines the calling thread, and what it starts.
    pub fn enter(&self) -> Result<(), ConfineError> {
        let refused = |error: &dyn std::fmt::Display| ConfineError::Refused(error.to_string());
        let rules = self.rules.try_clone().map_err(|error| refused(&error))?;
        rules.restrict_self().map_err(|error| refused(&error))?;
        match self.filter.is_empty() {
            true => Ok(()),
            false => seccompiler::apply_filter(&self.filter).map_err(|error| refused(&error)),
        }
    }
}

fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, ConfineError> {
    let failed = |source| ConfineError::Path {
        path: path.to_owned(),
        source,
    };
    let is_directory = path.metadata().map_err(failed)?.is_dir();
    let access = match is_directory {
        true => access,
        false => access & AccessFs::from_file(OLDEST),
    };
    let opened = PathFd::new(path).map_err(|error| failed(std::io::Error::other(error)))?;
    rules
        .add_rule(PathBeneath::new(opened, access))
        .map_err(|error| failed(std::io::Error::other(error)))
}

/// The paths in a directory, without links.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let entries = entries.flatten();
    let entries = entries.filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
    entries.map(|entry| entry.path()).collect()
}

/// The filter that keeps a program from typing into the terminal, for whoever reads it next. Empty on a processor for which there is none.
fn filter() -> Result<BpfProgram, ConfineError> {
    let Ok(processor) = std::env::consts::ARCH.try_into() else {
        return Ok(BpfProgram::new());
    };
    let is = |request: u64| {
        // The kernel takes a request's lower half alone.
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    };
    let built = TYPING
        .into_iter()
        .map(is)
        .collect::<Result<Vec<_>, _>>()
        .and_then(|rules| {
            SeccompFilter::new(
                [(libc::SYS_ioctl, rules)].into(),
                SeccompAction::Allow,
                SeccompAction::Errno(libc::EPERM as u32),
                processor,
            )
        })
        .and_then(BpfProgram::try_from);
    built.map_err(|error| ConfineError::Refused(error.to_string()))
}

/// True where the kernel knows scopes.
pub fn keeps_signals() -> bool {
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .scope(Scope::from_all(WITH_SCOPES));
    rules.and_then(Ruleset::create).is_ok()
}
