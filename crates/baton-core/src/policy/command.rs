//! Commands with places for values, as the policy writes them.

use std::fmt::Write as _;

/// The names that may stand in braces, and the variables that hold their values.
pub const PLACEHOLDERS: [(&str, &str); 10] = [
    ("prompt", "BATON_PROMPT"),
    ("prompt_file", "BATON_PROMPT_FILE"),
    ("worktree", "BATON_WORKTREE"),
    ("branch", "BATON_BRANCH"),
    ("session", "BATON_SESSION"),
    ("task", "BATON_TASK"),
    ("attempt", "BATON_ATTEMPT"),
    ("run", "BATON_RUN"),
    ("git_dir", "BATON_GIT_DIR"),
    ("worktree_git_dir", "BATON_WORKTREE_GIT_DIR"),
];

/// A line for `sh -c` in which `{name}` stands for a value.
///
/// The line that the shell gets names the variable that holds the value, quoted as the place
/// asks for, never the value itself: whatever a value holds, the shell does not interpret it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandTemplate {
    text: String,
    line: String,
    names: Vec<&'static str>,
}

/// Why a command is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is nothing to run.
    #[error("it is empty")]
    Empty,
    /// A name in braces that stands for nothing.
    #[error("`{{{0}}}` stands for nothing")]
    Unknown(String),
    /// A quote that nothing ends.
    #[error("a quote in it has no end")]
    Unclosed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

impl CommandTemplate {
    /// Reads a command. In single quotes and behind a `$`, other names in braces stay as they are.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        let (mut line, mut names) = (String::new(), Vec::new());
        let mut quote = Quote::None;
        // The quotes around the parentheses that are open.
        let mut around = Vec::new();
        let mut rest = text.chars();
        let mut last = None;
        while let Some(char) = rest.next() {
            let (before, outside) = (last.replace(char), quote == Quote::None);
            match char {
                '\\' if quote != Quote::Single => {
                    line.push(char);
                    line.extend(rest.next());
                    continue;
                }
                '\'' if quote == Quote::Single => quote = Quote::None,
                '\'' if outside => quote = Quote::Single,
                '"' if quote == Quote::Double => quote = Quote::None,
                '"' if outside => quote = Quote::Double,
                '(' if outside || (quote == Quote::Double && before == Some('$')) => {
                    around.push(std::mem::replace(&mut quote, Quote::None));
                }
                ')' if outside => quote = around.pop().unwrap_or(Quote::None),
                '{' if before != Some('$') => {
                    if let Some(name) = name_in_braces(rest.as_str()) {
                        match PLACEHOLDERS.iter().find(|(known, _)| *known == name) {
                            Some((known, variable)) => {
                                let _never_fails = match quote {
                                    Quote::None => write!(line, "\"${{{variable}}}\""),
                                    Quote::Double => write!(line, "${{{variable}}}"),
                                    Quote::Single => write!(line, "'\"${{{variable}}}\"'"),
                                };
                                names.push(*known);
                                rest = rest.as_str()[name.len() + 1..].chars();
                                last = Some('}');
                                continue;
                            }
                            None if quote == Quote::Single => {}
                            None => return Err(TemplateError::Unknown(name.to_owned())),
                        }
                    }
                }
                _ => {}
            }
            line.push(char);
        }
        if quote != Quote::None || around.contains(&Quote::Double) {
            return Err(TemplateError::Unclosed);
        }
        Ok(Self {
            text: text.to_owned(),
            line,
            names,
        })
    }

    /// The command as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The line for the shell, which finds the values in the variables of [`PLACEHOLDERS`].
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The program with which the line begins, behind variables that are set for it; `None` where
    /// that cannot be told without a shell, or depends on another search path.
    pub fn program(&self) -> Option<&str> {
        let mut words = self.line.split_ascii_whitespace();
        let word = words.find(|word| !is_setting(word))?;
        let sets_the_path =
            self.line.trim_start().starts_with("PATH=") || self.line.contains(" PATH=");
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._+-".contains(char);
        let begins = |char: char| char.is_ascii_alphanumeric() || "/.".contains(char);
        let is_name = word.starts_with(begins) && word.chars().all(is_plain) && word != ".";
        (is_name && !sets_the_path).then_some(word)
    }

    /// Returns true if `{name}` stands in it.
    pub fn names(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

/// Returns true if a word sets a variable, and does nothing beside.
fn is_setting(word: &str) -> bool {
    let Some((name, value)) = word.split_once('=') else {
        return false;
    };
    let begins = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    let goes_on = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._+-:,=%@".contains(char);
    begins && name.chars().all(goes_on) && value.chars().all(is_plain)
}

/// The name at the beginning of `text`, if a brace behind it ends it.
fn name_in_braces(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('}')?;
    let is_name = |char: char| char.is_ascii_lowercase() || char == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        CommandTemplate::parse(text).unwrap().line
    }

    #[test]
    fn a_value_is_quoted_as_its_place_asks() {
        assert_eq!(line("a -p {prompt}"), "a -p \"${BATON_PROMPT}\"");
        assert_eq!(line("a \"x {task}\""), "a \"x ${BATON_TASK}\"");
        assert_eq!(line("a 'x {task}'"), "a 'x '\"${BATON_TASK}\"''");
        assert_eq!(
            line("a \"$(b {task} \"c {task}\") {task}\""),
            "a \"$(b \"${BATON_TASK}\" \"c ${BATON_TASK}\") ${BATON_TASK}\""
        );
        assert_eq!(line(r#"a \" {task}"#), r#"a \" "${BATON_TASK}""#);
    }

    #[test]
    fn what_is_the_shells_own_stays() {
        for text in ["awk '{print}' a{b,c}", "echo ${task} {} \"it's\"", "é {A}"] {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        let error = |text| CommandTemplate::parse(text).unwrap_err();
        assert_eq!(error(" "), TemplateError::Empty);
        assert_eq!(error("a {promt}"), TemplateError::Unknown("promt".into()));
        assert_eq!(error("a 'b"), TemplateError::Unclosed);
        assert_eq!(error("a \"$(b"), TemplateError::Unclosed);
    }

    #[test]
    fn the_program_is_told_where_the_line_is_plain() {
        let program = |text| {
            let command = CommandTemplate::parse(text).unwrap();
            command.program().map(str::to_owned)
        };
        for (text, expected) in [
            ("claude -p --model opus", Some("claude")),
            ("  A=1 b_2=x codex exec -", Some("codex")),
            ("/opt/bin/agent {prompt}", Some("/opt/bin/agent")),
            ("if true; then a; fi", Some("if")),
            ("./agent", Some("./agent")),
            ("tools/agent", Some("tools/agent")),
            ("./agent", Some("./agent")),
            ("\"my agent\"", None),
            ("$AGENT -p", None),
            ("(cd x && agent)", None),
            ("A='b c' agent", None),
            ("A=1 PATH=/opt/bin agent", None),
            ("cat; agent", None),
            ("A=1&&agent x", None),
            ("A=1", None),
        ] {
            assert_eq!(program(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_command_knows_its_values() {
        let command = CommandTemplate::parse("a {prompt_file}").unwrap();
        assert!(command.names("prompt_file"));
        assert!(!command.names("prompt"));
    }
}
