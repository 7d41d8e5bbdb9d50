//! Whether a task file can be run.

use super::state::TaskLine;
use baton_core::plan::TaskList;
use baton_core::policy::Policy;

/// The tasks of a valid file, or what is wrong with it, for whoever wrote it. `name` is how that
/// calls the file.
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
