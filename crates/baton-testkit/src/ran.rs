//! The end of a command.

use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};

/// The end of a command.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code, -1 where a signal ended it.
    pub code: i32,
    /// Its output.
    pub out: String,
    /// Its words on standard error.
    pub err: String,
}

impl Ran {
    /// Fails unless Baton refused for this rule.
    #[track_caller]
    pub fn refused(&self, rule: &str) -> &Self {
        assert_ne!(self.code, 0, "it was let through: {self:#?}");
        assert!(self.err.contains("baton: refused"), "{self:#?}");
        self.tells(rule)
    }

    /// Fails unless a hook named this rule.
    #[track_caller]
    pub fn tells(&self, rule: &str) -> &Self {
        let objects = ["baton: refused", "baton: found"].map(|it| self.err.contains(it));
        assert!(objects.contains(&true), "{self:#?}");
        assert!(self.err.contains(rule), "not {rule}: {self:#?}");
        assert_eq!(self.err.matches("panicked").count(), 0, "{self:#?}");
        for way_out in ["no-verify", "hooksPath", "uninstall"] {
            assert!(!self.err.contains(way_out), "{self:#?}");
        }
        self
    }

    /// Fails unless this hook refused, or found, where it is too late to refuse.
    #[track_caller]
    pub fn by(&self, hook: &str) -> &Self {
        let outcome = match hook {
            "post-merge" => "found",
            _ => "refused",
        };
        let line = format!("baton: {outcome} ({hook})");
        assert!(self.err.contains(&line), "{self:#?}");
        self
    }

    /// Fails unless Baton said that it cannot judge, and why.
    #[track_caller]
    pub fn undecided(&self, reason: &str) -> &Self {
        assert_ne!(self.code, 0, "it was let through: {self:#?}");
        assert!(self.err.contains("cannot be judged"), "{self:#?}");
        assert!(self.err.contains(reason), "not {reason}: {self:#?}");
        assert_eq!(self.err.matches("panicked").count(), 0, "{self:#?}");
        self
    }

    /// Fails unless the command succeeded; returns what it printed, trimmed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out.trim().to_owned()
    }
}

/// Runs a command without input.
pub fn finish(command: &mut Command) -> Ran {
    run(command, b"")
}

/// Runs a command, which must succeed, with this input, and gives what it prints.
#[track_caller]
pub(crate) fn output(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let (status, out, err) = piped(command, input);
    let err = String::from_utf8_lossy(&err);
    assert!(status.success(), "{command:?}: {status}: {err}");
    out
}

/// Runs a command with this input.
pub fn run(command: &mut Command, input: &[u8]) -> Ran {
    let (status, out, err) = piped(command, input);
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&out).into_owned(),
        err: String::from_utf8_lossy(&err).into_owned(),
    }
}

fn piped(command: &mut Command, input: &[u8]) -> (ExitStatus, Vec<u8>, Vec<u8>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let out = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A command that does not read its input closes it; that is no failure of its own.
            stdin.write_all(input).ok();
        });
        child.wait_with_output().unwrap()
    });
    (out.status, out.stdout, out.stderr)
}
