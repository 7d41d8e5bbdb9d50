use std::collections::BTreeMap;
use std::fs;

use super::DemoError;
use super::attempts::{self, Act, Attempt, Step};
use super::outcome::{Row, State, Stop};
use super::scene::{Place, Scene};
use super::shell::Ran;
use super::snapshot::Snapshot;
use baton_hooks::Hook;

/// The beginnings of a hook's objection.
const OBJECTIONS: [&str; 2] = ["baton: refused (", "baton: found ("];
/// The beginning of an expected remedy that is the one that the refusal prints.
const PRINTED: &str = "printed ";

/// Lets the agents try everything that belongs to this act, one attempt after another, each
/// from the same state, and tells of each when it is over.
pub fn run_all(
    scene: &Scene<'_>,
    act: Act,
    mut tell: impl FnMut(&Row) -> Result<(), DemoError>,
) -> Result<Vec<Row>, DemoError> {
    let mut rows = Vec::new();
    for attempt in attempts::of(act) {
        let row = run(scene, attempt)?;
        tell(&row)?;
        rows.push(row);
    }
    Ok(rows)
}

fn run(scene: &Scene<'_>, attempt: Attempt) -> Result<Row, DemoError> {
    let place = attempt.place;
    let words = prepare(scene, &attempt)?;
    let before = scene.snapshot(place)?;
    let ran = scene.run(place, attempt.tries, &words)?;
    let after = scene.snapshot(place)?;
    let stop = match stopped_by(&ran) {
        Stop::Nothing => seen_later(scene, &attempt, &words)?,
        Stop::Other(what) => declined(&attempt, &ran).unwrap_or(Stop::Other(what)),
        stop => stop,
    };
    let (state, left) = match remedy(&attempt.expected.1, &ran) {
        Some(remedy) if after != before => restored(scene, place, &before, remedy)?,
        _ => (after.compared_with(&before), after),
    };
    scene.reset(place, &left)?;
    Ok(Row {
        group: attempt.group,
        attempt: attempt.name,
        expected: attempt.expected,
        seen: (stop, state),
    })
}

fn prepare(scene: &Scene<'_>, attempt: &Attempt) -> Result<BTreeMap<String, String>, DemoError> {
    let mut words = scene.words().clone();
    let place = attempt.place;
    for step in attempt.first {
        match *step {
            Step::Run(line) => drop(scene.line(place, line, &words)?),
            Step::At(elsewhere, line) => drop(scene.line(elsewhere, line, &words)?),
            Step::Let(name, line) => {
                let value = scene.line(place, line, &words)?;
                words.insert(name.to_owned(), value);
            }
            Step::Write(path, text) => {
                let path = super::shell::fill(path, &words);
                scene.write(place, &path, &super::shell::fill(text, &words))?;
            }
            Step::Append(path, text) => scene.append(place, path, text)?,
            Step::Link(path, target) => {
                let path = scene.path(place).join(path);
                fs::remove_file(&path)
                    .and_then(|()| std::os::unix::fs::symlink(target, &path))
                    .map_err(DemoError::io(path))?;
            }
            Step::Remove(path) => {
                let path = scene.path(place).join(super::shell::fill(path, &words));
                fs::remove_file(&path).map_err(DemoError::io(path))?;
            }
        }
    }
    Ok(words)
}

/// The layer that refused, by the run's own output.
fn stopped_by(ran: &Ran) -> Stop {
    let said = ran.said();
    let objection = |begins: &str| {
        let (_, rest) = said.split_once(begins)?;
        let (name, rest) = rest.split_once(')')?;
        // What a server says is passed on with blanks at the end of each line.
        let ends = rest.trim_start_matches(' ').starts_with('\n');
        Some((Hook::from_name(name)?, ends))
    };
    match OBJECTIONS.into_iter().find_map(objection) {
        Some((hook, true)) => Stop::Hook(hook),
        Some((hook, false)) => Stop::Other(format!("{} cannot decide", hook.name()).into()),
        None if ran.succeeded => Stop::Nothing,
        None => {
            let why = said.lines().find(|line| !line.trim().is_empty());
            Stop::Other(format!("git itself: {}", why.unwrap_or("no reason given")).into())
        }
    }
}

/// The command of Baton that was tried, when it declines for the reason that it ought to have.
fn declined(attempt: &Attempt, ran: &Ran) -> Option<Stop> {
    let command = attempt.tries.strip_prefix("git-baton ")?;
    let command = command.strip_prefix("orchestrator ").unwrap_or(command);
    let why = attempt.because?;
    (!ran.succeeded && ran.err.contains(why)).then_some(Stop::Command(command))
}

/// The verdict of `verify` and `doctor` on an attempt that no hook has stopped, and true if it shows what it
/// ought to.
fn seen_later(
    scene: &Scene<'_>,
    attempt: &Attempt,
    words: &BTreeMap<String, String>,
) -> Result<Stop, DemoError> {
    if let Some((command, expected)) = attempt.shows {
        let printed = scene.line(attempt.place, command, words)?;
        if printed != expected {
            return Ok(Stop::Other(format!("shows `{printed}`").into()));
        }
    }
    let verified = scene.run(attempt.place, "git-baton verify --all", words)?;
    let examined = scene.run(attempt.place, "git-baton doctor", words)?;
    Ok(found(&verified, &examined))
}

