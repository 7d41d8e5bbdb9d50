use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use bstr::ByteSlice;

use super::super::process::is_running;
use super::*;
use crate::random;

const LONG: Duration = Duration::from_secs(60);

fn shell(line: &str, directory: &Path) -> Job {
    Job {
        limit: Some(LONG),
        grace: LONG,
        ..Job::new(Words::Shell(line.into()), directory.to_owned())
    }
}

fn lines_of(job: &Job) -> (Finished, Vec<BString>) {
    let mut lines = Vec::new();
    let finished = run(job, &|| false, &mut |_, line| lines.push(line.into())).unwrap();
    (finished, lines)
}

/// Runs until a line says `ready`, then asks to stop. Returns the number in the line after that
/// word.
fn stop_when_ready(job: &Job) -> (Finished, u32) {
    let ready = Cell::new(None);
    let finished = run(job, &|| ready.get().is_some(), &mut |_, line| {
        let number = line.strip_prefix(b"ready ").map(|id| id.to_str().unwrap());
        if let Some(number) = number {
            ready.set(number.parse().ok());
        }
    });
    (finished.unwrap(), ready.get().unwrap())
}

#[test]
fn the_exit_status_output_and_log_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("deep/log");
    let mut job = shell("echo out; echo err >&2; printf 'last'; exit 3", dir.path());
    job.log = Some(log.clone());
    let (finished, lines) = lines_of(&job);
    assert_eq!(finished.end, End::Exited(3));
    assert_eq!(lines, ["out", "err", "last"]);
    assert_eq!(finished.tail, "out\nerr\nlast");
    assert!(finished.log_error.is_none());
    lines_of(&job);
    assert_eq!(std::fs::read(log).unwrap(), b"out\nerr\nlastout\nerr\nlast");
}

#[test]
fn errors_are_told_apart_where_the_job_asks_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = shell("echo out; echo err >&2", dir.path());
    job.keeps_errors_apart = true;
    let mut lines = Vec::new();
    run(&job, &|| false, &mut |stream, line| {
        lines.push((stream, BString::from(line)));
    })
    .unwrap();
    lines.sort_by_key(|(stream, _)| *stream as u8);
    let expected = [(Stream::Out, "out".into()), (Stream::Err, "err".into())];
    assert_eq!(lines, expected);
}

#[test]
fn a_program_gets_its_words_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let words = ["printf", "%s\n", "$HOME `id`", "two"].map(OsString::from);
    let job = Job::new(Words::Program(words.to_vec()), dir.path().to_owned());
    assert_eq!(lines_of(&job).1, ["$HOME `id`", "two"]);
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for words in [vec![], vec!["no such program".into()]] {
        let job = Job::new(Words::Program(words), dir.path().to_owned());
        assert!(run(&job, &|| false, &mut |_, _| ()).is_err());
    }
}

#[test]
fn the_environment_is_what_the_job_says() {
    let dir = tempfile::tempdir().unwrap();
    let line = "echo \"$ONE ${CARGO_PKG_NAME-unset} ${BATON_JOB##*/}\"";
    let mut job = shell(line, dir.path());
    job.env = vec![("ONE".into(), "1 $x".into())];
    job.unset.push("CARGO_PKG_NAME".into());
    assert_eq!(lines_of(&job).1, [format!("1 $x unset {}", job.id)]);
}

#[test]
fn input_larger_than_a_pipe_arrives_while_output_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = shell("cat", dir.path());
    job.input = Some([b"a line of it\n".as_slice(); 100_000].concat());
    let (finished, lines) = lines_of(&job);
    assert_eq!(finished.end, End::Exited(0));
    assert_eq!(lines.len(), 100_000);
    let mut deaf = shell("exec <&-; echo done", dir.path());
    deaf.input = job.input;
    assert_eq!(lines_of(&deaf).1, ["done"]);
}

#[test]
fn a_log_that_cannot_be_written_ends_no_job() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = shell("echo on", dir.path());
    job.log = Some(dir.path().to_owned());
    let (finished, lines) = lines_of(&job);
    assert_eq!((finished.end, lines), (End::Exited(0), vec!["on".into()]));
    assert!(finished.log_error.is_some());
}

#[test]
fn a_job_whose_time_is_over_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = shell("sleep 1000", dir.path());
    job.limit = Some(Duration::from_millis(50));
    assert_eq!(lines_of(&job).0.end, End::TimedOut);
}

#[test]
fn endless_output_does_not_outlast_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut job = shell("yes", dir.path());
    job.limit = Some(Duration::from_millis(50));
    let end = run(&job, &|| false, &mut |_, _| ()).unwrap().end;
    assert_eq!(end, End::TimedOut);
}

