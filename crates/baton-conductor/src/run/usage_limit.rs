//! Usage limits of agents: recognised in an agent's own words, and waited for.
//!
//! An agent that has met its limit fails at once, and so would every later attempt. Such an attempt does not
//! count: the agent's next one waits until the limit is renewed, where its words say when, or else for a
//! time that doubles.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, ToSpan, ZonedDateTime, civil};

/// The words by which a limit is known, in small letters (Claude Code: "You've hit your limit", "usage limit
/// reached"; Codex: "You've hit your usage limit", "429 Too Many Requests"; Gemini CLI: "exhausted your daily
/// quota", "RESOURCE_EXHAUSTED"; Copilot CLI: "rate limit").
const WORDS: [&str; 9] = [
    "hit your limit",
    "usage limit",
    "session limit",
    "limit reached",
    "rate limit",
    "rate_limit",
    "too many requests",
    "resource_exhausted",
    "exhausted your",
];

/// The first wait where nothing says when the limit is renewed.
const FIRST: Duration = Duration::from_secs(60);
/// The longest wait of that kind.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The time added to a time of the day, which is told to the minute.
const SLACK: Duration = Duration::from_secs(60);

/// True if an agent speaks of a limit so, by the known words or by one of these.
pub fn is_limit(said: &str, own: &[String]) -> bool {
    let said = said.to_lowercase();
    let mut own = own.iter().map(|word| word.to_lowercase());
    WORDS.iter().any(|word| said.contains(word)) || own.any(|word| said.contains(&word))
}

/// When the limit is renewed, as the agent says at the time `now`: in seconds since the epoch behind a `|`, after a
/// time (`in 2 hours 13 minutes`, `in 34.07s`), or at a time of the day (`resets 9pm`, `try again at 3:05 PM`).
pub fn renewed_at(said: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    let said = said.to_lowercase();
    epoch(&said)
        .or_else(|| Some(now.timestamp() + after(&said)?))
        .or_else(|| at_time_of_day(&said, now))
}

fn epoch(said: &str) -> Option<Timestamp> {
    let (_, rest) = said.rsplit_once('|')?;
    let digits: String = rest
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    match digits.len() {
        10 => Timestamp::from_second(digits.parse().ok()?).ok(),
        _ => None,
    }
}

/// The time that stands behind `in` or `after`.
fn after(said: &str) -> Option<Duration> {
    let words: Vec<_> = said.split_whitespace().collect();
    let starts = words.iter().enumerate();
    let starts = starts.filter(|(_, word)| matches!(**word, "in" | "after"));
    starts
        .map(|(at, _)| duration(&words[at + 1..]))
        .find(|time| !time.is_zero())
}

/// The time with which these words begin: `2h 13m`, `2 hours, 13 minutes and 5s`.
fn duration(words: &[&str]) -> Duration {
    let (mut sum, mut number) = (Duration::ZERO, None::<f64>);
    for word in words {
        let word = word.trim_end_matches([',', '.', ';', ')']);
        if word == "and" {
            continue;
        }
        let digits = word.len()
            - word
                .trim_start_matches(|char: char| char.is_ascii_digit() || char == '.')
                .len();
        let (amount, unit) = word.split_at(digits);
        if let Ok(amount) = amount.parse() {
            number = Some(amount);
        }
        let seconds = match unit {
            "" => continue,
            "d" | "day" | "days" => 86_400.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
            _ => break,
        };
        let Some(amount) = number.take() else { break };
        sum += Duration::try_from_secs_f64(amount * seconds).unwrap_or_default();
    }
    sum
}

/// The next time of the day that stands behind `resets` or `at`, in the machine's time zone.
fn at_time_of_day(said: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    let words: Vec<_> = said.split_whitespace().collect();
    let starts = words.iter().enumerate();
    let starts = starts.filter(|(_, word)| matches!(**word, "resets" | "at"));
    let time = starts
        .filter_map(|(at, _)| time_of_day(&words[at + 1..]))
        .next()?;
    let today = now
        .date()
        .to_datetime(time)
        .to_zoned_datetime(now.time_zone().clone())
        .ok()?;
    let next = match today > *now {
        true => today,
        false => today.checked_add(1.day()).ok()?,
    };
    Some(next.timestamp() + SLACK)
}

