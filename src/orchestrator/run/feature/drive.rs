//! From one step of a feature to the next.

use crate::git::Repo;
use crate::guard::base::Bases;
use crate::model::Oid;
use crate::orchestrator::run::answers::{Camp, Combined, explain};
use crate::orchestrator::run::constraints::{self, Constraint};
use crate::orchestrator::run::files;
use crate::policy::Policy;
use crate::policy::conductor::feature::{CombinePlans, Who};
use crate::sys::FileLock;

use super::ask::{Desk, end_leftovers};
use super::brief::Common;
use super::planner::{Order, Plan};
use super::record::{CONTEXT, Feature, TASKS};
use super::state::{Phase, State, TaskLine};
use super::validator::Merged;
use super::{
    Came, Company, End, FeatureError, Intent, Ran, ToRun, Way, Wish, context, crew, planner, scout,
    tasks, validator,
};

/// The name of the planner that makes one task file of several.
const MERGER: &str = "planner-merge";

/// A feature at work.
struct Drive<'a> {
    repo: &'a Repo,
    policy: &'a Policy,
    company: Company<'a>,
    feature: Feature,
    constraints: Vec<Constraint>,
}

/// Begins a feature, and goes as far as it gets.
///
/// # Errors
/// When nothing is wanted, constraints are missing, the task file that a person made cannot be
/// run, or the repository or an agent cannot be reached.
pub fn begin(repo: &Repo, wish: &Wish, company: Company<'_>) -> Result<Came, FeatureError> {
    if wish.text.trim().is_empty() {
        return Err(FeatureError::NoWish);
    }
    let base = base(repo, wish.into.as_deref())?;
    let policy = policy(repo, base)?;
    let paths = &policy.conductor.feature.constraints;
    let constraints = constraints::load(repo, base, paths)?;
    let given = given(&wish.way, &policy)?;
    let state = State::new(&wish.text, base, wish.into.clone(), paths.clone());
    let feature = Feature::begin(repo, state)?;
    let _held = hold(repo, feature.id())?;
    (company.tell)(&format!("feature {} begins", feature.id()));
    let drive = Drive {
        repo,
        policy: &policy,
        company,
        feature,
        constraints,
    };
    drive.go(&wish.way, given)
}

/// Goes on with the feature of this run; without an id, with the one that began last among those
/// that are not over.
///
/// # Errors
/// When there is no such feature, or another process goes on with it; as for [`begin`] otherwise.
pub fn resume(
    repo: &Repo,
    id: Option<&str>,
    way: &Way,
    company: Company<'_>,
) -> Result<Came, FeatureError> {
    let feature = match id {
        Some(id) => Feature::open(repo, id)?.ok_or_else(|| FeatureError::NoFeature(id.into()))?,
        None => Feature::latest(repo)?.ok_or(FeatureError::NothingToResume)?,
    };
    let _held = hold(repo, feature.id())?;
    end_leftovers(repo, feature.id())?;
    let policy = policy(repo, feature.state.base)?;
    let constraints = constraints::load(repo, feature.state.base, &feature.state.constraints)?;
    let given = given(way, &policy)?;
    let drive = Drive {
        repo,
        policy: &policy,
        company,
        feature,
        constraints,
    };
    drive.go(way, given)
}

/// What [`begin`] would do.
///
/// # Errors
/// As for [`begin`].
pub fn intend(repo: &Repo, wish: &Wish) -> Result<Intent, FeatureError> {
    if wish.text.trim().is_empty() {
        return Err(FeatureError::NoWish);
    }
    let base = base(repo, wish.into.as_deref())?;
    let policy = policy(repo, base)?;
    let conductor = &policy.conductor;
    let of = &conductor.feature;
    constraints::load(repo, base, &of.constraints)?;
    given(&wish.way, &policy)?;
    let agent = |name: &str| match name {
        "" => conductor.staff.agent.clone(),
        name => name.to_owned(),
    };
    let who = |who: &Who| match who {
        Who::Command(command) => format!("`{}`", command.as_str()),
        Who::Agent(name) => agent(name),
    };
    let scouts = of.scouts.iter();
    let validators = of.validators.iter();
    Ok(Intent {
        version: super::state::VERSION,
        base,
        constraints: of.constraints.clone(),
        scouts: scouts
            .map(|scout| (scout.name.clone(), agent(&scout.agent)))
            .collect(),
        tasks: wish.way.tasks.as_ref().map(|(name, _)| name.clone()),
        planners: of.planner.count,
        planner: who(&of.planner.who),
        combine: match of.planner.combine {
            CombinePlans::Merge => "merge",
            CombinePlans::Vote => "vote",
            CombinePlans::Escalate => "escalate",
        }
        .to_owned(),
        validators: validators
            .map(|validator| (validator.name.clone(), who(&validator.who)))
            .collect(),
    })
}

