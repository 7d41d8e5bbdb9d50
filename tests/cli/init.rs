//! `git baton init` on real repositories.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use baton_testkit::{Ran, Sandbox, finish};

const PUBLIC_KEY: &str = "ssh-ed25519 \
    AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ alice@example.com\n";

/// Runs `init` where there is no key: without a maintainer, unless one is named.
fn init(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let frozen = match args.contains(&"--signer") {
        true => None,
        false => Some("--frozen"),
    };
    finish(sandbox.baton().arg("init").args(frozen).args(args))
}

#[track_caller]
fn refused(run: &Ran, told: &str) {
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{run:?}");
    let words: Vec<_> = run.err.split_whitespace().filter(|it| *it != "│").collect();
    assert!(words.join(" ").contains(told), "{run:?}");
}

#[test]
fn what_it_writes_can_be_committed_and_rules_what_follows() {
    let sandbox = Sandbox::empty();
    let run = init(&sandbox, &["--ci", "github"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let created = [
        "baton.toml",
        ".agents/HANDOFF.md",
        ".agents/SESSION-PROTOCOL.md",
        ".agents/ORCHESTRATOR.md",
        ".agents/PARALLEL-EXECUTION.md",
        ".github/workflows/baton.yml",
    ];
    for path in created {
        assert!(run.out.contains(&format!("created    {path}\n")), "{run:?}");
    }
    assert_eq!(sandbox.git(["diff", "--cached", "--name-only"]), "");
    let base = sandbox.commit("Set the rules");
    assert_eq!(sandbox.run(["policy", "check"]).code, 0);
    assert_eq!(sandbox.run(["verify", "--all"]).code, 0);
    sandbox.commit_bundle();
    assert_eq!(sandbox.run(["verify", &format!("{base}..")]).code, 1);
}

#[test]
fn a_second_run_changes_nothing() {
    let sandbox = Sandbox::empty();
    for service in ["github", "gitlab"] {
        init(&sandbox, &["--force", "--ci", service]);
        let before = sandbox.commit("Set the rules");
        let run = init(&sandbox, &["--ci", service]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            !run.out.contains("created") && !run.out.contains("left"),
            "{run:?}"
        );
        assert_eq!(sandbox.git(["status", "--porcelain"]), "", "{before}");
    }
}

#[test]
fn a_policy_that_is_there_is_kept_until_forced_and_then_as_a_copy() {
    let sandbox = Sandbox::empty();
    let own = "[sessions]\nmax_per_commit = 2\n";
    sandbox.write("baton.toml", own);
    let run = init(&sandbox, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("kept       baton.toml, which is yours\n"),
        "{run:?}"
    );
    assert!(!run.out.contains("--force"), "{run:?}");
    assert_eq!(sandbox.read("baton.toml"), own);
    assert!(sandbox.repo().join(".agents/SESSION-PROTOCOL.md").exists());

    for copy in ["baton.toml", "baton.toml.2"] {
        sandbox.write("baton.toml", own);
        let run = init(&sandbox, &["--force"]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            run.out.contains("replaced   baton.toml, of which "),
            "{run:?}"
        );
        assert!(run.out.contains("\n-max_per_commit = 2\n"), "{run:?}");
        let copy = format!(".git/baton/before-init/{copy}");
        assert!(run.out.contains(&copy), "{run:?}");
        assert_eq!(sandbox.read(&copy), own);
    }
}

#[test]
fn a_page_that_was_changed_is_left_and_shown_until_forced() {
    let sandbox = Sandbox::empty();
    assert_eq!(init(&sandbox, &[]).code, 0);
    for page in ["SESSION-PROTOCOL", "ORCHESTRATOR", "PARALLEL-EXECUTION"] {
        let path = format!(".agents/{page}.md");
        let text = sandbox.read(&path);
        let own = format!("{text}Ours.\n");
        sandbox.write(&path, &own);
        let run = init(&sandbox, &[]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.out.contains(&format!(
                "left       {path}, which differs:\n--- a/{path}\n"
            )),
            "{run:?}"
        );
        assert!(run.out.contains("\n-Ours.\n"), "{run:?}");
        assert_eq!(sandbox.read(&path), own);
        let run = init(&sandbox, &["--force"]);
        assert!(
            run.out.contains(&format!("replaced   {path}, of which ")),
            "{run:?}"
        );
        assert_eq!(sandbox.read(&path), text);
    }
}

#[test]
fn the_job_that_is_there_goes_on_without_being_named() {
    for ci in ["github", "gitlab"] {
        let sandbox = Sandbox::empty();
        sandbox.write("key.pub", PUBLIC_KEY);
        let first = init(&sandbox, &["--ci", ci, "--signer", "a@example.com=key.pub"]);
        assert_eq!(first.code, 0, "{first:?}");
        let policy = sandbox.read("baton.toml");
        let run = init(&sandbox, &[]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.out.contains("unchanged  baton.toml\n"), "{run:?}");
        assert!(!run.out.contains("--ci"), "{run:?}");
        assert_eq!(init(&sandbox, &["--force"]).code, 0);
        assert_eq!(sandbox.read("baton.toml"), policy);
    }
}

#[test]
fn a_frozen_policy_gets_no_signer_and_nothing_that_is_refused_is_printed() {
    let sandbox = Sandbox::empty();
    assert_eq!(init(&sandbox, &["--guard-only"]).code, 0);
    sandbox.commit("Set the rules");
    assert_eq!(sandbox.run(["install"]).code, 0);
    sandbox.write("key.pub", PUBLIC_KEY);
    let run = init(&sandbox, &["--signer", "a@example.com=key.pub"]);
    assert_eq!(run.code, 1, "{run:?}");
    let told = "left       .baton/allowed_signers: the rules were committed without a maintainer";
    assert!(run.out.contains(told), "{run:?}");
    assert!(!sandbox.repo().join(".baton").exists());
    typed(&sandbox, &run.out);
    assert_eq!(
        sandbox.git(["log", "-1", "--format=%s"]),
        "Add files for coding agents"
    );
}

#[test]
fn a_diff_cannot_steer_the_terminal() {
    let sandbox = Sandbox::empty();
    sandbox.write("baton.toml", b"# \x1b[2J\xff\n");
    let run = init(&sandbox, &["--force"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        !run.out.contains('\x1b') && run.out.contains("\\xff"),
        "{run:?}"
    );
}

#[test]
fn a_checkout_with_carriage_returns_is_unchanged() {
    let sandbox = Sandbox::empty();
    init(&sandbox, &[]);
    let text = sandbox.read("baton.toml").replace('\n', "\r\n");
    sandbox.write("baton.toml", &text);
    let run = init(&sandbox, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("unchanged  baton.toml\n"), "{run:?}");
    assert_eq!(sandbox.read("baton.toml"), text);
}

#[test]
fn a_handoff_document_is_left_alone_even_by_force() {
    let sandbox = Sandbox::empty();
    sandbox.write(".agents/HANDOFF.md", "# Ours\n");
    let run = init(&sandbox, &["--force"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("kept       .agents/HANDOFF.md"), "{run:?}");
    assert_eq!(sandbox.read(".agents/HANDOFF.md"), "# Ours\n");
}

#[test]
fn where_a_policy_is_in_force_the_handoff_document_is_not_begun() {
    let sandbox = Sandbox::empty();
    sandbox.commit_file("baton.toml", "");
    fs::remove_file(sandbox.repo().join("baton.toml")).unwrap();
    let run = init(&sandbox, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!sandbox.repo().join(".agents/HANDOFF.md").exists());
    assert!(
        run.out.contains("committed without a maintainer"),
        "{run:?}"
    );
    assert!(!sandbox.repo().join("baton.toml").exists());
}

#[test]
fn a_gitlab_pipeline_that_is_there_is_kept_and_told_what_to_include() {
    let sandbox = Sandbox::empty();
    let own = "test:\n  script: make\n";
    sandbox.write(".gitlab-ci.yml", own);
    let run = init(&sandbox, &["--ci", "gitlab", "--force"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(sandbox.read(".gitlab-ci.yml"), own);
    let include = "     - local: .gitlab/ci/baton.yml";
    assert!(run.out.contains(include), "{run:?}");
    sandbox.write(".gitlab-ci.yml", format!("include:\n{include}\n{own}"));
    let run = init(&sandbox, &["--ci", "gitlab"]);
    assert!(!run.out.contains(include), "{run:?}");
}

/// Types each command that was printed on a line of its own, as a newcomer does.
#[track_caller]
fn typed(sandbox: &Sandbox, printed: &str) {
    let commands = printed.lines().filter_map(|line| line.strip_prefix("   "));
    for line in commands.filter(|line| line.starts_with("git ")) {
        let line = line.replace("git baton", baton_testkit::BATON.as_str());
        let run = finish(sandbox.command("sh").args(["-c", &line]));
        assert_eq!(run.code, 0, "{line}: {run:?}");
    }
}

/// Makes a key pair, and says where the public one is.
fn keygen(sandbox: &Sandbox) -> String {
    let key = sandbox.root.path().join("key");
    let keygen = finish(
        std::process::Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f"])
            .arg(&key),
    );
    assert_eq!(keygen.code, 0, "{keygen:?}");
    format!("{}.pub", key.display())
}

#[test]
fn a_signer_cannot_lock_everybody_out_with_a_policy_that_cannot_be_read() {
    let sandbox = Sandbox::empty();
    let public = keygen(&sandbox);
    assert_eq!(init(&sandbox, &["--signer", &public]).code, 0);
    let base = sandbox.commit("Set the rules");
    assert_eq!(sandbox.run(["install"]).code, 0);
    sandbox.git(["config", "gpg.format", "ssh"]);
    sandbox.git(["config", "user.signingkey", &public]);
    sandbox.write("baton.toml", "version = [");
    sandbox.git(["add", "-A"]);
    let tree = sandbox.git(["write-tree"]);
    let args = ["commit-tree", "-S", "-p", "HEAD", "-m", "typo"];
    let typo = sandbox.git(args.into_iter().chain([tree.as_str()]));
    let run = sandbox.run(["verify", &format!("{base}..{typo}")]);
    assert_eq!(run.code, 2, "{run:?}");
    let mut update = sandbox.command("git");
    let moved = finish(update.args(["update-ref", "refs/heads/main", &typo]));
    assert_ne!(moved.code, 0, "{moved:?}");
    assert!(moved.err.contains("not valid TOML"), "{moved:?}");
}

#[test]
fn a_signer_may_change_the_policy_and_nobody_else() {
    let sandbox = Sandbox::empty();
    let public = keygen(&sandbox);
    let run = init(&sandbox, &["--ci", "github", "--signer", &public]);
    assert_eq!(run.code, 0, "{run:?}");
    let list = sandbox.read(".baton/allowed_signers");
    assert!(
        list.contains("\nalice namespaces=\"git\" ssh-ed25519 "),
        "{list}"
    );
    let base = sandbox.commit("Set the rules");

    sandbox.git(["config", "gpg.format", "ssh"]);
    sandbox.git(["config", "user.signingkey", &public]);
    let job = ".github/workflows/baton.yml";
    sandbox.write(job, "jobs: {}\n");
    sandbox.git(["commit", "-q", "-a", "-S", "-m", "Change the job"]);
    let range = format!("{base}..");
    assert_eq!(sandbox.run(["verify", &range]).code, 0);
    sandbox.commit_file(job, "jobs: []\n");
    let run = sandbox.run(["verify", &range]);
    assert_eq!(run.code, 1);
    assert!(
        run.out.contains(&format!("protected-path: {job}")),
        "{run:?}"
    );
    let again = init(&sandbox, &[]);
    assert!(
        again.out.contains("unchanged  .baton/allowed_signers"),
        "{again:?}"
    );
}

#[test]
fn a_signer_must_be_a_named_public_key() {
    let sandbox = Sandbox::empty();
    sandbox.write("alice.pub", PUBLIC_KEY);
    sandbox.write("private", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    sandbox.write("empty.pub", "");
    for (argument, told) in [
        ("gone.pub", "the key gone.pub cannot be read"),
        ("private", "private is a private key"),
        ("empty.pub", "is not an SSH public key"),
        ("*=alice.pub", "`*` cannot be a signer's name"),
    ] {
        refused(&init(&sandbox, &["--signer", argument]), told);
    }
    assert!(!sandbox.repo().join("baton.toml").exists());
    let run = init(&sandbox, &["--signer", "bob=alice.pub"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        sandbox
            .read(".baton/allowed_signers")
            .contains("\nbob namespaces=")
    );
}

#[test]
fn nothing_is_written_through_a_link_or_over_what_is_no_file() {
    let sandbox = Sandbox::empty();
    let outside = sandbox.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let agents = sandbox.repo().join(".agents");
    symlink(&outside, &agents).unwrap();
    refused(&init(&sandbox, &["--force"]), ".agents is a symbolic link");
    fs::remove_file(&agents).unwrap();
    fs::write(&agents, "a file").unwrap();
    refused(
        &init(&sandbox, &["--force"]),
        ".agents is a file, where a directory belongs",
    );
    fs::remove_file(&agents).unwrap();
    let policy = sandbox.repo().join("baton.toml");
    symlink(outside.join("target"), &policy).unwrap();
    refused(
        &init(&sandbox, &["--force"]),
        "baton.toml is a symbolic link",
    );
    fs::remove_file(&policy).unwrap();
    fs::create_dir(&policy).unwrap();
    refused(&init(&sandbox, &["--force"]), "baton.toml is a directory");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!agents.exists());
}

#[test]
fn outside_a_worktree_it_says_where_to_go() {
    let mut sandbox = Sandbox::empty();
    sandbox.git(["init", "-q", "--bare", "../bare.git"]);
    sandbox.enter("bare.git");
    refused(&init(&sandbox, &[]), "this repository is bare");
    fs::create_dir(sandbox.root.path().join("plain")).unwrap();
    sandbox.enter("plain");
    refused(&init(&sandbox, &[]), "there is no git repository at");
}

#[test]
fn from_a_directory_below_it_writes_to_the_root() {
    let mut sandbox = Sandbox::empty();
    fs::create_dir(sandbox.repo().join("below")).unwrap();
    sandbox.enter("repo/below");
    assert_eq!(init(&sandbox, &[]).code, 0);
    sandbox.enter("repo");
    assert!(sandbox.repo().join("baton.toml").exists());
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::empty();
    let mode = |bits| fs::set_permissions(sandbox.repo(), fs::Permissions::from_mode(bits));
    mode(0o555).unwrap();
    // Permissions do not bind root.
    let binds = fs::write(sandbox.repo().join("probe"), "").is_err();
    let run = init(&sandbox, &[]);
    mode(0o755).unwrap();
    if binds {
        refused(&run, "baton.toml cannot be written");
    }
}

#[test]
fn new_files_are_as_readable_as_the_users_own() {
    let sandbox = Sandbox::empty();
    init(&sandbox, &[]);
    sandbox.write("own", "");
    let mode = |path| {
        let metadata = fs::metadata(sandbox.repo().join(path)).unwrap();
        metadata.permissions().mode()
    };
    assert_eq!(mode("baton.toml"), mode("own"));
}

#[test]
fn what_another_tool_said_of_agents_in_parallel_is_taken_over() {
    let sandbox = Sandbox::empty();
    let yaml = "parallelization:\n  enabled: true\n  max_agents: 8 # many\n";
    sandbox.write(".claude/auto-context.yaml", yaml);
    let run = init(&sandbox, &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    let told = "took over  .claude/auto-context.yaml: enabled = true, max_agents = 8 in [conductor] of baton.settings.toml";
    assert!(run.out.contains(told), "{run:?}");
    assert!(
        sandbox
            .read("baton.settings.toml")
            .contains("\nmax_agents = 8\n")
    );
    sandbox.commit("Set the rules");
    let run = init(&sandbox, &[]);
    assert!(run.code == 0 && !run.out.contains("took over"), "{run:?}");
    assert_eq!(sandbox.git(["status", "--porcelain"]), "");
}

#[test]
fn a_malformed_file_of_another_tool_is_a_warning() {
    let sandbox = Sandbox::empty();
    let yaml = "parallelization:\n  enabled: true\n  max_agents: many\n";
    sandbox.write(".claude/auto-context.yaml", yaml);
    let run = init(&sandbox, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = "warning: nothing is taken over from .claude/auto-context.yaml: ";
    assert!(
        run.err.starts_with(told) && run.err.contains("line 3"),
        "{run:?}"
    );
    assert!(!sandbox.repo().join("baton.settings.toml").exists());
}
