//! The expansion of words by the shell, as far as it is known.

use std::iter::Peekable;
use std::str::Chars;

use brush_parser::ast::Word;
use brush_parser::word::{
    self, BraceExpressionMember, BraceExpressionOrText, Parameter, ParameterExpr, SpecialParameter,
    WordPiece, WordPieceWithSource,
};

use super::Shell;
use crate::path::{ANY, ONE, UNKNOWN};

/// The maximum number of words that a brace expression may become.
const MAX_WORDS: usize = 500;

/// A word while it is expanded: the fields that are done, and the one that grows.
#[derive(Default)]
struct Fields {
    done: Vec<String>,
    current: String,
    /// True if the growing field is one even when it is empty.
    started: bool,
}

impl Fields {
    fn push(&mut self, text: &str) {
        self.current.push_str(text);
        self.started = true;
    }

    /// Adds an unquoted value, which is split at blanks.
    fn split(&mut self, value: &str) {
        for (at, part) in value.split([' ', '\t', '\n']).enumerate() {
            if at > 0 {
                self.end();
            }
            if !part.is_empty() {
                self.push(&wildcards(part));
            }
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.started) {
            self.done.push(std::mem::take(&mut self.current));
        }
    }
}

impl Shell<'_> {
    /// The fields that a word becomes.
    pub(super) fn expand(&mut self, word: &Word) -> Vec<String> {
        let text = word.value.as_str();
        if is_plain(text) {
            return vec![text.to_owned()];
        }
        let braces = match text.contains('{') {
            true => word::parse_brace_expansions(text, &self.options),
            false => Ok(None),
        };
        let Ok(Some(pieces)) = braces else {
            return self.expand_text(text);
        };
        let words = brace_words(&pieces);
        words.iter().flat_map(|one| self.expand_text(one)).collect()
    }

    /// The text that a word becomes where it is not split, as in an assignment.
    pub(super) fn expand_whole(&mut self, text: &str) -> String {
        if is_plain(text) {
            return text.to_owned();
        }
        let Ok(pieces) = word::parse(text, &self.options) else {
            return UNKNOWN.to_string();
        };
        let mut fields = Fields::default();
        self.pieces(&pieces, true, &mut fields);
        fields.current
    }

    fn expand_text(&mut self, text: &str) -> Vec<String> {
        let Ok(pieces) = word::parse(text, &self.options) else {
            return vec![UNKNOWN.to_string()];
        };
        let mut fields = Fields::default();
        self.pieces(&pieces, false, &mut fields);
        fields.end();
        fields.done
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], quoted: bool, fields: &mut Fields) {
        for piece in pieces {
            self.piece(&piece.piece, quoted, fields);
        }
    }

    fn piece(&mut self, piece: &WordPiece, quoted: bool, fields: &mut Fields) {
        match piece {
            WordPiece::Text(text) if quoted => fields.push(text),
            WordPiece::Text(text) => fields.push(&wildcards(text)),
            WordPiece::SingleQuotedText(text) => fields.push(text),
            WordPiece::AnsiCQuotedText(text) => fields.push(&ansi_c(text)),
            WordPiece::EscapeSequence(text) => {
                fields.push(text.strip_prefix('\\').unwrap_or(text));
            }
            WordPiece::DoubleQuotedSequence(inner)
            | WordPiece::GettextDoubleQuotedSequence(inner) => {
                let list = match inner.as_slice() {
                    [one] if !quoted => self.list_of(&one.piece),
                    _ => None,
                };
                if let Some(list) = list {
                    for one in list {
                        fields.push(&one);
                        fields.end();
                    }
                    return;
                }
                fields.push("");
                self.pieces(inner, true, fields);
            }
            WordPiece::CommandSubstitution(text)
            | WordPiece::BackquotedCommandSubstitution(text) => {
                let value = self.substitute(text);
                add(fields, &value, quoted);
            }
            WordPiece::ParameterExpansion(parameter) => {
                let value = self.parameter(parameter);
                add(fields, &value, quoted);
            }
            WordPiece::ArithmeticExpression(_) => fields.push(&UNKNOWN.to_string()),
            WordPiece::TildePrefix(user) => fields.push(&self.tilde(user)),
        }
    }

    /// The elements that a quoted piece stands for one by one: all arguments, or those of an array.
    fn list_of(&self, piece: &WordPiece) -> Option<Vec<String>> {
        if is_all_args(piece) {
            return Some(self.args.clone());
        }
        let WordPiece::ParameterExpansion(ParameterExpr::Parameter {
            parameter:
                Parameter::NamedWithAllIndices {
                    name,
                    concatenate: false,
                },
            ..
        }) = piece
        else {
            return None;
        };
        let all = self.variables.get(name)?;
        Some(all.split_whitespace().map(str::to_owned).collect())
    }

    fn tilde(&self, user: &str) -> String {
        let own = match user {
            "" => self.ground.home.clone(),
            "+" => Some(self.cwd.clone()),
            _ => None,
        };
        own.unwrap_or_else(|| "/home/other".to_owned())
    }

    fn parameter(&mut self, expression: &ParameterExpr) -> String {
        match expression {
            ParameterExpr::Parameter {
                parameter,
                indirect: false,
            } => self.value(parameter),
            ParameterExpr::UseDefaultValues {
                parameter,
                indirect: false,
                default_value,
                ..
            }
            | ParameterExpr::AssignDefaultValues {
                parameter,
                indirect: false,
                default_value,
                ..
            } => {
                let value = self.value(parameter);
                let is_known = !value.is_empty() && !value.contains(UNKNOWN);
                match default_value {
                    Some(default) if !is_known => self.expand_whole(default),
                    _ => value,
                }
            }
            ParameterExpr::RemoveSmallestSuffixPattern {
                parameter, pattern, ..
            } => {
                let value = self.value(parameter);
                let end = pattern.as_deref().unwrap_or_default();
                match (end, value.contains(UNKNOWN)) {
                    (_, true) => value,
                    ("/*", _) => value
                        .rsplit_once('/')
                        .map_or(value.clone(), |(a, _)| a.into()),
                    (end, _) => value.strip_suffix(end).unwrap_or(&value).to_owned(),
                }
            }
            ParameterExpr::RemoveLargestPrefixPattern {
                parameter,
                pattern: Some(pattern),
                ..
            } if pattern == "*/" => {
                let value = self.value(parameter);
                value.rsplit('/').next().unwrap_or_default().to_owned()
            }
            _ => UNKNOWN.to_string(),
        }
    }

    fn value(&mut self, parameter: &Parameter) -> String {
        let known = match parameter {
            Parameter::Named(name) => self.variable(name),
            Parameter::Positional(number) => {
                let at = (*number as usize).checked_sub(1);
                at.and_then(|at| self.args.get(at).cloned())
            }
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => {
                (!self.args.is_empty()).then(|| self.args.join(" "))
            }
            Parameter::NamedWithAllIndices { name, .. } => self.variables.get(name).cloned(),
            Parameter::NamedWithIndex { name, index } => {
                let at = index.parse::<usize>().ok();
                let words = self.variables.get(name).map(|all| all.split_whitespace());
                at.and_then(|at| words?.nth(at).map(str::to_owned))
            }
            _ => None,
        };
        known.unwrap_or_else(|| UNKNOWN.to_string())
    }

    fn variable(&self, name: &str) -> Option<String> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        match name {
            "PWD" => Some(self.cwd.clone()),
            "HOME" => self.ground.home.clone(),
            "TMPDIR" | "TMP" | "TEMP" | "RUNNER_TEMP" | "XDG_RUNTIME_DIR" => Some("/tmp".into()),
            "CLAUDE_PROJECT_DIR" | "GEMINI_PROJECT_DIR" => Some(self.ground.root.clone()),
            _ => None,
        }
    }

    /// The text of a here-document whose variables and commands are expanded.
    pub(super) fn expand_document(&mut self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '`', '\\']) {
            expanded.push_str(&rest[..at]);
            rest = &rest[at..];
            let length = expression_length(rest);
            match rest.as_bytes()[0] {
                b'\\' => expanded.push_str(&rest[1..length]),
                _ if length == 1 => expanded.push_str(&rest[..1]),
                _ => {
                    let value = self.expand_whole(&rest[..length]);
                    expanded.push_str(&value);
                }
            }
            rest = &rest[length..];
        }
        expanded.push_str(rest);
        expanded
    }
}

