//! The agents that work and judge: those that are described, and those that need no description.

use std::collections::BTreeMap;

use super::agents::{Agent, Calls, EndToEnd, Gate, GateTable, Judge};
use super::profiles;

/// `[conductor]`, as far as it is about who works and who judges, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Staff {
    /// The agent that works where a task names none.
    pub agent: String,
    /// The agents that take over while another waits for its usage limit, in order.
    pub fallback: Vec<String>,
    /// The agents that the policy describes, by their names.
    pub agents: BTreeMap<String, Agent>,
    /// The judge of a finished task.
    pub gate: Gate,
    /// The end-to-end check of a task that changes what people see; `None` for no check.
    pub end_to_end: Option<EndToEnd>,
    /// The budget of calls that agents may make; `None` for as many as they like.
    pub calls: Option<Calls>,
}

impl Staff {
    /// The agent of this name, which the policy describes or which needs no description.
    pub fn agent(&self, name: &str) -> Option<Agent> {
        let described = self.agents.get(name).cloned();
        described.or_else(|| profiles::find(name))
    }

    /// The names of all agents there are.
    pub fn names(&self) -> Vec<&str> {
        let own = self.agents.keys().map(String::as_str);
        own.chain(profiles::all().iter().map(|one| one.name))
            .collect()
    }
}

impl Default for Staff {
    /// Returns the values of a policy without the tables.
    fn default() -> Self {
        let gate = GateTable::default();
        Self {
            agent: "claude".to_owned(),
            fallback: Vec::new(),
            agents: BTreeMap::new(),
            gate: Gate {
                judge: Judge::Verification,
                timeout: gate.timeout,
            },
            end_to_end: None,
            calls: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::command::CommandTemplate;
    use crate::policy::conductor::agents::{Input, Output};

    #[test]
    fn a_description_comes_before_a_profile() {
        let mut staff = Staff::default();
        let own = Agent {
            command: CommandTemplate::parse("own").unwrap(),
            input: Input::None,
            output: Output::Text,
            probe: None,
            limits: Vec::new(),
            confine: None,
            confined_command: None,
        };
        staff.agents.insert("claude".to_owned(), own.clone());
        assert_eq!(staff.agent("claude"), Some(own));
        assert_eq!(staff.agent("codex"), profiles::find("codex"));
    }
}
