//! The files that `git baton init` writes, and their text.

pub mod auto_context;
pub mod signers;

use auto_context::Parallelization;
pub use baton_core::policy::SIGNERS_PATH;
use baton_core::policy::{POLICY_PATH, SETTINGS_PATH};

/// The services for which there is a job that judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CiService {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
}

impl CiService {
    /// The files of its job.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Github => &[GITHUB_JOB],
            Self::Gitlab => &[GITLAB_JOB, GITLAB_PIPELINE],
        }
    }
}

/// The wishes of the person who calls `init`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The service whose job is written.
    pub ci: Option<CiService>,
    /// The text of the list of signers.
    pub signers: Option<String>,
    /// True if the rules are written alone.
    pub guard_only: bool,
    /// The branch on which work lands, in short.
    pub branch: Option<String>,
    /// The agent that works, where it is not the default one.
    pub agent: Option<String>,
    /// The settings that are taken over from an earlier tool.
    pub parallelization: Parallelization,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    /// Its path from the repository's root, `/` between its parts.
    pub path: &'static str,
    /// Its text.
    pub text: String,
    /// The treatment of a file that is there already and differs.
    pub existing: Existing,
}

/// The treatment of a file that is there already and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It belongs to Baton, and is replaced when that is asked for.
    Replaceable,
    /// It belongs to the repository, and stays.
    Theirs,
}

/// The handoff document of the default policy.
pub const HANDOFF_PATH: &str = ".agents/HANDOFF.md";
/// The file in which a GitLab pipeline begins.
pub const GITLAB_PIPELINE: &str = ".gitlab-ci.yml";
/// The job for GitLab, which the pipeline includes.
pub const GITLAB_JOB: &str = ".gitlab/ci/baton.yml";
/// The pages that agents read: paths and texts.
const PAGES: [(&str, &str); 3] = [
    (
        ".agents/SESSION-PROTOCOL.md",
        include_str!("../../templates/SESSION-PROTOCOL.md"),
    ),
    (
        ".agents/ORCHESTRATOR.md",
        include_str!("../../templates/ORCHESTRATOR.md"),
    ),
    (
        ".agents/PARALLEL-EXECUTION.md",
        include_str!("../../templates/PARALLEL-EXECUTION.md"),
    ),
];
const GITHUB_JOB: &str = ".github/workflows/baton.yml";
/// The files by which a service's job is known to be there.
pub const JOBS: [(&str, CiService); 2] = [
    (GITHUB_JOB, CiService::Github),
    (GITLAB_JOB, CiService::Gitlab),
];

/// The files that these choices ask for.
pub fn files(choices: &Choices) -> Vec<Scaffold> {
    let mut files = vec![theirs(POLICY_PATH, &policy(choices))];
    if let Some(text) = &choices.signers {
        files.push(ours(SIGNERS_PATH, text.clone()));
    }
    if !choices.guard_only {
        let settings = settings(choices);
        files.extend(settings.map(|text| theirs(SETTINGS_PATH, &text)));
        files.push(theirs(
            HANDOFF_PATH,
            include_str!("../../templates/HANDOFF.md"),
        ));
        files.extend(PAGES.map(|(path, text)| ours(path, text.to_owned())));
    }
    match choices.ci {
        None => {}
        Some(CiService::Github) => files.push(ours(
            GITHUB_JOB,
            versioned(include_str!("../../templates/github/baton.yml")),
        )),
        Some(CiService::Gitlab) => files.extend([
            ours(
                GITLAB_JOB,
                versioned(include_str!("../../templates/gitlab/baton.yml")),
            ),
            theirs(
                GITLAB_PIPELINE,
                include_str!("../../templates/gitlab/gitlab-ci.yml"),
            ),
        ]),
    }
    files
}

/// The section on the protocol in a page that agents read, where this is the handoff document.
pub fn agents_section(handoff: &str) -> String {
    include_str!("../../templates/AGENTS.md").replace("@HANDOFF@", handoff)
}

fn ours(path: &'static str, text: String) -> Scaffold {
    Scaffold {
        path,
        text,
        existing: Existing::Replaceable,
    }
}

fn theirs(path: &'static str, text: &str) -> Scaffold {
    Scaffold {
        path,
        text: text.to_owned(),
        existing: Existing::Theirs,
    }
}

/// The job installs the release that wrote it.
fn versioned(template: &str) -> String {
    template.replace("@VERSION@", env!("CARGO_PKG_VERSION"))
}

/// The settings that fit the agents found here; `None` where the defaults do.
fn settings(choices: &Choices) -> Option<String> {
    let mut found = choices.parallelization.settings();
    let agent = choices.agent.as_ref();
    found.extend(agent.map(|agent| ("agent", format!("{agent:?}"))));
    let lines: Vec<_> = found
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "# How we work here with Baton. Anyone may change this file; `git baton policy show` prints every\n\
             # setting, and `git config baton.conductor.agent codex` changes one for a single clone.\n\
             [conductor]\n{}",
            lines.concat()
        )
    })
}

