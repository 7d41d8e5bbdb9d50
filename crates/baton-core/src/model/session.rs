use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One agent's run, as a path or a trailer names it: a number and, where it is known, a date.
///
/// Two logs with one number on two days belong to two sessions; a trailer without a date names
/// the session of that number on any day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId {
    date: Option<String>,
    number: String,
}

impl SessionId {
    /// The session with this decimal `number` (leading zeros do not count; any length) and this
    /// `date` (`YYYY-MM-DD`). `None` when the number is not made of digits or the date is not
    /// of that shape.
    pub fn new(date: Option<&str>, number: &str) -> Option<Self> {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !date.is_none_or(is_date) {
            return None;
        }
        let significant = number.trim_start_matches('0');
        Some(Self {
            date: date.map(str::to_owned),
            number: if significant.is_empty() {
                "0"
            } else {
                significant
            }
            .to_owned(),
        })
    }

    /// Reads `19`, `2025-12-18/19` or either with a leading `Session `, as a trailer holds it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("Session ").unwrap_or(text);
        match text.split_once('/') {
            Some((date, number)) => Self::new(Some(date), number),
            None => Self::new(None, text),
        }
    }

    /// The day the session began, `YYYY-MM-DD`, where it is known.
    pub fn date(&self) -> Option<&str> {
        self.date.as_deref()
    }

    /// The number in decimal, without leading zeros.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// True if both may name one session: the numbers agree, and the dates where both are known.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.number == other.number
            && (self.date.is_none() || other.date.is_none() || self.date == other.date)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.date {
            Some(date) => write!(f, "{date}/{}", self.number),
            None => f.write_str(&self.number),
        }
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` names no session")))
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_integer_of_any_length() {
        assert_eq!(SessionId::new(None, "007"), SessionId::new(None, "7"));
        assert_eq!(SessionId::new(None, "000").unwrap().number(), "0");
        let huge = "9".repeat(60);
        assert_ne!(
            SessionId::new(None, &huge),
            SessionId::new(None, &huge[1..])
        );
    }

    #[test]
    fn a_session_is_a_text_in_json() {
        let id = SessionId::parse("2025-12-18/19");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"2025-12-18/19\"");
        assert_eq!(
            serde_json::from_str::<Option<SessionId>>(&json).unwrap(),
            id
        );
        assert!(serde_json::from_str::<SessionId>("\"x\"").is_err());
    }

    #[test]
    fn what_is_no_session_is_none() {
        for text in [
            "",
            "x",
            "1x",
            "2025-1-18/3",
            "2025-12-18/",
            "-1",
            "+1",
            "1 2",
        ] {
            assert_eq!(SessionId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_undated_name_agrees_with_any_day() {
        let id = |text| SessionId::parse(text).unwrap();
        assert!(id("19").agrees_with(&id("2025-12-18/19")));
        assert!(!id("2025-12-17/19").agrees_with(&id("2025-12-18/19")));
        assert_eq!(id("Session 19"), id("19"));
    }
}