impl Drive<'_> {
    /// Takes step after step, until one says how it came out.
    fn go(
        mut self,
        way: &Way,
        given: Option<(String, Vec<TaskLine>)>,
    ) -> Result<Came, FeatureError> {
        if let Some((toml, lines)) = given
            && matches!(self.feature.state.phase, Phase::Scouting | Phase::Planning)
        {
            self.take_plan(&toml, lines, "a person made the tasks")?;
        }
        let end = loop {
            let ended = match self.feature.state.phase {
                Phase::Scouting => self.look_around()?,
                Phase::Planning => self.plan()?,
                Phase::Running => self.run(way)?,
                Phase::Validating => self.validate()?,
                Phase::Done => Some(End::Done),
                Phase::Failed => {
                    let id = self.feature.id();
                    let why = format!("`git baton orchestrator status {id}` says which tasks");
                    Some(End::Failed(why))
                }
                Phase::Rejected => {
                    let why = validator::objection(&self.feature.state.validators);
                    Some(End::Rejected(why.unwrap_or_default()))
                }
            };
            if let Some(end) = ended {
                break end;
            }
        };
        Ok(Came {
            files: files::of_run(self.repo, self.feature.id()),
            id: self.feature.id().to_owned(),
            state: self.feature.state,
            end,
        })
    }

    /// Asks the scouts whose findings are not there, and bundles what all found.
    fn look_around(&mut self) -> Result<Option<End>, FeatureError> {
        let Self {
            repo,
            policy,
            company,
            constraints,
            feature,
        } = self;
        let settings = &policy.conductor.feature;
        let (run, wish) = (feature.id().to_owned(), feature.state.wish.clone());
        let (base, keep) = (feature.state.base, settings.finding_bytes);
        let missing = settings.scouts.iter();
        let missing = missing.filter(|scout| !feature.state.has_found(&scout.name));
        let desk = desk(repo, policy, &run);
        let items: Vec<_> = missing.map(|scout| (desk.clone(), scout)).collect();
        let common = Common {
            wish: &wish,
            constraints,
        };
        for (_, scout) in &items {
            (company.tell)(&format!("scout {} looks around", scout.name));
        }
        let outer = company.stop;
        let mut is_stopped = false;
        crew::each(
            items,
            at_once(policy),
            &|(desk, one), stop| scout::ask(&desk, &common, one, base, keep, &|| outer() || stop()),
            &mut |found| {
                let Some(finding) = found? else {
                    is_stopped = true;
                    return Ok(());
                };
                let (name, scouted) = (finding.scout, finding.scouted);
                (company.tell)(&match &scouted.void {
                    None => format!("scout {name} is back"),
                    Some(why) => format!("scout {name} is void: {why}"),
                });
                let what = format!("scout {name} is back");
                feature.state.scouts.insert(name.clone(), scouted);
                let file = scout::file_name(&name);
                feature.save(repo, &[(&file, finding.text.as_bytes())], &what)
            },
        )?;
        if is_stopped || outer() {
            return Ok(Some(End::Interrupted));
        }
        let scouts = &settings.scouts;
        if !scouts.is_empty() && !scouts.iter().any(|one| feature.state.has_found(&one.name)) {
            return Ok(Some(End::NoFindings));
        }
        let mut found = Vec::new();
        for scout in scouts {
            let text = feature.text(repo, &scout::file_name(&scout.name))?;
            found.push((scout.name.clone(), text));
        }
        let bundle = context::bundle(&feature.state, &found);
        feature.state.phase = Phase::Planning;
        feature.save(repo, &[(CONTEXT, bundle.as_bytes())], "scouted")?;
        Ok(None)
    }

    /// Has the planners plan who have no task file yet, and makes one of what they have.
    fn plan(&mut self) -> Result<Option<End>, FeatureError> {
        let names = planner::names(self.policy.conductor.feature.planner.count);
        let missing = names.iter();
        let missing: Vec<_> = missing
            .filter(|name| !self.feature.state.has_planned(name))
            .map(String::as_str)
            .collect();
        if self.ask_planners(&missing, None)? {
            return Ok(Some(End::Interrupted));
        }
        let mut plans = Vec::new();
        for name in &names {
            plans.extend(self.recorded(name)?);
        }
        let valid: Vec<_> = plans
            .iter()
            .filter(|plan| plan.planned.failed.is_none())
            .collect();
        let how = self.policy.conductor.feature.planner.combine;
        let chosen = match (&valid[..], planner::combined(how, &plans)) {
            ([], _) => return Ok(Some(End::NoPlan(failures(&plans)))),
            ([one], _) if names.len() == 1 || how == CombinePlans::Merge => one.tasks.clone(),
            (_, Combined::Undecided(camps)) => {
                let camps: Vec<_> = camps.into_iter().map(|camp| self.outlined(camp)).collect();
                return Ok(Some(End::Undecided(explain(&camps))));
            }
            (_, Combined::One(text)) if how == CombinePlans::Merge => {
                match self.merge_plans(&text)? {
                    Ok(tasks) => tasks,
                    Err(end) => return Ok(Some(end)),
                }
            }
            (_, Combined::One(text)) => text,
        };
        let lines = tasks::check(TASKS, chosen.as_bytes(), self.policy);
        let lines = lines.map_err(|why| FeatureError::Tasks {
            source_name: TASKS.to_owned(),
            why,
        })?;
        self.take_plan(&chosen, lines, "planned")?;
        Ok(None)
    }

    /// A camp with its tasks' ids in place of their file.
    fn outlined(&self, camp: Camp) -> Camp {
        let Ok(lines) = tasks::check(TASKS, camp.text.as_bytes(), self.policy) else {
            return camp;
        };
        let ids: Vec<_> = lines.iter().map(|task| task.id.as_str()).collect();
        let text = format!("the tasks {}", ids.join(", "));
        Camp { text, ..camp }
    }

    /// Has one task file made of several.
    fn merge_plans(&mut self, plans: &str) -> Result<Result<String, End>, FeatureError> {
        if !self.feature.state.has_planned(MERGER) && self.ask_planners(&[MERGER], Some(plans))? {
            return Ok(Err(End::Interrupted));
        }
        Ok(match self.recorded(MERGER)? {
            Some(plan) if plan.planned.failed.is_none() => Ok(plan.tasks),
            plan => Err(End::NoPlan(failures(plan.as_slice()))),
        })
    }

    /// Asks these planners; says whether that was stopped.
    fn ask_planners(&mut self, names: &[&str], others: Option<&str>) -> Result<bool, FeatureError> {
        let Self {
            repo,
            policy,
            company,
            constraints,
            feature,
        } = self;
        let context = feature.text(repo, CONTEXT)?;
        let (run, wish) = (feature.id().to_owned(), feature.state.wish.clone());
        let base = feature.state.base;
        let common = Common {
            wish: &wish,
            constraints,
        };
        let order = |name| Order {
            name,
            common: &common,
            context: &context,
            others,
            base,
        };
        let desk = desk(repo, policy, &run);
        let items: Vec<_> = names.iter().map(|name| (desk.clone(), *name)).collect();
        for name in names {
            (company.tell)(&format!("{name} plans"));
        }
        let outer = company.stop;
        let mut is_stopped = false;
        crew::each(
            items,
            at_once(policy),
            &|(desk, name), stop| planner::ask(&desk, &order(name), policy, &|| outer() || stop()),
            &mut |plan| {
                let Some(Plan {
                    planner: name,
                    planned,
                    tasks,
                }) = plan?
                else {
                    is_stopped = true;
                    return Ok(());
                };
                let what = match planned.failed {
                    None => format!("{name} has a task file"),
                    Some(_) => format!("{name} has none"),
                };
                (company.tell)(&what);
                feature.state.planners.insert(name.clone(), planned);
                let file = planner::file_name(&name);
                feature.save(repo, &[(&file, tasks.as_bytes())], &what)
            },
        )?;
        Ok(is_stopped || outer())
    }

    /// What a planner came to, as it is recorded.
    fn recorded(&self, name: &str) -> Result<Option<Plan>, FeatureError> {
        let Some(planned) = self.feature.state.planners.get(name) else {
            return Ok(None);
        };
        Ok(Some(Plan {
            planner: name.to_owned(),
            planned: planned.clone(),
            tasks: self.feature.text(self.repo, &planner::file_name(name))?,
        }))
    }

    /// Takes this task file for the one to run.
    fn take_plan(
        &mut self,
        toml: &str,
        lines: Vec<TaskLine>,
        what: &str,
    ) -> Result<(), FeatureError> {
        self.feature.state.tasks = lines;
        self.feature.state.phase = Phase::Running;
        self.feature
            .save(self.repo, &[(TASKS, toml.as_bytes())], what)
    }

    /// Has the tasks done.
    fn run(&mut self, way: &Way) -> Result<Option<End>, FeatureError> {
        let conduct = self.company.conduct.filter(|_| !way.plan_only);
        let Some(conduct) = conduct else {
            return Ok(Some(End::Planned));
        };
        let tasks = self.feature.file(self.repo, TASKS)?.unwrap_or_default();
        let ran = conduct(&ToRun {
            run: self.feature.id(),
            tasks: &tasks,
            into: self.feature.state.into.as_deref(),
            one_group: way.one_group,
        });
        let ran = ran.map_err(FeatureError::Conduct)?;
        self.feature.refresh(self.repo)?;
        Ok(match ran {
            Ran::Stopped => Some(End::Interrupted),
            Ran::Unfinished { why } => Some(End::Unfinished(why)),
            Ran::Paused { why } => Some(End::Paused(why)),
            Ran::Failed { why } => {
                self.feature.state.phase = Phase::Failed;
                self.feature.save(self.repo, &[], "tasks came to nothing")?;
                Some(End::Failed(why))
            }
            Ran::Merged { tip } => {
                self.feature.state.merged = Some(tip);
                self.feature.state.phase = Phase::Validating;
                self.feature.save(self.repo, &[], "merged")?;
                None
            }
        })
    }

    /// Has the merged result judged by the validators who have not judged it yet.
    fn validate(&mut self) -> Result<Option<End>, FeatureError> {
        let Self {
            repo,
            policy,
            company,
            constraints,
            feature,
        } = self;
        let (run, wish) = (feature.id().to_owned(), feature.state.wish.clone());
        let lines: Vec<_> = feature
            .state
            .tasks
            .iter()
            .map(|task| format!("- {}: {}\n", task.id, task.title))
            .collect();
        let lines = lines.concat();
        let base = feature.state.base;
        let tip = feature.state.merged.unwrap_or(base);
        let merged = Merged {
            base,
            tip,
            tasks: &lines,
        };
        let common = Common {
            wish: &wish,
            constraints,
        };
        let desk = desk(repo, policy, &run);
        let missing = policy.conductor.feature.validators.iter();
        let missing = missing.filter(|one| !feature.state.validators.contains_key(&one.name));
        let items: Vec<_> = missing.map(|one| (desk.clone(), one)).collect();
        let outer = company.stop;
        let mut is_stopped = false;
        crew::each(
            items,
            at_once(policy),
            &|(desk, one), stop| validator::ask(&desk, &common, one, merged, &|| outer() || stop()),
            &mut |judged| {
                let Some((name, judged)) = judged? else {
                    is_stopped = true;
                    return Ok(());
                };
                let what = format!("validator {name}: {}", judged.verdict.as_str());
                (company.tell)(&what);
                feature.state.validators.insert(name, judged);
                feature.save(repo, &[], &what)
            },
        )?;
        if is_stopped || outer() {
            return Ok(Some(End::Interrupted));
        }
        feature.state.phase = match validator::objection(&feature.state.validators) {
            None => Phase::Done,
            Some(_) => Phase::Rejected,
        };
        feature.save(repo, &[], feature.state.phase.as_str())?;
        Ok(None)
    }
}

