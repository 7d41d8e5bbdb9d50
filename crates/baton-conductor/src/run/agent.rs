//! From an agent of the policy to a job.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::{Assignment, RunError, files};
use baton_core::model::{BranchName, SessionId};
use baton_core::policy::command::CommandTemplate;
use baton_core::policy::conductor::agents::{Agent, Input};
use baton_git::worktrees::git_dir_of;
use baton_git::{Repo, lent_config};
use baton_hooks::install::Layout;
use baton_sys::supervise::{Job, Words};
use baton_sys::{executable, file};

/// The most bytes that one variable or argument can hold on Linux, its name and an end among
/// them (`MAX_ARG_STRLEN`, execve(2)).
const LONGEST_ARGUMENT: usize = 128 * 1024;

/// The values that a command may name.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The task.
    pub assignment: &'a Assignment,
    /// The root of the worktree in which the command runs.
    pub worktree: &'a Path,
    /// The task's branch.
    pub branch: &'a BranchName,
    /// The session that is bound to the worktree.
    pub session: Option<&'a SessionId>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The git directory that all worktrees share.
    pub git_dir: &'a Path,
    /// All that the agent is told.
    pub prompt: &'a str,
    /// The file that holds the same.
    pub prompt_file: &'a Path,
}

impl Values<'_> {
    /// The job of an agent.
    ///
    /// # Errors
    /// When the prompt is longer than what the command can take as an argument.
    pub fn agent(&self, agent: &Agent) -> Result<Job, RunError> {
        let mut job = self.command(&agent.command)?;
        job.keeps_errors_apart = true;
        job.input = match agent.input {
            Input::None => None,
            Input::Prompt => Some(self.prompt.into()),
            Input::Task => Some(self.assignment.prompt.as_bytes().into()),
        };
        Ok(job)
    }

    /// The job of a command that reads nothing.
    ///
    /// # Errors
    /// As for [`Self::agent`].
    pub fn command(&self, command: &CommandTemplate) -> Result<Job, RunError> {
        let mut job = self.line(command.line());
        if command.names("prompt") {
            if self.prompt.len() + "BATON_PROMPT=".len() >= LONGEST_ARGUMENT {
                return Err(RunError::PromptTooLong {
                    task: self.assignment.task.clone(),
                    bytes: self.prompt.len(),
                });
            }
            job.env.push(("BATON_PROMPT".into(), self.prompt.into()));
        }
        Ok(job)
    }

    /// The job of a line for the shell, with the variables but for the prompt itself.
    pub fn line(&self, line: &str) -> Job {
        let session = self.session.map(ToString::to_string).unwrap_or_default();
        let git_dir = git_dir_of(self.worktree).unwrap_or_default();
        let values: [(&str, OsString); 9] = [
            ("BATON_PROMPT_FILE", self.prompt_file.into()),
            ("BATON_WORKTREE", self.worktree.into()),
            ("BATON_BRANCH", self.branch.to_string().into()),
            ("BATON_SESSION", session.into()),
            ("BATON_TASK", self.assignment.task.as_str().into()),
            ("BATON_ATTEMPT", self.attempt.to_string().into()),
            ("BATON_RUN", self.assignment.run.as_str().into()),
            ("BATON_GIT_DIR", self.git_dir.into()),
            ("BATON_WORKTREE_GIT_DIR", git_dir.into()),
        ];
        let mut job = Job::new(Words::Shell(line.into()), self.worktree.to_owned());
        job.id = files::job_id(self.git_dir, &self.assignment.run, &self.assignment.task);
        job.env = values.map(|(name, value)| (name.into(), value)).to_vec();
        let parameters = lent_config::parameters(self.git_dir);
        job.env.push((lent_config::VARIABLE.into(), parameters));
        // A question to a person would never be answered.
        job.env.push(("GIT_TERMINAL_PROMPT".into(), "0".into()));
        job
    }
}

/// Writes what git needs to know in the processes of agents: [`lent_config`].
///
/// # Errors
/// When git does not tell its settings, or the file cannot be written.
pub fn lend_config(repo: &Repo) -> Result<(), RunError> {
    let installed = Layout::of(repo).program();
    let is_guarded = executable::is_executable(&installed);
    let program = match is_guarded {
        true => installed,
        false => executable::current().map_err(RunError::io("the running program"))?,
    };
    Ok(lent_config::write(repo, &program, is_guarded)?)
}

