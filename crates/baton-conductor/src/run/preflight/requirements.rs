//! The requirements of agents and gates on this machine, whichever task they are started for.

use std::collections::BTreeSet;

use miette::Diagnostic;

use super::{Obstacle, probe};
use crate::run::{RunError, confinement};
use crate::session::{allocate, store};
use crate::settings;
use baton_core::model::{BranchName, Oid};
use baton_core::plan::{Kind, Task};
use baton_core::policy::command::CommandTemplate;
use baton_core::policy::conductor::Confine;
use baton_core::policy::conductor::agents::Judge;
use baton_core::policy::conductor::staff::Staff;
use baton_core::policy::{Policy, Subject};
use baton_git::tree::Trees;
use baton_git::{GitError, Repo, signing, worktrees};
use baton_hooks::team::TeamHooks;
use baton_sys::executable;

/// Returns what is missing for these tasks of a run that lands on the branch `target`: sessions
/// that can begin there, and the programs of those who work and who judge.
///
/// # Errors
/// When the repository cannot be read, or the system starts no shell.
pub fn lacking(
    repo: &Repo,
    policy: &Policy,
    target: &BranchName,
    tasks: &[&Task],
) -> Result<Vec<Obstacle>, RunError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let tip = repo.commit_of(&target.full().to_string())?;
    let mut lacking: Vec<_> = sessionless(repo, tip).into_iter().collect();
    lacking.extend(uncommittable(repo));
    if let Some(first) = tasks.first() {
        lacking.extend(unworded(repo, tip, &target.to_string(), first)?);
    }
    lacking.extend(absent(repo, tip, programs(&policy.conductor.staff, tasks))?);
    lacking.extend(unconfined(policy, tasks));
    if lacking.is_empty() {
        lacking.extend(unable_to_commit(repo, policy, tip, tasks)?);
    }
    Ok(lacking)
}

/// The agents that work on these tasks and are to be confined, where the system cannot.
fn unconfined(policy: &Policy, tasks: &[&Task]) -> Vec<Obstacle> {
    let staff = &policy.conductor.staff;
    let named = tasks.iter();
    let named = named.map(|task| task.agent.as_deref().unwrap_or(&staff.agent));
    let is_required = |name: &&str| {
        let agent = staff.agent(name);
        agent
            .is_some_and(|agent| confinement::asked(&policy.conductor, &agent) == Confine::Required)
    };
    let required: BTreeSet<_> = named.filter(is_required).collect();
    if required.is_empty() {
        return Vec::new();
    }
    let reason = baton_sys::confine::obstacle();
    let unconfined = reason.into_iter().flat_map(|reason| {
        let obstacle = |agent: &&str| Obstacle::Unconfined {
            agent: (*agent).to_owned(),
            reason: reason.clone(),
        };
        required.iter().map(obstacle).collect::<Vec<_>>()
    });
    unconfined.collect()
}

/// The agents that work on these tasks and cannot commit.
fn unable_to_commit(
    repo: &Repo,
    policy: &Policy,
    tip: Oid,
    tasks: &[&Task],
) -> Result<Vec<Obstacle>, RunError> {
    let staff = &policy.conductor.staff;
    let named = tasks.iter();
    let named = named.map(|task| task.agent.as_deref().unwrap_or(&staff.agent));
    let named = named.chain(staff.fallback.iter().map(String::as_str));
    let mut unable = Vec::new();
    for name in named.collect::<BTreeSet<_>>() {
        // A confined agent has a git directory of its own, and no sandbox beside.
        let agent = staff.agent(name);
        let agent = agent.filter(|one| confinement::asked(&policy.conductor, one) == Confine::Off);
        if let Some(agent) = agent {
            unable.extend(probe::cannot_commit(repo, policy, tip, name, &agent)?);
        }
    }
    Ok(unable)
}

/// Returns the obstacle that keeps sessions from beginning on this commit.
pub fn sessionless(repo: &Repo, tip: Oid) -> Option<Obstacle> {
    let policy = store::policy_at(repo, tip);
    let error = policy.and_then(|policy| allocate::can_create(repo, &policy));
    Some(Obstacle::Sessionless(with_help(&error.err()?)))
}

/// What keeps agents and Baton from committing: git does not know who they are, or cannot sign while
/// no user is there.
pub fn uncommittable(repo: &Repo) -> Option<Obstacle> {
    let error = signing::check(repo, false).err()?;
    Some(Obstacle::Uncommittable(with_help(&error)))
}

