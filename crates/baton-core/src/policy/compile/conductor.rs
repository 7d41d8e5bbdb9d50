//! `[conductor]`, compiled.

mod feature;

use toml::Spanned;

use super::{Compiled, Fault, path_glob};
use crate::policy::command::{CommandTemplate, PLACEHOLDERS, TemplateError};
use crate::policy::conductor::agents::{Agent, Calls, EndToEnd, Gate, Judge};
use crate::policy::conductor::staff::Staff;
use crate::policy::conductor::{Conductor, ConductorTable};
use crate::policy::error::PolicyProblem;
use crate::policy::toml_file::suggestion;

pub(in crate::policy) fn compile(table: &ConductorTable) -> Compiled<Conductor> {
    for number in [&table.min_tasks, &table.max_agents] {
        if *number.get_ref() == 0 {
            return Err(Fault {
                span: number.span(),
                problem: PolicyProblem::Zero,
                help: Some("to run no tasks in parallel, write `enabled = false`".to_owned()),
            });
        }
    }
    let staff = staff(table)?;
    let feature = feature::compile(&table.feature, &staff)?;
    let ignore = table.ignore.iter().map(path_glob);
    Ok(Conductor {
        ignore: ignore.collect::<Compiled<_>>()?,
        ..Conductor::new(table, staff, feature)
    })
}

fn staff(table: &ConductorTable) -> Compiled<Staff> {
    let mut agents = std::collections::BTreeMap::new();
    for (name, agent) in &table.agents {
        let agent = Agent {
            command: command(&agent.command)?,
            input: agent.input,
            output: agent.output,
            probe: agent.probe.as_ref().map(command).transpose()?,
            limits: agent.limits.clone(),
            confine: agent.confine,
            confined_command: None,
        };
        agents.insert(name.clone(), agent);
    }
    let staff = Staff {
        agent: table.agent.get_ref().clone(),
        fallback: table
            .fallback
            .iter()
            .map(|name| name.get_ref().clone())
            .collect(),
        agents,
        gate: gate(table)?,
        end_to_end: match table.e2e.command.get_ref().is_empty() {
            true => None,
            false => Some(EndToEnd {
                command: command(&table.e2e.command)?,
                paths: table
                    .e2e
                    .paths
                    .iter()
                    .map(path_glob)
                    .collect::<Compiled<_>>()?,
                timeout: table.e2e.timeout,
            }),
        },
        calls: (!table.budget.command.trim().is_empty()).then(|| Calls {
            command: table.budget.command.clone(),
            per_agent: table.budget.per_agent,
            on_short: table.budget.on_short,
        }),
    };
    known_agent(&staff, &table.agent)?;
    for name in &table.fallback {
        known_agent(&staff, name)?;
    }
    if !table.gate.agent.get_ref().is_empty() {
        known_agent(&staff, &table.gate.agent)?;
    }
    Ok(staff)
}

/// Refuses the name of an agent that nothing describes.
fn known_agent(staff: &Staff, named: &Spanned<String>) -> Compiled<()> {
    let name = named.get_ref();
    if staff.agent(name).is_some() {
        return Ok(());
    }
    Err(Fault {
        span: named.span(),
        problem: PolicyProblem::Agent(name.clone()),
        help: Some(suggestion(name, &staff.names(), "the agents are")),
    })
}

fn gate(table: &ConductorTable) -> Compiled<Gate> {
    let (line, agent) = (&table.gate.command, &table.gate.agent);
    let judge = match (line.get_ref().is_empty(), agent.get_ref().is_empty()) {
        (true, true) => Judge::Verification,
        (false, true) => Judge::Command(command(line)?),
        (true, false) => Judge::Agent(agent.get_ref().clone()),
        (false, false) => {
            return Err(Fault {
                span: agent.span(),
                problem: PolicyProblem::TwoJudges,
                help: Some("remove `command` or `agent`".to_owned()),
            });
        }
    };
    Ok(Gate {
        judge,
        timeout: table.gate.timeout,
    })
}

fn command(text: &Spanned<String>) -> Compiled<CommandTemplate> {
    CommandTemplate::parse(text.get_ref()).map_err(|error| Fault {
        span: text.span(),
        help: match &error {
            TemplateError::Unknown(name) => {
                let known: Vec<_> = PLACEHOLDERS.iter().map(|(name, _)| *name).collect();
                Some(suggestion(name, &known, "the values are"))
            }
            TemplateError::Empty | TemplateError::Unclosed => None,
        },
        problem: PolicyProblem::Command {
            text: text.get_ref().clone(),
            error,
        },
    })
}

#[cfg(test)]
mod tests {
    use crate::policy::{Policy, PolicyProblem};

    fn conductor(toml: &str) -> Result<super::Conductor, PolicyProblem> {
        let policy = Policy::parse("baton.toml", format!("[conductor]\n{toml}").as_bytes());
        let policy = policy.map_err(|error| error.problem().clone())?;
        let again = Policy::parse("baton.toml", policy.effective_toml().as_bytes());
        assert_eq!(again.unwrap(), policy);
        Ok(policy.conductor)
    }

    #[test]
    fn agents_and_gates_are_read_and_written_again() {
        let read = conductor(
            "agent = 'mine'\nfallback = ['codex', 'gemini']\n[conductor.agents.mine]\ncommand = 'mine {prompt_file}'\ninput = 'prompt'\n[conductor.gate]\nagent = 'codex'\ntimeout = 9\n[conductor.e2e]\ncommand = 'look'\n[conductor.budget]\ncommand = 'github'\non_short = 'wait'\n",
        );
        let staff = read.unwrap().staff;
        assert_eq!(
            staff.agent("mine").unwrap().command.as_str(),
            "mine {prompt_file}"
        );
        assert_eq!(staff.fallback, ["codex", "gemini"]);
        assert_eq!(staff.gate.judge, super::Judge::Agent("codex".to_owned()));
        assert!(staff.calls.unwrap().line().starts_with("gh api rate_limit"));
        assert!(staff.end_to_end.is_some());
    }

    #[test]
    fn what_cannot_run_is_refused() {
        let refused = |toml| conductor(toml).unwrap_err();
        assert!(matches!(
            refused("agents.a.command = 'a {promt}'"),
            PolicyProblem::Command { .. }
        ));
        assert_eq!(
            refused("agent = 'clade'"),
            PolicyProblem::Agent("clade".into())
        );
        assert_eq!(
            refused("fallback = ['codex', 'x']"),
            PolicyProblem::Agent("x".into())
        );
        assert_eq!(
            refused("gate.agent = 'x'"),
            PolicyProblem::Agent("x".into())
        );
        assert_eq!(
            refused("gate.agent = 'codex'\ngate.command = 'x'"),
            PolicyProblem::TwoJudges
        );
    }
}
