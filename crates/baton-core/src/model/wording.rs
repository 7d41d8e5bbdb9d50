use bstr::{BStr, ByteSlice};

use super::SessionId;

/// The wording of the handoff document's entries. Under each wording, an entry has one text, and
/// that text is the text of no other entry. (An entry of one session is read under the title of
/// several too, under which it stands in older documents.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The entry's title.
    pub entry_title: EntryTitle,
    /// The title of an entry of one session.
    pub single_title: EntryTitle,
    /// The title of each session's section.
    pub session_title: SessionTitle,
    /// The start of the line that names the orchestrator's session.
    pub orchestrator_label: Label,
    /// The start of the line that counts the agents.
    pub agents_label: Label,
}

/// Why a text is no part of a [`Wording`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordingError {
    /// It is not one trimmed line.
    #[error("it must be one line of text without white space around it")]
    Line,
    /// A placeholder is missing or there twice.
    #[error("it needs `{0}` exactly once")]
    Placeholder(&'static str),
    /// A brace that belongs to no placeholder.
    #[error("braces stand around placeholders only, and the placeholders are `{0}` and `{1}`")]
    Brace(&'static str, &'static str),
    /// The title before the number: any text could hold the number.
    #[error("`{{session}}` must come before `{{title}}`")]
    Order,
    /// The end of the number is not clear.
    #[error(
        "between `{{session}}` and `{{title}}` there must be something that begins with no digit"
    )]
    Joined,
    /// A star would end the label's bold face.
    #[error("it must hold no `*`")]
    Star,
}

/// The title of an entry, with `{sessions}` and `{date}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryTitle(Template);

/// The title of a session's section, with `{session}` and, behind it, `{title}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTitle(Template);

/// A label in bold face at the beginning of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

/// A line with two placeholders and what stands before, between and behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    text: String,
    literals: [String; 3],
    /// True if the second of the names comes first.
    swapped: bool,
}

const DATE_LENGTH: usize = "YYYY-MM-DD".len();

impl EntryTitle {
    /// The title of an entry of one session where the policy words only those of several: the
    /// singular of the default, otherwise the same.
    #[must_use]
    pub fn single(&self) -> Self {
        match *self == Self::default() {
            true => Self::with_noun("Parallel Session "),
            false => self.clone(),
        }
    }

    fn with_noun(noun: &str) -> Self {
        Self(Template {
            text: format!("{noun}{{sessions}} ({{date}})"),
            literals: [noun, " (", ")"].map(str::to_owned),
            swapped: false,
        })
    }

    /// Reads the template.
    ///
    /// # Errors
    /// When it could not be read back.
    pub fn parse(text: &str) -> Result<Self, WordingError> {
        Template::parse(text, "{sessions}", "{date}").map(Self)
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The title of an entry with these sessions' numbers.
    pub fn render(&self, numbers: &[&str], date: &str) -> String {
        self.0.fill(&numbers.join(", "), date)
    }

    /// The numbers and the date, ten bytes, that a title was made of.
    pub fn read(&self, title: &str) -> Option<(Vec<String>, String)> {
        let [before, between, after] = &self.0.literals;
        let inner = title.strip_prefix(&**before)?.strip_suffix(&**after)?;
        let (numbers, date) = match self.0.swapped {
            true => {
                let (date, rest) = inner.split_at_checked(DATE_LENGTH)?;
                (rest.strip_prefix(&**between)?, date)
            }
            false => {
                let at = inner.len().checked_sub(DATE_LENGTH)?;
                let (rest, date) = inner.split_at_checked(at)?;
                (rest.strip_suffix(&**between)?, date)
            }
        };
        let numbers = numbers.split(", ").map(str::to_owned).collect();
        Some((numbers, date.to_owned()))
    }
}

impl SessionTitle {
    /// Reads the template.
    ///
    /// # Errors
    /// When it could not be read back.
    pub fn parse(text: &str) -> Result<Self, WordingError> {
        let template = Template::parse(text, "{session}", "{title}")?;
        if template.swapped {
            return Err(WordingError::Order);
        }
        let between = template.literals[1].bytes().next();
        match between.is_none_or(|byte| byte.is_ascii_digit()) {
            true => Err(WordingError::Joined),
            false => Ok(Self(template)),
        }
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The title of the section of this session.
    pub fn render(&self, number: &str, title: &str) -> String {
        self.0.fill(number, title)
    }

    /// The number and the session's title that a section's title was made of.
    pub fn read(&self, text: &str) -> Option<(String, String)> {
        let [before, between, after] = &self.0.literals;
        let rest = text.strip_prefix(&**before)?;
        let (number, rest) = rest.split_at(digits(rest.as_bytes()));
        let title = rest.strip_prefix(&**between)?.strip_suffix(&**after)?;
        Some((number.to_owned(), title.to_owned()))
    }

    /// The session that a title names, whatever follows the number: in this
    /// wording or as `Session N`.
    pub fn session_of(&self, text: &BStr) -> Option<SessionId> {
        let own = self.0.literals[0].trim_end();
        let named = |word: &str| {
            let rest = text.strip_prefix(word.as_bytes())?.trim_start();
            SessionId::new(None, rest[..digits(rest)].to_str().ok()?)
        };
        let own = match own {
            "" => text
                .to_str()
                .ok()
                .and_then(|text| SessionId::new(None, &self.read(text)?.0)),
            own => named(own),
        };
        own.or_else(|| named("Session"))
    }
}

impl Label {
    /// Reads the label.
    ///
    /// # Errors
    /// When it could not be told from what follows it.
    pub fn parse(text: &str) -> Result<Self, WordingError> {
        one_line(text)?;
        match text.contains('*') {
            true => Err(WordingError::Star),
            false => Ok(Self(text.to_owned())),
        }
    }

