//! Why a session stays out of the entry. Pure.

use bstr::BString;

use crate::session::Location;

/// A session left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its number.
    pub number: String,
    /// Why.
    pub why: Obstacle,
}

/// Why a session cannot be aggregated now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The handoff file carries it.
    #[error("it is in the handoff file already")]
    Aggregated,
    /// The handoff file carries its number with another summary.
    #[error(
        "its number is in the handoff file already, and with another summary than {0}; what that \
         says needs a session of its own"
    )]
    Superseded(String),
    /// An agent works on it.
    #[error("it is still active: {at}; {}", .at.remedy())]
    Active {
        /// Where.
        at: Box<Location>,
    },
    /// No process goes on with it.
    #[error(
        "it was given up; `git baton session summary --session` with a summary ends it after all"
    )]
    Abandoned,
    /// Its record cannot be read.
    #[error("its record cannot be read: {0}; `git baton doctor` tells what to do")]
    Damaged(String),
    /// No summary was written.
    #[error("it has no summary; `git baton session summary` stores one")]
    NoSummary,
    /// The branch has no log of it.
    #[error("the branch has no log of it; commit the log, and merge its branch first")]
    NoLog,
    /// A log of its number names another summary, or none that there can be.
    #[error(
        "a log of it names another summary, or none yet: {path}; for the summary that is there the \
         line would be `{line}`"
    )]
    OtherSummary {
        /// The log.
        path: BString,
        /// The line that would name the summary.
        line: String,
    },
    /// Its log names no summary, and the policy asks for that.
    #[error("its log does not name its summary; it needs the line `{0}`, committed on its branch")]
    Unbound(String),
    /// Its number has logs of several days.
    #[error("there are logs of that number of several days; name it `YYYY-MM-DD/{0}`")]
    SeveralLogs(String),
    /// Two summaries say different things.
    #[error("its summaries differ: {0}; keep one of them")]
    Disagreement(String),
    /// Nothing is known of it.
    #[error("nothing is known of a session of that number")]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orchestrators_page_explains_what_stands_in_the_way() {
        let page = include_str!("../../../../templates/ORCHESTRATOR.md");
        for obstacle in [
            Obstacle::Active { at: Box::default() },
            Obstacle::NoLog,
            Obstacle::NoSummary,
            Obstacle::Disagreement(String::new()),
            Obstacle::OtherSummary {
                path: BString::default(),
                line: String::new(),
            },
            Obstacle::Unbound(String::new()),
        ] {
            let said = obstacle.to_string();
            let start = said.split([';', ':']).next().unwrap();
            assert!(page.contains(&format!("| `{start}` |")), "{start}");
        }
    }
}
