//! Starts programs, and logs each with its time and how it ended: `BATON_LOG=debug` shows them.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::time::Instant;

/// The bytes that any pipe takes before a reader comes (`pipe(7)`: at least a page).
const PIPE_HOLDS: usize = 4096;

/// A program that runs, for the log.
#[derive(Debug)]
pub struct Started {
    /// Its words and when it was started; `None` where nothing is logged.
    run: Option<(String, Instant)>,
}

/// Starts a program.
pub fn start(command: &mut Command) -> io::Result<(Child, Started)> {
    let run = tracing::enabled!(tracing::Level::DEBUG).then(|| (words(command), Instant::now()));
    match command.spawn() {
        Ok(child) => Ok((child, Started { run })),
        Err(error) => {
            Started { run }.ended(&error);
            Err(error)
        }
    }
}

/// Runs a program to its end with this on its standard input, and keeps what it prints.
pub fn output(command: &mut Command, input: Option<&[u8]>) -> io::Result<Output> {
    let stdin = match input {
        Some(_) => Stdio::piped(),
        None => Stdio::null(),
    };
    let pipes = command.stdin(stdin).stdout(Stdio::piped());
    let (mut child, started) = start(pipes.stderr(Stdio::piped()))?;
    let stdin = child.stdin.take().zip(input);
    // A child that ends early closes its input; its exit status says so better.
    let write = |(mut pipe, bytes): (ChildStdin, &[u8])| drop(pipe.write_all(bytes));
    let out = match stdin {
        Some((_, bytes)) if bytes.len() > PIPE_HOLDS => std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(write));
            child.wait_with_output()
        }),
        _ => {
            stdin.map(write);
            child.wait_with_output()
        }
    }?;
    started.ended(out.status);
    Ok(out)
}

/// Runs a program to its end with the input and output that it was given.
pub fn status(command: &mut Command) -> io::Result<ExitStatus> {
    let (mut child, started) = start(command)?;
    let status = child.wait()?;
    started.ended(status);
    Ok(status)
}

impl Started {
    /// Logs that the program has ended so.
    pub fn ended(self, how: impl Display) {
        if let Some((words, began)) = self.run {
            let time = began.elapsed().as_secs_f64() * 1000.0;
            tracing::debug!("{words}: {how}, {time:.1} ms");
        }
    }
}

/// The words of a command, each so that no control character gets through.
fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| match word.to_str() {
        Some(word) if !word.is_empty() && !word.contains(needs_quotes) => word.to_owned(),
        _ => format!("{word:?}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn needs_quotes(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"'\\$`".contains(c) || !c.is_ascii()
}

/// Logs what `BATON_LOG` asks for (`error`, `warn`, `info`, `debug` or `trace`) to standard error; without it nothing is
/// formatted or written.
pub fn log_as_asked() {
    let level = std::env::var("BATON_LOG").ok();
    if let Some(level) = level.and_then(|level| level.parse::<tracing::Level>().ok()) {
        let log = tracing_subscriber::fmt().with_max_level(level);
        let log = log.with_ansi(false).with_target(false).without_time();
        log.with_writer(io::stderr).init();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_logged_as_text() {
        let mut command = Command::new("git");
        command.args(["commit", "-m", "a b", "\u{1b}[31m", "", "\u{202e}x"]);
        let expected = r#"git commit -m "a b" "\u{1b}[31m" "" "\u{202e}x""#;
        assert_eq!(words(&command), expected);
    }

    #[test]
    fn more_than_a_pipe_holds_comes_back() {
        let bytes = vec![b'x'; 10 * PIPE_HOLDS];
        let out = output(&mut Command::new("cat"), Some(&bytes)).unwrap();
        assert!(out.status.success() && out.stdout == bytes);
        let said = status(Command::new("false").stdin(Stdio::null())).unwrap();
        assert_eq!(said.code(), Some(1));
    }
}
