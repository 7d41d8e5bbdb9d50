use bstr::{BStr, BString, ByteSlice};

use super::alias::{fold, fold_text};
use super::glob::{GlobError, check_components};
use super::literal_prefix::{LiteralPrefix, literal_length};
use crate::model::SessionId;

const DATE: &str = "{date}";
const SESSION: &str = "{session}";
/// `YYYY-MM-DD`
const DATE_LENGTH: usize = 10;

/// A pattern over the paths of session logs or summaries: `{session}` stands for a run of
/// digits, `{date}` for a `YYYY-MM-DD`, `*` for anything within a component, all else for
/// itself. Aliases of a path match with it (see [`super::fold`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPattern {
    text: String,
    tokens: Vec<Token>,
    literal_prefix: LiteralPrefix,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal { written: String, folded: BString },
    Date,
    Session,
    Any,
}

impl SessionPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When `{session}` does not stand in it exactly once, `{date}` more than once, when it
    /// holds another brace or wildcard, or when no path could match it.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        check_components(text)?;
        check_characters(text)?;
        let tokens = tokens(text)?;
        check_order(&tokens)?;
        Ok(Self {
            text: text.to_owned(),
            tokens,
            literal_prefix: LiteralPrefix::of(text),
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The session that `path`, raw bytes from the root, belongs to by its name.
    pub fn match_path(&self, path: &BStr) -> Option<SessionId> {
        self.match_folded(&fold(path))
    }

    /// [`Self::match_path`] for a folded path.
    pub(super) fn match_folded(&self, path: &BStr) -> Option<SessionId> {
        let captures = captures(&self.tokens, path)?;
        let text = |range: std::ops::Range<usize>| path[range].to_str().ok();
        let date = match captures.date {
            Some(start) => Some(text(start..start + DATE_LENGTH)?),
            None => None,
        };
        SessionId::new(date, text(captures.session?)?)
    }

    /// The path of a session's file, with `*` left empty. `None` when `date` is not
    /// `YYYY-MM-DD` or `number` is not made of digits.
    pub fn render(&self, date: &str, number: &str) -> Option<String> {
        self.render_filled(date, number, "")
    }

    /// The pattern with these words for `{date}` and `{session}`, whatever they are, and `*` left
    /// empty: for people to read.
    pub fn describe(&self, date: &str, number: &str) -> String {
        self.filled(date, number, "")
    }

    /// The path of a session's file whose name tells what it is about: the last `*` becomes the
    /// title in lower case, its words joined by dashes, and, where the pattern ends with it,
    /// `.md`. `None` as for [`Self::render`].
    pub fn render_titled(&self, date: &str, number: &str, title: &str) -> Option<String> {
        let slug = slug(title);
        let last = self.tokens.iter().rposition(|token| *token == Token::Any);
        let follows_literal = last.and_then(|at| at.checked_sub(1)).is_some_and(|before| {
            matches!(&self.tokens[before], Token::Literal { written, .. }
                if written.ends_with(['-', '_', '/']))
        });
        let mut filled = match (slug.is_empty(), follows_literal) {
            (true, true) => "log".to_owned(),
            (true, false) => String::new(),
            (false, true) => slug,
            (false, false) => format!("-{slug}"),
        };
        if self.tokens.last() == Some(&Token::Any) {
            filled.push_str(".md");
        }
        self.render_filled(date, number, &filled)
    }

    fn render_filled(&self, date: &str, number: &str, last_any: &str) -> Option<String> {
        SessionId::new(Some(date), number)?;
        Some(self.filled(date, number, last_any))
    }

    fn filled(&self, date: &str, number: &str, last_any: &str) -> String {
        let last = self.tokens.iter().rposition(|token| *token == Token::Any);
        let part = |(at, token): (usize, &Token)| match token {
            Token::Literal { written, .. } => written.clone(),
            Token::Date => date.to_owned(),
            Token::Session => number.to_owned(),
            Token::Any if Some(at) == last => last_any.to_owned(),
            Token::Any => String::new(),
        };
        self.tokens.iter().enumerate().map(part).collect()
    }

    /// Where matches can lie.
    pub(super) fn literal_prefix(&self) -> &LiteralPrefix {
        &self.literal_prefix
    }
}

/// The longest part of a file name that a title makes.
const SLUG_LENGTH: usize = 60;

/// The words of a title as a part of a file name: ASCII letters and digits, joined by dashes.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    let mut slug = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if slug.len() + 1 + word.len() > SLUG_LENGTH {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word.to_ascii_lowercase());
    }
    slug
}

