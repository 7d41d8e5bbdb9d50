//! The change that a CI run is about, as its service describes it.
//!
//! Sources: GitHub's "Variables reference" and "Webhook events and payloads"; GitLab's
//! "Predefined CI/CD variables reference".

use serde_json::Value;

use super::file;
use baton_core::model::{BranchName, RefName};

/// The subject of a CI run, in the words of its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CiRange {
    /// A pull or merge request, or a group of them in a queue.
    Request {
        /// The tip of the branch it would go into, or a commit below it; a revision.
        target: String,
        /// The tip that would go in, a revision.
        tip: String,
        /// The full name of the branch it would go into, where it is known.
        branch: Option<RefName>,
    },
    /// A push to a branch, or a run on a branch as it is.
    Push(CiPush),
    /// A change that brings no commit to a branch: there is nothing to judge, for this reason.
    Nothing(&'static str),
    /// A run that is about no change, started by this event.
    NoChange(String),
    /// The service's description of the event cannot be read, for this reason.
    Unreadable(String),
}

/// A push to a branch, as a CI service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiPush {
    /// The full name of the branch, where it is known.
    pub branch: Option<RefName>,
    /// The commit before the push; `None` for a new branch, and where nothing was pushed.
    pub before: Option<String>,
    /// The commit after it.
    pub after: String,
    /// The short name of the repository's default branch, where it is known.
    pub default_branch: Option<BranchName>,
}

impl CiPush {
    /// The default branch, when another one was pushed to.
    pub fn left(&self) -> Option<&BranchName> {
        let default = self.default_branch.as_ref()?;
        let own = self.branch.as_ref()?.branch()?;
        (own != *default).then_some(default)
    }
}

/// The events of GitHub that begin a run on a branch as it is.
const ABOUT_NO_CHANGE: [&str; 3] = ["schedule", "workflow_dispatch", "repository_dispatch"];
const TAG: &str = "a tag was pushed, and the rules hold on branches";
const DELETION: &str = "the branch was deleted";

/// The subject of this run by the environment; `None` outside CI.
pub fn range() -> std::io::Result<Option<CiRange>> {
    if value("GITHUB_ACTIONS").is_some() {
        return Ok(Some(github(value, &github_event()?)));
    }
    Ok(value("GITLAB_CI").map(|_| gitlab(value)))
}

/// The event as GitHub tells it, or why it cannot be read.
fn github_event() -> std::io::Result<Result<Value, String>> {
    let Some(path) = value("GITHUB_EVENT_PATH") else {
        return Ok(Err("GITHUB_EVENT_PATH is not set".to_owned()));
    };
    Ok(match file::read_if_exists(path.as_ref())? {
        Some(bytes) => {
            let parsed = serde_json::from_slice(&bytes);
            parsed.map_err(|error| format!("GITHUB_EVENT_PATH, {path}, holds no JSON: {error}"))
        }
        None => Err(format!("GITHUB_EVENT_PATH, {path}, is not there")),
    })
}