/// The layer that these answers of `verify` and `doctor` name.
fn found(verified: &Ran, examined: &Ran) -> Stop {
    let broken = verified.out.contains(" broken in ");
    let unhealthy = examined.out.contains("not healthy");
    match (verified.succeeded, examined.succeeded) {
        (true, true) => Stop::Nothing,
        (true, false) if unhealthy => Stop::Doctor,
        (false, false) if broken && unhealthy => Stop::Later,
        (false, true) if broken => Stop::Other("verify alone; doctor finds nothing".into()),
        _ => Stop::Other("verify or doctor cannot decide".into()),
    }
}

/// The command that puts things right, where one is expected: its name and its line.
fn remedy(expected: &State, ran: &Ran) -> Option<(String, String)> {
    let State::Restored(name) = expected else {
        return None;
    };
    let Some(wanted) = name.strip_prefix(PRINTED) else {
        return Some((name.to_string(), name.to_string()));
    };
    let said = ran.said();
    let line = said.lines().find_map(|line| {
        let at = line.find(wanted)?;
        Some(line[at..].trim().to_owned())
    })?;
    Some((name.to_string(), line))
}

/// The state after this command has put an attempt right.
fn restored(
    scene: &Scene<'_>,
    place: Place,
    before: &Snapshot,
    (name, line): (String, String),
) -> Result<(State, Snapshot), DemoError> {
    let ran = scene.run(place, &line, scene.words())?;
    let now = scene.snapshot(place)?;
    let state = if now == *before {
        State::Restored(name.into())
    } else {
        let said = ran.err.lines().next().unwrap_or_default();
        State::Other(format!("`{line}` does not restore: {said}").into())
    };
    Ok((state, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(succeeded: bool, err: &str) -> Ran {
        Ran {
            succeeded,
            err: err.to_owned(),
            ..Ran::default()
        }
    }

    #[test]
    fn the_refusal_names_the_hook_whoever_passes_it_on() {
        let refusal = ran(
            false,
            "remote: baton: refused (pre-receive)      \nremote:  protected",
        );
        assert_eq!(stopped_by(&refusal), Stop::Hook(Hook::PreReceive));
        let late = ran(true, "baton: found (post-merge)\n");
        assert_eq!(stopped_by(&late), Stop::Hook(Hook::PostMerge));
    }

    #[test]
    fn a_failure_for_another_reason_is_no_refusal() {
        let doubt = "baton: refused (pre-commit), because it cannot be judged\n";
        for other in [
            ran(false, doubt),
            ran(false, "fatal: not a git repository\n"),
            ran(false, ""),
            ran(false, "baton: refused (somebody)\n"),
        ] {
            assert!(matches!(stopped_by(&other), Stop::Other(_)), "{other:?}");
        }
        assert_eq!(stopped_by(&ran(true, "")), Stop::Nothing);
    }

    #[test]
    fn a_command_declines_only_for_the_reason_that_it_ought_to_have() {
        let attempts = attempts::of(Act::AtWork);
        let early = attempts
            .iter()
            .find(|attempt| attempt.expected.0 == Stop::Command("aggregate"))
            .unwrap();
        let why = "  session 5: it is still active\n";
        assert_eq!(
            declined(early, &ran(false, why)),
            Some(Stop::Command("aggregate"))
        );
        assert_eq!(declined(early, &ran(true, why)), None);
        assert_eq!(declined(early, &ran(false, "another reason\n")), None);
        assert_eq!(declined(&attempts[0], &ran(false, why)), None);
    }

    #[test]
    fn what_only_verify_finds_is_told_apart() {
        let answer = |succeeded, out: &str| Ran {
            succeeded,
            out: out.to_owned(),
            ..Ran::default()
        };
        let (clean, broken) = (answer(true, ""), answer(false, "1 rule broken in 1 of 2"));
        let (healthy, ill) = (answer(true, ""), answer(false, "not healthy: 1 error"));
        assert_eq!(found(&clean, &healthy), Stop::Nothing);
        assert_eq!(found(&clean, &ill), Stop::Doctor);
        assert_eq!(found(&broken, &ill), Stop::Later);
        for (verified, examined) in [
            (&broken, &healthy),
            (&answer(false, ""), &healthy),
            (&clean, &answer(false, "")),
        ] {
            assert!(matches!(found(verified, examined), Stop::Other(_)));
        }
    }

    #[test]
    fn a_remedy_that_must_be_printed_is_taken_from_the_refusal() {
        let expected = State::Restored("printed git read-tree".into());
        let told = ran(false, "To put them back:\n    git read-tree -m -u 1 HEAD\n");
        let (name, line) = remedy(&expected, &told).unwrap();
        assert_eq!(name, "printed git read-tree");
        assert_eq!(line, "git read-tree -m -u 1 HEAD");
        assert!(remedy(&expected, &ran(false, "no help\n")).is_none());
        assert!(remedy(&State::Clean, &told).is_none());
    }
}