fn tokens(text: &str) -> Result<Vec<Token>, GlobError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (token, after) = if let Some(after) = rest.strip_prefix(DATE) {
            (Token::Date, after)
        } else if let Some(after) = rest.strip_prefix(SESSION) {
            (Token::Session, after)
        } else if rest.starts_with('*') {
            (Token::Any, rest.trim_start_matches('*'))
        } else {
            let length = literal_length(rest);
            if length == 0 {
                let why = format!("only `{DATE}`, `{SESSION}` and `*` have a meaning here");
                return Err(GlobError(why));
            }
            let written = rest[..length].to_owned();
            let folded = fold_text(&written).into();
            (Token::Literal { written, folded }, &rest[length..])
        };
        tokens.push(token);
        rest = after;
    }
    Ok(tokens)
}

/// A component that ends as no component does on NTFS would never match a folded path.
fn check_characters(text: &str) -> Result<(), GlobError> {
    let why = if text.contains([':', '\\']) {
        "`:` and `\\` cannot stand in file names everywhere"
    } else if text.split('/').any(|part| part.ends_with(['.', ' '])) {
        "file names cannot end in a dot or a space everywhere"
    } else if text.ends_with('/') {
        "a pattern of sessions' files names files, not a directory"
    } else {
        return Ok(());
    };
    Err(GlobError(why.to_owned()))
}

fn check_order(tokens: &[Token]) -> Result<(), GlobError> {
    let count = |wanted: &Token| tokens.iter().filter(|token| *token == wanted).count();
    if count(&Token::Session) != 1 {
        return Err(GlobError(format!(
            "`{SESSION}` must stand in it exactly once"
        )));
    }
    if count(&Token::Date) > 1 {
        return Err(GlobError(format!("`{DATE}` may stand in it only once")));
    }
    let digit_follows = tokens.windows(2).any(|pair| match pair {
        [Token::Session, Token::Date] => true,
        [Token::Session, Token::Literal { folded, .. }] => folded[0].is_ascii_digit(),
        _ => false,
    });
    if digit_follows {
        let why = format!("a digit right after `{SESSION}` would belong to the number");
        return Err(GlobError(why));
    }
    Ok(())
}

/// Where the placeholders matched.
#[derive(Clone, Default)]
struct Captures {
    date: Option<usize>,
    session: Option<std::ops::Range<usize>>,
}

/// Matches all of `path`. Every token but `*` matches at a given place in one way at most, so
/// only the last `*` ever needs to give way: the work is at most the product of both lengths.
fn captures(tokens: &[Token], path: &[u8]) -> Option<Captures> {
    let mut found = Captures::default();
    let (mut token, mut at) = (0, 0);
    let mut last_star: Option<(usize, usize, Captures)> = None;
    loop {
        let advanced = match tokens.get(token) {
            Some(Token::Any) => {
                last_star = Some((token + 1, at, found.clone()));
                Some(at)
            }
            Some(other) => step(other, path, at, &mut found),
            None if at == path.len() => return Some(found),
            None => None,
        };
        if let Some(next) = advanced {
            (token, at) = (token + 1, next);
            continue;
        }
        let (after_star, star_end, saved) = last_star.as_mut()?;
        if path.get(*star_end).is_none_or(|byte| *byte == b'/') {
            return None;
        }
        *star_end += 1;
        (token, at) = (*after_star, *star_end);
        found = saved.clone();
    }
}

