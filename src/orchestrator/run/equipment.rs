//! What agents and gates need on this machine, whichever task they are started for.

use std::collections::BTreeSet;

use miette::Diagnostic;

use super::RunError;
use super::preflight::Obstacle;
use crate::git::Repo;
use crate::orchestrator::{claim, store};
use crate::plan::{Kind, Task};
use crate::policy::Policy;
use crate::policy::command::CommandTemplate;
use crate::policy::conductor::agents::{Judge, Staff};
use crate::sys::executable;

/// What is missing for these tasks of a run that lands on the branch `target` (in short): sessions
/// that can begin there, and the programs of those who work and who judge.
///
/// # Errors
/// When the repository cannot be read, or the system starts no shell.
pub fn lacking(
    repo: &Repo,
    policy: &Policy,
    target: &str,
    tasks: &[&Task],
) -> Result<Vec<Obstacle>, RunError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let mut lacking = Vec::new();
    let tip = repo.commit_of(&format!("refs/heads/{target}"))?;
    let policy_there = store::policy_at(repo, tip);
    if let Err(error) = policy_there.and_then(|policy| claim::can_create(repo, &policy)) {
        let help = error.help().map(|help| format!("; {help}"));
        lacking.push(Obstacle::Sessionless(format!(
            "{error}{}",
            help.unwrap_or_default()
        )));
    }
    for (program, who) in programs(&policy.conductor.staff, tasks) {
        let is_known = executable::is_known_to_shell(&program);
        let is_known = is_known.map_err(|source| RunError::Start {
            command: "sh".to_owned(),
            source,
        })?;
        if !is_known {
            lacking.push(Obstacle::NoProgram { program, who });
        }
    }
    Ok(lacking)
}

/// The programs that are started for these tasks, each with who starts it, as far as the commands
/// tell.
fn programs(staff: &Staff, tasks: &[&Task]) -> BTreeSet<(String, String)> {
    let named = |name: &str| {
        let agent = staff.agent(name)?;
        entry(&agent.command, format!("agent `{name}`"))
    };
    let workers = tasks.iter();
    let workers = workers.map(|task| task.agent.as_deref().unwrap_or(&staff.agent));
    let workers: BTreeSet<_> = workers.collect();
    let gate = match &staff.gate.judge {
        Judge::Verification => None,
        Judge::Command(command) => entry(command, "[conductor.gate]".to_owned()),
        Judge::Agent(name) => named(name),
    };
    let has_frontend = tasks.iter().any(|task| task.kind == Kind::Frontend);
    let check = staff.end_to_end.as_ref().filter(|_| has_frontend);
    let check = check.and_then(|check| entry(&check.command, "[conductor.e2e]".to_owned()));
    let programs = workers.into_iter().filter_map(named);
    programs.chain(gate).chain(check).collect()
}

fn entry(command: &CommandTemplate, who: String) -> Option<(String, String)> {
    Some((command.program()?.to_owned(), who))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::TaskList;

    #[test]
    fn every_program_of_those_who_work_and_judge_is_looked_for() {
        let policy = "version = 1\n[conductor]\nagent = \"own\"\n[conductor.agents.own]\n\
                      command = \"A=1 mine {prompt}\"\n[conductor.gate]\nagent = \"claude\"\n\
                      [conductor.e2e]\ncommand = \"browse\"\n";
        let policy = Policy::parse("baton.toml", policy.as_bytes()).unwrap();
        let task = |id: &str, rest: &str| {
            format!("[[task]]\nid = \"{id}\"\nprompt = \"p\"\nfiles = [\"{id}\"]\n{rest}\n")
        };
        let programs = |tasks: &[String]| {
            let list = TaskList::parse("t", tasks.concat().as_bytes(), &policy).unwrap();
            let tasks: Vec<_> = list.tasks.iter().collect();
            let found = programs(&policy.conductor.staff, &tasks);
            let found = found.into_iter();
            let words: Vec<_> = found
                .map(|(what, who)| format!("{what} of {who}"))
                .collect();
            words.join(", ")
        };
        assert_eq!(
            programs(&[task("a", ""), task("b", ""), task("c", "agent = \"codex\"")]),
            "claude of agent `claude`, codex of agent `codex`, mine of agent `own`"
        );
        assert_eq!(
            programs(&[task("a", "kind = \"frontend\"")]),
            "browse of [conductor.e2e], claude of agent `claude`, mine of agent `own`"
        );
    }
}