/// The length of the expansion with which a text begins; 1 where it begins with none.
fn expression_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let closing = |open: u8, close: u8| {
        let mut depth = 0;
        for (at, byte) in bytes.iter().enumerate() {
            depth += i32::from(*byte == open) - i32::from(*byte == close);
            if depth == 0 && *byte == close {
                return at + 1;
            }
        }
        1
    };
    match (bytes[0], bytes.get(1)) {
        (b'\\', Some(_)) => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
        (b'$', Some(b'(')) => closing(b'(', b')'),
        (b'$', Some(b'{')) => closing(b'{', b'}'),
        (b'$', Some(_)) => {
            let name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            1 + bytes[1..].iter().take_while(name).count()
        }
        (b'`', _) => text[1..].find('`').map_or(1, |at| at + 2),
        _ => 1,
    }
}

fn add(fields: &mut Fields, value: &str, quoted: bool) {
    match quoted {
        true => fields.push(value),
        false => fields.split(value),
    }
}

fn is_all_args(piece: &WordPiece) -> bool {
    matches!(
        piece,
        WordPiece::ParameterExpansion(ParameterExpr::Parameter {
            parameter: Parameter::Special(SpecialParameter::AllPositionalParameters {
                concatenate: false
            }),
            ..
        })
    )
}

