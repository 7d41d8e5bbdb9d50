//! A policy that cannot be read.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};
use thiserror::Error;

use baton_core::model::Oid;
use baton_core::policy::{NoMaintainer, PolicyError, SignersError};

/// A commit whose policy cannot be read.
#[derive(Debug)]
pub struct UnreadablePolicy {
    /// The commit.
    pub commit: Oid,
    /// The fault of its policy.
    pub fault: Arc<PolicyFault>,
}

/// The fault of the policy that a commit carries.
#[derive(Debug, Error, Diagnostic)]
pub enum PolicyFault {
    /// The policy is invalid.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Policy(#[from] PolicyError),

    /// The list of signers is invalid.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Signers(#[from] SignersError),

    /// The policy leaves no maintainer who could change it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NoMaintainer(#[from] NoMaintainer),

    /// The policy or the list of signers is no file.
    #[error("{path} in {commit} is not a regular file")]
    #[diagnostic(help("put the file back, in a commit that a maintainer signs (`git commit -S`)"))]
    NoFile {
        /// The path.
        path: String,
        /// The commit.
        commit: Oid,
    },
}

impl fmt::Display for UnreadablePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl Error for UnreadablePolicy {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

impl Diagnostic for UnreadablePolicy {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.fault.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.fault.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.fault.labels()
    }
}

impl UnreadablePolicy {
    /// The fault, in one line.
    pub fn reason(&self) -> String {
        match self.source() {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}
