//! Running commands: once, against the clock, and under the eye of the memory accounting.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// git in this directory, without the caller's configuration and with fixed identities.
pub fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory);
    seal(&mut command);
    command
}

/// Takes the caller's git environment away from a command.
pub fn seal(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0");
}

/// Runs the command; an error unless it succeeds.
pub fn succeed(command: &mut Command) -> std::io::Result<()> {
    let status = command.status()?;
    match status.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("{command:?}: {status}"))),
    }
}

/// One side of a comparison.
pub struct Contestant<'a> {
    /// Puts things back as they were; not timed.
    pub prepare: Box<dyn Fn() -> std::io::Result<()> + 'a>,
    /// What is timed.
    pub command: Box<dyn Fn() -> Command + 'a>,
}

impl<'a> Contestant<'a> {
    /// A contestant that leaves nothing to put back.
    pub fn new(command: impl Fn() -> Command + 'a) -> Self {
        Self {
            prepare: Box::new(|| Ok(())),
            command: Box::new(command),
        }
    }

    /// With this done before each round.
    pub fn prepared(mut self, prepare: impl Fn() -> std::io::Result<()> + 'a) -> Self {
        self.prepare = Box::new(prepare);
        self
    }
}

/// The median time of each contestant over `rounds` rounds, in each of which all of them run, in
/// turn from another one on; one more round goes before and does not count.
pub fn medians(rounds: usize, contestants: &[Contestant<'_>]) -> std::io::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            let which = (turn + round) % contestants.len();
            let contestant = &contestants[which];
            (contestant.prepare)()?;
            let time = time(&mut (contestant.command)())?;
            if round > 0 {
                times[which].push(time);
            }
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn time(command: &mut Command) -> std::io::Result<Duration> {
    command.stdout(Stdio::null());
    let begin = Instant::now();
    let status = command.status()?;
    let time = begin.elapsed();
    // 1 is what `verify` and `conflicts` answer where they find something, as they do in what is made
    // here; of the pool it is a refusal.
    let may_find = command.get_args().all(|arg| arg != "pool");
    match status.code() {
        Some(0) => Ok(time),
        Some(1) if may_find => Ok(time),
        _ => Err(std::io::Error::other(format!("{command:?}: {status}"))),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What a command took of the machine.
pub struct Usage {
    /// The most memory that it had in use at once, in bytes, its mapped files included.
    pub peak: u64,
    /// The time that all processors together spent on it.
    pub cpu: Duration,
}

/// What the command takes.
///
/// The kernel tells it of all children together: another process of this program runs the
/// command and asks.
pub fn usage(command: &Command) -> std::io::Result<Usage> {
    let mut helper = Command::new(std::env::current_exe()?);
    helper.arg(USAGE).arg(command.get_program());
    helper.args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        helper.current_dir(directory);
    }
    seal(&mut helper);
    let out = helper.stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let numbers: Vec<u64> = text.split_whitespace().flat_map(str::parse).collect();
    match numbers[..] {
        [peak, cpu] => Ok(Usage {
            peak,
            cpu: Duration::from_micros(cpu),
        }),
        _ => Err(std::io::Error::other(format!(
            "{command:?} was not measured"
        ))),
    }
}

/// The median of the processors' time of each command over `rounds` rounds, in each of which all
/// of them run.
pub fn median_cpu(rounds: usize, commands: &[Command]) -> std::io::Result<Vec<Duration>> {
    let mut times = vec![Vec::with_capacity(rounds); commands.len()];
    for _ in 0..rounds {
        for (command, times) in commands.iter().zip(&mut times) {
            times.push(usage(command)?.cpu);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

/// The argument by which this program runs as the helper of [`usage`].
pub const USAGE: &str = "--usage-of";

/// Runs the command of these words and prints its [`Usage`] in bytes and microseconds.
pub fn print_usage(words: &[String]) -> std::io::Result<()> {
    let status = Command::new(&words[0])
        .args(&words[1..])
        .stdout(Stdio::null())
        .status()?;
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(std::io::Error::other(format!("{words:?}: {status}")));
    }
    // SAFETY: all zeros is a valid `rusage`, and the pointer is to one for the whole call.
    #[expect(unsafe_code, reason = "no crate tells what the children used")]
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    let cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
    println!("{} {cpu}", usage.ru_maxrss * 1024);
    Ok(())
}
