//! `git baton verify` as CI services run it: real clones, real events.

mod gitlab;
mod pushes;
mod requests;
mod targets;

use baton_testkit::{Ran, Sandbox, ZEROS, finish, log};
use serde_json::{Value, json};

/// A server's bare repository, in `origin.git`, and a working repository that pushes to it.
fn server() -> Sandbox {
    let sandbox = Sandbox::with_policy("");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox
}

/// Clones the server's repository as a CI job does, with all branches, and checks `commit` out.
fn clone(sandbox: &mut Sandbox, commit: &str) {
    sandbox.git(["clone", "-q", "--no-local", "../origin.git", "../job"]);
    sandbox.enter("job");
    sandbox.git(["checkout", "-q", "--detach", commit]);
}

fn shallow_clone(sandbox: &mut Sandbox) {
    let url = format!("file://{}/origin.git", sandbox.root.path().display());
    let branch = "--branch=work";
    sandbox.git(["clone", "-q", "--depth=1", branch, &url, "../job"]);
    sandbox.enter("job");
}

fn github(sandbox: &Sandbox, name: &str, event: &Value) -> Ran {
    let path = sandbox.root.path().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let mut command = sandbox.baton();
    command
        .args(["verify", "--format", "github"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", path);
    finish(&mut command)
}

fn gitlab(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Ran {
    let mut command = sandbox.baton();
    command
        .arg("verify")
        .env("GITLAB_CI", "true")
        .env("CI_DEFAULT_BRANCH", "main")
        .envs(variables.iter().copied());
    finish(&mut command)
}

/// What a fetch of a branch would have left.
fn track(sandbox: &Sandbox, branch: &str, commit: &str) {
    let name = format!("refs/remotes/origin/{branch}");
    sandbox.git(["update-ref", &name, commit]);
}

fn pull_request(base: &str, head: &str) -> Value {
    json!({"pull_request": {"base": {"sha": base, "ref": "main"}, "head": {"sha": head}}})
}

fn push(branch: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"),
        "before": before,
        "after": after,
        "repository": {"default_branch": "main"},
    })
}

#[track_caller]
fn allowed(run: &Ran, conclusion: &str) {
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.out.trim_end(), conclusion, "{run:?}");
}

#[track_caller]
fn bundled(run: &Ran, commit: &str) {
    assert_eq!(run.code, 1, "{run:?}");
    let title = format!("title=bundled-sessions in {}::", &commit[..10]);
    assert!(run.out.contains(&title), "{run:?}");
}

#[track_caller]
fn undecided(run: &Ran, told: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    let words: Vec<_> = run.err.split_whitespace().filter(|it| *it != "│").collect();
    let text = words.join(" ");
    for part in told {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

/// Commits one more line of a file as the maintainer.
fn commit_signed(sandbox: &Sandbox, path: &str) -> String {
    let text = sandbox.read(path) + "# one more line\n";
    sandbox.write(path, text);
    sandbox.git(["add", "-A"]);
    let key = format!(
        "user.signingkey={}",
        sandbox.root.path().join("key").display()
    );
    let message = "By a maintainer\n\nBaton-Override: it has to be";
    let config = ["-c", "gpg.format=ssh", "-c", &key];
    let commit = ["commit", "-q", "-S", "-m", message];
    sandbox.git([&config[..], &commit].concat());
    sandbox.git(["rev-parse", "HEAD"])
}

/// A server whose policy names a maintainer, for whom `commit_signed` signs.
fn signed_server() -> Sandbox {
    let sandbox = Sandbox::empty();
    let key = sandbox.root.path().join("key");
    let mut keygen = sandbox.command("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "m", "-f"]);
    assert_eq!(finish(keygen.arg(&key)).code, 0);
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let signers = format!("m@example.org namespaces=\"git\" {public}");
    sandbox.write(".baton/allowed_signers", signers);
    sandbox.write("baton.toml", "version = 1\n");
    sandbox.write(".agents/HANDOFF.md", "# Handoff\n\n## Recent Work\n");
    sandbox.commit("Set the rules");
    sandbox.git(["init", "-q", "--bare", "-b", "main", "../origin.git"]);
    sandbox.git(["remote", "add", "origin", "../origin.git"]);
    sandbox.git(["push", "-q", "origin", "main"]);
    sandbox
}