/// Where `token`, matched at `at`, ends.
fn step(token: &Token, path: &[u8], at: usize, found: &mut Captures) -> Option<usize> {
    let rest = &path[at..];
    match token {
        Token::Literal { folded, .. } => rest.starts_with(folded).then(|| at + folded.len()),
        Token::Date => {
            let date = rest.get(..DATE_LENGTH)?;
            let shaped = date.iter().enumerate().all(|(index, byte)| match index {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            found.date = Some(at);
            shaped.then_some(at + DATE_LENGTH)
        }
        Token::Session => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            found.session = Some(at..at + digits);
            (digits > 0).then_some(at + digits)
        }
        Token::Any => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn session(pattern: &str, path: &[u8]) -> Option<String> {
        let pattern = SessionPattern::parse(pattern).unwrap();
        Some(pattern.match_path(path.into())?.to_string())
    }

    #[test]
    fn the_number_is_the_whole_run_of_digits() {
        for (pattern, path, expected) in [
            ("s-{session}.md", "s-19.md", Some("19")),
            ("s-{session}*", "s-0019b", Some("19")),
            ("s-{session}", "s-19b", None),
            ("s-{session}", "s-", None),
            ("*-{session}.md", "a-1-b-22.md", Some("22")),
            ("*{session}*", "ab12cd34", Some("12")),
            (
                "{date}/{session}/log",
                "2025-12-18/3/log",
                Some("2025-12-18/3"),
            ),
            ("{date}{session}", "2025-12-187", Some("2025-12-18/7")),
            ("*{date}-{session}", "12025-12-18-7", Some("2025-12-18/7")),
            ("{date}-{session}", "2025-1-18-7", None),
            ("d*/s{session}", "d/x/s1", None),
            ("d*/s{session}", "dir/s1", Some("1")),
            ("Logs/S{session}", "lOGS/s1", Some("1")),
        ] {
            let found = session(pattern, path.as_bytes());
            assert_eq!(found.as_deref(), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn names_that_are_not_utf8_match() {
        assert_eq!(session("s-{session}*", b"s-1\xff").as_deref(), Some("1"));
        assert_eq!(session("s-{session}", b"s-\xff"), None);
    }

    #[test]
    fn patterns_that_no_session_can_match_are_refused() {
        for pattern in [
            "",
            "/a/{session}",
            "a/../{session}",
            "a",
            "{session}{session}",
            "{session}-{date}-{date}",
            "{session}{date}",
            "{session}1",
            "{session}?",
            "{sesion}",
            "{session",
            "a\\{session}",
            "a:{session}",
            "{session}.",
            "{session}/",
        ] {
            assert!(SessionPattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_bounded_work() {
        let pattern = format!("{}{{session}}x", "*a".repeat(500));
        let path = "a".repeat(20_000);
        assert_eq!(session(&pattern, path.as_bytes()), None);
    }

    #[test]
    fn only_dates_and_numbers_are_rendered() {
        let pattern = SessionPattern::parse("{date}-s{session}*").unwrap();
        let rendered = pattern.render("2025-12-18", "007");
        assert_eq!(rendered.as_deref(), Some("2025-12-18-s007"));
        assert_eq!(pattern.render("2025-12-18", "x"), None);
        assert_eq!(pattern.render("today", "7"), None);
    }

    #[test]
    fn a_title_names_the_file() {
        let titled = |pattern: &str, title: &str| {
            let pattern = SessionPattern::parse(pattern).unwrap();
            let path = pattern.render_titled("2025-12-18", "7", title).unwrap();
            let found = pattern.match_path(path.as_str().into()).unwrap();
            assert_eq!(found.number(), "7", "{path}");
            path
        };
        assert_eq!(
            titled("s-{session}*", "Tidy `a/b`, Ümlaut!"),
            "s-7-tidy-a-b-mlaut.md"
        );
        assert_eq!(titled("s-{session}-*", "12 things"), "s-7-12-things.md");
        assert_eq!(titled("s-{session}*.md", "9 lives"), "s-7-9-lives.md");
        assert_eq!(titled("s-{session}*", ""), "s-7.md");
        assert_eq!(titled("s-{session}-*", ""), "s-7-log.md");
        assert_eq!(titled("{date}/{session}.md", "x"), "2025-12-18/7.md");
        let long = titled("s-{session}*", &"word ".repeat(50));
        assert!(long.len() < 80, "{long}");
    }

    proptest! {
        #[test]
        fn what_is_rendered_matches(
            before in "[A-Za-zé_-]{0,6}",
            between in "[A-Za-zé_/-]{1,6}",
            after in "(\\*|[A-Za-zé_-]{0,6})",
            dated: bool,
            date in "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            number in "[0-9]{1,30}",
        ) {
            let placeholder = if dated { DATE } else { "" };
            let text = format!("{before}{placeholder}{between}{SESSION}{after}");
            let Ok(pattern) = SessionPattern::parse(&text) else {
                return Ok(());
            };
            let path = pattern.render(&date, &number).unwrap();
            let expected = SessionId::new(dated.then_some(date.as_str()), &number);
            prop_assert_eq!(pattern.match_path(path.as_str().into()), expected);
        }
    }
}
