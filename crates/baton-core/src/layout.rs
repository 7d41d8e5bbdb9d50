//! Text on a screen, in columns: how wide it is, cut, padded, wrapped and set in tables. A column is what a terminal
//! gives a Latin letter; 日 takes two (Unicode Standard Annex 11).

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

/// The properties of the screen that shows a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// True if it shows nothing but ASCII.
    pub ascii: bool,
    /// The number of columns it has.
    pub columns: usize,
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with blanks behind it, `columns` wide at least.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", blanks(text, columns))
}

fn blanks(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// The beginning of `text` that is so many columns wide at the most, with `end` where that is not
/// all of it.
pub fn clipped(text: &str, columns: usize, end: &str) -> String {
    let (mut kept, mut fits) = (String::new(), 0);
    // Characters without a width of their own could go on for ever.
    for c in text.chars().take(4 * columns + 1) {
        kept.push(c);
        if width(&kept) > columns {
            break;
        }
        if width(&kept) + width(end) <= columns {
            fits = kept.len();
        }
    }
    if kept.len() == text.len() && width(&kept) <= columns {
        return kept;
    }
    kept.truncate(fits);
    kept + end
}

/// The words in lines of at most `columns`, broken at blanks alone; a wider word has a line of its own.
pub fn wrapped(words: &str, columns: usize) -> Vec<String> {
    lines(words, columns, false)
}

/// The words in lines of at most `columns`; a wider word is broken.
pub fn wrapped_hard(words: &str, columns: usize) -> Vec<String> {
    lines(words, columns, true)
}

fn lines(words: &str, columns: usize, break_words: bool) -> Vec<String> {
    let options = Options::new(columns)
        .break_words(break_words)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(words, options).into_iter();
    lines.map(|line| line.into_owned()).collect()
}

/// The cells of each row below those of the others, the first column to the left and the others to
/// the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(widest).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, columns)) in row.iter().zip(&widths).enumerate() {
            match at {
                0 => line.push_str(&padded(cell, *columns)),
                _ => line.extend(["  ", &blanks(cell, *columns), cell]),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A number and what it counts: `1 commit`, `2 commits`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["", "main", "1"]), row(["auto/日本語", ".", "-"])];
        assert_eq!(table(&rows), "             main  1\nauto/日本語     .  -\n");
        assert_eq!(padded("日本", 5), "日本 ");
        assert_eq!(clipped("日本語", 5, "…"), "日本…");
        assert_eq!(clipped("日本語", 6, "…"), "日本語");
        assert_eq!(wrapped("日本 日本語 x", 6), ["日本", "日本語", "x"]);
    }

    #[test]
    fn words_are_broken_at_blanks_alone() {
        assert_eq!(
            wrapped("run `git-baton/x`  now", 8),
            ["run", "`git-baton/x`", "now"]
        );
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(wrapped_hard("a 日本語日本語", 8), ["a", "日本語日", "本語"]);
    }

    #[test]
    fn what_has_no_width_does_not_go_on_for_ever() {
        let endless = "\u{301}".repeat(1000);
        assert!(clipped(&endless, 4, ".").chars().count() < 20);
    }
}