/// A run on a branch as it is needs no event.
fn github(value: impl Fn(&str) -> Option<String>, told: &Result<Value, String>) -> CiRange {
    let name = value("GITHUB_EVENT_NAME");
    let event = told.as_ref().unwrap_or(&Value::Null);
    let text = |pointer: &str| {
        let value = event.pointer(pointer).and_then(Value::as_str);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    if let (Some(target), Some(tip)) = (
        text("/pull_request/base/sha"),
        text("/pull_request/head/sha"),
    ) {
        let branch = text("/pull_request/base/ref").map(|short| BranchName::new(short).full());
        return CiRange::Request {
            target,
            tip,
            branch,
        };
    }
    if let (Some(target), Some(tip)) =
        (text("/merge_group/base_sha"), text("/merge_group/head_sha"))
    {
        let branch = text("/merge_group/base_ref").map(RefName::new);
        return CiRange::Request {
            target,
            tip,
            branch,
        };
    }
    let is_about_no_change = |name: &String| ABOUT_NO_CHANGE.contains(&name.as_str());
    let (after, branch) = match (text("/after"), value("GITHUB_SHA")) {
        (Some(after), _) => (after, text("/ref")),
        (None, Some(at)) if name.as_ref().is_some_and(is_about_no_change) => {
            (at, value("GITHUB_REF"))
        }
        _ => {
            if let Err(reason) = told {
                return CiRange::Unreadable(reason.clone());
            }
            let name = name.unwrap_or_else(|| "an event without a name".to_owned());
            return CiRange::NoChange(name);
        }
    };
    let branch = branch.map(RefName::new);
    if branch.as_ref().is_some_and(|name| !name.is_branch()) {
        return CiRange::Nothing(TAG);
    }
    if is_zeros(&after) {
        return CiRange::Nothing(DELETION);
    }
    CiRange::Push(CiPush {
        branch,
        before: text("/before").filter(|before| !is_zeros(before)),
        after,
        default_branch: text("/repository/default_branch").map(BranchName::new),
    })
}

fn gitlab(value: impl Fn(&str) -> Option<String>) -> CiRange {
    let source = value("CI_PIPELINE_SOURCE");
    let Some(commit) = value("CI_COMMIT_SHA") else {
        return CiRange::NoChange(source.unwrap_or_else(|| "an unknown source".to_owned()));
    };
    if let Some(target) = gitlab_target(&value) {
        return CiRange::Request {
            target,
            tip: gitlab_tip(&value).unwrap_or(commit),
            branch: value("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
                .map(|short| BranchName::new(short).full()),
        };
    }
    if value("CI_COMMIT_TAG").is_some() {
        return CiRange::Nothing(TAG);
    }
    let Some(branch) = value("CI_COMMIT_BRANCH") else {
        return CiRange::NoChange(source.unwrap_or_else(|| "an unknown source".to_owned()));
    };
    CiRange::Push(CiPush {
        branch: Some(BranchName::new(branch).full()),
        before: value("CI_COMMIT_BEFORE_SHA").filter(|before| !is_zeros(before)),
        after: commit,
        default_branch: value("CI_DEFAULT_BRANCH").map(BranchName::new),
    })
}

/// The commit at which the merge request begins. GitLab tells the tip of the target only in a pipeline for
/// merged results; in another one, the merge base.
fn gitlab_target(value: impl Fn(&str) -> Option<String>) -> Option<String> {
    value("CI_MERGE_REQUEST_TARGET_BRANCH_SHA").or_else(|| value("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
}

/// The commit that a pipeline for merged results has merged; its own is thrown away. `None` where
/// the pipeline's commit itself would go in: without a merge, and in a merge train.
fn gitlab_tip(value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let train = value("CI_MERGE_REQUEST_EVENT_TYPE").is_some_and(|kind| kind == "merge_train");
    value("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").filter(|_| !train)
}

fn is_zeros(oid: &str) -> bool {
    oid.bytes().all(|byte| byte == b'0')
}

fn value(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gitlab_of(set: &[(&str, &str)]) -> CiRange {
        let find = |name: &str| set.iter().find(|(key, _)| *key == name);
        gitlab(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    fn request(target: &str, tip: &str) -> CiRange {
        CiRange::Request {
            target: target.to_owned(),
            tip: tip.to_owned(),
            branch: Some(RefName::new("refs/heads/main")),
        }
    }

    const MERGE_REQUEST: [(&str, &str); 3] = [
        ("CI_COMMIT_SHA", "c0"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "ba"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
    ];

    #[test]
    fn a_detached_merge_request_runs_from_its_merge_base_to_its_own_commit() {
        assert_eq!(gitlab_of(&MERGE_REQUEST), request("ba", "c0"));
    }

    #[test]
    fn merged_results_leave_their_temporary_merge_out_and_a_train_keeps_it() {
        let mut set = MERGE_REQUEST.to_vec();
        set.push(("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "50"));
        set.push(("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "7a"));
        set.push(("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"));
        assert_eq!(gitlab_of(&set), request("7a", "50"));
        set.pop();
        set.push(("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train"));
        assert_eq!(gitlab_of(&set), request("7a", "c0"));
    }

    #[test]
    fn a_run_by_the_clock_is_about_the_branch_as_it_is() {
        for branch in ["main", "work"] {
            let range = gitlab_of(&[
                ("CI_PIPELINE_SOURCE", "schedule"),
                ("CI_COMMIT_SHA", "c0"),
                ("CI_COMMIT_BEFORE_SHA", "0000"),
                ("CI_COMMIT_BRANCH", branch),
                ("CI_DEFAULT_BRANCH", "main"),
            ]);
            let CiRange::Push(push) = range else {
                panic!("{range:?}");
            };
            assert_eq!((push.before, push.after.as_str()), (None, "c0"));
        }
        let by_hand = |name: &'static str| {
            let find = move |key: &str| match key {
                "GITHUB_EVENT_NAME" => Some(name.to_owned()),
                "GITHUB_SHA" => Some("c0".to_owned()),
                "GITHUB_REF" => Some("refs/heads/main".to_owned()),
                _ => None,
            };
            github(find, &Ok(Value::Null))
        };
        for name in ABOUT_NO_CHANGE {
            assert!(matches!(by_hand(name), CiRange::Push(_)), "{name}");
        }
        for name in ["push", "pull_request", "merge_group", "issues"] {
            assert_eq!(by_hand(name), CiRange::NoChange(name.to_owned()));
        }
    }

    #[test]
    fn an_event_that_names_no_commit_is_about_no_change() {
        let named = |key: &str| (key != "GITHUB_REF").then(|| "push".to_owned());
        for event in ["[]", r#"{"after":7}"#, r#"{"after":""}"#] {
            let range = github(named, &Ok(serde_json::from_str(event).unwrap()));
            assert_eq!(range, CiRange::NoChange("push".to_owned()), "{event}");
        }
        let reason = "it is not there".to_owned();
        let range = github(named, &Err(reason.clone()));
        assert_eq!(range, CiRange::Unreadable(reason));
        let by_clock = |key: &str| match key {
            "GITHUB_EVENT_NAME" => Some("schedule".to_owned()),
            key => named(key),
        };
        let range = github(by_clock, &Err(String::new()));
        assert!(matches!(range, CiRange::Push(_)), "{range:?}");
    }
}
