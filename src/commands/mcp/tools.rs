//! The tools: their arguments, and the function of the command that each runs.

use std::path::PathBuf;

use miette::{IntoDiagnostic, WrapErr, miette};
use rmcp::handler::server::common::schema_for_input;
use rmcp::model::{Tool as Description, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cli::orchestrator::{
    Plan, PlanFormat, Pool, PoolAcquire, PoolLook, PoolRelease, RunLook, TextFormat,
};
use crate::cli::{Format, Session, SessionFormat, SessionStart, Verify};
use crate::commands::{ExitCode, orchestrator, session, verify};
use baton_core::report::{self, Style};
use baton_git::Repo;
use baton_hooks::{Call, Hook};
use baton_sys::GitEnv;

/// A tool.
pub(super) struct Tool {
    /// The words by which a client is told of it.
    pub description: Description,
    /// Runs it with its arguments; the result is JSON.
    pub call: Box<dyn Fn(Value) -> miette::Result<String> + Send>,
}

/// True if a tool changes anything.
#[derive(PartialEq)]
enum Does {
    Read,
    Change,
}

/// All tools.
pub(super) fn all() -> Vec<Tool> {
    vec![
        tool(
            "session_start",
            Does::Change,
            "Begin a session in this worktree: it gets a number and a log.",
            session_start,
        ),
        tool(
            "session_summary",
            Does::Change,
            "Hand in the summary of this worktree's session.",
            session_summary,
        ),
        tool(
            "session_end",
            Does::Change,
            "Check the session of this worktree and end it. Where `clean` is false, `findings` says what is missing and the session goes on.",
            session_end,
        ),
        tool(
            "session_claim",
            Does::Change,
            "Claim files, directories and globs for the session of this worktree, so that no other session changes them. Without paths, list the claims of all sessions.",
            session_claim,
        ),
        tool(
            "session_release",
            Does::Change,
            "Give back claimed paths; without paths, all of this worktree's session.",
            session_release,
        ),
        tool(
            "check",
            Does::Read,
            "Say what the guard would say: of what is staged for the next commit, or of the commits of a range.",
            check,
        ),
        tool(
            "plan",
            Does::Read,
            "Show which tasks of a list run in parallel, and in which order.",
            plan,
        ),
        tool(
            "status",
            Does::Read,
            "Show how a run of agents stands.",
            status,
        ),
        tool(
            "pool_list",
            Does::Read,
            "Show the worktrees that are kept ready, and who has which.",
            pool_list,
        ),
        tool(
            "pool_acquire",
            Does::Change,
            "Take a worktree for a task, on a branch of its own and bound to a session.",
            pool_acquire,
        ),
        tool(
            "pool_release",
            Does::Change,
            "Give a worktree back. It is refused while something in it would be lost.",
            pool_release,
        ),
    ]
}

fn tool<A>(
    name: &'static str,
    does: Does,
    description: &'static str,
    call: fn(A) -> miette::Result<String>,
) -> Tool
where
    A: DeserializeOwned + JsonSchema + 'static,
{
    let schema = schema_for_input::<A>().expect("arguments are an object");
    let annotations = ToolAnnotations::new()
        .read_only(does == Does::Read)
        .destructive(false)
        .open_world(false);
    Tool {
        description: Description::new(name, description, schema).with_annotations(annotations),
        call: Box::new(move |arguments| {
            let arguments = serde_json::from_value(arguments)
                .into_diagnostic()
                .wrap_err_with(|| format!("the arguments are not those of `{name}`"))?;
            call(arguments)
        }),
    }
}

/// Where a command runs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The absolute path of the worktree in which you work.
    path: PathBuf,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Start {
    /// The absolute path of the worktree in which you work.
    path: PathBuf,
    /// The title of the session.
    #[serde(default)]
    title: String,
    /// The task that it works on.
    #[serde(default)]
    task: Option<String>,
    /// The number of a session to go on with; without it, the next free number.
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Summary {
    /// The absolute path of the worktree in which you work.
    path: PathBuf,
    /// The summary, as Markdown: what was done, what was decided and why, what is left.
    text: String,
    /// A session that has ended and whose summary to replace; without it, the session of this worktree.
    #[serde(default)]
    session: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Paths {
    /// The absolute path of the worktree in which you work.
    path: PathBuf,
    /// Files, directories and globs such as `src/**/*.rs`, as they lie below `path`.
    #[serde(default)]
    paths: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The absolute path of the worktree in which you work.
    path: PathBuf,
    /// The commits, as `git log` takes them, such as `main..HEAD`; without it, what is staged for the next commit.
    #[serde(default)]
    range: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tasks {
    /// The absolute path of a worktree of the repository.
    path: PathBuf,
    /// The file of tasks, as it lies below `path`; without it, `tasks.toml`.
    #[serde(default)]
    tasks: Option<PathBuf>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Run {
    /// The absolute path of a worktree of the repository.
    path: PathBuf,
    /// The run; without it, the latest.
    #[serde(default)]
    run: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Acquire {
    /// The absolute path of a worktree of the repository.
    path: PathBuf,
    /// The task's id, which becomes part of its branch's name.
    task: String,
    /// The title of the session; without it, the task's id.
    #[serde(default)]
    title: Option<String>,
    /// The revision to begin on.
    #[serde(default)]
    base: Option<String>,
    /// The seconds to wait for a free worktree.
    #[serde(default)]
    wait: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Release {
    /// The absolute path of a worktree of the repository.
    path: PathBuf,
    /// The worktree to give back, such as `wt-1`, or its directory.
    slot: String,
    /// The lease that `pool_acquire` gave.
    #[serde(default)]
    lease: Option<String>,
}

fn session_start(args: Start) -> miette::Result<String> {
    let start = SessionStart {
        id: args.id,
        title: args.title,
        task: args.task,
        date: None,
        format: SessionFormat::Json,
    };
    text(session::answer(&env(args.path)?, Session::Start(start)))
}

fn session_summary(args: Summary) -> miette::Result<String> {
    let repo = Repo::open(&env(args.path)?)?;
    let (number, summary) = (args.session.as_deref(), args.text.into());
    session::summary(&repo, number, Some(summary), SessionFormat::Json)
}

fn session_end(args: Place) -> miette::Result<String> {
    let format = SessionFormat::Json;
    text(session::answer(&env(args.path)?, Session::End { format }))
}

fn session_claim(args: Paths) -> miette::Result<String> {
    let verb = Session::Claim {
        paths: args.paths,
        format: SessionFormat::Json,
    };
    text(session::answer(&env(args.path)?, verb))
}

fn session_release(args: Paths) -> miette::Result<String> {
    let verb = Session::Release {
        paths: args.paths,
        format: SessionFormat::Json,
    };
    text(session::answer(&env(args.path)?, verb))
}

fn check(args: Change) -> miette::Result<String> {
    let env = env(args.path)?;
    let Some(range) = args.range else {
        return staged(&env);
    };
    let verify = Verify {
        range: range.split_whitespace().map(str::to_owned).collect(),
        all: false,
        policy: None,
        format: Format::Json,
    };
    text(verify::answer(&env, verify))
}

/// The report of what `pre-commit` would say of what is staged.
fn staged(env: &GitEnv) -> miette::Result<String> {
    let call = Call {
        hook: Hook::PreCommit,
        args: Vec::new(),
        input: Vec::new(),
    };
    let judgement = baton_hooks::answer_in(env, &call)?.judgement;
    let report = verify::report(&Repo::open(env)?, judgement)?;
    let style = Style {
        colour: false,
        width: None,
    };
    Ok(report::render(&report, report::Format::Json, style))
}

fn plan(args: Tasks) -> miette::Result<String> {
    let env = env(args.path)?;
    let tasks = args.tasks.unwrap_or_else(|| "tasks.toml".into());
    let plan = Plan {
        tasks: env.current_dir.join(tasks),
        policy: None,
        format: PlanFormat::Json,
    };
    orchestrator::plan::answer(&env, plan)
}

fn status(args: Run) -> miette::Result<String> {
    let look = RunLook {
        run: args.run,
        format: TextFormat::Json,
    };
    orchestrator::run::look::status_of(&Repo::open(&env(args.path)?)?, look)
}

fn pool_list(args: Place) -> miette::Result<String> {
    pool(
        args.path,
        Pool::Status(PoolLook {
            format: TextFormat::Json,
        }),
    )
}

fn pool_acquire(args: Acquire) -> miette::Result<String> {
    let acquire = PoolAcquire {
        task: args.task,
        base: args.base,
        wait: args.wait,
        owner: None,
        pid: None,
        title: args.title,
        date: None,
        no_session: false,
        porcelain: false,
        format: TextFormat::Json,
    };
    pool(args.path, Pool::Acquire(acquire))
}

fn pool_release(args: Release) -> miette::Result<String> {
    let release = PoolRelease {
        slot: args.slot,
        lease: args.lease,
        force: false,
        look: PoolLook {
            format: TextFormat::Json,
        },
    };
    pool(args.path, Pool::Release(release))
}

fn pool(path: PathBuf, verb: Pool) -> miette::Result<String> {
    let env = env(path)?;
    let repo = Repo::open(&env)?;
    text(orchestrator::pool::answer(&repo, &env, verb))
}

/// The document of an answer. Its exit code says nothing that the document does not.
fn text<E: Into<miette::Report>>(answer: Result<(String, ExitCode), E>) -> miette::Result<String> {
    answer.map(|(text, _)| text).map_err(Into::into)
}

/// Where git runs for a call.
fn env(path: PathBuf) -> miette::Result<GitEnv> {
    match path.is_absolute() {
        true => Ok(GitEnv {
            current_dir: path,
            ..GitEnv::default()
        }),
        false => Err(miette!(
            help = "name the worktree in which you work by its absolute path",
            "`{}` is no absolute path",
            path.display()
        )),
    }
}