/// The time with which these words begin: `9pm`, `3:05 pm`, `21:00`.
fn time_of_day(words: &[&str]) -> Option<civil::Time> {
    let trim = |word: &str| {
        word.trim_matches(|char: char| !char.is_ascii_alphanumeric())
            .to_owned()
    };
    let word = trim(words.iter().find(|word| **word != "at")?);
    let half = words
        .iter()
        .skip_while(|it| trim(it) != word)
        .nth(1)
        .map(|word| trim(word));
    let digits = word.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let half = match &word[digits.len()..] {
        "" => half
            .filter(|half| half == "am" || half == "pm")
            .unwrap_or_default(),
        half => half.to_owned(),
    };
    let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match (half.as_str(), hour) {
        ("am", 12) => 0,
        ("pm", 1..=11) => hour + 12,
        ("am" | "pm", _) => hour,
        // `in 5 minutes` and the like are no time of the day.
        ("", _) if digits.contains(':') => hour,
        _ => return None,
    };
    civil::Time::new(hour, minute, 0, 0).ok()
}

/// The limits that agents have met in a run.
#[derive(Debug, Default)]
pub struct UsageLimits(Mutex<BTreeMap<String, Met>>);

/// A limit that an agent has met.
#[derive(Debug, Clone, Copy)]
struct Met {
    until: Timestamp,
    times: u32,
}

impl UsageLimits {
    /// Notes that this agent has met its limit, in these words; until when it waits.
    pub fn meet(&self, agent: &str, said: &str, now: &ZonedDateTime) -> Timestamp {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let met = all.entry(agent.to_owned()).or_insert(Met {
            until: Timestamp::UNIX_EPOCH,
            times: 0,
        });
        // Agents of one name that work at once meet it together.
        if met.until <= now.timestamp() {
            let unknown = FIRST.saturating_mul(1 << met.times.min(10)).min(LONGEST);
            let told = renewed_at(said, now);
            met.until = told.unwrap_or(now.timestamp() + unknown);
            met.times += 1;
        }
        met.until
    }

    /// Returns the time that this agent still waits at the time `now`.
    pub fn left(&self, agent: &str, now: Timestamp) -> Duration {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = all.get(agent).map_or(now, |met| met.until);
        until.duration_since(now).try_into().unwrap_or_default()
    }

    /// Forgets how often this agent met its limit: it has worked.
    pub fn forget(&self, agent: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(agent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> ZonedDateTime {
        "2026-11-30T15:00:00+01:00[+01:00]".parse().unwrap()
    }

    #[test]
    fn agents_words_are_recognised() {
        for said in [
            "You have hit your limit, resets 9pm",
            "You've hit your usage limit. Upgrade to Pro or try again in 2 hours 13 minutes.",
            "exceeded retry limit, last status: 429 Too Many Requests",
            "[API Error: You have exhausted your daily quota on this model.]",
            "Claude AI usage limit reached|1796050800",
        ] {
            assert!(is_limit(said, &[]), "{said}");
        }
        for said in ["the test of limits fails", "error: 3 tests failed", "no"] {
            assert!(!is_limit(said, &[]), "{said}");
        }
        assert!(is_limit("No Credits left", &["no credits".to_owned()]));
    }

    #[test]
    fn the_time_that_is_told_is_waited_for() {
        let at = |said: &str| renewed_at(said, &now()).map(|at| at.to_string());
        for (said, expected) in [
            ("limit reached|1796050800", "2026-11-30T15:00:00Z"),
            ("try again in 2 hours 13 minutes.", "2026-11-30T16:13:00Z"),
            ("Please retry in 34s", "2026-11-30T14:00:34Z"),
            ("try again after 1h 5m", "2026-11-30T15:05:00Z"),
            (
                "You have hit your limit, resets 9pm",
                "2026-11-30T20:01:00Z",
            ),
            ("resets at 9:30 PM (Europe/Berlin)", "2026-11-30T20:31:00Z"),
            ("try again at 3:05 AM.", "2026-12-01T02:06:00Z"),
            ("resets 14:00", "2026-12-01T13:01:00Z"),
        ] {
            assert_eq!(at(said).as_deref(), Some(expected), "{said}");
        }
        for said in [
            "you hit your limit",
            "in short: no",
            "resets soon",
            "at 5 o'clock",
        ] {
            assert_eq!(at(said), None, "{said}");
        }
    }

    #[test]
    fn a_wait_doubles_and_is_shared() {
        let limits = UsageLimits::default();
        let mut time = now();
        let mut waits = Vec::new();
        for _ in 0..7 {
            let until = limits.meet("a", "rate limit", &time);
            assert_eq!(
                limits.meet("a", "rate limit", &time),
                until,
                "it is met together"
            );
            waits.push(until.duration_since(time.timestamp()).as_secs() / 60);
            time = until.to_zoned_datetime(time.time_zone().clone());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        assert!(limits.left("a", now().timestamp()) > Duration::ZERO);
        assert_eq!(limits.left("b", now().timestamp()), Duration::ZERO);
        limits.forget("a");
        assert_eq!(limits.left("a", now().timestamp()), Duration::ZERO);
    }
}
