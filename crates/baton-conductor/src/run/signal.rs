//! The signals that agents give by a line of their own: that a task is done, or how they judge it.

use std::borrow::Cow;

use bstr::ByteSlice;

use super::fence;

/// By which word an agent says that it has finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// `TASK_DONE`: no one judges the work after this.
    Done,
    /// `READY_FOR_QA`: a gate does.
    ReadyForQa,
}

/// The decision of a judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The work may land.
    Approved,
    /// It goes back to the agent.
    Rejected {
        /// Why.
        reason: String,
    },
    /// It could not be judged.
    Blocked {
        /// Why.
        reason: String,
    },
}

impl Promise {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Done, Self::ReadyForQa];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "TASK_DONE",
            Self::ReadyForQa => "READY_FOR_QA",
        }
    }

    /// The whole line.
    pub fn line(self, task: &str) -> String {
        format!("<promise>{}: {task}</promise>", self.word())
    }

    /// Returns what a line promises about this task: the promise must be all there is in the line, but
    /// for blanks, colours and Markdown's marks around it. A prompt that is repeated, in which
    /// it stands in a sentence, promises nothing.
    pub fn of_line(line: &[u8], task: &str) -> Option<Self> {
        let line = plain(line);
        let text = line.strip_prefix("<promise>")?.strip_suffix("</promise>")?;
        let (word, id) = text.split_once(':')?;
        let promise = Self::ALL.into_iter().find(|one| one.word() == word.trim());
        promise.filter(|_| id.trim() == task)
    }
}

impl Decision {
    /// Reads the decision of a line: `TASK_APPROVED`, `TASK_REJECTED: reason` or `QA_BLOCKED: reason`, in
    /// `<promise>` or not, with nothing before it.
    pub fn of_line(line: &[u8]) -> Option<Self> {
        let line = plain(line);
        let text = line
            .strip_prefix("<promise>")
            .and_then(|text| text.strip_suffix("</promise>"))
            .unwrap_or(&line);
        let (word, rest) = text.split_once(':').unwrap_or((text, ""));
        let reason = || match rest.trim() {
            "" => "no reason was given".to_owned(),
            reason => reason.to_owned(),
        };
        match word.trim() {
            "TASK_APPROVED" => Some(Self::Approved),
            "TASK_REJECTED" => Some(Self::Rejected { reason: reason() }),
            "QA_BLOCKED" => Some(Self::Blocked { reason: reason() }),
            _ => None,
        }
    }
}

/// True for a line that would promise or decide something by itself.
pub fn speaks(line: &str) -> bool {
    let plain = plain(line.as_bytes());
    plain.starts_with("<promise>") || Decision::of_line(line.as_bytes()).is_some()
}

/// The text, with every line that would say something by itself marked as a quotation.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for line in text.split_inclusive('\n') {
        if speaks(line) {
            quoted.push_str("> ");
        }
        quoted.push_str(line);
    }
    quoted
}

/// The text, with every line that would say something by itself and is shown in a block of code,
/// among other lines, marked as a quotation: it is what a file holds. A line that has such a block
/// for itself is meant.
pub fn with_quotations_marked(text: &str) -> String {
    let mut marked = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        marked.push_str(line);
        let Some((mark, length, _)) = fence::opening(line) else {
            continue;
        };
        let is_shown = |line: &&str| !fence::closes(line, mark, length);
        let block: Vec<_> = lines.clone().take_while(is_shown).collect();
        let shown = block.concat();
        lines.by_ref().take(block.len()).for_each(drop);
        match block.iter().filter(|line| !line.trim().is_empty()).count() {
            ..=1 => marked.push_str(&shown),
            _ => marked.push_str(&quoted(&shown)),
        }
        marked.extend(lines.next());
    }
    marked
}