fn desk<'a>(repo: &Repo, policy: &'a Policy, run: &'a str) -> Desk<'a> {
    Desk {
        repo: repo.clone(),
        run,
        staff: &policy.conductor.staff,
    }
}

/// How many may be asked at once.
fn at_once(policy: &Policy) -> usize {
    match policy.conductor.enabled {
        true => policy.conductor.max_agents,
        false => 1,
    }
}

/// The commit on which a feature for this branch begins.
fn base(repo: &Repo, into: Option<&str>) -> Result<Oid, FeatureError> {
    match into {
        Some(branch) => {
            let short = branch.strip_prefix("refs/heads/").unwrap_or(branch);
            Ok(repo.commit_of(&format!("refs/heads/{short}"))?)
        }
        None => repo.head()?.ok_or(FeatureError::NoBase),
    }
}

/// The policy of a commit; the default where it carries none.
fn policy(repo: &Repo, base: Oid) -> Result<Policy, FeatureError> {
    let found = Bases::new(repo.objects()).at(base)?;
    Ok(found.map_or_else(Policy::default, |base| base.policy.clone()))
}

/// The task file that a person made, once it is checked.
fn given(way: &Way, policy: &Policy) -> Result<Option<(String, Vec<TaskLine>)>, FeatureError> {
    let Some((name, toml)) = &way.tasks else {
        return Ok(None);
    };
    match tasks::check(name, toml, policy) {
        Ok(lines) => Ok(Some((String::from_utf8_lossy(toml).into_owned(), lines))),
        Err(why) => Err(FeatureError::Tasks {
            source_name: name.clone(),
            why,
        }),
    }
}

/// Keeps other processes from going on with this feature.
fn hold(repo: &Repo, id: &str) -> Result<FileLock, FeatureError> {
    let path = files::of_run(repo, id).join("feature.lock");
    let lock = FileLock::try_acquire(&path).map_err(FeatureError::io(&path))?;
    lock.ok_or_else(|| FeatureError::Busy(id.to_owned()))
}

/// Why planners have no task file.
fn failures(plans: &[Plan]) -> String {
    let failed = plans.iter().filter_map(|plan| {
        let why = plan.planned.failed.as_deref()?;
        Some(format!("{}: {why}", plan.planner))
    });
    failed.collect::<Vec<_>>().join("\n")
}
