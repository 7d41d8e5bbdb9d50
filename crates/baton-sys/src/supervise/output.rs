//! What becomes of a job's output: its lines, its end, its log.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use bstr::{BString, ByteSlice};

use crate::file;

/// The most of one line that is kept and handed on, in bytes.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// How much of the end is kept, in bytes.
const TAIL: usize = 8 * 1024;

/// Takes output as it comes.
#[derive(Debug)]
pub(super) struct Output {
    line: Vec<u8>,
    tail: Vec<u8>,
    log: Log,
}

#[derive(Debug)]
enum Log {
    None,
    Open(File),
    Broken(io::Error),
}

impl Default for Output {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Output {
    /// Output that goes to this log too. A log that cannot be written is no reason to end a job.
    pub(super) fn new(log: Option<&Path>) -> Self {
        Self {
            line: Vec::new(),
            tail: Vec::new(),
            log: log.map_or(Log::None, |path| {
                file::open_to_append(path).map_or_else(Log::Broken, Log::Open)
            }),
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        if let Log::Open(file) = &mut self.log
            && let Err(error) = file.write_all(bytes)
        {
            self.log = Log::Broken(error);
        }
        self.tail
            .extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        for part in bytes.lines_with_terminator() {
            let (text, ends) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            let room = LONGEST_LINE - self.line.len();
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.end_line(on_line);
            }
        }
    }

    /// Hands on a last line without an end, and returns the end of the output and why the log is
    /// not complete.
    pub(super) fn finish(mut self, on_line: &mut dyn FnMut(&[u8])) -> (BString, Option<io::Error>) {
        if !self.line.is_empty() {
            self.end_line(on_line);
        }
        let error = match self.log {
            Log::Broken(error) => Some(error),
            Log::None | Log::Open(_) => None,
        };
        (self.tail.into(), error)
    }

    fn end_line(&mut self, on_line: &mut dyn FnMut(&[u8])) {
        on_line(self.line.strip_suffix(b"\r").unwrap_or(&self.line));
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<BString> {
        let mut lines = Vec::new();
        let mut on_line = |line: &[u8]| lines.push(BString::from(line));
        let mut output = Output::new(None);
        for part in parts {
            output.take(part, &mut on_line);
        }
        output.finish(&mut on_line);
        lines
    }

    #[test]
    fn a_line_is_whole_however_it_arrives() {
        let lines = lines(&[b"on", b"e\r\ntwo\n", b"\n\xff"]);
        let expected: [&[u8]; 4] = [b"one", b"two", b"", b"\xff"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn of_a_line_without_end_the_beginning_is_kept() {
        let long = vec![b'x'; LONGEST_LINE];
        let lines = lines(&[&long, b"more", &long, b"\nnext\n"]);
        assert_eq!(lines[0].len(), LONGEST_LINE);
        assert_eq!(lines[1..], ["next"]);
    }

    #[test]
    fn the_tail_is_the_end_of_it_all() {
        let mut output = Output::new(None);
        output.take(&[b'a'; 3 * TAIL], &mut |_| ());
        output.take(b"end", &mut |_| ());
        let (tail, _) = output.finish(&mut |_| ());
        assert_eq!(tail.len(), TAIL);
        assert!(tail.ends_with(b"aend"));
    }
}