/// The commits of a run whose messages the hooks of the team refuse, as far as they are the same for
/// every task as for this one.
fn unworded(repo: &Repo, tip: Oid, target: &str, task: &Task) -> Result<Vec<Obstacle>, RunError> {
    // What is wrong with it, sessions tell.
    let Ok(policy) = settings::policy_at(repo, tip) else {
        return Ok(Vec::new());
    };
    let branch = policy.pool.branch_of(task.id.as_str());
    let (subjects, trailers) = (&policy.subjects, &policy.trailers);
    let values = [
        ("session", "1"),
        ("sessions", "session 1"),
        ("title", &task.title),
        ("task", task.id.as_str()),
        ("branch", &branch),
        ("target", target),
        ("into", ""),
    ];
    let body = format!("{}: 1\n", trailers.session);
    let hooks = TeamHooks::of(repo)?;
    let text = |subject: &Subject, body: &str| format!("{}\n{body}", subject.render(&values));
    let body = format!("\n{body}");
    let passed = [
        hooks.commit(text(&subjects.close, &body).as_bytes().into(), "close"),
        hooks.merge(text(&subjects.merge, "").as_bytes().into(), "merge"),
        hooks.commit(
            text(&subjects.aggregate, &body).as_bytes().into(),
            "aggregate",
        ),
    ];
    let refused = passed.into_iter().filter_map(Result::err);
    Ok(refused
        .map(|refused| Obstacle::Unworded(with_help(&refused)))
        .collect())
}

/// An error, and what to do.
fn with_help(error: &dyn Diagnostic) -> String {
    let help = error.help().map(|help| format!("; {help}"));
    format!("{error}{}", help.unwrap_or_default())
}

/// A program, and who starts it.
pub type Entry = (String, String);

/// Those among these programs that are not there for agents, whose worktrees hold this commit.
///
/// # Errors
/// When the commit cannot be read, or the system starts no shell.
pub fn absent(
    repo: &Repo,
    commit: Oid,
    programs: BTreeSet<Entry>,
) -> Result<Vec<Obstacle>, RunError> {
    let mut absent = Vec::new();
    for (program, who) in programs {
        if program.contains('/') && !program.starts_with('/') {
            if !is_in_worktrees(repo, commit, &program)? {
                absent.push(Obstacle::NotInWorktrees { program, who });
            }
            continue;
        }
        let is_known = executable::is_known_to_shell(&program);
        let is_known = is_known.map_err(|source| RunError::Start {
            command: "sh".to_owned(),
            source,
        })?;
        if !is_known {
            absent.push(Obstacle::NoProgram { program, who });
        }
    }
    Ok(absent)
}

/// True if a worktree of this commit may have that program: it is committed, or lies in the main worktree, from where
/// `.worktreeinclude` takes what is ignored.
fn is_in_worktrees(repo: &Repo, commit: Oid, program: &str) -> Result<bool, GitError> {
    let path = program.trim_start_matches("./");
    let tree = repo.objects().commit(commit, &mut Vec::new())?.tree;
    let entry = Trees::new(repo.objects()).entry(tree, path.into())?;
    let leads_out = path.split('/').any(|part| part == "..");
    let root = worktrees::main(repo)?
        .work_tree()
        .map(|root| root.join(path));
    let is_here = root.is_some_and(|file| executable::is_executable(&file));
    Ok(!leads_out && (entry.is_some() || is_here))
}

/// The programs that are started for these tasks, as far as the commands tell.
pub fn programs(staff: &Staff, tasks: &[&Task]) -> BTreeSet<Entry> {
    let workers = tasks.iter();
    let workers = workers.map(|task| task.agent.as_deref().unwrap_or_default());
    let workers = workers.chain(staff.fallback.iter().map(String::as_str));
    let has_frontend = tasks.iter().any(|task| task.kind == Kind::Frontend);
    let check = staff.end_to_end.as_ref().filter(|_| has_frontend);
    let check = check.and_then(|check| entry(&check.command, "[conductor.e2e]".to_owned()));
    let programs = workers.filter_map(|name| of_agent(staff, name));
    programs.chain(of_gate(staff)).chain(check).collect()
}

/// The program of an agent, the conductor's where the name is empty, as far as its command tells.
pub fn of_agent(staff: &Staff, name: &str) -> Option<Entry> {
    let name = match name {
        "" => &staff.agent,
        name => name,
    };
    entry(&staff.agent(name)?.command, format!("agent `{name}`"))
}

/// The program of the gate.
pub fn of_gate(staff: &Staff) -> Option<Entry> {
    match &staff.gate.judge {
        Judge::Verification => None,
        Judge::Command(command) => entry(command, "[conductor.gate]".to_owned()),
        Judge::Agent(name) => of_agent(staff, name),
    }
}

/// The program that a command tells of.
pub fn entry(command: &CommandTemplate, who: String) -> Option<Entry> {
    Some((command.program()?.to_owned(), who))
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_core::plan::TaskList;

    #[test]
    fn every_program_of_those_who_work_and_judge_is_looked_for() {
        let policy = "version = 1\n[conductor]\nagent = \"own\"\nfallback = [\"gemini\"]\n[conductor.agents.own]\n\
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
            "claude of agent `claude`, codex of agent `codex`, gemini of agent `gemini`, mine of agent `own`"
        );
        assert_eq!(
            programs(&[task("a", "kind = \"frontend\"")]),
            "browse of [conductor.e2e], claude of agent `claude`, gemini of agent `gemini`, mine of agent `own`"
        );
    }
}
