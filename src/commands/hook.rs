//! Answers a call of a git hook: the hook that was there before, then Baton's.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, BROKEN, ExitCode, UNDECIDED, tell};
use baton_core::model::Violation;
use baton_core::report::human;
use baton_guard::branch_moves;
use baton_hooks::{
    ARGUMENT, Call, DIRECTORY_SUFFIX, Hook, NAME_IN_DIRECTORY, PASSED_ON, install, passes_input_on,
};
use baton_sys::GitEnv;
use baton_sys::previous_hooks::EarlierHook;

/// As what hook the program is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The name of the hook: Baton's, or one that it passes on; `None` where nothing tells.
    name: Option<String>,
    /// True if it is one of the programs in a directory of hooks, which another hook runs.
    in_directory: bool,
    /// The hook's file.
    file: PathBuf,
    /// The git directory that all worktrees share.
    common_dir: PathBuf,
}

/// As what hook the program at this path is called, and with what; `None` where it is the command. The first line of an
/// installed hook tells it by an argument, behind which is the hook's own name. Hooks that earlier versions installed are
/// names of the program itself.
pub fn called_as(program: &Path, args: &[OsString]) -> Option<(Called, Vec<OsString>)> {
    let told = args
        .first()
        .and_then(|arg| arg.to_str()?.strip_prefix(ARGUMENT));
    if let Some(told) = told {
        let name = told.strip_suffix(DIRECTORY_SUFFIX);
        let called = Called {
            name: Some(name.unwrap_or(told).to_owned()),
            in_directory: name.is_some(),
            file: args.get(1).map(PathBuf::from).unwrap_or_default(),
            common_dir: program.ancestors().nth(3).unwrap_or(program).to_owned(),
        };
        return Some((called, args.get(2..).unwrap_or_default().to_owned()));
    }
    let name = program.file_name()?.to_str()?;
    let in_directory = name == NAME_IN_DIRECTORY;
    let is_hook = Hook::from_name(name).is_some() || PASSED_ON.contains(&name);
    let called = Called {
        name: match in_directory {
            true => hook_of_directory(program.parent()?),
            false => Some(name.to_owned()),
        },
        in_directory,
        file: program.to_owned(),
        common_dir: program.parent().unwrap_or(Path::new(".")).join(".."),
    };
    (in_directory || is_hook).then(|| (called, args.to_owned()))
}

/// The hook whose directory `<hook>.d` this is, by the name that it was called by or by its own.
fn hook_of_directory(directory: &Path) -> Option<String> {
    let own = Path::new(".").join(directory).canonicalize().ok();
    let paths = [Some(directory), own.as_deref()];
    paths.into_iter().flatten().find_map(|path| {
        let name = path.file_name()?.to_str()?;
        let hook = Hook::from_name(name.strip_suffix(DIRECTORY_SUFFIX)?)?;
        Some(hook.name().to_owned())
    })
}

/// Answers as what it was called: the hooks that were there before, then Baton; in a directory of
/// hooks Baton alone.
pub fn run_installed(called: &Called, args: Vec<OsString>) -> miette::Result<ExitCode> {
    match called.in_directory {
        false => run_in_place(called, args),
        true => run_in_directory(called, args),
    }
}

/// Answers in a directory of hooks. What the hook that runs it leaves out would pass unseen, so that
/// a call without it fails.
fn run_in_directory(called: &Called, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let program = called.file.display();
    let hook = called.name.as_deref().and_then(Hook::from_name);
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

/// Answers as the hook that git runs: the hook that was there before, then Baton.
fn run_in_place(called: &Called, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let name = called.name.as_deref().unwrap_or_default();
    let hook = Hook::from_name(name);
    if hook.is_none() && !PASSED_ON.contains(&name) {
        return Err(no_such_hook(name));
    }
    let has_input = hook.map_or_else(|| passes_input_on(name), Hook::reads_input);
    let input = has_input.then(read_input).transpose()?;
    let env = GitEnv::from_process().into_diagnostic()?;
    let call = (&args[..], input.as_deref());
    let common_dir = &called.common_dir;
    let git_dir = env.git_dir.as_deref();
    install::beside::prepare(common_dir, name);
    for earlier in EarlierHook::all(common_dir, &called.file, name, git_dir, call) {
        let code = earlier
            .run()
            .into_diagnostic()
            .wrap_err_with(|| format!("the hook {} does not run", earlier.path.display()))?;
        if code != ALLOWED {
            return Ok(code);
        }
    }
    let input = input.unwrap_or_default();
    Ok(hook.map_or(ALLOWED, |hook| answer(&Call { hook, args, input })))
}

fn no_such_hook(name: &str) -> miette::Report {
    miette!(
        help = "git calls the hooks that Baton answers; see the table in hooks/README.md",
        "git baton answers no hook named `{name}`"
    )
}

/// Answers `git baton hook <name>`.
pub fn run_by_name(name: &str, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let hook = Hook::from_name(name).ok_or_else(|| no_such_hook(name))?;
    let input = match hook.reads_input() {
        true => read_input()?,
        false => Vec::new(),
    };
    Ok(answer(&Call { hook, args, input }))
}

/// True if a branch that moves breaks the rule, and no commit that could be made again.
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
