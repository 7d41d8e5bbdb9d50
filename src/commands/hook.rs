//! Answers a call of a git hook: the hook that was there before, then Baton's.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, BROKEN, ExitCode, UNDECIDED};
use crate::hooks::{self, Call, Hook};
use crate::report::human;
use crate::sys::{GitEnv, chain};

/// Answers as the installed hook at `program`, the file by whose name git runs this process.
pub fn run_installed(hook: Hook, program: &Path, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let call = read_call(hook, args)?;
    let env = GitEnv::from_process().into_diagnostic()?;
    for earlier in chain::earlier_hooks(program, hook.name(), env.git_dir.as_deref()) {
        let input = hook.reads_input().then_some(&call.input[..]);
        let code = chain::run(&earlier, &call.args, input)
            .into_diagnostic()
            .wrap_err_with(|| format!("the hook {} does not run", earlier.display()))?;
        if code != ALLOWED {
            return Ok(code);
        }
    }
    Ok(answer(&call))
}

/// Answers `git baton hook <name>`.
pub fn run_by_name(name: &str, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let hook = Hook::from_name(name).ok_or_else(|| {
        miette!(
            help = "git calls the hooks that Baton answers; see the table in hooks/README.md",
            "git baton answers no hook named `{name}`"
        )
    })?;
    Ok(answer(&read_call(hook, args)?))
}

fn read_call(hook: Hook, args: Vec<OsString>) -> miette::Result<Call> {
    let mut input = Vec::new();
    if hook.reads_input() {
        std::io::stdin()
            .read_to_end(&mut input)
            .into_diagnostic()
            .wrap_err("git's input to the hook cannot be read")?;
    }
    Ok(Call { hook, args, input })
}

fn answer(call: &Call) -> ExitCode {
    if hooks::is_idle(call) {
        return ALLOWED;
    }
    match hooks::answer(call) {
        Ok(answer) if answer.judgement.verdict.is_clean() => ALLOWED,
        Ok(answer) => {
            let violations = &answer.judgement.verdict.violations;
            eprint!("{}", human::refusal(violations, call.hook.name()));
            for line in answer.recovery {
                eprintln!("{line}");
            }
            BROKEN
        }
        Err(error) => {
            eprintln!(
                "baton: refused ({}), because it cannot be judged",
                call.hook.name()
            );
            eprintln!("{:?}", miette::Report::new(error));
            UNDECIDED
        }
    }
}
