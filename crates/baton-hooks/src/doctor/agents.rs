//! Agents that work here, and whether each asks Baton before it acts.

use std::path::Path;

use super::{Finding, Id};
use baton_agents::setup::{self, Agent};
use baton_git::Repo;
use baton_sys::{file, worktree_file};

pub(super) fn examine(repo: &Repo, findings: &mut Vec<Finding>) {
    let Some(root) = repo.work_tree() else {
        return;
    };
    for agent in Agent::ALL {
        let mut signs = agent.signs().iter();
        let Some(sign) = signs.find(|sign| file::is_taken(&root.join(sign))) else {
            continue;
        };
        let paths = setup::settings_paths(agent);
        if !paths.iter().any(|path| is_asked_by(root, path)) {
            let name = agent.name();
            findings.push(Finding {
                id: Id::AgentUnasked,
                what: format!(
                    "{name} works here, by {sign}, and does not ask Baton before it acts"
                ),
                place: root.join(paths[0]).display().to_string(),
                remedy: format!("git baton init --agents {name}"),
            });
        }
    }
}

/// True if the settings at this path hold Baton's entries.
fn is_asked_by(root: &Path, path: &str) -> bool {
    let bytes = worktree_file::read(root, path).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.is_some_and(|text| matches!(setup::remove(path, &text), Ok(Some(_))))
}
