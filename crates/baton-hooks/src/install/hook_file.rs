//! The file of one hook: a text by whose first line the system starts the program, without a shell between.

use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use crate::{ARGUMENT, DIRECTORY_SUFFIX};
use baton_sys::previous_hooks::MARK;

/// The line about what is added, by the way in which the program starts.
const BY_ITSELF: &str = "# The first line starts the program, and the last one where a shell reads this: nothing that is added runs.\n";
const BY_SHELL: &str = "# The last line starts the program: what is added above it runs first, and can keep it from running.\n";

/// The other lines.
const COMMENT: &str = "\
# A hook that was here before runs first, from ../hooks.before-baton.
# `git baton install` writes this file anew, also where the repository has moved and
# git cannot exec it; `git baton uninstall` removes it; `git baton doctor` checks it.
";

/// The end of a shell's command. A shell that reads the file as a part of its own goes on behind it.
const OR_EXIT: &str = " || exit";

/// The longest first line that every Linux reads whole, its end included (`BINPRM_BUF_SIZE` before 5.1).
const LONGEST: usize = 127;

/// The content of a hook of Baton's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFile {
    /// The hook's name, with `.d` behind it in a directory of hooks.
    pub hook: String,
    /// The program that it starts.
    pub program: PathBuf,
    /// True if it has lines that are not Baton's.
    pub is_edited: bool,
}

/// The text of the hook of this name, which starts this program. A shell stands between only where
/// the system would not read the first line whole.
pub fn text(program: &Path, hook: &str) -> Vec<u8> {
    let path = program.as_os_str().as_encoded_bytes();
    let mut first = BString::from("#!");
    first.extend_from_slice(path);
    first.extend_from_slice(format!(" {ARGUMENT}{hook}\n").as_bytes());
    let is_one_word = path.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
    if is_one_word && first.len() <= LONGEST {
        first.extend_from_slice(format!("{MARK}\n{BY_ITSELF}{COMMENT}").as_bytes());
        first.extend(command(path, hook));
        first.extend_from_slice(OR_EXIT.as_bytes());
        first.push(b'\n');
        return first.into();
    }
    let mut text = format!("#!/bin/sh\n{MARK}\n{BY_SHELL}{COMMENT}").into_bytes();
    text.extend(command(path, hook));
    text.extend_from_slice(OR_EXIT.as_bytes());
    text.push(b'\n');
    text
}

/// The command of a shell that starts the program with what the file is called with.
fn command(program: &[u8], hook: &str) -> Vec<u8> {
    let mut command = quoted(program);
    command.extend(format!(" {ARGUMENT}{hook} \"$0\" \"$@\"").into_bytes());
    command
}

/// Reads a text; `None` where it is not Baton's.
pub fn parse(text: &[u8]) -> Option<HookFile> {
    if !text.starts_with(b"#!") || !text.lines().any(|line| line == MARK.as_bytes()) {
        return None;
    }
    let argument = format!(" {ARGUMENT}");
    let (first, rest) = text.split_once_str("\n")?;
    let program = |path: &[u8]| path.to_path_lossy().into_owned();
    if let Some((path, hook)) = first[2..].split_once_str(&argument) {
        let hook = hook.to_str_lossy().into_owned();
        let own = [&command(path, &hook)[..], OR_EXIT.as_bytes()].concat();
        let mut others = rest.lines().filter(|line| is_command(line) && *line != own);
        return Some(HookFile {
            is_edited: others.next().is_some(),
            hook,
            program: program(path),
        });
    }
    // A path may have line breaks of its own. Earlier versions began with `exec`.
    let begins = ["\nexec '", "\n'"].into_iter();
    let found = begins.filter_map(|it| Some((rest.find(it)?, it)));
    let (at, begins) = found.min_by_key(|(at, _)| *at)?;
    let (before, command) = (&rest[..at], &rest[at + begins.len() - 1..]);
    let (path, after) = command.split_once_str(&argument)?;
    let (hook, after) = after.split_once_str(" \"$0\" \"$@\"")?;
    let after = after.strip_prefix(OR_EXIT.as_bytes()).unwrap_or(after);
    // Another first line was put above Baton's.
    let is_displaced = !text.contains_str(BY_SHELL);
    Some(HookFile {
        hook: hook.to_str_lossy().into_owned(),
        program: program(&unquoted(path)),
        is_edited: is_displaced || before.lines().chain(after.lines()).any(is_command),
    })
}

