//! Which files a command writes, by its options and operands.

use super::commands::after_options;
use super::{Flow, Shell};
use crate::patch;
use crate::path::How;

/// Commands all of whose operands are written: the name, the options with a value, and how many operands come before.
const ALL_OPERANDS: [(&str, &[&str], usize); 21] = [
    ("tee", &[], 0),
    ("sponge", &[], 0),
    ("unlink", &[], 0),
    ("shred", &["-n", "-s"], 0),
    ("truncate", &["-s", "-r", "--size", "--reference"], 0),
    ("touch", &["-d", "-r", "-t", "--date", "--reference"], 0),
    ("chmod", &["--reference"], 1),
    ("chown", &["--reference"], 1),
    ("chgrp", &["--reference"], 1),
    ("chattr", &["-v", "-p"], 0),
    ("setfacl", &["-m", "-x", "-M", "-X"], 0),
    ("mkfifo", &["-m"], 0),
    ("dos2unix", &[], 0),
    ("unix2dos", &[], 0),
    ("sd", &["-n", "-f"], 2),
    ("ed", &["-p"], 0),
    ("ex", &["-c", "--cmd"], 0),
    ("gzip", &["-S"], 0),
    ("xz", &["-S"], 0),
    ("bzip2", &[], 0),
    ("rename", &[], 1),
];

/// Options that name a file to write, by command.
const OUTPUT_OPTIONS: [(&str, &[&str]); 12] = [
    ("curl", &["-o", "--output"]),
    ("wget", &["-O", "--output-document"]),
    ("sort", &["-o", "--output"]),
    ("iconv", &["-o", "--output"]),
    ("pandoc", &["-o", "--output"]),
    ("gcc", &["-o"]),
    ("cc", &["-o"]),
    ("clang", &["-o"]),
    ("openssl", &["-out"]),
    ("patch", &["-o", "--output"]),
    ("envsubst", &["-o"]),
    ("yq", &["-o"]),
];

/// Formatters that rewrite their operands when this option is given.
const IN_PLACE: [(&str, &[&str]); 8] = [
    ("prettier", &["--write", "-w"]),
    ("gofmt", &["-w"]),
    ("yq", &["-i", "--inplace", "-yi"]),
    ("gawk", &["-i"]),
    ("awk", &["-i"]),
    ("clang-format", &["-i"]),
    ("shfmt", &["-w"]),
    ("jq", &["-i"]),
];

/// Refuses the files that this command writes, if one may not be.
pub(super) fn judge(shell: &mut Shell, name: &str, args: &[String], input: &Flow) {
    if let Some((_, valued, skip)) = ALL_OPERANDS.iter().find(|(one, ..)| *one == name) {
        let operands = operands(args, valued);
        // A mode may begin with a dash.
        let is_mode = |arg: &String| {
            let letters = arg.strip_prefix('-').filter(|letters| !letters.is_empty());
            name == "chmod"
                && letters.is_some_and(|letters| letters.chars().all(|one| "rwxXst".contains(one)))
        };
        let skip = if args.iter().any(is_mode) { 0 } else { *skip };
        for path in operands.iter().skip(skip) {
            shell.writes(path, How::Write);
            if let (true, Flow::Text(text)) = (name == "tee", input) {
                let path = shell.absolute(path);
                shell.written.insert(path, text.clone());
            }
        }
    }
    if let Some((_, options)) = OUTPUT_OPTIONS.iter().find(|(one, _)| *one == name) {
        for path in values(args, options) {
            shell.writes(&path, How::Write);
        }
    }
    if let Some((_, options)) = IN_PLACE.iter().find(|(one, _)| *one == name)
        && args.iter().any(|arg| options.contains(&arg.as_str()))
    {
        for path in operands(args, &[]) {
            shell.writes(&path, How::Write);
        }
    }
    match name {
        "rm" | "rmdir" => {
            for path in operands(args, &[]) {
                shell.writes(&path, if name == "rm" { How::Tree } else { How::Write });
            }
        }
        "mkdir" => {
            for path in operands(args, &["-m", "--mode"]) {
                shell.writes(&path, How::Directory);
            }
        }
        "dd" => {
            for path in args.iter().filter_map(|arg| arg.strip_prefix("of=")) {
                shell.writes(path, How::Write);
            }
        }
        "cp" | "mv" | "install" | "rsync" | "ln" | "scp" | "gcp" | "gmv" => {
            copies(shell, name, args)
        }
        "sed" | "gsed" => sed(shell, args),
        "patch" => patches(shell, args, input),
        "apply_patch" | "applypatch" => {
            let text = args.first().cloned().or(match input {
                Flow::Text(text) => Some(text.clone()),
                _ => None,
            });
            for path in patch::paths(&text.unwrap_or_default()) {
                shell.writes(&path, How::Write);
            }
        }
        "vim" | "vi" | "nvim" | "emacs"
            if args
                .iter()
                .any(|arg| ["-c", "-es", "-s", "--batch", "-Es"].contains(&arg.as_str())) =>
        {
            for path in operands(args, &["-c", "--cmd", "-S", "--eval", "-l"]) {
                shell.writes(&path, How::Write);
            }
        }
        "tar" | "bsdtar" => tar(shell, args),
        "zip" => {
            if let Some(path) = operands(args, &["-x", "-i"]).first() {
                shell.writes(path, How::Write);
            }
        }
        "xxd" | "uniq" => {
            if let Some(path) = operands(args, &["-s", "-l", "-c", "-f", "-w"]).get(1) {
                shell.writes(path, How::Write);
            }
        }
        _ => {}
    }
}

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

