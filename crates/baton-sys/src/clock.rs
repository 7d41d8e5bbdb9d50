//! The time.

use std::time::Duration;

use jiff::{Timestamp, Unit, ZonedDateTime};

/// Now, in seconds since the epoch.
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Now, in milliseconds since the epoch.
pub fn now_millis() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// Now, in the machine's time zone.
pub fn zoned() -> ZonedDateTime {
    ZonedDateTime::now()
}

/// Today's date in UTC, `YYYY-MM-DD`: one name for the day, wherever the clones are.
pub fn today() -> String {
    Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// A time in RFC 3339, to the second; the epoch where `seconds` is out of range.
pub fn timestamp(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    time.round(Unit::Second).unwrap_or(time).to_string()
}

/// The seconds since the epoch of a time that [`timestamp`] has written; `None` for any other text.
pub fn seconds(timestamp: &str) -> Option<i64> {
    let time: Timestamp = timestamp.parse().ok()?;
    Some(time.as_second())
}

/// Sleeps for `pause`, or a little less.
pub fn sleep(pause: Duration) {
    std::thread::park_timeout(pause);
}
