//! What `git baton verify` and `git baton policy` say, word for word. Dates and names are fixed,
//! and so commit ids are too.

mod formats;
mod policies;
mod ranges;
use baton_testkit::{Ran, Sandbox};

/// `main` with one commit that sets the default policy.
fn ruled() -> Sandbox {
    Sandbox::with_policy("")
}

fn with_bundle() -> Sandbox {
    let sandbox = ruled();
    sandbox.commit_file("a.txt", "a\n");
    sandbox.commit_bundle();
    sandbox
}

fn with_handoff_written() -> Sandbox {
    let sandbox = ruled();
    sandbox.commit_file(".agents/HANDOFF.md", "mine\n");
    sandbox
}

/// All that a run says, as somebody at a terminal sees it.
fn transcript(run: &Ran) -> String {
    format!("{}{}[exit {}]\n", run.out, run.err, run.code)
}

fn verify(sandbox: &Sandbox, args: &[&str]) -> String {
    transcript(&sandbox.run([&["verify"], args].concat()))
}

fn policy(sandbox: &Sandbox, args: &[&str]) -> String {
    transcript(&sandbox.run([&["policy"], args].concat()))
}