/// True if several options of one letter stand in a word.
fn is_cluster(arg: &str) -> bool {
    arg.len() > 2 && arg.starts_with('-') && arg[1..].chars().all(|one| one.is_ascii_alphabetic())
}

fn copies(shell: &mut Shell, name: &str, args: &[String]) {
    let valued: &[&str] = match name {
        "install" => &["-m", "-o", "-g", "-t", "--mode", "--target-directory"],
        "rsync" | "scp" => &[
            "-e",
            "--exclude",
            "--include",
            "--filter",
            "-f",
            "-P",
            "-i",
            "-o",
        ],
        _ => &["-t", "-S", "--target-directory"],
    };
    let mut sources = operands(args, valued);
    let into = match name {
        "rsync" | "scp" => Vec::new(),
        _ => values(args, &["-t", "--target-directory"]),
    };
    if name == "ln" && sources.len() == 1 && into.is_empty() {
        sources.push(".".to_owned());
    }
    let Some(target) = into.first().cloned().or_else(|| sources.pop()) else {
        return;
    };
    let is_tree = match name {
        "mv" | "gmv" => true,
        "rsync" => args
            .iter()
            .any(|arg| arg.starts_with('-') && arg.contains(['a', 'r'])),
        _ => args.iter().any(|arg| {
            ["--recursive", "--archive"].contains(&arg.as_str())
                || arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['r', 'R', 'a'])
        }),
    };
    let how = if is_tree { How::Tree } else { How::Write };
    let place = shell.absolute(&target);
    let is_directory = !into.is_empty()
        || sources.len() > 1
        || target.ends_with('/')
        || shell.ground.files.is_directory(&place);
    let sources: Vec<_> = sources
        .iter()
        .flat_map(|source| shell.present(source))
        .collect();
    for source in &sources {
        if matches!(name, "mv" | "gmv")
            || name == "rsync" && args.iter().any(|arg| arg == "--remove-source-files")
        {
            shell.writes(source, How::Tree);
        }
        let own = source
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        // What is below such a source goes into the target itself.
        let spreads = name == "rsync" && source.ends_with('/') || ["", ".", ".."].contains(&own);
        let written = match is_directory && !spreads {
            true => format!("{}/{own}", target.trim_end_matches('/')),
            false => target.clone(),
        };
        let written = if written.starts_with('/') || !target.starts_with('/') {
            written
        } else {
            format!("/{written}")
        };
        if !(spreads && is_directory) {
            shell.writes(&written, how);
        } else {
            shell.writes(&written, How::Directory);
        }
        if name == "ln"
            || name == "cp"
                && args
                    .iter()
                    .any(|arg| ["-l", "-s", "--link", "--symbolic-link"].contains(&arg.as_str()))
        {
            let link = shell.absolute(&written);
            let is_symbolic = args.iter().any(|arg| {
                arg == "--symbolic"
                    || arg.starts_with('-') && !arg.starts_with("--") && arg.contains('s')
            });
            let from = match (is_symbolic, link.rsplit_once('/')) {
                (true, Some((directory, _))) => directory.to_owned(),
                _ => shell.cwd.clone(),
            };
            shell.links.insert(link, crate::path::join(&from, source));
        }
    }
}

fn sed(shell: &mut Shell, args: &[String]) {
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
            for (place, one) in arg.char_indices().skip(1) {
                let rest = &arg[place + 1..];
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

fn patches(shell: &mut Shell, args: &[String], input: &Flow) {
    let valued = ["-p", "-i", "-d", "-o", "-r", "-B", "--input", "--directory"];
    let operands = operands(args, &valued);
    if let Some(path) = operands.first() {
        shell.writes(path, How::Write);
    }
    let file = values(args, &["-i", "--input"])
        .into_iter()
        .next()
        .or_else(|| operands.get(1).cloned());
    let text = match (file, input) {
        (Some(file), _) => shell.written.get(&shell.absolute(&file)).cloned(),
        (None, Flow::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let directory = values(args, &["-d", "--directory"]).into_iter().next();
    for path in patch::paths(&text.unwrap_or_default()) {
        let path = directory
            .as_ref()
            .map_or(path.clone(), |dir| format!("{dir}/{path}"));
        shell.writes(&path, How::Write);
    }
}

fn tar(shell: &mut Shell, args: &[String]) {
    let mode = args.first().map_or("", |one| one.as_str());
    let short = !mode.starts_with("--");
    let extracts =
        short && mode.contains('x') || args.iter().any(|arg| arg == "--extract" || arg == "-x");
    let rest = &args[after_options(&args[..1.min(args.len())], &[])..];
    if !extracts {
        let creates = short && mode.contains('c') && mode.contains('f');
        let file = values(args, &["--file"]).into_iter().next();
        let file = file.or_else(|| {
            creates
                .then(|| rest.iter().find(|arg| *arg != mode).cloned())
                .flatten()
        });
        if let Some(file) = file {
            shell.writes(&file, How::Write);
        }
        return;
    }
    // The members that are named come out below the directory.
    let directory = values(args, &["-C", "--directory"]).into_iter().next();
    for member in operands(args, &["-f", "-C", "--file", "--directory", mode])
        .iter()
        .filter(|one| *one != mode)
    {
        let path = directory
            .as_ref()
            .map_or(member.clone(), |dir| format!("{dir}/{member}"));
        shell.writes(&path, How::Write);
    }
}
