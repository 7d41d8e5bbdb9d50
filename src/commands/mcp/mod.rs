//! `git baton mcp`: commands as tools of the Model Context Protocol, over standard input and output.
//!
//! A tool has no behaviour of its own: it runs the function of the command of that name, in the directory that its argument
//! `path` names, and answers with the command's JSON. What a command fails with is the tool's error, with its help.

mod server;
mod tools;

use miette::{IntoDiagnostic, WrapErr};

use super::{ALLOWED, ExitCode};

/// Serves until the client closes standard input.
pub fn run() -> miette::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build();
    let runtime = runtime
        .into_diagnostic()
        .wrap_err("the server cannot begin")?;
    runtime.block_on(server::serve())?;
    Ok(ALLOWED)
}
