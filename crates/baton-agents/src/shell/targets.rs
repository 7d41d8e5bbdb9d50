//! Which files a command writes, by its options and operands.

use super::arguments::{operands, strip_level, values};
use super::{Flow, Shell, copies, sed};
use crate::patch;
use crate::path::How;

/// Commands all of whose operands are written: the name, the options with a value, and how many operands come before.
const ALL_OPERANDS: [(&str, &[&str], usize); 24] = [
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
    ("fallocate", &["-l", "-o"], 0),
    ("mdformat", &["--wrap", "--end-of-line"], 0),
    ("black", &["-l", "-t", "--line-length"], 0),
];

/// Options that name a file to write, by command.
const OUTPUT_OPTIONS: [(&str, &[&str]); 14] = [
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
    ("go", &["-o"]),
    ("rustc", &["-o"]),
];

/// Formatters that rewrite their operands when this option is given.
const IN_PLACE: [(&str, &[&str]); 11] = [
    ("prettier", &["--write", "-w"]),
    ("gofmt", &["-w"]),
    ("yq", &["-i", "--inplace", "-yi"]),
    ("gawk", &["-i"]),
    ("awk", &["-i"]),
    ("clang-format", &["-i"]),
    ("shfmt", &["-w"]),
    ("jq", &["-i"]),
    ("markdownlint", &["--fix", "-f"]),
    ("markdownlint-cli2", &["--fix"]),
    ("taplo", &["fmt", "format"]),
];

/// Refuses the files that this command writes, if one may not be.
pub(super) fn judge(shell: &mut Shell, name: &str, args: &[String], input: &Flow) {
    let written = ALL_OPERANDS.iter().find(|(one, ..)| *one == name);
    if let Some((_, valued, skip)) = written.filter(|_| !leaves_operands(name, args)) {
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
            copies::judge(shell, name, args)
        }
        "sed" | "gsed" => sed::judge(shell, args),
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
            if args.iter().any(|arg| {
                ["-c", "-es", "-s", "--batch", "-Es"].contains(&arg.as_str()) || is_saving(arg)
            }) =>
        {
            for path in operands(args, &["-c", "--cmd", "-S", "--eval", "-l"]) {
                shell.writes(&path, How::Write);
            }
        }
        "tar" | "bsdtar" => tar(shell, args),
        "unzip" => {
            let directory = values(args, &["-d"]).into_iter().next();
            for member in operands(args, &["-d", "-x", "-P"]).iter().skip(1) {
                let path = directory
                    .as_ref()
                    .map_or(member.clone(), |dir| format!("{dir}/{member}"));
                shell.writes(&path, How::Write);
            }
        }
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

/// True if a command of vim's, `+COMMAND`, writes the file.
fn is_saving(arg: &str) -> bool {
    arg.strip_prefix('+')
        .is_some_and(|command| command.starts_with(['w', 'x']))
}

/// True if the options have the command only read its operands.
fn leaves_operands(name: &str, args: &[String]) -> bool {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(&arg.as_str()));
    let letters = |letters: &[char]| {
        let mut short = args
            .iter()
            .filter(|arg| arg.starts_with('-') && !arg.starts_with("--"));
        short.any(|arg| arg.contains(letters))
    };
    match name {
        "gzip" | "xz" | "bzip2" => {
            has(&["--stdout", "--to-stdout", "--keep", "--list", "--test"])
                || letters(&['c', 'k', 'l', 't'])
        }
        "black" | "mdformat" => has(&["--check", "--diff", "--version", "--help"]),
        _ => false,
    }
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
    let stripped = strip_level(args).unwrap_or_default();
    for path in patch::paths_below(&text.unwrap_or_default(), stripped) {
        let path = directory
            .as_ref()
            .map_or(path.clone(), |dir| format!("{dir}/{path}"));
        shell.writes(&path, How::Write);
    }
}

fn tar(shell: &mut Shell, args: &[String]) {
    let is_letters = |arg: &String| arg.len() > 1 && arg.starts_with('-') && !arg.starts_with("--");
    // The first word may do without a dash.
    let bundled = args.first().filter(|one| !one.starts_with('-')).cloned();
    let letters = |letter: char| {
        bundled.as_ref().is_some_and(|one| one.contains(letter))
            || args
                .iter()
                .any(|arg| is_letters(arg) && arg.contains(letter))
    };
    let valued = ["-f", "-C", "--file", "--directory", "--exclude"];
    let mut words = operands(args, &valued);
    words.retain(|word| bundled.as_ref() != Some(word));
    // The archive stands behind a bundle that ends with `f`.
    let mut before = args.iter().zip(args.iter().skip(1));
    let file = before.find_map(|(one, next)| {
        let names = (is_letters(one) || bundled.as_ref() == Some(one)) && one.ends_with('f');
        names.then(|| next.clone())
    });
    let file = values(args, &["--file"]).into_iter().next().or(file);
    if !(letters('x') || args.iter().any(|arg| arg == "--extract" || arg == "--get")) {
        if let Some(file) =
            file.filter(|_| letters('c') || args.iter().any(|arg| arg == "--create"))
        {
            shell.writes(&file, How::Write);
        }
        return;
    }
    // The members that are named come out below the directory.
    let directory = values(args, &["-C", "--directory"]).into_iter().next();
    for member in words.iter().filter(|word| Some(*word) != file.as_ref()) {
        let path = directory
            .as_ref()
            .map_or(member.clone(), |dir| format!("{dir}/{member}"));
        shell.writes(&path, How::Write);
    }
}
