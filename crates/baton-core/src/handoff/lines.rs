use bstr::ByteSlice;

/// The mark that some editors put at the beginning of a UTF-8 file.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// One line of a Markdown document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The offset of its first byte.
    pub start: usize,
    /// The offset of the next line.
    pub end: usize,
    /// Its bytes without LF or CR LF, and without a byte order mark at the document's beginning.
    pub text: &'a [u8],
    /// True if it opens, closes or lies inside a fenced code block.
    pub fenced: bool,
}

impl Line<'_> {
    /// True if the line holds nothing but spaces, tabs and carriage returns.
    pub fn is_blank(&self) -> bool {
        self.text
            .iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
    }

    /// The level, 1 to 6, of the heading (`#` to `######`) that the line is.
    pub fn heading(&self) -> Option<usize> {
        if self.fenced {
            return None;
        }
        let text = &self.text[leading(self.text, |byte| byte == b' ')..];
        let level = leading(text, |byte| byte == b'#');
        let marked = (1..=6).contains(&level) && self.text.len() - text.len() <= 3;
        let ends = text
            .get(level)
            .is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        (marked && ends).then_some(level)
    }
}

/// The lines of a document, in one pass.
pub(crate) struct Lines<'a> {
    document: &'a [u8],
    number: usize,
    at: usize,
    fence: Option<Fence>,
}

/// An open fenced code block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fence {
    /// The line that opens it, from 1.
    pub line: usize,
    /// A backtick or a tilde.
    pub mark: u8,
    /// The number of marks that open it, and the least that close it.
    pub length: usize,
    /// At which byte of its line it begins.
    pub column: usize,
    /// The deepest indent of a line that closes it.
    indent: usize,
}

impl<'a> Lines<'a> {
    pub fn new(document: &'a [u8]) -> Self {
        Self {
            document,
            number: 0,
            at: 0,
            fence: None,
        }
    }

    /// The code block that is open after the lines read so far.
    pub fn open_fence(&self) -> Option<Fence> {
        self.fence
    }

    /// Follows the fences through one more line; whether it belongs to a code block.
    fn fences(&mut self, text: &[u8]) -> bool {
        match self.fence {
            Some(fence) => {
                if fence.is_closed_by(text) {
                    self.fence = None;
                }
                true
            }
            None => {
                self.fence = Fence::opened_by(text, self.number);
                self.fence.is_some()
            }
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let rest = &self.document[start..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find_byte(b'\n').map_or(rest.len(), |at| at + 1);
        self.at += length;
        self.number += 1;
        let text = &rest[..length];
        let text = text
            .strip_suffix(b"\n")
            .map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
        let text = match self.number {
            1 => text.strip_prefix(BOM).unwrap_or(text),
            _ => text,
        };
        let fenced = self.fences(text);
        Some(Line {
            number: self.number,
            start,
            end: self.at,
            text,
            fenced,
        })
    }
}

impl Fence {
    /// A fence may stand at any indentation and after list markers, so that code in lists is seen.
    fn opened_by(text: &[u8], line: usize) -> Option<Self> {
        let content = after_list_markers(text);
        let mark = *content.first().filter(|byte| matches!(byte, b'`' | b'~'))?;
        let length = leading(content, |byte| byte == mark);
        let info = &content[length..];
        if length < 3 || (mark == b'`' && info.contains(&b'`')) {
            return None;
        }
        let indent = text.len() - content.len();
        Some(Self {
            line,
            mark,
            length,
            column: indent,
            indent: if indent <= 3 { 3 } else { indent + 3 },
        })
    }

    fn is_closed_by(self, text: &[u8]) -> bool {
        let content = &text[leading(text, is_indent)..];
        let length = leading(content, |byte| byte == self.mark);
        text.len() - content.len() <= self.indent
            && length >= self.length
            && content[length..]
                .iter()
                .all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
    }
}

fn after_list_markers(mut text: &[u8]) -> &[u8] {
    loop {
        text = &text[leading(text, is_indent)..];
        let digits = leading(text, |byte| byte.is_ascii_digit());
        let marker = match text.get(digits) {
            Some(b'.' | b')') if (1..=9).contains(&digits) => digits + 1,
            Some(b'-' | b'*' | b'+') if digits == 0 => 1,
            _ => return text,
        };
        if !text.get(marker).copied().is_some_and(is_indent) {
            return text;
        }
        text = &text[marker..];
    }
}

fn is_indent(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The number of bytes of one kind at the beginning.
pub(super) fn leading(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| is(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(document: &str) -> Vec<(usize, usize)> {
        Lines::new(document.as_bytes())
            .filter_map(|line| Some((line.number, line.heading()?)))
            .collect()
    }

    #[test]
    fn headings_are_told_from_other_lines() {
        assert_eq!(
            headings(
                "\u{feff}# a\r\n##b\n   ### c\n    # code\n#\n####### seven\n\t# tab\n###### six"
            ),
            [(1, 1), (3, 3), (5, 1), (8, 6)]
        );
    }

    #[test]
    fn a_fence_hides_headings_until_its_own_kind_closes_it() {
        assert_eq!(
            headings("````sh\n# a\n```\n~~~~\n```` x\n# b\n`````  \n# c\n~~~ `\n# d\n~~~\n# e"),
            [(8, 1), (12, 1)]
        );
        assert_eq!(
            headings("``` not ` a fence\n# a\n- 1. ```\n# b\n     ```\n# c"),
            [(2, 1), (6, 1)]
        );
        assert_eq!(
            headings("```md\n1. x\n    ```\n# a\n```\n# b"),
            [(6, 1)],
            "a deeper fence does not close a shallow one"
        );
    }
}