/// True if a word stands for itself.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:=,+@%-^".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// An unquoted text with its wildcards marked.
fn wildcards(text: &str) -> String {
    let mut marked = String::new();
    let mut chars = text.chars().peekable();
    while let Some(one) = chars.next() {
        match one {
            '*' => marked.push(ANY),
            '?' => marked.push(ONE),
            '[' if text.contains(']') && text != "[" => {
                while chars.next().is_some_and(|inner| inner != ']') {}
                marked.push(ONE);
            }
            one => marked.push(one),
        }
    }
    marked
}

/// Returns the text that a `$'...'` stands for.
pub(super) fn ansi_c(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(one) = chars.next() {
        let escaped = match one {
            '\\' => chars.next(),
            one => {
                plain.push(one);
                continue;
            }
        };
        plain.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('x') => number(&mut chars, 16, 2, 0),
            Some('u') => number(&mut chars, 16, 4, 0),
            Some(digit) if digit.is_digit(8) => {
                number(&mut chars, 8, 2, digit.to_digit(8).unwrap_or(0))
            }
            Some(other) => other,
            None => break,
        });
    }
    plain
}

/// The character whose number goes on with at most so many digits.
fn number(chars: &mut Peekable<Chars>, radix: u32, most: usize, first: u32) -> char {
    let mut value = first;
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|next| next.to_digit(radix)) else {
            break;
        };
        value = value * radix + digit;
        chars.next();
    }
    char::from_u32(value).unwrap_or(UNKNOWN)
}

fn brace_words(pieces: &[BraceExpressionOrText]) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in pieces {
        let parts = match piece {
            BraceExpressionOrText::Text(text) => vec![text.clone()],
            BraceExpressionOrText::Expr(members) => members.iter().flat_map(member).collect(),
        };
        words = words
            .iter()
            .flat_map(|before| parts.iter().map(move |part| format!("{before}{part}")))
            .take(MAX_WORDS)
            .collect();
    }
    words
}

fn member(member: &BraceExpressionMember) -> Vec<String> {
    match member {
        BraceExpressionMember::Child(pieces) => brace_words(pieces),
        BraceExpressionMember::NumberSequence { start, end, .. } => {
            let (low, high) = (*start.min(end), *start.max(end));
            let numbers = (low..=high).take(MAX_WORDS);
            numbers.map(|number| number.to_string()).collect()
        }
        BraceExpressionMember::CharSequence { start, end, .. } => {
            let (low, high) = (*start.min(end), *start.max(end));
            (low..=high).map(|one| one.to_string()).collect()
        }
    }
}
