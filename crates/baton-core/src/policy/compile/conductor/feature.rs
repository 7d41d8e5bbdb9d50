//! `[conductor.feature]`, compiled.

use toml::Spanned;

use super::{command, known_agent};
use crate::policy::compile::{Compiled, Fault, plain_path};
use crate::policy::conductor::feature::{Feature, FeatureTable, Planner, Scout, Validator, Who};
use crate::policy::conductor::staff::Staff;
use crate::policy::error::PolicyProblem;

pub(super) fn compile(table: &FeatureTable, staff: &Staff) -> Compiled<Feature> {
    let planner = &table.planner;
    at_least_one(&table.finding_bytes)?;
    at_least_one(&planner.count)?;
    at_least_one(&planner.attempts)?;
    distinct(table.scout.iter().map(|scout| &scout.name))?;
    distinct(table.validator.iter().map(|validator| &validator.name))?;
    let constraints = table.constraints.iter().map(plain_path);
    let scouts = table.scout.iter().map(|scout| {
        Ok(Scout {
            name: scout.name.get_ref().clone(),
            prompt: scout.prompt.clone(),
            agent: agent(&scout.agent, staff)?,
            timeout: scout.timeout,
        })
    });
    let validators = table.validator.iter().map(|validator| {
        Ok(Validator {
            name: validator.name.get_ref().clone(),
            who: who(&validator.command, &validator.agent, staff)?,
            timeout: validator.timeout,
        })
    });
    Ok(Feature {
        constraints: constraints.collect::<Compiled<_>>()?,
        finding_bytes: *table.finding_bytes.get_ref(),
        scouts: scouts.collect::<Compiled<_>>()?,
        planner: Planner {
            who: who(&planner.command, &planner.agent, staff)?,
            count: *planner.count.get_ref(),
            combine: planner.combine,
            attempts: *planner.attempts.get_ref(),
            timeout: planner.timeout,
        },
        validators: validators.collect::<Compiled<_>>()?,
    })
}

fn who(line: &Spanned<String>, name: &Spanned<String>, staff: &Staff) -> Compiled<Who> {
    if line.get_ref().is_empty() {
        return Ok(Who::Agent(agent(name, staff)?));
    }
    if !name.get_ref().is_empty() {
        return Err(Fault {
            span: name.span(),
            problem: PolicyProblem::TwoJudges,
            help: Some("remove `command` or `agent`".to_owned()),
        });
    }
    Ok(Who::Command(command(line)?))
}

fn agent(named: &Spanned<String>, staff: &Staff) -> Compiled<String> {
    if !named.get_ref().is_empty() {
        known_agent(staff, named)?;
    }
    Ok(named.get_ref().clone())
}

fn at_least_one<T: PartialEq + From<u8>>(number: &Spanned<T>) -> Compiled<()> {
    match *number.get_ref() == T::from(0) {
        true => Err(Fault {
            span: number.span(),
            problem: PolicyProblem::Zero,
            help: Some("without the key, the default is taken".to_owned()),
        }),
        false => Ok(()),
    }
}

/// Refuses names that no file can have, and those that are used twice; upper and lower case are
/// the same, as they are on some systems.
fn distinct<'a>(names: impl Iterator<Item = &'a Spanned<String>>) -> Compiled<()> {
    let mut seen = std::collections::BTreeSet::new();
    for named in names {
        let name = named.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let problem = if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            PolicyProblem::Member(name.clone())
        } else if !seen.insert(name.to_ascii_lowercase()) {
            PolicyProblem::SameMember(name.clone())
        } else {
            continue;
        };
        return Err(Fault {
            span: named.span(),
            problem,
            help: Some(
                "a name is at most 64 letters, digits, `-` and `_`, and nobody else's".to_owned(),
            ),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::policy::conductor::feature::{CombinePlans, Feature, Who};
    use crate::policy::{Policy, PolicyProblem};

    fn feature(toml: &str) -> Result<Feature, PolicyProblem> {
        let policy = Policy::parse("baton.toml", toml.as_bytes());
        let policy = policy.map_err(|error| error.problem().clone())?;
        let again = Policy::parse("baton.toml", policy.effective_toml().as_bytes());
        assert_eq!(again.unwrap(), policy);
        Ok(policy.conductor.feature)
    }

    const SCOUT: &str = "[[conductor.feature.scout]]\nname = 'tests'\nprompt = 'Which?'\n";

    #[test]
    fn scouts_planners_and_validators_are_read_and_written_again() {
        let read = feature(&format!(
            "[conductor.feature]\nconstraints = ['CONSTRAINTS.md']\n[conductor.feature.planner]\ncommand = 'plan {{prompt_file}}'\ncount = 3\ncombine = 'vote'\n{SCOUT}agent = 'codex'\n[[conductor.feature.validator]]\nname = 'all'\ncommand = 'make check'\n"
        ))
        .unwrap();
        assert_eq!(read.constraints, ["CONSTRAINTS.md"]);
        assert_eq!(read.planner.combine, CombinePlans::Vote);
        assert_eq!((read.planner.count, read.planner.attempts), (3, 3));
        assert_eq!(read.scouts[0].agent, "codex");
        assert_eq!(read.scouts[0].timeout, 900);
        assert!(
            matches!(&read.validators[0].who, Who::Command(line) if line.as_str() == "make check")
        );
        assert_eq!(feature("").unwrap(), Feature::default());
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let refused = |toml: &str| feature(toml).unwrap_err();
        assert_eq!(
            refused(&format!("{SCOUT}{SCOUT}")),
            PolicyProblem::SameMember("tests".into())
        );
        assert_eq!(
            refused(&SCOUT.replace("tests", "../x")),
            PolicyProblem::Member("../x".into())
        );
        assert_eq!(
            refused(&format!("{SCOUT}agent = 'clade'")),
            PolicyProblem::Agent("clade".into())
        );
        assert_eq!(
            refused("[conductor.feature.planner]\ncommand = 'a'\nagent = 'codex'"),
            PolicyProblem::TwoJudges
        );
        assert_eq!(
            refused("[conductor.feature]\nplanner.count = 0"),
            PolicyProblem::Zero
        );
        assert!(matches!(
            refused("[conductor.feature]\nconstraints = ['../x']"),
            PolicyProblem::Path { .. }
        ));
    }
}
