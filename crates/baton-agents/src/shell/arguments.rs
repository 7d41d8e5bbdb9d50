//! The operands, the options and the settings among a command's words.

/// The operands between and behind options, of which these take a value.
pub(super) fn operands(args: &[String], valued: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if arg == "--" {
            found.extend(args[at + 1..].iter().cloned());
            break;
        }
        match arg.starts_with('-') && arg.len() > 1 {
            true => at += usize::from(valued.contains(&arg.as_str())),
            false => found.push(arg.clone()),
        }
        at += 1;
    }
    found
}

/// Returns the number of directories that `-p`, which may stand in one word with other letters, strips from
/// the paths of a patch.
pub(super) fn strip_level(args: &[String]) -> Option<usize> {
    let apart = values(args, &["-p", "--strip"]);
    let joined = args.iter().filter(|arg| arg.starts_with('-'));
    let joined = joined.filter_map(|arg| Some(arg.rsplit_once('p')?.1.to_owned()));
    apart
        .into_iter()
        .chain(joined)
        .find_map(|level| level.parse().ok())
}

/// The values of these options.
pub(super) fn values(args: &[String], options: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        for option in options {
            if arg == option {
                found.extend(args.get(at + 1).cloned());
            } else if let Some(rest) = arg.strip_prefix(option) {
                let is_long = option.starts_with("--");
                match rest.strip_prefix('=') {
                    Some(value) => found.push(value.to_owned()),
                    None if !is_long && option.len() == 2 => found.push(rest.to_owned()),
                    None => {}
                }
            } else if is_cluster(arg) && option.len() == 2 && arg.ends_with(&option[1..]) {
                found.extend(args.get(at + 1).cloned());
            }
        }
    }
    found
}

/// True if this long option stands among the arguments, whole or shortened as git takes it.
pub(super) fn has_long(args: &[String], option: &str) -> bool {
    let mut options = args.iter().take_while(|arg| *arg != "--");
    options.any(|arg| arg.len() > 2 && option.starts_with(arg.as_str()))
}

/// True if one of these letters stands among the short options.
pub(super) fn has_letter(args: &[String], letters: &[char]) -> bool {
    let is_short = |arg: &&String| arg.starts_with('-') && !arg.starts_with("--");
    args.iter()
        .filter(is_short)
        .any(|arg| arg.contains(letters))
}

/// The letters of a word of short options, each with what stands behind it in the word.
pub(super) fn letters(arg: &str) -> impl Iterator<Item = (char, &str)> {
    let letters = arg.char_indices().skip(1);
    letters.map(|(at, one)| (one, &arg[at + one.len_utf8()..]))
}

/// True if several options of one letter stand in a word.
fn is_cluster(arg: &str) -> bool {
    arg.len() > 2 && arg.starts_with('-') && arg[1..].chars().all(|one| one.is_ascii_alphabetic())
}

/// Where the operands begin behind options, of which these take a value.
pub(super) fn after_options(args: &[String], valued: &[&str]) -> usize {
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        if arg == "--" {
            return at + 1;
        }
        if !arg.starts_with(['-', '+']) || arg.len() < 2 {
            break;
        }
        at += 1 + usize::from(valued.contains(&arg.as_str()));
    }
    at.min(args.len())
}

/// The parts of `NAME=VALUE`.
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = |name: &str| {
        let mut chars = name.chars();
        chars
            .next()
            .is_some_and(|one| one.is_alphabetic() || one == '_')
            && chars.all(|one| one.is_alphanumeric() || one == '_')
    };
    is_name(name).then_some((name, value))
}
