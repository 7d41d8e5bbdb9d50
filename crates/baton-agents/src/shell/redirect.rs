//! Redirections and the parts of a simple command.

use brush_parser::ast::{
    AssignmentName, AssignmentValue, CommandPrefixOrSuffixItem, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect, SimpleCommand,
};

use super::{Flow, Shell};
use crate::path::How;

/// Where a command's input and output go.
#[derive(Default)]
pub(super) struct Io {
    /// Its input, where it is redirected.
    pub input: Option<Flow>,
    /// The files that take its output.
    pub outputs: Vec<String>,
}

impl Shell<'_> {
    pub(super) fn simple(&mut self, command: &SimpleCommand, input: &Flow) -> Flow {
        let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
        let suffix = command.suffix.iter().flat_map(|suffix| &suffix.0);
        let mut assigned = Vec::new();
        let mut words = Vec::new();
        let mut io = Io::default();
        for item in prefix {
            match item {
                CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    let AssignmentName::VariableName(name) = &assignment.name else {
                        continue;
                    };
                    let value = match &assignment.value {
                        AssignmentValue::Scalar(word) => self.expand_whole(&word.value),
                        AssignmentValue::Array(list) => {
                            let values =
                                list.iter().map(|(_, word)| self.expand_whole(&word.value));
                            values.collect::<Vec<_>>().join(" ")
                        }
                    };
                    let before = self.variables.get(name).filter(|_| assignment.append);
                    let value = before.map_or_else(|| value.clone(), |one| format!("{one}{value}"));
                    assigned.push((name.clone(), value));
                }
                other => self.item(other, &mut words, &mut io),
            }
        }
        if let Some(name) = &command.word_or_name {
            words.extend(self.expand(name));
        }
        for item in suffix {
            self.item(item, &mut words, &mut io);
        }
        if words.is_empty() {
            self.variables.extend(assigned);
            return self.keep_output(&io, Flow::Text(String::new()));
        }
        if self.is_over() {
            return Flow::Unknown;
        }
        let flow = self.run(&words, &assigned, io.input.as_ref().unwrap_or(input));
        self.keep_output(&io, flow)
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, words: &mut Vec<String>, io: &mut Io) {
        match item {
            CommandPrefixOrSuffixItem::Word(word)
            | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                words.extend(self.expand(word));
            }
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect, io),
            CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                let flow = self.apart(|shell| shell.list(&subshell.list, &Flow::Unknown));
                let path = "/dev/fd/63".to_owned();
                if let Flow::Text(text) = flow {
                    self.written.insert(path.clone(), text);
                }
                words.push(path);
            }
        }
    }

    /// Refuses what these redirections write.
    pub(super) fn redirects<'r>(&mut self, list: impl Iterator<Item = &'r IoRedirect>) -> Io {
        let mut io = Io::default();
        list.for_each(|redirect| self.redirect(redirect, &mut io));
        io
    }

    fn redirect(&mut self, redirect: &IoRedirect, io: &mut Io) {
        match redirect {
            IoRedirect::File(_, kind, IoFileRedirectTarget::Filename(word)) => {
                let paths = self.expand(word);
                let path = paths.first().cloned().unwrap_or_default();
                match kind {
                    IoFileRedirectKind::Read => {
                        let text = self.written.get(&self.absolute(&path)).cloned();
                        io.input = Some(text.map_or(Flow::Unknown, Flow::Text));
                    }
                    IoFileRedirectKind::DuplicateInput => io.input = Some(Flow::Unknown),
                    IoFileRedirectKind::DuplicateOutput
                        if path.chars().all(|one| one.is_ascii_digit() || one == '-') => {}
                    _ => io.outputs.push(path),
                }
            }
            IoRedirect::File(_, kind, IoFileRedirectTarget::Duplicate(word)) => {
                let path = self.expand_whole(&word.value);
                let is_file = !path.chars().all(|one| one.is_ascii_digit() || one == '-');
                if is_file && matches!(kind, IoFileRedirectKind::DuplicateOutput) {
                    io.outputs.push(path);
                }
            }
            IoRedirect::File(_, _, IoFileRedirectTarget::ProcessSubstitution(_, subshell)) => {
                let flow = self.apart(|shell| shell.list(&subshell.list, &Flow::Unknown));
                io.input = Some(flow);
            }
            IoRedirect::File(..) => {}
            IoRedirect::OutputAndError(word, _) => io.outputs.extend(self.expand(word)),
            IoRedirect::HereString(_, word) => {
                let text = self.expand_whole(&word.value);
                io.input = Some(Flow::Text(format!("{text}\n")));
            }
            IoRedirect::HereDocument(_, document) => {
                let text = match document.requires_expansion {
                    true => self.expand_document(&document.doc.value),
                    false => document.doc.value.clone(),
                };
                let text = match document.remove_tabs {
                    true => text
                        .lines()
                        .map(|line| line.trim_start_matches('\t'))
                        .fold(String::new(), |whole, line| whole + line + "\n"),
                    false => text,
                };
                io.input = Some(Flow::Text(text));
            }
        }
    }

    /// Writes the redirections of a command's output, and returns the rest of the output.
    pub(super) fn keep_output(&mut self, io: &Io, flow: Flow) -> Flow {
        for path in &io.outputs {
            self.writes(path, How::Write);
            if let Flow::Text(text) = &flow {
                let path = self.absolute(path);
                self.written.entry(path).or_default().push_str(text);
            }
        }
        match io.outputs.is_empty() {
            true => flow,
            false => Flow::Text(String::new()),
        }
    }
}
