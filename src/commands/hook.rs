//! Answers a call of a git hook: the hook that was there before, then Baton's.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, BROKEN, ExitCode, UNDECIDED, tell};
use baton_core::model::Violation;
use baton_core::report::human;
use baton_guard::branch_moves;
use baton_hooks::{Call, Hook, NAME_IN_DIRECTORY, PASSED_ON, passes_input_on};
use baton_sys::{GitEnv, previous_hooks};

/// What a program is called as, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// The hook that git runs: Baton's, or one that it passes on.
    AsHook(String),
    /// One of the programs in a directory of hooks, which another hook runs; the directory's name
    /// says for which.
    InDirectory(Option<Hook>),
}

/// As what hook the program at this path is called; `None` where it is the command.
pub fn called_as(program: &Path) -> Option<Called> {
    let name = program.file_name()?.to_str()?;
    match name {
        NAME_IN_DIRECTORY => Some(Called::InDirectory(hook_of_directory(program.parent()?))),
        _ if Hook::from_name(name).is_some() || PASSED_ON.contains(&name) => {
            Some(Called::AsHook(name.to_owned()))
        }
        _ => None,
    }
}

/// The hook whose directory `<hook>.d` this is, by the name that it was called by or by its own.
fn hook_of_directory(directory: &Path) -> Option<Hook> {
    let own = Path::new(".").join(directory).canonicalize().ok();
    let paths = [Some(directory), own.as_deref()];
    paths.into_iter().flatten().find_map(|path| {
        let name = path.file_name()?.to_str()?;
        Hook::from_name(name.strip_suffix(".d")?)
    })
}

/// Answers as what it was called: the hooks that were there before, then Baton; in a directory of
/// hooks Baton alone.
pub fn run_installed(
    called: Called,
    program: &Path,
    args: Vec<OsString>,
) -> miette::Result<ExitCode> {
    match called {
        Called::AsHook(name) => run_in_place(&name, program, args),
        Called::InDirectory(hook) => run_in_directory(hook, program, args),
    }
}

/// Answers in a directory of hooks. What the hook that runs it leaves out would pass unseen, so that
/// a call without it fails.
fn run_in_directory(
    hook: Option<Hook>,
    program: &Path,
    args: Vec<OsString>,
) -> miette::Result<ExitCode> {
    let program = program.display();
    let hook = hook.ok_or_else(|| {
        miette!(
            help = "run it as git's hooks do, as `<hook>.d/{NAME_IN_DIRECTORY}`; `git baton install --server` puts it there",
            "{program} does not say which hook it answers: its directory is not `pre-receive.d` or another hook's"
        )
    })?;
    let mut input = match hook.reads_input() {
        true => read_input()?,
        false => Vec::new(),
    };
    if input.trim_ascii().is_empty() {
        input.clear();
    }
    if hook.takes_arguments() && args.is_empty() {
        return Err(miette!(
            help =
                "have the hook that runs the directory give each program its arguments, `\"$@\"`",
            "{program} was called without the arguments of {}",
            hook.name()
        ));
    }
    if hook == Hook::PreReceive && input.is_empty() {
        return Err(miette!(
            help = "have the hook that runs the directory read its input once and give it to each program",
            "{program} was called without the input of {}",
            hook.name()
        ));
    }
    Ok(answer(&Call { hook, args, input }))
}

/// Answers as the hook `name` at `program`, the file by whose name git runs this process: the hooks
/// that were there before, then Baton.
fn run_in_place(name: &str, program: &Path, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let hook = Hook::from_name(name);
    let has_input = hook.map_or_else(|| passes_input_on(name), Hook::reads_input);
    let input = has_input.then(read_input).transpose()?;
    let env = GitEnv::from_process().into_diagnostic()?;
    if let Some(earlier) = previous_hooks::earlier_hook(program, name, env.git_dir.as_deref()) {
        let code = previous_hooks::run(&earlier, &args, input.as_deref())
            .into_diagnostic()
            .wrap_err_with(|| format!("the hook {} does not run", earlier.display()))?;
        if code != ALLOWED {
            return Ok(code);
        }
    }
    let input = input.unwrap_or_default();
    Ok(hook.map_or(ALLOWED, |hook| answer(&Call { hook, args, input })))
}

/// Answers `git baton hook <name>`.
pub fn run_by_name(name: &str, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let hook = Hook::from_name(name).ok_or_else(|| {
        miette!(
            help = "git calls the hooks that Baton answers; see the table in hooks/README.md",
            "git baton answers no hook named `{name}`"
        )
    })?;
    let input = match hook.reads_input() {
        true => read_input()?,
        false => Vec::new(),
    };
    Ok(answer(&Call { hook, args, input }))
}

/// Whether a branch that moves breaks the rule, and no commit that could be made again.
fn is_move(violation: &Violation) -> bool {
    violation.reference.is_some()
}

fn read_input() -> miette::Result<Vec<u8>> {
    let mut input = Vec::new();
    std::io::stdin()
        .read_to_end(&mut input)
        .into_diagnostic()
        .wrap_err("git's input to the hook cannot be read")?;
    Ok(input)
}

fn answer(call: &Call) -> ExitCode {
    if baton_hooks::is_idle(call) {
        return ALLOWED;
    }
    let answered = baton_hooks::answer(call);
    if call.hook.tells_warnings() {
        super::tell_warnings();
    }
    match answered {
        Ok(answer) if answer.judgement.verdict.is_clean() => {
            if branch_moves::is_deferred(&answer.judgement) {
                tell(branch_moves::DEFERRED);
            }
            tell(&human::accepted(&answer.judgement.verdict.accepted));
            ALLOWED
        }
        Ok(answer) => {
            let violations = &answer.judgement.verdict.violations;
            let (outcome, name) = (call.hook.outcome(), call.hook.name());
            let mut text = human::notice(violations, outcome, name);
            for line in answer.recovery {
                text.extend([&line[..], "\n"]);
            }
            let remade = call.hook == Hook::ReferenceTransaction && !violations.iter().any(is_move);
            if answer.judgement.verdict.acceptable && !remade {
                text.extend(human::way_out(violations));
            }
            tell(&text);
            super::tell_warnings();
            BROKEN
        }
        Err(error) => {
            let name = call.hook.name();
            let opening = match call.hook {
                Hook::PostMerge => format!("baton: what came in cannot be judged ({name})"),
                _ => format!("baton: refused ({name}), because it cannot be judged"),
            };
            tell(&format!("{opening}\n{:?}\n", miette::Report::new(error)));
            super::tell_warnings();
            UNDECIDED
        }
    }
}
