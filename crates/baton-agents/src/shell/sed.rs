//! The files that `sed` writes: its operands in place, and those that its scripts name.

use super::Shell;
use super::arguments::letters;
use crate::path::How;

/// Refuses the files that this `sed` writes, if one may not be.
pub(super) fn judge(shell: &mut Shell, args: &[String]) {
    let mut in_place = false;
    let mut scripts = Vec::new();
    let mut operands = Vec::new();
    let mut from_file = false;
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        at += 1;
        if let Some(script) = arg.strip_prefix("--expression=") {
            scripts.push(script.to_owned());
        } else if arg == "--expression" {
            scripts.extend(args.get(at).cloned());
            at += 1;
        } else if arg.starts_with("--in-place") {
            in_place = true;
        } else if arg.starts_with("--") {
            from_file |= arg.starts_with("--file");
        } else if arg.len() > 1 && arg.starts_with('-') {
            for (one, rest) in letters(arg) {
                match one {
                    'i' => {
                        in_place = true;
                        break;
                    }
                    'e' | 'f' | 'l' => {
                        let value = match rest {
                            "" => {
                                at += 1;
                                args.get(at - 1).cloned().unwrap_or_default()
                            }
                            rest => rest.to_owned(),
                        };
                        match one {
                            'e' => scripts.push(value),
                            'f' => from_file = true,
                            _ => {}
                        }
                        break;
                    }
                    _ => {}
                }
            }
        } else {
            operands.push(arg.clone());
        }
    }
    // The sed of BSD takes the suffix as a word of its own.
    if in_place && operands.first().is_some_and(String::is_empty) {
        operands.remove(0);
    }
    if scripts.is_empty() && !from_file && !operands.is_empty() {
        scripts.push(operands.remove(0));
    }
    for script in &scripts {
        for path in written_by_script(script) {
            shell.writes(&path, How::Write);
        }
    }
    if in_place {
        for path in operands {
            shell.writes(&path, How::Write);
        }
    }
}

/// The files behind the command or flag `w` of a sed script.
fn written_by_script(script: &str) -> Vec<String> {
    let words: Vec<_> = script.split_whitespace().collect();
    let is_write = |word: &str| {
        let before = word
            .strip_suffix('w')
            .map(|word| word.trim_end_matches(['g', 'p', 'I', 'M', 'e']));
        before.is_some_and(|word| !word.ends_with(|one: char| one.is_alphabetic()))
    };
    let pairs = words.windows(2).filter(|pair| is_write(pair[0]));
    pairs
        .map(|pair| pair[1].trim_end_matches([';', '}']).to_owned())
        .collect()
}
