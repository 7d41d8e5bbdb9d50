//! Blocks of code in what an agent says, fenced as
//! [CommonMark](https://spec.commonmark.org/0.31.2/#fenced-code-blocks) has it: as many backticks or
//! tildes as the opening fence has, or more, end the block; the end of the text does too.

/// Returns the content of the last fenced block that is marked as TOML: the first may be an example that
/// was repeated.
pub fn last_toml(text: &str) -> Option<String> {
    let mut last = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((mark, length, info)) = opening(line) else {
            continue;
        };
        let mut block = String::new();
        for line in lines
            .by_ref()
            .take_while(|line| !closes(line, mark, length))
        {
            block.push_str(line);
            block.push('\n');
        }
        if info.split_whitespace().next() == Some("toml") {
            last = Some(block);
        }
    }
    last
}

/// The mark of the fence that a line opens, how often it stands there, and what follows.
pub fn opening(line: &str) -> Option<(char, usize, &str)> {
    let (mark, length, rest) = fence(line)?;
    let is_inline = mark == '`' && rest.contains('`');
    (!is_inline).then_some((mark, length, rest.trim()))
}

/// Returns true if a line ends the block that a fence of this mark and length has opened.
pub fn closes(line: &str, mark: char, length: usize) -> bool {
    fence(line).is_some_and(|(other, long, rest)| {
        other == mark && long >= length && rest.trim().is_empty()
    })
}

/// The mark of a fence, how often it stands there, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    (length >= 3 && line.len() - text.len() < 4).then_some((mark, length, rest))
}

#[cfg(test)]
mod tests {
    use super::last_toml;

    #[test]
    fn the_last_block_of_toml_counts() {
        let text =
            "First\n```toml\na = 1\n```\nor rather\n``` toml title=x\na = 2\n```\n```sh\nls\n```\n";
        assert_eq!(last_toml(text).unwrap(), "a = 2\n");
        assert_eq!(last_toml("```toml\na = 1").unwrap(), "a = 1\n");
        for none in [
            "a = 1",
            "```\na = 1\n```",
            "    ```toml\n    a\n    ```",
            "```toml```",
        ] {
            assert_eq!(last_toml(none), None, "{none}");
        }
    }

    #[test]
    fn a_longer_fence_holds_shorter_ones() {
        let text = "````toml\np = '''\n```sh\nls\n```\n'''\n````\n";
        assert_eq!(last_toml(text).unwrap(), "p = '''\n```sh\nls\n```\n'''\n");
        let text = "~~~toml\np = '''\n```\n'''\n~~~\n";
        assert_eq!(last_toml(text).unwrap(), "p = '''\n```\n'''\n");
        let text = "````md\n```toml\na = 1\n```\n````\n";
        assert_eq!(last_toml(text), None);
    }
}
