//! Checks and comparisons of task files.

use super::state::TaskLine;
use crate::run::answers::essence;
use baton_core::plan::{Because, TaskList};
use baton_core::policy::Policy;

/// The work that a valid task file asks for, the same for files that differ in titles, order and looks alone.
pub fn effect(text: &str, policy: &Policy) -> Option<String> {
    let mut tasks = TaskList::parse("", text.as_bytes(), policy).ok()?.tasks;
    for task in &mut tasks {
        task.title.clear();
        task.files.sort();
        task.waits_for.retain(|wait| wait.because == Because::After);
        task.waits_for.sort_by(|a, b| a.task.cmp(&b.task));
    }
    tasks.sort_by(|a, b| a.id.cmp(&b.id));
    Some(essence(&serde_json::to_string(&tasks).ok()?))
}

/// The tasks of a valid file, or what is wrong with it, for its author. `name` is how that calls the file.
pub fn check(name: &str, toml: &[u8], policy: &Policy) -> Result<Vec<TaskLine>, String> {
    let list = TaskList::parse(name, toml, policy).map_err(|error| {
        let mut why = String::new();
        // Plain sentences: an agent reads them too.
        let told = miette::NarratableReportHandler::new().render_report(&mut why, &error);
        match told {
            Ok(()) => why,
            Err(_) => error.problem().to_string(),
        }
    })?;
    let line = |task: &baton_core::plan::Task| TaskLine {
        id: task.id.to_string(),
        title: task.title.clone(),
    };
    Ok(list.tasks.iter().map(line).collect())
}