/// Makes the directories of the repository in which commits on this branch are recorded. A sandbox
/// opens only what is there, and git removes those that `pack-refs` has emptied.
///
/// # Errors
/// When one cannot be made.
pub fn make_directories(repo: &Repo, branch: &BranchName) -> Result<(), RunError> {
    let git_dir = repo.common_dir();
    // With reftables it is a file.
    if !file::is_directory(&git_dir.join(BranchName::PREFIX)) {
        return Ok(());
    }
    let name = branch.full().to_string();
    let files = [git_dir.join(&name), git_dir.join("logs").join(name)];
    let parents = files.iter().filter_map(|file| file.parent());
    for directory in parents.chain([&*git_dir.join("refs/baton")]) {
        file::make_directory(directory).map_err(RunError::io(directory))?;
    }
    Ok(())
}

/// Returns the wait before an attempt, when this many have failed before: `first`, then twice as
/// long each time, but never longer than five minutes.
pub fn backoff(first: Duration, failed: u32) -> Duration {
    let doublings = failed.saturating_sub(1).min(31);
    match failed {
        0 => Duration::ZERO,
        _ => first
            .saturating_mul(1 << doublings)
            .min(Duration::from_secs(300)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_core::policy::conductor::agents::Output;
    use baton_sys::supervise;

    fn assignment() -> Assignment {
        Assignment {
            run: "r1".to_owned(),
            task: "t1".to_owned(),
            title: "A title".to_owned(),
            prompt: "Do it".to_owned(),
            owned: None,
            verify: Vec::new(),
            limit: None,
        }
    }

    fn values<'a>(assignment: &'a Assignment, prompt: &'a str, place: &'a Path) -> Values<'a> {
        Values {
            assignment,
            worktree: place,
            branch: Box::leak(Box::new(BranchName::new("auto/t1"))),
            session: None,
            attempt: 2,
            git_dir: place,
            prompt,
            prompt_file: place,
        }
    }

    fn agent(command: &str, input: Input) -> Agent {
        let command = CommandTemplate::parse(command).unwrap();
        let output = Output::Text;
        Agent {
            command,
            input,
            output,
            probe: None,
            limits: Vec::new(),
            confine: None,
            confined_command: None,
        }
    }

    fn printed(agent: &Agent, prompt: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let assignment = assignment();
        let job = values(&assignment, prompt, dir.path())
            .agent(agent)
            .unwrap();
        let finished = supervise::run(&job, &|| false, &mut |_, _| ()).unwrap();
        finished.tail.to_string()
    }

    #[test]
    fn the_shell_interprets_no_value() {
        let hostile = "'; touch a; \"$(id)\" `id` $HOME\n* \\ {task} é";
        for command in [
            "printf %s {prompt}",
            "printf %s \"{prompt}\"",
            "printf %s '{prompt}'",
            "printf %s \"$(printf %s {prompt})\"",
        ] {
            assert_eq!(
                printed(&agent(command, Input::None), hostile),
                hostile,
                "{command}"
            );
        }
    }

    #[test]
    fn an_agent_reads_what_it_is_to_read() {
        assert_eq!(printed(&agent("cat", Input::None), "all"), "");
        assert_eq!(printed(&agent("cat", Input::Prompt), "all"), "all");
        assert_eq!(printed(&agent("cat", Input::Task), "all"), "Do it");
    }

    #[test]
    fn variables_say_what_placeholders_say() {
        let command = "echo {task} {attempt} {branch} $BATON_TASK $BATON_ATTEMPT $BATON_RUN";
        let said = printed(&agent(command, Input::None), "");
        assert_eq!(said, "t1 2 auto/t1 t1 2 r1\n");
    }

    #[test]
    fn a_long_prompt_is_no_argument() {
        let (assignment, long) = (assignment(), "x".repeat(LONGEST_ARGUMENT));
        let values = values(&assignment, &long, Path::new("/"));
        let refused = values.agent(&agent("a {prompt}", Input::None));
        assert!(matches!(refused, Err(RunError::PromptTooLong { .. })));
        assert!(values.agent(&agent("a", Input::Prompt)).is_ok());
        assert_eq!(
            printed(&agent("wc -c | tr -d ' '", Input::Prompt), &long),
            "131072\n"
        );
        let almost = "x".repeat(LONGEST_ARGUMENT - "BATON_PROMPT=".len() - 1);
        assert_eq!(
            printed(
                &agent("printf %s {prompt} >/dev/null", Input::None),
                &almost
            ),
            ""
        );
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let seconds = |failed| backoff(Duration::from_secs(5), failed).as_secs();
        assert_eq!([0, 1, 2, 3, 4].map(seconds), [0, 5, 10, 20, 40]);
        assert_eq!(seconds(u32::MAX), 300);
    }
}
