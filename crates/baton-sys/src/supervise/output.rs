//! The output of a job: its lines, its end, its log.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use bstr::{BString, ByteSlice};

use super::OnLine;
use crate::file;

/// The most of one line that is kept and handed on, in bytes. An agent's event is one line, with all
/// that it says.
pub(super) const LONGEST_LINE: usize = 1024 * 1024;

/// The bytes of the end that are kept.
const TAIL: usize = 8 * 1024;

/// One of the two streams to which a program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Its standard output.
    Out,
    /// Its standard error output.
    Err,
}

/// Takes output as it comes.
#[derive(Debug)]
pub(super) struct Output {
    /// The unfinished line of each stream.
    lines: [Vec<u8>; 2],
    tail: Vec<u8>,
    log: Log,
}

#[derive(Debug)]
enum Log {
    None,
    Open(File),
    Broken(io::Error),
}

impl Log {
    /// Appends a line and its end. A log that cannot be written is no reason to end a job.
    fn take(&mut self, line: &[u8], end: &[u8]) {
        if let Self::Open(file) = self
            && let Err(error) = file.write_all(&[line, end].concat())
        {
            *self = Self::Broken(error);
        }
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Output {
    /// Output whose lines go to this log too.
    pub(super) fn new(log: Option<&Path>) -> Self {
        Self {
            lines: Default::default(),
            tail: Vec::new(),
            log: log.map_or(Log::None, |path| {
                file::open_to_append(path).map_or_else(Log::Broken, Log::Open)
            }),
        }
    }

    pub(super) fn take(&mut self, stream: Stream, bytes: &[u8], on_line: OnLine<'_>) {
        self.tail
            .extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        let line = &mut self.lines[stream as usize];
        for part in bytes.lines_with_terminator() {
            let (text, ends) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            let room = LONGEST_LINE - line.len();
            line.extend_from_slice(&text[..text.len().min(room)]);
            if ends {
                self.log.take(line, b"\n");
                end_line(stream, line, on_line);
            }
        }
    }

    /// Hands on each stream's last line without an end, and returns the end of the output and why
    /// the log is not complete.
    pub(super) fn finish(mut self, on_line: OnLine<'_>) -> (BString, Option<io::Error>) {
        for stream in [Stream::Out, Stream::Err] {
            let line = &mut self.lines[stream as usize];
            if !line.is_empty() {
                self.log.take(line, b"");
                end_line(stream, line, on_line);
            }
        }
        let error = match self.log {
            Log::Broken(error) => Some(error),
            Log::None | Log::Open(_) => None,
        };
        (self.tail.into(), error)
    }
}

fn end_line(stream: Stream, line: &mut Vec<u8>, on_line: OnLine<'_>) {
    on_line(stream, line.strip_suffix(b"\r").unwrap_or(line));
    line.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<BString> {
        let mut lines = Vec::new();
        let mut on_line = |_, line: &[u8]| lines.push(BString::from(line));
        let mut output = Output::new(None);
        for part in parts {
            output.take(Stream::Out, part, &mut on_line);
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
    fn streams_do_not_cut_each_others_lines() {
        let mut lines = Vec::new();
        let mut on_line = |stream, line: &[u8]| lines.push((stream, BString::from(line)));
        let mut output = Output::new(None);
        output.take(Stream::Out, b"one", &mut on_line);
        output.take(Stream::Err, b"error\nla", &mut on_line);
        output.take(Stream::Out, b" line\n", &mut on_line);
        output.finish(&mut on_line);
        let expected = [
            (Stream::Err, "error"),
            (Stream::Out, "one line"),
            (Stream::Err, "la"),
        ];
        assert_eq!(lines, expected.map(|(stream, line)| (stream, line.into())));
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
        output.take(Stream::Out, &[b'a'; 3 * TAIL], &mut |_, _| ());
        output.take(Stream::Err, b"end", &mut |_, _| ());
        let (tail, _) = output.finish(&mut |_, _| ());
        assert_eq!(tail.len(), TAIL);
        assert!(tail.ends_with(b"aend"));
    }
}
