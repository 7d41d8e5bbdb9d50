//! What a CI service says about the change it runs for.

use serde_json::Value;

use super::file;

/// The stretch of history that a CI run is about, in the words of its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CiRange {
    /// A pull or merge request: the tip of the branch it would go into, and its own tip.
    Request {
        /// The target, a revision.
        target: String,
        /// What would go in, a revision.
        tip: String,
    },
    /// A push: the tip before (`None` for a new branch) and after it.
    Push {
        /// What the branch named before.
        before: Option<String>,
        /// What it names now.
        after: String,
        /// The repository's default branch, where it is known.
        default_branch: Option<String>,
    },
}

/// The range that the environment names; `None` outside CI, and for events that are about no
/// change.
///
/// Sources: GitHub's "Variables reference" and "Webhook events and payloads"; GitLab's
/// "Predefined CI/CD variables reference".
pub fn range() -> std::io::Result<Option<CiRange>> {
    if value("GITHUB_ACTIONS").is_some() {
        return github();
    }
    Ok(value("GITLAB_CI").and_then(|_| gitlab()))
}

fn github() -> std::io::Result<Option<CiRange>> {
    let event = match value("GITHUB_EVENT_PATH") {
        Some(path) => file::read_if_exists(path.as_ref())?.unwrap_or_default(),
        None => Vec::new(),
    };
    let event: Value = serde_json::from_slice(&event).unwrap_or_default();
    let text = |pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    if let (Some(target), Some(tip)) = (
        text("/pull_request/base/sha"),
        text("/pull_request/head/sha"),
    ) {
        return Ok(Some(CiRange::Request { target, tip }));
    }
    if let (Some(target), Some(tip)) =
        (text("/merge_group/base_sha"), text("/merge_group/head_sha"))
    {
        return Ok(Some(CiRange::Request { target, tip }));
    }
    Ok(text("/after").map(|after| CiRange::Push {
        before: text("/before").filter(|before| !is_zeros(before)),
        after,
        default_branch: text("/repository/default_branch"),
    }))
}

fn gitlab() -> Option<CiRange> {
    if let Some(target) = value("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
        let tip = value("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| value("CI_COMMIT_SHA"))?;
        return Some(CiRange::Request { target, tip });
    }
    Some(CiRange::Push {
        before: value("CI_COMMIT_BEFORE_SHA").filter(|before| !is_zeros(before)),
        after: value("CI_COMMIT_SHA")?,
        default_branch: value("CI_DEFAULT_BRANCH"),
    })
}

fn is_zeros(oid: &str) -> bool {
    oid.bytes().all(|byte| byte == b'0')
}

fn value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
