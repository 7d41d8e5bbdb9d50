//! The findings of `git baton init` in a repository and on the machine.

use std::path::Path;

use baton_agents::setup::Agent;
use baton_core::policy::Policy;
use baton_git::Repo;
use baton_sys::{executable, file};

/// The files by which other programs that run hooks are known.
const MANAGERS: [(&str, &str); 8] = [
    (".pre-commit-config.yaml", "pre-commit"),
    (".pre-commit-config.yml", "pre-commit"),
    ("prek.toml", "prek"),
    ("lefthook.yml", "lefthook"),
    (".lefthook.yml", "lefthook"),
    ("lefthook.toml", "lefthook"),
    (".husky", "husky"),
    (".simple-git-hooks.json", "simple-git-hooks"),
];

/// The agent that has its program here, where the default one has none. `shell` needs none.
pub fn agent() -> Option<String> {
    let staff = Policy::default().conductor.staff;
    let has_program = |name: &&str| executable::on_path(name, None).is_some();
    let mut agents = std::iter::once(staff.agent.as_str()).chain(staff.names());
    let found = agents.find(|name| *name != "shell" && has_program(name))?;
    (found != staff.agent).then(|| found.to_owned())
}

/// The agents whose program is on the search path, or whose settings lie in the repository, and by what each is known.
pub fn agents(root: &Path) -> Vec<(Agent, String)> {
    let sign = |agent: Agent| {
        let mut signs = agent.signs().iter();
        let sign = signs.find(|sign| file::is_taken(&root.join(sign)));
        let mut programs = agent.programs().iter();
        let program = programs.find(|name| executable::on_path(name, None).is_some());
        let program = program.map(|name| format!("{name} on PATH"));
        sign.map(|sign| (*sign).to_owned()).or(program)
    };
    let agents = Agent::ALL.into_iter();
    agents
        .filter_map(|agent| Some((agent, sign(agent)?)))
        .collect()
}

/// The branch on which work lands: the one that is checked out, in short.
pub fn branch(repo: &Repo) -> miette::Result<Option<String>> {
    let branch = repo.head_branch()?;
    Ok(branch.map(|name| name.readable().into_owned()))
}

/// A sentence on the programs that run hooks here as well; empty where there are none.
pub fn managers(root: &Path) -> String {
    let there = MANAGERS
        .iter()
        .filter(|(name, _)| file::is_taken(&root.join(name)));
    let mut names: Vec<_> = there.map(|(_, manager)| *manager).collect();
    names.dedup();
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "found      {}: its hooks go on running, before those of Baton\n",
            names.join(", ")
        ),
    }
}
