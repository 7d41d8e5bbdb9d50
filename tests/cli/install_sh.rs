//! `install.sh`, with programs that only look like cargo, rustc and git.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_testkit::write_program;

const GIT: &str = "echo git version 2.47.3";
const RUSTC: &str = r#"case "$*" in
--version) echo 'rustc 1.95.0 (abc 2026-01-01)' ;;
-vV) echo 'host: x86_64-unknown-linux-gnu' ;;
*) exit 0 ;;
esac"#;
const CARGO: &str = r#"echo "$RUSTFLAGS|$*" >"$CARGO_TARGET_DIR.log"
mkdir -p "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release"
printf '#!/bin/sh\necho ran "$@"\n' >"$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/git-baton""#;

/// A place with a space in its name, the script in it, and those programs.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("a b").tempdir().unwrap();
        let machine = Self { dir };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in [
            machine.at("source"),
            machine.at("bin"),
            machine.at("elsewhere"),
        ] {
            fs::create_dir(path).unwrap();
        }
        for name in ["install.sh", "Cargo.toml"] {
            let text = fs::read_to_string(root.join(name)).unwrap();
            write_program(&machine.at("source").join(name), &text);
        }
        for tool in [
            "sh", "sed", "mkdir", "mktemp", "rm", "cp", "chmod", "mv", "dirname", "cat",
        ] {
            let found = ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(tool));
            let found = found.iter().find(|path| path.exists()).unwrap();
            std::os::unix::fs::symlink(found, machine.at("bin").join(tool)).unwrap();
        }
        for (name, text) in [("git", GIT), ("rustc", RUSTC), ("cargo", CARGO)] {
            machine.tool(name, text);
        }
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn tool(&self, name: &str, text: &str) {
        write_program(&self.at("bin").join(name), &format!("#!/bin/sh\n{text}\n"));
    }

    fn without(&self, name: &str) {
        fs::remove_file(self.at("bin").join(name)).unwrap();
    }

    /// The exit code of the script with these arguments, and all that it wrote.
    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(self.at("source/install.sh"));
        command
            .args(args)
            .current_dir(self.at("elsewhere"))
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("HOME", self.at("home"))
            .env("SHELL", "/usr/bin/fish")
            .env("CARGO_TARGET_DIR", self.at("target"));
        let out = command.output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.code(), String::from_utf8(text).unwrap())
    }

    #[track_caller]
    fn fails(&self, args: &[&str], saying: &str) {
        let (code, text) = self.run(args);
        assert!(code == Some(2) && text.contains(saying), "{code:?}: {text}");
        assert!(!self.at("home/.local/bin/git-baton").exists());
    }
}

#[test]
fn it_builds_a_static_program_installs_it_and_removes_it() {
    let machine = Machine::new();
    let (code, text) = machine.run(&[]);
    assert_eq!(code, Some(0), "{text}");
    let program = machine.at("home/.local/bin/git-baton");
    assert_eq!(
        program.metadata().unwrap().permissions().mode() & 0o777,
        0o755
    );
    assert!(text.contains("fish_add_path"), "{text}");
    assert_eq!(
        fs::read_to_string(machine.at("target.log")).unwrap(),
        "-C target-feature=+crt-static -C relocation-model=static|build --release --locked --target x86_64-unknown-linux-gnu\n"
    );
    assert_eq!(
        fs::read_dir(machine.at("home/.local/bin")).unwrap().count(),
        1
    );
    for _ in 0..2 {
        let (code, text) = machine.run(&["--uninstall"]);
        assert!(code == Some(0) && !program.exists(), "{text}");
    }
}

#[test]
fn it_builds_a_dynamic_program_where_a_static_one_does_not_link() {
    let machine = Machine::new();
    machine.tool("rustc", &RUSTC.replace("*) exit 0", "*) exit 1"));
    let (code, text) = machine.run(&[]);
    assert!(
        code == Some(0) && text.contains("a little slower"),
        "{text}"
    );
    let log = fs::read_to_string(machine.at("target.log")).unwrap();
    assert!(log.starts_with("|build"), "{log}");
}

#[test]
fn the_demo_is_the_installed_programs() {
    let machine = Machine::new();
    for prefix in ["--prefix=in here", "--prefix"] {
        let mut args = vec!["--demo", prefix];
        if prefix == "--prefix" {
            args.push("in here");
        }
        let (code, text) = machine.run(&args);
        assert!(code == Some(0) && text.ends_with("ran demo\n"), "{text}");
        assert!(machine.at("elsewhere/in here/bin/git-baton").exists());
    }
}

#[test]
fn what_is_missing_or_too_old_is_named_with_a_remedy() {
    let machine = Machine::new();
    machine.fails(&["--nonsense"], "unknown option --nonsense");
    machine.fails(&["--prefix"], "--prefix needs a directory");
    machine.tool("git", "echo git version 2.27.9");
    machine.fails(&[], "git 2.27.9 is too old");
    machine.without("git");
    machine.fails(&[], "git is not on PATH");
    machine.tool("git", "echo 'git version 3.0.windows.1'");
    machine.tool("rustc", "echo 'rustc 1.9.0'");
    machine.fails(&[], "rustc 1.9.0 is too old");
    machine.without("cargo");
    machine.fails(&[], "https://rustup.rs");
}

#[test]
fn a_build_that_fails_installs_nothing() {
    let machine = Machine::new();
    machine.tool("cargo", "exit 101");
    machine.fails(&[], "the build failed");
    machine.tool("cargo", "exit 0");
    machine.fails(&[], "the build left no");
}

#[test]
fn a_prefix_that_cannot_be_written_is_named_before_the_build() {
    let machine = Machine::new();
    fs::write(machine.at("file"), "").unwrap();
    let prefix = machine.at("file");
    machine.fails(&["--prefix", prefix.to_str().unwrap()], "cannot be written");
    assert!(!machine.at("target").exists());
}
