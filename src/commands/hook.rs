//! Answers a call of a git hook: the hook that was there before, then Baton's.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr, miette};

use super::{ALLOWED, BROKEN, ExitCode, UNDECIDED, tell};
use crate::guard::branch_moves;
use crate::hooks::{self, Call, Hook, PASSED_ON, passes_input_on};
use crate::model::Violation;
use crate::report::human;
use crate::sys::{GitEnv, chain};

/// Whether a program of this name answers as a hook.
pub fn is_installed_name(name: &str) -> bool {
    Hook::from_name(name).is_some() || PASSED_ON.contains(&name)
}

/// Answers as the installed hook `name` at `program`, the file by whose name git runs this
/// process: the hooks that were there before, then Baton.
pub fn run_installed(name: &str, program: &Path, args: Vec<OsString>) -> miette::Result<ExitCode> {
    let hook = Hook::from_name(name);
    let has_input = hook.map_or_else(|| passes_input_on(name), Hook::reads_input);
    let input = has_input.then(read_input).transpose()?;
    let env = GitEnv::from_process().into_diagnostic()?;
    if let Some(earlier) = chain::earlier_hook(program, name, env.git_dir.as_deref()) {
        let code = chain::run(&earlier, &args, input.as_deref())
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
    if hooks::is_idle(call) {
        return ALLOWED;
    }
    let answered = hooks::answer(call);
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
            BROKEN
        }
        Err(error) => {
            let name = call.hook.name();
            let opening = match call.hook {
                Hook::PostMerge => format!("baton: what came in cannot be judged ({name})"),
                _ => format!("baton: refused ({name}), because it cannot be judged"),
            };
            tell(&format!("{opening}\n{:?}\n", miette::Report::new(error)));
            UNDECIDED
        }
    }
}