/// The rules, and the job's file as a protected path. Without signers that file could not be changed any
/// more: the entry is only a suggestion then.
fn policy(choices: &Choices) -> String {
    let paths = choices.ci.unwrap_or(CiService::Github).paths();
    let active = choices.ci.is_some() && choices.signers.is_some();
    let mark = if active { "" } else { "# " };
    let branch = choices.branch.as_deref().unwrap_or("main");
    let mut text = include_str!("../../templates/baton.toml").replace("@BRANCH@", branch);
    if branch != "main" {
        text.push_str(&format!("# [merge]\n# into = {branch:?}\n"));
    }
    for line in [
        "[[protected]]",
        &format!("paths = {paths:?}"),
        "writer = \"maintainers\"",
    ] {
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;
    use baton_core::model::BranchName;
    use baton_core::policy::settings::Layer;
    use baton_core::policy::{Policy, Settings, Writer};

    fn choices(ci: Option<CiService>, signers: bool) -> Choices {
        Choices {
            ci,
            signers: signers.then(|| "# nobody\n".to_owned()),
            ..Choices::default()
        }
    }

    fn written(choices: &Choices, path: &str) -> String {
        let mut files = files(choices).into_iter();
        files.find(|file| file.path == path).unwrap().text
    }

    #[test]
    fn the_policy_is_the_default_one() {
        for ci in [None, Some(CiService::Github), Some(CiService::Gitlab)] {
            let text = written(&choices(ci, false), POLICY_PATH);
            let policy = Policy::parse(POLICY_PATH, text.as_bytes()).unwrap();
            assert_eq!(policy, Policy::default());
            assert!(text.lines().count() < 20, "{text}");
        }
    }

    #[test]
    fn what_the_policy_suggests_is_a_policy_and_follows_the_branch() {
        for branch in ["main", "trunk"] {
            let choices = Choices {
                branch: Some(branch.to_owned()),
                ..choices(None, false)
            };
            let text = written(&choices, POLICY_PATH);
            let is_key = |line: &&str| line.contains(" = ") || line.starts_with("# [");
            let lines = text.lines().filter(is_key);
            let lines: Vec<_> = lines.map(|line| line.trim_start_matches("# ")).collect();
            let policy = Policy::parse(POLICY_PATH, lines.join("\n").as_bytes()).unwrap();
            let rule = policy.branch_rule(&BranchName::new(branch).full());
            assert!(rule.is_some(), "{text}");
            assert_eq!(policy.merge.landing_branch(), branch);
        }
    }

    #[test]
    fn the_settings_take_over_what_was_said_before() {
        let yaml = b"parallelization: {enabled: false, min_tasks: 2, max_agents: 9, \
                     auto_cleanup: false, retry_on_failure: 7}";
        let choices = Choices {
            parallelization: Parallelization::read(yaml).unwrap(),
            ..Choices::default()
        };
        let text = written(&choices, SETTINGS_PATH);
        let layer = Layer::file(SETTINGS_PATH, text.as_bytes()).unwrap();
        let taken = Settings::load(&[layer]).unwrap().conductor;
        assert!(!taken.enabled && !taken.auto_cleanup);
        let numbers = (taken.min_tasks, taken.max_agents, taken.retry_on_failure);
        assert_eq!(numbers, (2, 9, 7));
        let mut files = files(&Choices::default()).into_iter();
        assert!(files.all(|file| file.path != SETTINGS_PATH));
    }

    #[test]
    fn a_job_is_the_maintainers_once_there_are_any() {
        for (ci, path) in [
            (CiService::Github, GITHUB_JOB),
            (CiService::Gitlab, GITLAB_JOB),
            (CiService::Gitlab, GITLAB_PIPELINE),
        ] {
            let text = written(&choices(Some(ci), true), POLICY_PATH);
            let policy = Policy::parse(POLICY_PATH, text.as_bytes()).unwrap();
            let writer = policy.writer_of(path.as_bytes().as_bstr());
            assert_eq!(writer, Some(Writer::Maintainers), "{path}");
        }
    }

    #[test]
    fn the_paths_are_those_of_the_default_policy() {
        let policy = Policy::default();
        assert_eq!(policy.handoff.path, HANDOFF_PATH);
        assert_eq!(policy.signing.allowed_signers, SIGNERS_PATH);
        let handoff = written(&Choices::default(), HANDOFF_PATH);
        assert!(handoff.lines().any(|line| line == policy.handoff.heading));
    }

    #[test]
    fn the_protocol_names_every_rule_and_the_sessions_files() {
        let text = written(&Choices::default(), ".agents/SESSION-PROTOCOL.md");
        for rule in baton_core::model::RuleId::ALL {
            assert!(text.contains(&format!("| `{rule}` |")), "{rule}");
        }
        let policy = Policy::default();
        let example = ".agents/sessions/2025-12-18-session-19-parse-dates.md";
        assert!(text.contains(example) && policy.log_session(example.into()).is_some());
        let summary = &policy.sessions.summaries[0];
        let summary = summary.describe("<date>", "<number>");
        assert!(text.contains(&summary), "{summary}");
    }

    #[test]
    fn the_pages_link_to_one_another_and_are_the_handoff_documents_neighbours() {
        let names = PAGES.map(|(path, _)| path.strip_prefix(".agents/").unwrap());
        for (path, text) in PAGES {
            let links = text.split("](").skip(1);
            for target in links.filter_map(|rest| rest.split_once(')')) {
                assert!(names.contains(&target.0), "{path}: {}", target.0);
            }
            assert!(text.contains("session start"), "{path}");
            assert!(text.contains(HANDOFF_PATH), "{path}");
        }
    }

    #[test]
    fn a_job_installs_this_release_and_fetches_everything() {
        let github = written(&choices(Some(CiService::Github), false), GITHUB_JOB);
        let gitlab = written(&choices(Some(CiService::Gitlab), false), GITLAB_JOB);
        let version = format!("BATON_VERSION: \"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(github.contains(&version) && gitlab.contains(&version));
        assert!(github.contains("fetch-depth: 0") && gitlab.contains("GIT_DEPTH: \"0\""));
        let install = github.find("cargo install").unwrap();
        assert!(install < github.find("actions/checkout").unwrap());
    }
}