/// A line without colours, without blanks around it, and without `*`, `_` and backticks.
fn plain(line: &[u8]) -> Cow<'_, str> {
    let mut bytes = Cow::Borrowed(line);
    if line.contains(&0x1b) {
        bytes = Cow::Owned(without_escapes(line));
    }
    let trimmed = |text: &str| {
        let marks = |char: char| char.is_whitespace() || matches!(char, '*' | '_' | '`');
        text.trim_matches(marks).to_owned()
    };
    Cow::Owned(trimmed(&bytes.to_str_lossy()))
}

/// The bytes without the control sequences of a terminal (ECMA-48, 5.4): an escape, `[`, and all
/// up to a byte from `@` to `~`.
pub(crate) fn without_escapes(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line.iter();
    while let Some(byte) = rest.next() {
        if *byte != 0x1b {
            plain.push(*byte);
        } else if rest.next() == Some(&b'[') {
            rest.by_ref().find(|byte| (b'@'..=b'~').contains(byte));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise(line: &str) -> Option<Promise> {
        Promise::of_line(line.as_bytes(), "t1")
    }

    #[test]
    fn a_promise_is_a_line_of_its_own() {
        assert_eq!(
            promise("<promise>TASK_DONE: t1</promise>"),
            Some(Promise::Done)
        );
        let styled = "  \x1b[1m**`<promise>READY_FOR_QA:t1</promise>`**\x1b[0m\r";
        assert_eq!(promise(styled), Some(Promise::ReadyForQa));
        for line in [
            "commit and output: <promise>TASK_DONE: t1</promise>",
            "> <promise>TASK_DONE: t1</promise>",
            "<promise>TASK_DONE: t10</promise>",
            "<promise>TASK_DONE</promise>",
            "<promise>TASK_FAILED: t1</promise>",
            "TASK_DONE: t1",
        ] {
            assert_eq!(promise(line), None, "{line}");
        }
        for one in Promise::ALL {
            assert_eq!(promise(&one.line("t1")), Some(one));
        }
    }

    #[test]
    fn a_decision_is_at_the_beginning_of_a_line() {
        let decision = |line: &str| Decision::of_line(line.as_bytes());
        let rejected = Decision::Rejected {
            reason: "no test: a".to_owned(),
        };
        assert_eq!(decision("TASK_APPROVED"), Some(Decision::Approved));
        assert_eq!(
            decision("**TASK_REJECTED: no test: a**"),
            Some(rejected.clone())
        );
        let wrapped = "<promise>TASK_REJECTED: no test: a</promise>";
        assert_eq!(decision(wrapped), Some(rejected));
        assert!(matches!(
            decision("QA_BLOCKED"),
            Some(Decision::Blocked { .. })
        ));
        assert_eq!(decision("I may say TASK_APPROVED"), None);
        assert_eq!(decision("TASK_APPROVED_BY nobody"), None);
    }

    #[test]
    fn what_is_quoted_says_nothing() {
        let text = "do it\n<promise>TASK_DONE: t1</promise>\nTASK_APPROVED\nend";
        let quoted = quoted(text);
        for line in quoted.lines() {
            assert_eq!(promise(line), None);
            assert_eq!(Decision::of_line(line.as_bytes()), None);
        }
        assert!(quoted.starts_with("do it\n> <promise>"));
    }

    #[test]
    fn a_block_of_code_quotes_unless_it_holds_one_line() {
        let marked = with_quotations_marked;
        let line = "<promise>TASK_DONE: t1</promise>\n";
        for said in [
            line.to_owned(),
            format!("```\n\n{line}```\n"),
            format!("```text\na\nb\n```\n{line}"),
            format!("~~~\na\nb\n~~~~\n{line}"),
            format!("```{}```\n{line}", line.trim()),
        ] {
            assert_eq!(marked(&said), said);
        }
        for shown in [
            format!("```\na\n{line}```\n"),
            format!("````md\n```\n{line}```\n````"),
            format!("~~~ a`b\n{line}TASK_APPROVED"),
        ] {
            let marked = marked(&shown);
            assert_eq!(marked.replace("> ", ""), shown);
            assert!(!marked.lines().any(|line| promise(line).is_some()));
        }
        assert_eq!(marked(""), "");
    }
}