#[test]
fn a_signal_from_elsewhere_is_named() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(
        lines_of(&shell("kill -9 $$", dir.path())).0.end,
        End::Signalled(9)
    );
}

#[test]
fn who_is_asked_to_end_may_say_a_last_word() {
    let dir = tempfile::tempdir().unwrap();
    let line =
        "trap 'echo last word; exit 0' TERM; echo ready $$; while :; do sleep 1000 & wait; done";
    let (finished, _) = stop_when_ready(&shell(line, dir.path()));
    assert_eq!(finished.end, End::Stopped);
    assert!(finished.elapsed < LONG, "its child lost the request");
    assert!(finished.tail.ends_with(b"last word\n"));
}

#[test]
fn who_ignores_the_request_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let line = "trap '' TERM; echo ready $$; while :; do sleep 1000; done";
    let mut job = shell(line, dir.path());
    job.grace = Duration::from_millis(100);
    let (finished, id) = stop_when_ready(&job);
    assert_eq!(finished.end, End::Stopped);
    assert!(!is_running(id));
}

#[test]
fn a_stopped_process_hears_the_request() {
    let dir = tempfile::tempdir().unwrap();
    let (finished, id) = stop_when_ready(&shell("echo ready $$; kill -STOP $$", dir.path()));
    assert_eq!(finished.end, End::Stopped);
    assert!(finished.elapsed < LONG);
    assert!(!is_running(id));
}

#[test]
fn what_is_left_in_the_background_ends_with_the_job() {
    let dir = tempfile::tempdir().unwrap();
    let (finished, lines) = lines_of(&shell("sleep 1000 & echo $!", dir.path()));
    assert_eq!(finished.end, End::Exited(0));
    assert!(ended(&lines[0]));
}

#[test]
fn a_daemon_ends_with_the_job() {
    let dir = tempfile::tempdir().unwrap();
    // Out of the session, and its parents gone.
    let line = "(setsid sh -c 'echo $$; exec sleep 1000' &) | (read id; echo $id)";
    let (finished, lines) = lines_of(&shell(line, dir.path()));
    assert_eq!(finished.end, End::Exited(0));
    assert!(ended(&lines[0]));
}

#[test]
fn a_child_without_the_mark_is_known_by_its_parents() {
    let dir = tempfile::tempdir().unwrap();
    let line = "env -i /usr/bin/setsid /bin/sh -c 'echo ready $$; exec /bin/sleep 1000' & wait";
    let (finished, id) = stop_when_ready(&shell(line, dir.path()));
    assert_eq!(finished.end, End::Stopped);
    assert!(ended(&id.to_string().into()));
}

#[test]
fn nobody_else_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let mut bystander = Command::new("sleep").arg("1000").spawn().unwrap();
    let inner = RefCell::new(None);
    let mut outer = |_, _: &[u8]| {
        let (finished, _) = lines_of(&shell("sleep 1000 & :", dir.path()));
        *inner.borrow_mut() = Some(finished.end);
    };
    let job = shell("echo go; read line; echo still here", dir.path());
    let job = Job {
        input: Some(b"x\n".to_vec()),
        ..job
    };
    let finished = run(&job, &|| false, &mut outer).unwrap();
    assert_eq!(*inner.borrow(), Some(End::Exited(0)));
    assert!(finished.tail.ends_with(b"still here\n"));
    assert!(matches!(bystander.try_wait(), Ok(None)));
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[test]
fn jobs_run_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let ends: Vec<End> = std::thread::scope(|scope| {
        let run_one = |number: i32| {
            let job = shell(&format!("sleep 1000 & exit {number}"), dir.path());
            lines_of(&job).0.end
        };
        let all: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || run_one(number)))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(ends, (0..8).map(End::Exited).collect::<Vec<_>>());
}

#[test]
fn what_outlives_its_supervisor_is_ended_by_the_jobs_id() {
    let id = random::name();
    let mut orphan = Command::new("sleep")
        .arg("1000")
        .env(JOB_VARIABLE, format!("outer/{id}"))
        .spawn()
        .unwrap();
    assert_eq!(end_leftovers(&id, LONG).unwrap(), 1);
    assert!(!orphan.wait().unwrap().success());
    assert_eq!(end_leftovers(&id, LONG).unwrap(), 0);
}

/// True if the process of this number is gone; one that only waits to be reaped is.
fn ended(id: &BString) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim().as_bstr()));
    stat.is_err() || stat.is_ok_and(|stat| stat.contains(") Z "))
}