    /// The label as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Template {
    fn parse(text: &str, first: &'static str, second: &'static str) -> Result<Self, WordingError> {
        one_line(text)?;
        let (a, b) = (once(text, first)?, once(text, second)?);
        let swapped = b < a;
        let ranges = match swapped {
            false => [a..a + first.len(), b..b + second.len()],
            true => [b..b + second.len(), a..a + first.len()],
        };
        let [before, behind] = ranges;
        let literals = [
            &text[..before.start],
            &text[before.end..behind.start],
            &text[behind.end..],
        ];
        if literals.iter().any(|literal| literal.contains(['{', '}'])) {
            return Err(WordingError::Brace(first, second));
        }
        Ok(Self {
            text: text.to_owned(),
            literals: literals.map(str::to_owned),
            swapped,
        })
    }

    fn fill(&self, first: &str, second: &str) -> String {
        let [before, between, after] = &self.literals;
        match self.swapped {
            false => format!("{before}{first}{between}{second}{after}"),
            true => format!("{before}{second}{between}{first}{after}"),
        }
    }
}

fn one_line(text: &str) -> Result<(), WordingError> {
    let fits = !text.is_empty() && text.trim() == text && !text.contains(char::is_control);
    fits.then_some(()).ok_or(WordingError::Line)
}

fn once(text: &str, name: &'static str) -> Result<usize, WordingError> {
    let mut found = text.match_indices(name);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        _ => Err(WordingError::Placeholder(name)),
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

impl Default for EntryTitle {
    fn default() -> Self {
        Self::with_noun("Parallel Sessions ")
    }
}

impl Default for SessionTitle {
    fn default() -> Self {
        Self(Template {
            text: "Session {session}: {title}".to_owned(),
            literals: ["Session ", ": ", ""].map(str::to_owned),
            swapped: false,
        })
    }
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            entry_title: EntryTitle::default(),
            single_title: EntryTitle::default().single(),
            session_title: SessionTitle::default(),
            orchestrator_label: Label("Orchestrator".to_owned()),
            agents_label: Label("Parallel Executions".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_what_their_texts_say() {
        let wording = Wording::default();
        for title in [wording.entry_title, wording.single_title] {
            assert_eq!(EntryTitle::parse(title.as_str()), Ok(title));
        }
        assert_eq!(
            SessionTitle::parse(wording.session_title.as_str()),
            Ok(wording.session_title)
        );
    }

    #[test]
    fn what_cannot_be_read_back_is_refused() {
        use WordingError as E;
        let entry = |text: &str| EntryTitle::parse(text).unwrap_err();
        assert_eq!(entry(""), E::Line);
        assert_eq!(entry("{sessions} {date}\n"), E::Line);
        assert_eq!(entry("{sessions}"), E::Placeholder("{date}"));
        assert_eq!(
            entry("{sessions} {date} {sessions}"),
            E::Placeholder("{sessions}")
        );
        assert_eq!(
            entry("{sessions} {date} {x}"),
            E::Brace("{sessions}", "{date}")
        );
        let session = |text: &str| SessionTitle::parse(text).unwrap_err();
        assert_eq!(session("{title} ({session})"), E::Order);
        assert_eq!(session("{session}{title}"), E::Joined);
        assert_eq!(session("{session}0 {title}"), E::Joined);
        assert_eq!(Label::parse("a**: b").unwrap_err(), E::Star);
        assert_eq!(Label::parse(" a").unwrap_err(), E::Line);
    }

    #[test]
    fn sessions_are_recognised_in_this_wording_and_in_the_common_one() {
        let number = |template: &str, text: &str| {
            let title = SessionTitle::parse(template).unwrap();
            let named = title.session_of(text.into());
            named.map(|id| id.number().to_owned())
        };
        let german = "Sitzung {session} – {title}";
        assert_eq!(number(german, "Sitzung 19 – x").as_deref(), Some("19"));
        assert_eq!(number(german, "Sitzung 019").as_deref(), Some("19"));
        assert_eq!(number(german, "Session 7: x").as_deref(), Some("7"));
        assert_eq!(number(german, "19: x"), None);
        let bare = "{session}: {title}";
        assert_eq!(number(bare, "19: x").as_deref(), Some("19"));
        assert_eq!(number(bare, "2025 in review"), None);
        assert_eq!(number(bare, "Session 7"), Some("7".to_owned()));
    }
}
