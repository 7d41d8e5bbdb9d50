//! The result of a feature, as JSON (`schema/feature.schema.json`) and for people.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::state::State;
use super::{End, FeatureResult, Intent};
use baton_core::report::escape;

/// The result of a feature.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Feature")]
struct Document<'a> {
    /// The id of its run.
    id: &'a str,
    /// The outcome.
    end: &'static str,
    /// Why it did not go on; `null` when it did.
    why: Option<&'a str>,
    /// The directory of the run's files on this machine.
    files: String,
    /// Its progress.
    #[serde(flatten)]
    state: &'a State,
}

impl FeatureResult {
    /// As JSON.
    pub fn to_json(&self) -> String {
        let document = Document {
            id: &self.id,
            end: self.end.as_str(),
            why: self.end.why(),
            files: self.files.display().to_string(),
            state: &self.state,
        };
        let json = serde_json::to_string_pretty(&document).expect("plain values are JSON");
        escape::json(&(json + "\n"))
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let inert = |text: &str| escape::inert(text.as_bytes());
        let mut text = format!(
            "Feature {}: {}\n",
            self.id,
            inert(&one_line(&self.state.wish))
        );
        for (name, scouted) in &self.state.scouts {
            let said = match &scouted.void {
                None => format!("found something in {} s", scouted.seconds),
                Some(why) => format!("void: {}", inert(why)),
            };
            text.push_str(&format!("  scout {name}: {said}\n"));
        }
        for (name, planned) in &self.state.planners {
            let said = match &planned.failed {
                None => format!("a task file, attempt {}", planned.attempts),
                Some(why) => format!(
                    "none in {} attempts: {}",
                    planned.attempts,
                    lines(why, "    ")
                ),
            };
            text.push_str(&format!("  {name}: {said}\n"));
        }
        for task in &self.state.tasks {
            text.push_str(&format!(
                "  task {}: {}\n",
                inert(&task.id),
                inert(&task.title)
            ));
        }
        for (name, judged) in &self.state.validators {
            let reason = match judged.reason.as_str() {
                "" => String::new(),
                reason => format!(": {}", inert(reason)),
            };
            text.push_str(&format!(
                "  validator {name}: {}{reason}\n",
                judged.verdict.as_str()
            ));
        }
        text.push_str(&self.next());
        text
    }

    /// Returns the outcome, and what to do next.
    fn next(&self) -> String {
        let (id, files) = (&self.id, self.files.display());
        let resume = format!("`git baton orchestrator feature --resume {id}`");
        let why = self
            .end
            .why()
            .map(|why| lines(why, "  "))
            .unwrap_or_default();
        match &self.end {
            End::Planned => {
                format!("The tasks are in {files}/tasks.toml; {resume} has them done.\n")
            }
            End::NoFindings => format!(
                "No scout found anything that counts, so nobody plans. {resume} asks them again.\n"
            ),
            End::NoPlan(_) => format!(
                "There is no task file: {why}\n{resume} asks the planners again; with `--tasks FILE` it takes yours.\n"
            ),
            End::Undecided(_) => format!(
                "The planners differ: {why}\nTheir files are {files}/planner-*.toml. Choose one, or write one: `git baton orchestrator feature --resume {id} --tasks FILE`.\n"
            ),
            End::Unfinished(_) | End::Paused(_) => {
                format!("The tasks are not all done: {why}\n{resume} goes on.\n")
            }
            End::Failed(_) => format!("Tasks came to nothing: {why}\n"),
            End::Rejected(_) => format!("Merged, and not approved: {why}\n"),
            End::Done => "Done.\n".to_owned(),
            End::Interrupted => format!("Interrupted; {resume} goes on.\n"),
        }
    }
}

impl Intent {
    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = format!("Nothing is done yet. On {}:\n", self.base.short());
        for path in &self.constraints {
            text.push_str(&format!("  everybody is told {path}\n"));
        }
        for (name, agent) in &self.scouts {
            text.push_str(&format!("  scout {name}: asks {agent}\n"));
        }
        let planners = match (self.planners, &self.tasks) {
            (_, Some(tasks)) => format!("  the tasks are those of {tasks}\n"),
            (1, None) => format!("  one planner: asks {}\n", self.planner),
            (count, None) => format!(
                "  {count} planners, {}: ask {}\n",
                self.combine, self.planner
            ),
        };
        text.push_str(&planners);
        text.push_str("  then the tasks are run\n");
        for (name, who) in &self.validators {
            text.push_str(&format!("  validator {name}: asks {who}\n"));
        }
        escape::invalid_bytes(text.as_bytes())
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("plain values are JSON");
        escape::json(&(json + "\n"))
    }
}

/// The JSON schema of [`FeatureResult::to_json`].
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// The JSON schema of [`Intent::to_json`].
pub fn intent_schema() -> Schema {
    schema_for!(Intent)
}

fn one_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    escape::clip(line, 80)
}

/// Lines without what a terminal obeys, all but the first indented.
fn lines(text: &str, indent: &str) -> String {
    let lines: Vec<_> = text
        .trim_end()
        .lines()
        .map(|line| escape::inert(line.as_bytes()))
        .collect();
    lines.join(&format!("\n{indent}"))
}