impl HookFile {
    /// The name of the hook that it answers.
    pub fn name(&self) -> &str {
        self.hook
            .strip_suffix(DIRECTORY_SUFFIX)
            .unwrap_or(&self.hook)
    }
}

fn is_command(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    !line.is_empty() && !line.starts_with(b"#")
}

/// The path as one word of a shell.
fn quoted(path: &[u8]) -> Vec<u8> {
    [b"'", &path.replace("'", r"'\''")[..], b"'"].concat()
}

fn unquoted(word: &[u8]) -> Vec<u8> {
    let word = word.strip_prefix(b"'").unwrap_or(word);
    let word = word.strip_suffix(b"'").unwrap_or(word);
    word.replace(r"'\''", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let long = format!("/{}/baton/bin/git-baton", "long/".repeat(30));
        for (path, by_shell) in [
            ("/r/.git/baton/bin/git-baton", false),
            ("/ä/.git/baton/bin/git-baton", false),
            ("/with space/.git/baton/bin/git-baton", true),
            ("/it's a 'quote'/git-baton", true),
            ("/two\nexec 'lines/$(x)/git-baton", true),
            (&long, true),
        ] {
            for hook in ["pre-commit", "pre-receive.d"] {
                let written = text(Path::new(path), hook);
                assert_eq!(written.starts_with(b"#!/bin/sh\n"), by_shell, "{path}");
                let warns = written.contains_str("runs first, and can keep it from running");
                assert_eq!(warns, by_shell, "{path}");
                let expected = HookFile {
                    hook: hook.to_owned(),
                    program: path.into(),
                    is_edited: false,
                };
                assert_eq!(parse(&written).as_ref(), Some(&expected), "{path}");
                // As earlier versions wrote it.
                let command = [b"\n".as_slice(), &command(path.as_bytes(), hook)].concat();
                let older = [b"\nexec ".as_slice(), &command[1..], b"\n"].concat();
                let older = written.replace([&command, OR_EXIT.as_bytes(), b"\n"].concat(), older);
                assert!(!by_shell || parse(&older) == Some(expected), "{path}");
                let edited = [&written[..], b"npx lint-staged\n"].concat();
                assert!(parse(&edited).unwrap().is_edited, "{path}");
                let above = [b"#!/bin/sh\nnpx lint-staged\n", &written[..]].concat();
                let above = parse(&above).unwrap();
                let found = (&above.program, &above.hook[..], above.is_edited);
                assert_eq!(found, (&Path::new(path).to_owned(), hook, true));
            }
        }
    }

    #[test]
    fn the_first_line_fits_into_what_old_systems_read() {
        let path = format!("/{}", "x".repeat(127 - 3 - " --hook=pre-commit\n".len()));
        let first = text(Path::new(&path), "pre-commit");
        assert_eq!(first.lines_with_terminator().next().unwrap().len(), 127);
        let longer = text(Path::new(&format!("{path}x")), "pre-commit");
        assert!(longer.starts_with(b"#!/bin/sh\n"));
    }

    #[test]
    fn the_text_of_others_is_theirs() {
        for other in [
            "",
            "#!/bin/sh\n",
            "#!/bin/sh\n# git-baton was here\ngit baton hook x\n",
            MARK,
        ] {
            assert_eq!(parse(other.as_bytes()), None);
        }
    }
}
